import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ownFolder } from '@grantlog/adapter-sqlite';
import { type accounts, common } from '@grantlog/contracts';
import { passwordProblem, readConfig, systemClock } from '@grantlog/service-kit';
import { z } from 'zod';
import { composeRoles } from './compose.ts';
import { openInstallationKey, storeFileIn } from './installation.ts';

type Change = { readonly change: Partial<accounts.UpdateUserRequest>; readonly done: string };

const Settings = z.object({ PASSWORD_MIN_LENGTH: z.number() });

/** What an operator may do to an account of a stopped embedded installation. */
const COMMANDS: Readonly<Record<string, (settings: z.infer<typeof Settings>) => Change>> = {
  /** The password is the first line of standard input. */
  'set-password': ({ PASSWORD_MIN_LENGTH: least }) => {
    const password = readFileSync(0, 'utf8').split(/\r?\n/)[0] ?? '';
    const problem = passwordProblem(password, least);
    if (problem !== undefined) throw new Error(`the password on standard input cannot be set: ${problem}`);
    return { change: { password }, done: 'has a new password; its sessions and tokens are ended' };
  },
  'grant-superuser': () => ({
    change: { isSuperuser: true, isActive: true },
    done: 'is a superuser, and enabled',
  }),
};

/** Runs one command on one account, under the data folder's lock; its events name the operator as their cause. */
const operate = async (command: string, username: string): Promise<void> => {
  const prepare = COMMANDS[command];
  if (!prepare) throw new Error(`there is no command "${command}"`);
  const { config } = readConfig(process.env, 'users');
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'embedded');
  // Owning a folder makes it.
  if (!existsSync(storeFileIn(folder)))
    throw new Error(`${folder} holds no installation; set GRANTLOG_DATA_DIR to the data folder of one`);
  const disown = ownFolder(folder, new Date().toISOString());
  const roles = await composeRoles({
    folder,
    clock: systemClock,
    key: await openInstallationKey(folder, config, console.error),
    issuer: '',
    throughTheWire: false,
  });
  const { users } = await roles.accounts.getUsers({ keys: [{ key: { $case: 'username', value: username } }] });
  const user = users[0]?.user;
  if (!user) throw new Error(`there is no user "${username}"`);
  const { settings } = await roles.applications.getSettings({});
  const { change, done } = prepare(Settings.parse(JSON.parse(settings?.values ?? '')));
  // Who is at the machine needs no other proof.
  const actor: common.Actor = {
    user: 0,
    superuser: true,
    systemAuditor: false,
    adminOf: [],
    memberOf: [],
    auditorOf: [],
    means: common.Means.MEANS_BASIC,
    grant: 0,
  };
  const { result } = await roles.accounts.updateUser({
    cause: { requestId: `grantlog users ${command}`, clientId: '', operator: true },
    actor,
    id: user.id,
    currentPassword: '',
    address: '',
    passwordKeepsGrants: false,
    ...change,
  });
  await roles.close();
  disown();
  if (result?.$case !== 'user') throw new Error(result?.value.description ?? 'no answer');
  console.log(`"${username}" ${done}`);
};

operate(process.argv[2] ?? '', process.argv[3] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
