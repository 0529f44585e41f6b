import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The time that decisions are made at. Deadlines, windows and ids go by the machine's own clock instead. */
export type Clock = {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string;
  /** What the clock follows, for `/test/clock`; undefined for the real one. */
  readonly setting: () => string | undefined;
  readonly close: () => void;
};

export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  setting: () => undefined,
  close: () => undefined,
};

/**
 * A clock that follows a file holding `offset <ms>` or `frozen <ISO 8601>`, for tests only.
 * @throws when the file holds anything else at the start; later, the last good setting stays
 */
export const fileClock = (path: string): Clock => {
  let setting = readSetting(path);
  const watcher: FSWatcher = watch(dirname(path), (_event, name) => {
    if (name !== null && name !== basename(path)) return;
    try {
      setting = readSetting(path);
    } catch {
      // Half-written: another event follows.
    }
  });
  watcher.unref();
  return {
    now: () => setting.frozen ?? new Date(Date.now() + setting.offset).toISOString(),
    setting: () => setting.text,
    close: () => watcher.close(),
  };
};

const readSetting = (path: string): { text: string; offset: number; frozen?: string } => {
  const text = readFileSync(path, 'utf8').trim();
  const [word, value = ''] = text.split(' ');
  if (word === 'offset' && /^-?\d{1,15}$/.test(value)) return { text, offset: Number(value) };
  if (word === 'frozen' && !Number.isNaN(Date.parse(value)))
    return { text, offset: 0, frozen: new Date(value).toISOString() };
  throw new Error(`${path} must hold "offset <ms>" or "frozen <ISO 8601>", not "${text.slice(0, 80)}"`);
};
