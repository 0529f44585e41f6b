/** When something was used, an ISO 8601 time. The name tells nothing secret. */
export type Use = { readonly name: string; readonly at: string };

/** Where last uses are kept, for a year. */
export type LastUseStore = {
  /** The later of what is there and what is given stays. */
  readonly keep: (uses: readonly Use[]) => Promise<void>;
  /** For each name in turn its last use; undefined when there was none within the year. */
  readonly of: (names: readonly string[]) => Promise<readonly (string | undefined)[]>;
};

/** When something was used last, to the minute; telemetry, not a fact. */
export type LastUse = {
  /** Notes a use: never waits, never fails. What is noted is written together with others, a moment later. */
  readonly note: (name: string, at: string) => void;
  readonly of: LastUseStore['of'];
  /** Writes what was noted since; called once a second. @throws when the store is away: the next use is noted again */
  readonly flush: () => Promise<void>;
};

/** How long a last use is kept, by every store of them. */
export const LAST_USE_KEPT_MS = 365 * 86_400_000;
const NOTED_EVERY_MS = 60_000;
export const LAST_USES_WRITTEN_EVERY_MS = 1000;
/** What is used beyond this within a second is not noted: its cost does not grow with the load. */
const MOST_TOGETHER = 256;
const MOST_REMEMBERED = 10_000;

/** Notes uses over a store of them: each name at most once a minute, at most 256 names a second. */
export const createLastUse = (store: LastUseStore): LastUse => {
  const noted = new Map<string, number>();
  let waiting: Use[] = [];
  return {
    note: (name, at) => {
      const now = Date.parse(at);
      const before = noted.get(name);
      if (before !== undefined && Math.abs(now - before) < NOTED_EVERY_MS) return;
      if (waiting.length >= MOST_TOGETHER) return;
      if (noted.size >= MOST_REMEMBERED) noted.clear();
      noted.set(name, now);
      waiting.push({ name, at });
    },
    of: (names) => store.of(names),
    flush: async () => {
      const uses = waiting;
      waiting = [];
      if (uses.length === 0) return;
      await store.keep(uses).catch((error: unknown) => {
        uses.forEach(({ name }) => noted.delete(name));
        throw error;
      });
    },
  };
};
