export { keyOfStoreIn } from './key-of-store.ts';
export { ownFolder } from './single-owner.ts';
export type { DiskFault } from './disk-fault.ts';
export { openShortLived } from './sqlite-short-lived.ts';
export { openSqliteStore, type SqliteStore } from './sqlite-store.ts';
