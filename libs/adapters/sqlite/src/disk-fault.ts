/** Why the store's disk takes no writes, and since when. */
export type DiskFault = { readonly cause: 'full' | 'failing'; readonly since: string; readonly error: string };

/** SQLite's primary result codes that tell of the disk. @see https://sqlite.org/rescode.html */
const CAUSES: Readonly<Record<number, DiskFault['cause']>> = {
  8: 'failing', // SQLITE_READONLY
  10: 'failing', // SQLITE_IOERR
  11: 'failing', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'failing', // SQLITE_CANTOPEN
};

/** What an error of SQLite says about the disk; undefined when it is about something else. */
export const diskFault = (error: unknown): DiskFault | undefined => {
  const { errcode, message } = error as { errcode?: number; message?: string };
  const cause = errcode === undefined ? undefined : CAUSES[errcode & 0xff];
  return cause && { cause, since: new Date().toISOString(), error: String(message) };
};
