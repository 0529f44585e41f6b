import { DatabaseSync } from 'node:sqlite';
import {
  type AttemptCounter,
  LAST_USE_KEPT_MS,
  type LastUseStore,
  type RecordedRefusal,
  type RefusalRing,
} from '@grantlog/short-lived';
import { diskFault } from './disk-fault.ts';
import { openNamed, statements } from './open.ts';
import { fromStore } from './from-store.ts';

const MOST_REFUSALS = 10_000;
/** Pages of 4 KiB for the counts of a time in which the disk takes no writes. */
const MOST_SPARE_PAGES = 4096;
const ATTEMPTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS attempts (key TEXT, time_window TEXT, count INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (key, time_window)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_by_expiry ON attempts (expires_at);
`;

export type ShortLivedStore = {
  readonly attempts: AttemptCounter;
  readonly refusals: RefusalRing;
  readonly lastUses: LastUseStore;
  readonly close: () => void;
};

/**
 * Counts of tries, the ring of refusals and last uses, in a small file of their own: losing the last moments of it in a
 * power cut costs nothing, and an attacker who fills it does not touch the events.
 */
export const openShortLived = (
  path: string,
  database = openNamed(path, 'PRAGMA journal_mode=WAL'),
): ShortLivedStore => {
  database.exec(`
    PRAGMA synchronous=NORMAL;
    ${ATTEMPTS_SCHEMA}
    CREATE TABLE IF NOT EXISTS refusals (number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS dropped (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT;
    INSERT INTO dropped VALUES (1, 0) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS last_uses (name TEXT PRIMARY KEY, used_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS last_uses_by_time ON last_uses (used_at);
  `);
  const prepare = statements(database);
  /** A full disk leaves no transaction open, which everything after would silently be part of. */
  const inTransaction = (work: () => void): Promise<void> =>
    new Promise((resolve) => {
      database.exec('BEGIN');
      try {
        work();
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
      resolve();
    });
  return {
    attempts: countingOn(attemptsIn(database)),
    refusals: {
      add: (refusals, dropped) =>
        inTransaction(() => {
          for (const refusal of refusals)
            prepare('INSERT INTO refusals (record) VALUES (?)').run(JSON.stringify(refusal));
          const trimmed = prepare('DELETE FROM refusals WHERE number <= (SELECT max(number) FROM refusals) - ?').run(
            MOST_REFUSALS,
          ).changes;
          prepare('UPDATE dropped SET count = count + ?').run(Number(trimmed) + dropped);
        }),
      read: (after, atMost) => {
        const rows = prepare('SELECT number, record FROM refusals WHERE number > ? ORDER BY number LIMIT ?').all(
          after,
          atMost,
        );
        return Promise.resolve({
          refusals: rows.map((row) => JSON.parse(String(row['record'])) as RecordedRefusal),
          next: Number(rows.at(-1)?.['number'] ?? after),
          dropped: Number(prepare('SELECT count FROM dropped').get()?.['count'] ?? 0),
        });
      },
    },
    lastUses: {
      keep: (uses) =>
        inTransaction(() => {
          for (const { name, at } of uses)
            prepare(
              `INSERT INTO last_uses (name, used_at) VALUES (?, ?)
               ON CONFLICT (name) DO UPDATE SET used_at = max(used_at, excluded.used_at)`,
            ).run(name, at);
          prepare('DELETE FROM last_uses WHERE used_at < ?').run(new Date(Date.now() - LAST_USE_KEPT_MS).toISOString());
        }),
      of: (names) =>
        Promise.resolve(
          names.map((name) => {
            const row = prepare('SELECT used_at FROM last_uses WHERE name = ?').get(name);
            return row && String(row['used_at']);
          }),
        ),
    },
    close: () => database.close(),
  };
};

type Attempts = {
  readonly count: (key: string, window: string, expiresAt: Date) => number;
  readonly uncount: (key: string, window: string) => void;
  readonly peek: (key: string, window: string) => number;
  readonly forget: (key: string, window: string) => void;
};

const attemptsIn = (database: DatabaseSync): Attempts => {
  const prepare = statements(database);
  let counted = 0;
  return {
    count: (key, window, expiresAt) => {
      counted += 1;
      if (counted % 1000 === 0) prepare('DELETE FROM attempts WHERE expires_at <= ?').run(Date.now());
      const row = prepare(
        `INSERT INTO attempts (key, time_window, count, expires_at) VALUES (?, ?, 1, ?)
         ON CONFLICT (key, time_window) DO UPDATE SET count = count + 1 RETURNING count`,
      ).get(key, window, expiresAt.getTime());
      return Number(row?.['count']);
    },
    uncount: (key, window) =>
      void prepare('UPDATE attempts SET count = count - 1 WHERE key = ? AND time_window = ? AND count > 0').run(
        key,
        window,
      ),
    peek: (key, window) =>
      Number(prepare('SELECT count FROM attempts WHERE key = ? AND time_window = ?').get(key, window)?.['count'] ?? 0),
    forget: (key, window) => void prepare('DELETE FROM attempts WHERE key = ? AND time_window = ?').run(key, window),
  };
};

/**
 * Counts in the file, and in memory what its disk does not take: a full disk lifts no limit and keeps out nobody who
 * only reads.
 */
const countingOn = (file: Attempts): AttemptCounter => {
  const memory = new DatabaseSync(':memory:');
  memory.exec(`${ATTEMPTS_SCHEMA} PRAGMA max_page_count=${MOST_SPARE_PAGES}`);
  const spare = attemptsIn(memory);
  /** @returns undefined when the disk does not take it */
  const inFile = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (diskFault(error)) return undefined;
      throw error;
    }
  };
  return {
    count: (key, window, expiresAt) =>
      fromStore(() => {
        const inMemory = spare.peek(key, window);
        const count = inFile(() => file.count(key, window, expiresAt));
        return count === undefined ? file.peek(key, window) + spare.count(key, window, expiresAt) : count + inMemory;
      }),
    uncount: (key, window) =>
      fromStore(() => {
        if (spare.peek(key, window) > 0) spare.uncount(key, window);
        // Else it stays counted until its window ends.
        else inFile(() => file.uncount(key, window));
      }),
    peek: (key, window) => fromStore(() => file.peek(key, window) + spare.peek(key, window)),
    forget: (key, window) =>
      fromStore(() => {
        spare.forget(key, window);
        inFile(() => file.forget(key, window));
      }),
  };
};
