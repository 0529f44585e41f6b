import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ownFolder } from '@grantlog/adapter-sqlite';
import { common } from '@grantlog/contracts';
import { readConfig, systemClock } from '@grantlog/service-kit';
import { composeRoles } from './compose.ts';
import { openInstallationKey } from './installation.ts';

const LONGEST_PASSWORD_BYTES = 1024;

/** Sets a user's password in a stopped embedded installation; the password is the first line of standard input. */
const setPassword = async (username: string): Promise<void> => {
  const { config } = readConfig(process.env, [
    'GRANTLOG_DATA_DIR',
    'GRANTLOG_INSTALLATION_KEY',
    'GRANTLOG_INSTALLATION_KEY_PREVIOUS',
    'GRANTLOG_ACCEPT_NEW_KEY',
  ]);
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'embedded');
  const disown = ownFolder(folder, new Date().toISOString());
  const password = readFileSync(0, 'utf8').split(/\r?\n/)[0] ?? '';
  if (password === '' || Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES)
    throw new Error('give a password of 1 to 1024 bytes on standard input');
  const roles = await composeRoles({
    folder,
    clock: systemClock,
    key: await openInstallationKey(folder, config),
    issuer: '',
    throughTheWire: false,
  });
  const { users } = await roles.accounts.getUsers({ keys: [{ key: { $case: 'username', value: username } }] });
  const user = users[0]?.user;
  if (!user) throw new Error(`there is no user "${username}"`);
  // Who is at the machine needs no other proof.
  const actor: common.Actor = {
    user: user.id,
    superuser: true,
    systemAuditor: false,
    adminOf: [],
    memberOf: [],
    auditorOf: [],
    means: common.Means.MEANS_BASIC,
    grant: 0,
  };
  const { result } = await roles.accounts.updateUser({
    cause: { requestId: 'grantlog users set-password', clientId: '' },
    actor,
    id: user.id,
    password,
    currentPassword: '',
    address: '',
    passwordKeepsGrants: false,
  });
  await roles.close();
  disown();
  if (result?.$case !== 'user') throw new Error(result?.value.description ?? 'no answer');
  console.log(`the password of "${username}" is changed; its sessions and tokens are ended`);
};

setPassword(process.argv[2] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
