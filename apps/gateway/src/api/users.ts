import { permits } from '@grantlog/access';
import type { accounts as wire, common } from '@grantlog/contracts';
import { LONGEST_PASSWORD_BYTES, LONGEST_USERNAME, passwordProblem } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { ApiError, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import type { Caller } from '../http/caller.ts';
import { email, filledText, flag, name, parseFields, text } from '../http/fields.ts';
import { exactly } from '../http/listing.ts';
import { senderOf } from '../http/request-context.ts';
import { settingsOf } from '../settings.ts';
import { createApplication, listApplications } from './applications.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { answerPage } from './list-query.ts';
import { defineResource } from './resource.ts';

const LISTS = ['tokens', 'authorized_tokens', 'personal_tokens', 'applications', 'organizations', 'roles', 'activity_stream']; // prettier-ignore
const password = filledText(LONGEST_PASSWORD_BYTES);

export const USER = defineResource<wire.User, Caller>()({
  type: 'user',
  model: 'User',
  collection: 'users',
  word: 'user',
  searched: ['username', 'first_name', 'last_name'],
  order: ['username'],
  foreign: ['ldap_dn', 'auth'],
  related: (_user, _caller, url) => Object.fromEntries(LISTS.map((one) => [one, `${url}${one}/`])),
  summary: ({ id: user }, { actor, mayWrite }) => ({
    user_capabilities: {
      edit: mayWrite && permits(actor, 'change', 'user', { owner: user }),
      delete: mayWrite && permits(actor, 'delete', 'user', { owner: user }) && actor.user !== user,
    },
  }),
  fields: {
    username: {
      schema: name(LONGEST_USERNAME),
      required: true,
      filter: 'text',
      label: 'Username',
      help: `Required. ${LONGEST_USERNAME} characters or fewer.`,
    },
    first_name: { schema: text(150), default: '', filter: 'text', label: 'First name' },
    last_name: { schema: text(150), default: '', filter: 'text', label: 'Last name' },
    email: { schema: email(254), default: '', filter: 'text', label: 'Email address' },
    is_superuser: {
      schema: flag,
      default: false,
      filter: 'boolean',
      label: 'Superuser status',
      help: 'Designates that this user has all permissions without explicitly assigning them.',
    },
    is_system_auditor: {
      schema: flag,
      default: false,
      filter: 'boolean',
      label: 'Is system auditor',
      help: 'May read everything.',
    },
    is_active: {
      schema: flag,
      only: 'change',
      filter: 'boolean',
      label: 'Active',
      help: 'Disabling ends the sessions, codes and tokens of this user.',
    },
    password: {
      schema: password,
      required: true,
      hidden: true,
      label: 'Password',
      help: `Write-only; at most ${LONGEST_PASSWORD_BYTES} bytes, no control characters, at least PASSWORD_MIN_LENGTH characters.`,
    },
    current_password: {
      schema: password,
      only: 'change',
      hidden: true,
      label: 'Current password',
      help: "To change one's own password; not needed with HTTP Basic.",
    },
    last_login: {
      type: 'datetime',
      nullable: true,
      filter: 'time',
      read: ({ lastLogin }: wire.User) => lastLogin || null,
      label: 'Last login',
    },
    external_account: {
      type: 'field',
      nullable: true,
      filter: 'text',
      read: ({ externalAccount }: wire.User) => externalAccount || null,
      label: 'External account',
      help: 'Set if the account is managed by an external service',
    },
  },
});

/** `/api/v2/users/` */
export const userList = (gateway: Gateway): Methods => ({
  GET: (call) => listUsers(gateway, call, {}),
  POST: async (call) => createUser(gateway, call, await call.body(), 0),
});

/** `/api/v2/me/`: a list with exactly the caller. */
export const me = (gateway: Gateway): Methods => ({
  GET: (call) => listUsers(gateway, call, { only: [exactly('id', call.caller.user.id)], withServices: true }),
});

/** `/api/v2/users/N/` */
export const userDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => ({ body: USER.represent(await visibleUser(gateway, call), call.caller) }),
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const number = call.id;
    const { refusal, version } = await gateway.accounts.deleteUser({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote({ stream: `user-${number}`, version });
    return { status: 204 };
  },
});

