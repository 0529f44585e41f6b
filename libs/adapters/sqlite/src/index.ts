export { FolderTaken, ownFolder } from './single-owner.ts';
export { openAttempts } from './sqlite-attempts.ts';
export { openSqliteStore, type SqliteStore, StoreUnavailable } from './sqlite-store.ts';
