import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BadConfiguration } from './config.ts';
import { writeDurably } from './write-durably.ts';

const READABLE_BY_OWNER = 0o600;
const KEY_FORM = /^[A-Za-z0-9_-]{43}$/;
const KEY_BYTES = 32;

/**
 * What a start finds in its store: no store at all, one in which nothing was ever written, or an installation's data.
 */
export type StoreState = 'none' | 'empty' | 'data';

/**
 * The installation key beside the data: made at the first start, readable by its owner only, never in a backup.
 * @param acceptNew goes on without the data, or without the key that they were made under
 * @throws BadConfiguration for a file that holds no key, for data without their key, and for a key without its data
 */
export const installationKeyIn = (folder: string, state: StoreState, acceptNew: boolean): Buffer => {
  const file = join(folder, 'installation-key');
  const anew = `or begin anew, without what was there: rm -r ${folder}`;
  if (!existsSync(file)) {
    if (state === 'data' && !acceptNew)
      throw new BadConfiguration(
        `${file} is missing, and the data beside it were made under that key. Put the key back from where you keep it (it is not in backups of the data), ${anew}; or go on with these data under a new key by GRANTLOG_ACCEPT_NEW_KEY=true: ${LOST_WITH_A_KEY}`,
      );
    writeDurably(file, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, READABLE_BY_OWNER);
  } else if (state === 'none' && !acceptNew)
    throw new BadConfiguration(
      `${file} is there, but the data that were made under it are gone. Put the data back, ${anew}; or begin anew under the old key by GRANTLOG_ACCEPT_NEW_KEY=true`,
    );
  const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  if (!KEY_FORM.test(text))
    throw new BadConfiguration(
      `${file} holds no installation key (${statSync(file).size} bytes); allowed: ${KEY_BYTES} random bytes in base64url (43 characters). Put the key back from where you keep it, ${anew}`,
    );
  return Buffer.from(text, 'base64url');
};

/** What another key cannot open: told before somebody goes on under one. */
export const LOST_WITH_A_KEY =
  'a refresh that is repeated gets no second reply, devices that logged in before are forgotten, and wrong tries are counted anew';

const PASSWORD_BYTES = 15;

/**
 * The first superuser's password when none was given: shown once on a terminal, otherwise written to a file.
 * @returns the password and how to tell it
 */
export const firstAdminPassword = (
  folder: string,
  username: string,
  isTerminal: boolean,
): { readonly password: string; readonly tell: string } => {
  const file = join(folder, 'admin-password');
  const told = `the password of "${username}" is in ${file}`;
  if (existsSync(file)) {
    const password = readFileSync(file, 'utf8').trim();
    if (password === '') throw new BadConfiguration(`${file} is empty; remove it, or set GRANTLOG_ADMIN_PASSWORD`);
    return { password, tell: told };
  }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  if (isTerminal) return { password, tell: `the password of "${username}", shown this once: ${password}` };
  writeDurably(file, `${password}\n`, READABLE_BY_OWNER);
  return { password, tell: told };
};

/** The command that does what a given `GRANTLOG_ADMIN_PASSWORD` does not once there is a first superuser. */
const SET_PASSWORD = 'npm run grantlog -- users set-password <username>';

export const PASSWORD_WITHOUT_EFFECT = `GRANTLOG_ADMIN_PASSWORD has no effect: it is for the first start, and user 1 exists. To set a password: ${SET_PASSWORD}`;

/** Where to go once it is ready, for who has just started it. */
export const whatNext = (folder: string, issuer: string, listening: string): string => {
  const file = join(folder, 'admin-password');
  return [
    `  log in         ${issuer}/api/login/`,
    `  password       ${existsSync(file) ? `of the first superuser, as the first start made it: ${file}` : `forgotten: ${SET_PASSWORD}`}`,
    `  documentation  ${issuer}/docs/`,
    `  listening on   ${listening}`,
    `  Ctrl-C stops it; its data are in ${folder}`,
  ].join('\n');
};
