import { randomUUID } from 'node:crypto';
import { organizationStream, userStream } from '@grantlog/accounts-domain';
import { BadConfiguration, PASSWORD_MIN_LENGTH, passwordProblem } from '@grantlog/service-kit';
import { writtenName } from '@grantlog/event-sourcing';
import { prepareOrganization } from './commands/create-organization.ts';
import type { Deps } from './service-deps.ts';
import { ORGANIZATION_NUMBERS_STREAM, organizationNameClaim, USER_NUMBERS_STREAM, usernameClaim } from './streams.ts';

const FIRST = 1;
const cause = { requestId: 'first-start' };

/**
 * Makes the first superuser (id 1) and the organization `Default` (id 1) when they are not there. Several instances may
 * do so at once: each step is an insert that one of them wins, and every step is looked at again at the next start.
 */
export const prepareFirstStart = async (
  deps: Deps,
  admin: { username: string; password: string },
): Promise<boolean> => {
  const { streams, passwords, clock } = deps;
  const reserve = async (numbers: string): Promise<void> => {
    const { version } = await streams.numbers.load(numbers);
    if (version === 0) await streams.numbers.handle(numbers, null, { cause, at: clock.now() });
  };
  await reserve(USER_NUMBERS_STREAM);
  await reserve(ORGANIZATION_NUMBERS_STREAM);

  const { version: organizations } = await streams.organizations.load(organizationStream(FIRST));
  if (organizations === 0) {
    const commit = await prepareOrganization(deps, FIRST, { name: 'Default', description: '' }, cause);
    await streams.organizationNames.take(organizationNameClaim('Default'), commit, cause);
  }
  const { version: users } = await streams.users.load(userStream(FIRST));
  if (users > 0) return false;
  const problem = passwordProblem(admin.password, PASSWORD_MIN_LENGTH);
  if (problem !== undefined) throw new BadConfiguration(`GRANTLOG_ADMIN_PASSWORD cannot be set: ${problem}`);
  const prepared = await streams.users.prepare(
    userStream(FIRST),
    {
      type: 'CreateUser',
      username: writtenName(admin.username),
      externalAccount: '',
      profile: { firstName: '', lastName: '', email: '', isSuperuser: true, isSystemAuditor: false },
      passwordHash: await passwords.hash(admin.password),
      roles: [],
    },
    { cause, at: clock.now(), commitId: randomUUID() },
  );
  if (!prepared.commit && prepared.refusal?.error === 'invalid')
    throw new BadConfiguration(`GRANTLOG_ADMIN_USERNAME cannot be used: ${prepared.refusal.description}`);
  await streams.superusers.expect(FIRST, { cause, at: clock.now() });
  if (prepared.commit) await streams.usernames.take(usernameClaim(writtenName(admin.username)), prepared.commit, cause);
  return true;
};
