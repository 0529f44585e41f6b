import { LRUCache } from 'lru-cache';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Opens a database file for the one writer: every commit is on disk when it returns.
 * Check-points are made by the writer itself, between its transactions.
 */
export const openForWriting = (path: string): DatabaseSync =>
  openNamed(
    path,
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16000',
  );

/** Opens a file and runs its first statements. @throws an error that names the file, which SQLite does not */
export const openNamed = (path: string, first: string, options: { timeout?: number } = {}): DatabaseSync => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, options);
    database.exec(first);
    return database;
  } catch (error) {
    database?.close();
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
};

/** The SQL function `matches(pattern, text)`. SQLite's own LIKE folds ASCII letters only, MongoDB's `$regex` all. */
export const MATCHES = 'matches';

const addMatches = (database: DatabaseSync): void => {
  const patterns = new LRUCache<string, RegExp>({ max: 100 });
  database.function(MATCHES, { deterministic: true }, (pattern, text) => {
    if (typeof text !== 'string') return null;
    let known = patterns.get(String(pattern));
    if (!known) patterns.set(String(pattern), (known = new RegExp(String(pattern), 'iu')));
    return known.test(text) ? 1 : 0;
  });
};

/** Opens a file that has a writer; sees what is committed. */
export const openForReading = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path, { readOnly: true });
  addMatches(database);
  database.exec('PRAGMA query_only=ON; PRAGMA cache_size=-8000');
  return database;
};

/** Lists have as many texts as there are filters: those asked for least are dropped. */
const MOST_PREPARED = 500;

/** Statements by their text, prepared once. */
export const statements = (database: DatabaseSync): ((sql: string) => StatementSync) => {
  const prepared = new LRUCache<string, StatementSync>({ max: MOST_PREPARED });
  return (sql) => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = database.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
};
