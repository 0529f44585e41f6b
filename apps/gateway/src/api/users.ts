import { z } from 'zod';
import type { accounts as wire, common } from '@grantlog/contracts';
import { LONGEST_PASSWORD_BYTES, LONGEST_USERNAME, passwordProblem } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { ApiError, forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import type { Caller } from '../http/caller.ts';
import { filledText, flag, name, parseFields, text } from '../http/fields.ts';
import { exactly, type Filterable, type Listing, pageOf } from '../http/listing.ts';
import { senderOf } from '../http/request-context.ts';
import { settingsOf } from '../settings.ts';
import { createApplication, listApplications } from './applications.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { commonFields, withBounds } from './field.ts';
import { listQuery } from './list-query.ts';

const MODEL = 'User';

export const FILTERABLE: Filterable = {
  id: { field: 'id', kind: 'integer' },
  username: { field: 'username', kind: 'text' },
  first_name: { field: 'first_name', kind: 'text' },
  last_name: { field: 'last_name', kind: 'text' },
  email: { field: 'email', kind: 'text' },
  is_superuser: { field: 'is_superuser', kind: 'boolean' },
  is_system_auditor: { field: 'is_system_auditor', kind: 'boolean' },
  is_active: { field: 'is_active', kind: 'boolean' },
  external_account: { field: 'external_account', kind: 'text' },
  created: { field: 'created', kind: 'time' },
  modified: { field: 'modified', kind: 'time' },
  last_login: { field: 'last_login', kind: 'time' },
};

/** Also one without a dot: a mailbox of this machine. */
const EMAIL = z.regexes.unicodeEmail;
const username = name(LONGEST_USERNAME);
const password = filledText(LONGEST_PASSWORD_BYTES);
const profile = {
  first_name: text(150),
  last_name: text(150),
  email: text(254).refine((value) => value === '' || EMAIL.test(value), 'Enter a valid email address.'),
  is_superuser: flag,
  is_system_auditor: flag,
};
export const NewUser = z.object({ ...z.object(profile).partial().shape, username, password });
export const UserChanges = z
  .object({ ...profile, username, is_active: flag, password, current_password: password })
  .partial();

const always = { writable: 'always', filterable: true } as const;

/** How a user describes itself. */
export const USER_FIELDS = withBounds(UserChanges, {
  ...commonFields('user'),
  username: { ...always, type: 'string', label: 'Username', help_text: `Required. ${LONGEST_USERNAME} characters or fewer.`, required: true },
  first_name: { ...always, type: 'string', label: 'First name', help_text: '', default: '' },
  last_name: { ...always, type: 'string', label: 'Last name', help_text: '', default: '' },
  email: { ...always, type: 'string', label: 'Email address', help_text: '', default: '' },
  is_superuser: { ...always, type: 'boolean', label: 'Superuser status', help_text: 'Designates that this user has all permissions without explicitly assigning them.', default: false },
  is_system_auditor: { ...always, type: 'boolean', label: 'Is system auditor', help_text: 'May read everything.', default: false },
  is_active: { ...always, type: 'boolean', label: 'Active', help_text: 'Disabling ends the sessions, codes and tokens of this user.', default: true },
  password: { ...always, writeOnly: true, type: 'string', label: 'Password', help_text: `Write-only; at most ${LONGEST_PASSWORD_BYTES} bytes, no control characters, at least PASSWORD_MIN_LENGTH characters.`, required: true, filterable: false },
  current_password: { writable: 'change', writeOnly: true, type: 'string', label: 'Current password', help_text: "To change one's own password; not needed with HTTP Basic.", filterable: false },
  last_login: { type: 'datetime', label: 'Last login', help_text: '', filterable: true, nullable: true },
  external_account: { type: 'field', label: 'External account', help_text: 'Set if the account is managed by an external service', filterable: true, nullable: true },
}); // prettier-ignore

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
  GET: async (call) => ({ body: represent(await visibleUser(gateway, call), call.caller) }),
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
    const user = await visibleUser(gateway, call);
    if (user.id !== call.caller.user.id && !call.caller.actor.superuser) throw forbidden();
    const { position } = await gateway.tokens.revokeAll({
      cause: call.cause,
      subject: { $case: 'user', value: user.id },
      because: 'requested',
      subjectVersion: 0,
    });
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
  const fields = parseFields(NewUser, body);
  await checkPassword(gateway, fields.password);
  const { result } = await gateway.accounts.createUser({
    cause: call.cause,
    actor: call.caller.actor,
    username: fields.username,
    password: fields.password,
    firstName: fields.first_name ?? '',
    lastName: fields.last_name ?? '',
    email: fields.email ?? '',
    isSuperuser: fields.is_superuser ?? false,
    isSystemAuditor: fields.is_system_auditor ?? false,
    organization,
  });
  const user = answered(result, 'user', fromRefusal);
  call.wrote({ stream: `user-${user.id}`, version: user.version });
  return {
    status: 201,
    body: represent(user, call.caller),
    headers: { location: `/api/v2/users/${user.id}/` },
  };
};

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(UserChanges, await call.body());
    if (fields.password !== undefined) await checkPassword(gateway, fields.password);
    const number = call.id;
    const { settings } = await gateway.applications.getSettings({});
    const { result, retryAfterSeconds } = await gateway.accounts.updateUser({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
      currentPassword: fields.current_password ?? '',
      address: senderOf(call.request),
      passwordKeepsGrants: !settingsOf(settings).PASSWORD_CHANGE_REVOKES_TOKENS,
      ...(fields.username !== undefined && { username: fields.username }),
      ...(fields.first_name !== undefined && { firstName: fields.first_name }),
      ...(fields.last_name !== undefined && { lastName: fields.last_name }),
      ...(fields.email !== undefined && { email: fields.email }),
      ...(fields.is_superuser !== undefined && { isSuperuser: fields.is_superuser }),
      ...(fields.is_system_auditor !== undefined && { isSystemAuditor: fields.is_system_auditor }),
      ...(fields.is_active !== undefined && { isActive: fields.is_active }),
      ...(fields.password !== undefined && { password: fields.password }),
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
    call.wrote({ stream: `user-${number}`, version: user.version });
    return { body: represent(user, call.caller) };
  };

/** The user that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visibleUser = async (gateway: Gateway, call: Call): Promise<wire.User> => {
  const { users } = await gateway.accounts.getUsers({
    keys: [{ key: { $case: 'id', value: call.id } }],
  });
  const user = users[0]?.user;
  const { actor } = call.caller;
  const organizations = user ? [...user.memberOf, ...user.adminOf, ...user.auditorOf] : [];
  const seen =
    user &&
    (actor.superuser ||
      actor.systemAuditor ||
      actor.user === user.id ||
      actor.adminOf.some((one) => organizations.includes(one)));
  if (!seen) throw notFound(MODEL);
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
  const { request, response, caller } = call;
  const listing = await listQuery(gateway, call, FILTERABLE, ['username'], only);
  const { users, outcome } = await gateway.accounts.listUsers({
    actor: caller.actor,
    query: {
      ...listing.query,
      conditions: [...listing.query.conditions, ...(withServices || asksForServices(listing) ? [] : [NO_SERVICES])],
    },
    organization,
    role,
  });
  if (outcome?.stale) response.set('grantlog-stale', 'true');
  return { body: pageOf(request, listing, outcome, users.map((user) => represent(user, caller))) }; // prettier-ignore
};

const asksForServices = ({ query }: Listing): boolean =>
  query.conditions.some(({ field }) => field === 'external_account');

const represent = (user: wire.User, { actor, mayWrite }: Caller): Record<string, unknown> => {
  const edit = mayWrite && (actor.superuser || actor.user === user.id);
  const url = `/api/v2/users/${user.id}/`;
  return {
    id: user.id,
    type: 'user',
    url,
    related: Object.fromEntries(
      [
        'tokens',
        'authorized_tokens',
        'personal_tokens',
        'applications',
        'organizations',
        'roles',
        'activity_stream',
      ].map((name) => [name, `${url}${name}/`]),
    ),
    summary_fields: { user_capabilities: { edit, delete: mayWrite && actor.superuser && actor.user !== user.id } },
    created: user.created,
    modified: user.modified,
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    is_superuser: user.isSuperuser,
    is_system_auditor: user.isSystemAuditor,
    is_active: user.isActive,
    last_login: user.lastLogin === '' ? null : user.lastLogin,
    external_account: user.externalAccount === '' ? null : user.externalAccount,
  };
};
