import type { SessionStore } from './session-store.ts';

/** When something was used last, to the minute; telemetry, not a fact. */
export type LastUse = {
  /** Notes a use. Never waits and never fails; at most one write a minute and name. */
  readonly note: (name: string, at: string) => void;
  /** @returns undefined when it was not used within the last year, or that is not known */
  readonly of: (name: string) => Promise<string | undefined>;
};

const KEPT_MS = 365 * 86_400_000;
const NOTED_EVERY_MS = 60_000;
const MOST_REMEMBERED = 10_000;
const EVER = '0000';

const moved = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();

/** Over records that end by themselves: the end of one tells when it was renewed. */
export const createLastUse = (records: SessionStore): LastUse => {
  const noted = new Map<string, number>();
  const write = async (name: string, at: string): Promise<void> => {
    const end = moved(at, KEPT_MS);
    if (!(await records.create(name, '', end))) await records.renew(name, end);
  };
  return {
    note: (name, at) => {
      const now = Date.parse(at);
      if (now - (noted.get(name) ?? -NOTED_EVERY_MS) < NOTED_EVERY_MS && now >= (noted.get(name) ?? 0)) return;
      if (noted.size >= MOST_REMEMBERED) noted.clear();
      noted.set(name, now);
      write(name, at).catch(() => noted.delete(name));
    },
    of: async (name) => {
      const found = await records.get(name, EVER);
      return found && moved(found.expiresAt, -KEPT_MS);
    },
  };
};
