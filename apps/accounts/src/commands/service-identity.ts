import { randomUUID } from 'node:crypto';
import { organizationStream, ROLES, userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, refused, toCause } from '@grantlog/contracts';
import type { Cause } from '@grantlog/event-sourcing';
import { userByName } from '../queries/get-users.ts';
import type { Deps } from '../service-deps.ts';
import { USER_NUMBERS_STREAM, usernameClaim } from '../streams.ts';
import { toUser } from '../translate.ts';

/** A name that no person can have. The claim on it makes one identity for an application, whoever asks at once. */
const identityName = (application: number): string => `$application-${application}`;

/**
 * The user that a client-credentials application's tokens are for: it cannot log in, is nobody else's, and is a member of
 * the application's organization and no other. Made when it is asked for first.
 */
export const getServiceIdentity =
  (deps: Deps) =>
  async ({
    application,
    organization,
    ...request
  }: wire.GetServiceIdentityRequest): Promise<wire.GetServiceIdentityResponse> => {
    const { streams } = deps;
    const cause = toCause(request.cause);
    const { state: known } = await streams.organizations.load(organizationStream(organization));
    if (known.status !== 'Existing')
      return {
        result: refused({ error: 'unauthorized_client', description: "The application's organization is gone." }),
      };
    const name = identityName(application);
    if ((await userByName(streams, name)) === undefined) await create(deps, name, cause);
    const id = await identityByName(streams, name);
    if (id === undefined)
      return {
        result: refused({
          error: 'unauthorized_client',
          description: `Another account has the name ${name}. A superuser has to rename it.`,
        }),
      };
    await joinOnly(deps, id, organization, cause);
    const { state, version } = await streams.users.load(userStream(id));
    if (state.status !== 'Enabled')
      return {
        result: refused({
          error: 'unauthorized_client',
          description: "The application's service identity is disabled.",
        }),
      };
    return { result: { $case: 'user', value: toUser(id, state, version) } };
  };

/** A person may have the name since before it was reserved. */
const identityByName = async (streams: Deps['streams'], name: string): Promise<number | undefined> => {
  const id = await userByName(streams, name);
  if (id === undefined) return undefined;
  const { state } = await streams.users.load(userStream(id));
  return state.status !== 'None' && state.status !== 'Deleted' && state.externalAccount === 'service' ? id : undefined;
};

const create = async ({ streams, clock }: Deps, username: string, cause: Cause): Promise<void> => {
  const { version: id } = await streams.numbers.handle(USER_NUMBERS_STREAM, null, { cause, at: clock.now() });
  const { commit } = await streams.users.prepare(
    userStream(id),
    {
      type: 'CreateUser',
      username,
      externalAccount: 'service',
      profile: { firstName: '', lastName: '', email: '', isSuperuser: false, isSystemAuditor: false },
      passwordHash: '',
      roles: [],
    },
    { cause, at: clock.now(), commitId: randomUUID() },
  );
  if (!commit) throw new Error(`user number ${id} is in use`);
  // Whoever was faster made the same.
  await streams.usernames.take(usernameClaim(username), commit, cause);
};

/** The application may have moved; what it was a member of, or was made there, is over. */
const joinOnly = async ({ streams, clock }: Deps, id: number, organization: number, cause: Cause): Promise<void> => {
  const { state } = await streams.users.load(userStream(id));
  if (state.status === 'None' || state.status === 'Deleted') return;
  const change = (of: number, role: (typeof ROLES)[number], remove: boolean) =>
    streams.users.handle(
      userStream(id),
      { type: 'ChangeRole', organization: of, role, remove },
      { cause, at: clock.now() },
    );
  for (const role of ROLES) for (const of of state.roles[role]) if (of !== organization) await change(of, role, true);
  if (!state.roles.member.includes(organization)) await change(organization, 'member', false);
};

/** Deletes the service identity of a deleted application, if it had one. */
export const deleteServiceIdentity =
  ({ streams, clock }: Deps) =>
  async ({
    application,
    ...request
  }: wire.DeleteServiceIdentityRequest): Promise<wire.DeleteServiceIdentityResponse> => {
    const name = identityName(application);
    const id = await identityByName(streams, name);
    if (id === undefined) return {};
    const cause = toCause(request.cause);
    await streams.endings.run(id, cause, () =>
      streams.users.handle(userStream(id), { type: 'DeleteUser' }, { cause, at: clock.now() }),
    );
    await streams.usernames.release(usernameClaim(name), userStream(id), cause);
    return {};
  };
