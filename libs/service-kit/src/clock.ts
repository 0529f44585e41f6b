import { readFileSync } from 'node:fs';

/** The time that decisions are made at. Deadlines, windows and ids go by the machine's own clock instead. */
export type Clock = {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string;
  /** What the clock follows, for `/test/clock`; undefined for the real one. */
  readonly setting: () => string | undefined;
};

export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  setting: () => undefined,
};

/**
 * A clock that follows a file holding `offset <ms>` or `frozen <ISO 8601>`, for tests only. The file is read whenever the
 * time is asked for, so what it says holds from then on, everywhere: a watcher may be late, or told nothing.
 * @throws when the file holds anything else at the start; later, the last good setting stays
 */
export const fileClock = (path: string): Clock => {
  let last = readSetting(path);
  const setting = (): Setting => {
    try {
      last = readSetting(path);
    } catch {
      // Half-written, or gone.
    }
    return last;
  };
  return {
    now: () => {
      const { frozen, offset } = setting();
      return frozen ?? new Date(Date.now() + offset).toISOString();
    },
    setting: () => setting().text,
  };
};

type Setting = { readonly text: string; readonly offset: number; readonly frozen?: string };

const readSetting = (path: string): Setting => {
  const text = readFileSync(path, 'utf8').trim();
  const [word, value = ''] = text.split(' ');
  if (word === 'offset' && /^-?\d{1,15}$/.test(value)) return { text, offset: Number(value) };
  if (word === 'frozen' && !Number.isNaN(Date.parse(value)))
    return { text, offset: 0, frozen: new Date(value).toISOString() };
  throw new Error(`${path} must hold "offset <ms>" or "frozen <ISO 8601>", not "${text.slice(0, 80)}"`);
};
