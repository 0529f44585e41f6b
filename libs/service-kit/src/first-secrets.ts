import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The installation key beside the data: made at the first start, readable by its owner only, never in a backup. */
export const installationKeyIn = (folder: string): Buffer => {
  const file = join(folder, 'installation-key');
  if (!existsSync(file)) writeSecret(file, randomBytes(32).toString('base64url'));
  return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
};

const PASSWORD_BYTES = 15;

/**
 * The first superuser's password when none was given: shown once on a terminal, otherwise written to a file.
 * @returns the password and how to tell it
 */
export const firstAdminPassword = (folder: string, isTerminal: boolean): { password: string; tell: string } => {
  const file = join(folder, 'admin-password');
  if (existsSync(file)) return { password: readFileSync(file, 'utf8').trim(), tell: '' };
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  if (isTerminal) return { password, tell: `password of "admin", shown this once: ${password}` };
  writeSecret(file, password);
  return { password, tell: `the first superuser's password is in ${file}` };
};

const writeSecret = (file: string, secret: string): void => {
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(file, 0o600);
};
