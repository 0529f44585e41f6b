import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openNamed } from './open.ts';

/** Kept for the life of the process: a handle that is collected as garbage would give the lock away. */
const held: DatabaseSync[] = [];

/** SQLITE_BUSY: somebody else has the lock. */
const BUSY = 5;

/** Another process has the data folder. */
export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/**
 * Makes this process the only owner of a data folder, by a lock database held open for good. A killed owner leaves
 * nothing behind: the operating system frees the lock.
 * @throws FolderTaken that names the owner; an error that names the folder when it cannot be used
 */
export const ownFolder = (folder: string, startedAt: string): (() => void) => {
  const story = join(folder, 'owner.json');
  let lock: DatabaseSync;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = openNamed(join(folder, 'owner.lock'), 'BEGIN EXCLUSIVE', { timeout: 0 });
    held.push(lock);
    writeFileSync(story, JSON.stringify({ host: hostname(), pid: process.pid, startedAt }));
  } catch (error) {
    if ((error as { cause?: { errcode?: number } }).cause?.errcode === BUSY)
      throw new FolderTaken(
        `the data folder ${folder} is in use by ${ownerOf(story)}; stop it, or set GRANTLOG_DATA_DIR to another folder`,
      );
    throw new Error(
      `the data folder ${folder} cannot be used (${(error as Error).message}); set GRANTLOG_DATA_DIR to a folder that this user may write to`,
      { cause: error },
    );
  }
  return () => {
    rmSync(story, { force: true });
    lock.close();
    held.splice(held.indexOf(lock), 1);
  };
};

const ownerOf = (story: string): string => {
  try {
    const { host, pid, startedAt } = JSON.parse(readFileSync(story, 'utf8')) as Record<string, unknown>;
    return `process ${String(pid)} on ${String(host)}, started ${String(startedAt)}`;
  } catch {
    return 'another process';
  }
};
