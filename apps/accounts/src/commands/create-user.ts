import { permits } from '@grantlog/access';
import { randomUUID } from 'node:crypto';
import { userStream } from '@grantlog/accounts-domain';
import {
  type accounts as wire,
  actsInPerson,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  refused,
  toCause,
} from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';
import { USER_NUMBERS_STREAM, usernameClaim } from '../streams.ts';
import { toUser } from '../translate.ts';

/** Creates an account. Only a superuser may, or an organization's admin for a member of it, without system roles. */
export const createUser =
  ({ streams, passwords, clock }: Deps) =>
  async (request: wire.CreateUserRequest): Promise<wire.CreateUserResponse> => {
    const { actor, organization, username } = request;
    const systemRoles = request.isSuperuser || request.isSystemAuditor;
    const mayCreate = permits(actor, 'create', 'user', { organizations: organization > 0 ? [organization] : [] });
    if (!mayCreate || (systemRoles && !actor?.superuser)) return { result: refused(FORBIDDEN) };
    if (!actsInPerson(actor)) return { result: refused(NOT_IN_PERSON) };

    const cause = toCause(request.cause);
    const passwordHash = await passwords.hash(request.password);
    const { version: id } = await streams.numbers.handle(USER_NUMBERS_STREAM, null, { cause, at: clock.now() });
    const prepared = await streams.users.prepare(
      userStream(id),
      {
        type: 'CreateUser',
        username,
        externalAccount: '',
        profile: {
          firstName: request.firstName,
          lastName: request.lastName,
          email: request.email,
          isSuperuser: request.isSuperuser,
          isSystemAuditor: request.isSystemAuditor,
        },
        passwordHash,
        roles: organization > 0 ? [{ organization, role: 'member' }] : [],
      },
      { cause, at: clock.now(), commitId: randomUUID() },
    );
    if (!prepared.commit) {
      if (prepared.refusal?.error !== 'invalid') throw new Error(`user number ${id} is in use`);
      return { result: refused(prepared.refusal) };
    }
    const { commit } = prepared;
    if (request.isSuperuser) await streams.superusers.expect(id, { cause, at: clock.now() });
    if ((await streams.usernames.take(usernameClaim(username), commit, cause)) !== 'done') {
      return { result: refused(invalidField('username', 'A user with that username already exists.')) };
    }
    const { state, version } = await streams.users.load(userStream(id));
    if (state.status === 'None' || state.status === 'Deleted') throw new Error(`user ${id} was not created`);
    return { result: { $case: 'user', value: toUser(id, state, version) } };
  };