/** `/api/v2/users/N/applications/`: those that N owns. */
export const userApplications = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { id: owner } = await visibleUser(gateway, call);
    return listApplications(gateway, call, [exactly('user', owner)]);
  },
  POST: async (call) => {
    const { id: owner } = await visibleUser(gateway, call);
    return createApplication(gateway, call, { ...(await call.body()), user: owner });
  },
});

/** `POST /api/v2/users/N/revoke_tokens/`: every grant of the user is dead before the 204, by one event. */
export const revokeUserTokens = (gateway: Gateway): Methods => ({
  POST: async (call) => {
    const { refusal, position } = await gateway.accounts.revokeUserTokens({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(position);
    return { status: 204 };
  },
});

/** @throws ApiError 400 for a password that may not be set */
const checkPassword = async (gateway: Gateway, password: string): Promise<void> => {
  const { settings } = await gateway.applications.getSettings({});
  const problem = passwordProblem(password, settingsOf(settings).PASSWORD_MIN_LENGTH);
  if (problem !== undefined) throw invalid({ password: [problem] });
};

/** Creates an account; in an organization, as a member of it. */
export const createUser = async (
  gateway: Gateway,
  call: Call,
  body: Record<string, unknown>,
  organization: number,
): Promise<Answer> => {
  const fields = parseFields(USER.New, body);
  await checkPassword(gateway, fields.password);
  const { result } = await gateway.accounts.createUser({
    cause: call.cause,
    actor: call.caller.actor,
    ...USER.creation(fields),
    organization,
  });
  const user = answered(result, 'user', fromRefusal);
  call.wrote({ stream: `user-${user.id}`, version: user.version });
  return {
    status: 201,
    body: USER.represent(user, call.caller),
    headers: { location: USER.urlOf(user.id) },
  };
};

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(USER.Changes, await call.body());
    if (fields.password !== undefined) await checkPassword(gateway, fields.password);
    const { settings } = await gateway.applications.getSettings({});
    const { currentPassword = '', ...changes } = USER.changes(fields);
    const { result, retryAfterSeconds } = await gateway.accounts.updateUser({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
      currentPassword,
      address: senderOf(call.request),
      passwordKeepsGrants: !settingsOf(settings).PASSWORD_CHANGE_REVOKES_TOKENS,
      ...changes,
    });
    const user = answered(result, 'user', (refusal) => {
      if (fields.current_password !== undefined && Object.hasOwn(refusal.fields, 'current_password')) {
        const reason = retryAfterSeconds === undefined ? 'failed_login' : 'too_many_attempts';
        gateway.refusals.record(call.request, reason, 'the current password');
      }
      return retryAfterSeconds === undefined
        ? fromRefusal(refusal)
        : new ApiError(429, { detail: refusal.description }, { 'retry-after': String(retryAfterSeconds) });
    });
    call.wrote({ stream: `user-${call.id}`, version: user.version });
    return { body: USER.represent(user, call.caller) };
  };

/** The user that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visibleUser = async (gateway: Gateway, call: Call): Promise<wire.User> => {
  const { users } = await gateway.accounts.getUsers({
    keys: [{ key: { $case: 'id', value: call.id } }],
  });
  const user = users[0]?.user;
  const organizations = user ? [...user.memberOf, ...user.adminOf, ...user.auditorOf] : [];
  if (!user || !permits(call.caller.actor, 'read', 'user', { owner: user.id, organizations }))
    throw notFound(USER.model);
  return user;
};

/** What stands for an application is not among people. */
const NO_SERVICES = { ...exactly('external_account', 'service'), negated: true };

/**
 * A page of users; of those with a role in an organization, where one is given. Service identities are left out unless
 * the request filters by `external_account`.
 */
export const listUsers = async (
  gateway: Gateway,
  call: Call,
  {
    only = [],
    organization = 0,
    role = '',
    withServices = false,
  }: { only?: common.Condition[]; organization?: number; role?: string; withServices?: boolean },
): Promise<Answer> => {
  const { caller } = call;
  return answerPage(gateway, call, USER, only, async (query) => {
    const asksForServices = withServices || query.conditions.some(({ field }) => field === 'external_account');
    const { users, outcome } = await gateway.accounts.listUsers({
      actor: caller.actor,
      query: asksForServices ? query : { ...query, conditions: [...query.conditions, NO_SERVICES] },
      organization,
      role,
    });
    return { outcome, results: users.map((user) => USER.represent(user, caller)) };
  });
};
