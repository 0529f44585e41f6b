import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Kept for the life of the process: a handle that is collected as garbage would give the lock away. */
const held: DatabaseSync[] = [];

/** Another process has the data folder. */
export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/**
 * Makes this process the only owner of a data folder, by a lock database held open for good. A killed owner leaves
 * nothing behind: the operating system frees the lock.
 * @throws FolderTaken that names the owner
 */
export const ownFolder = (folder: string, startedAt: string): (() => void) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, 'owner.lock'), { timeout: 0 });
  const story = join(folder, 'owner.json');
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new FolderTaken(
      `the data folder ${folder} is in use by ${ownerOf(story)}; stop it, or set GRANTLOG_DATA_DIR to another folder`,
    );
  }
  held.push(lock);
  writeFileSync(story, JSON.stringify({ host: hostname(), pid: process.pid, startedAt }));
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
