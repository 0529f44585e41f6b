import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache for engines that were downloaded. */
export const engineCache = (name: string): string => {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'grantlog', name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
