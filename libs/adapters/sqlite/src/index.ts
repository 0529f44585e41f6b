export { FolderTaken, ownFolder } from './single-owner.ts';
export { openShortLived } from './sqlite-short-lived.ts';
export { openSqliteStore, type SqliteStore, StoreUnavailable } from './sqlite-store.ts';
