import { z } from 'zod';
import type { accounts as wire, common } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { filledText, flag, id, parseFields, text } from '../http/fields.ts';
import { type Filterable, pageOf, parseListing } from '../http/listing.ts';
import { settingsOf } from '../settings.ts';
import { listApplications } from './applications.ts';
import type { Call, Endpoint, Methods } from './endpoint.ts';

const MODEL = 'User';

const FILTERABLE: Filterable = {
  id: { field: 'id', kind: 'integer' },
  username: { field: 'username', kind: 'text' },
  first_name: { field: 'first_name', kind: 'text' },
  last_name: { field: 'last_name', kind: 'text' },
  email: { field: 'email', kind: 'text' },
  is_superuser: { field: 'is_superuser', kind: 'boolean' },
  is_system_auditor: { field: 'is_system_auditor', kind: 'boolean' },
  is_active: { field: 'is_active', kind: 'boolean' },
};

const username = filledText(150).refine((name) => !name.startsWith('$'), 'A username may not begin with "$".');
const password = filledText(1024).refine(
  (value) => Buffer.byteLength(value) <= 1024,
  'Ensure this field has no more than 1024 bytes.',
);
const profile = {
  first_name: text(150),
  last_name: text(150),
  email: text(254),
  is_superuser: flag,
  is_system_auditor: flag,
};
const NewUser = z.object({ ...z.object(profile).partial().shape, username, password });
const Changes = z.object({ ...profile, is_active: flag, password }).partial();

/** `/api/v2/users/` */
export const userList = (gateway: Gateway): Methods => ({
  GET: (call) => list(gateway, call, []),
  POST: (call) => create(gateway, call, 0),
});

/** `/api/v2/me/`: a list with exactly the caller. */
export const me = (gateway: Gateway): Methods => ({
  GET: (call) =>
    list(gateway, call, [
      { field: 'id', lookup: 'exact', value: String(call.caller.user.id), negated: false, alternative: false },
    ]),
});

/** `/api/v2/users/N/` */
export const userDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => ({ body: represent(await visibleUser(gateway, call)) }),
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const number = call.number('id', MODEL);
    const { refusal, version } = await gateway.accounts.deleteUser({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(`user-${number}`, version);
    return { status: 204 };
  },
});

/** `/api/v2/users/N/applications/`: those that N owns. */
export const userApplications = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { id: owner } = await visibleUser(gateway, call);
    return listApplications(gateway, call, [
      { field: 'user', lookup: 'exact', value: String(owner), negated: false, alternative: false },
    ]);
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
    gateway.positions.send(call.response, position);
    return { status: 204 };
  },
});

const create = async (gateway: Gateway, call: Call, organization: number) => {
  const fields = parseFields(NewUser, await call.body());
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
  if (result?.$case !== 'user') throw fromRefusal(result?.value as common.Refusal);
  call.wrote(`user-${result.value.id}`, result.value.version);
  return { status: 201, body: represent(result.value), headers: { location: `/api/v2/users/${result.value.id}/` } };
};

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(Changes, await call.body());
    const number = call.number('id', MODEL);
    const { settings } = await gateway.applications.getSettings({});
    const { result } = await gateway.accounts.updateUser({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
      passwordKeepsGrants: !settingsOf(settings).PASSWORD_CHANGE_REVOKES_TOKENS,
      ...(fields.first_name !== undefined && { firstName: fields.first_name }),
      ...(fields.last_name !== undefined && { lastName: fields.last_name }),
      ...(fields.email !== undefined && { email: fields.email }),
      ...(fields.is_superuser !== undefined && { isSuperuser: fields.is_superuser }),
      ...(fields.is_system_auditor !== undefined && { isSystemAuditor: fields.is_system_auditor }),
      ...(fields.is_active !== undefined && { isActive: fields.is_active }),
      ...(fields.password !== undefined && { password: fields.password }),
    });
    if (result?.$case !== 'user') throw fromRefusal(result?.value as common.Refusal);
    call.wrote(`user-${number}`, result.value.version);
    return { body: represent(result.value) };
  };

/** The user that the path names. @throws ApiError 404, also for one that the caller may not see */
const visibleUser = async (gateway: Gateway, call: Call): Promise<wire.User> => {
  const { users } = await gateway.accounts.getUsers({
    keys: [{ key: { $case: 'id', value: call.number('id', MODEL) } }],
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

const list = async (gateway: Gateway, { request, response, caller }: Call, only: common.Condition[]) => {
  const listing = parseListing(request, FILTERABLE, ['username'], gateway.positions.read(request));
  const { users, outcome } = await gateway.accounts.listUsers({
    actor: caller.actor,
    query: { ...listing.query, conditions: [...listing.query.conditions, ...only] },
  });
  if (outcome?.stale) response.set('grantlog-stale', 'true');
  return { body: pageOf(request, listing, outcome, users.map(represent)) }; // prettier-ignore
};

const represent = (user: wire.User): Record<string, unknown> => {
  const url = `/api/v2/users/${user.id}/`;
  return {
    id: user.id,
    type: 'user',
    url,
    related: Object.fromEntries(
      ['tokens', 'authorized_tokens', 'personal_tokens', 'applications', 'organizations', 'activity_stream'].map(
        (name) => [name, `${url}${name}/`],
      ),
    ),
    summary_fields: {},
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

const ORGANIZATION_FIELDS: Filterable = {
  id: { field: 'id', kind: 'integer' },
  name: { field: 'name', kind: 'text' },
  description: { field: 'description', kind: 'text' },
};
const NewOrganization = z.object({ name: filledText(512), description: text().optional() });
const Membership = z.object({ id, disassociate: flag.optional() });

/** `/api/v2/organizations/` */
export const organizationList = (gateway: Gateway): Methods => ({
  GET: async ({ request, response, caller }) => {
    const listing = parseListing(request, ORGANIZATION_FIELDS, ['name'], gateway.positions.read(request));
    const { organizations, outcome } = await gateway.accounts.listOrganizations({
      actor: caller.actor,
      query: listing.query,
    });
    if (outcome?.stale) response.set('grantlog-stale', 'true');
    return { body: pageOf(request, listing, outcome, organizations.map((one) => representOrganization(one, caller.actor))) }; // prettier-ignore
  },
  POST: async (call) => {
    const { name, description = '' } = parseFields(NewOrganization, await call.body());
    const { result } = await gateway.accounts.createOrganization({
      cause: call.cause,
      actor: call.caller.actor,
      name,
      description,
    });
    if (result?.$case !== 'organization') throw fromRefusal(result?.value as common.Refusal);
    call.wrote(`organization-${result.value.id}`, result.value.version);
    return {
      status: 201,
      body: representOrganization(result.value, call.caller.actor),
      headers: { location: `/api/v2/organizations/${result.value.id}/` },
    };
  },
});

/** `/api/v2/organizations/N/` */
export const organizationDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const number = call.number('id', 'Organization');
    const { organizations } = await gateway.accounts.getOrganizations({ ids: [number] });
    const organization = organizations[0]?.organization;
    const { actor } = call.caller;
    const belongs = [...actor.adminOf, ...actor.memberOf, ...actor.auditorOf].includes(number);
    if (!organization || !(belongs || actor.superuser || actor.systemAuditor)) throw notFound('Organization');
    return { body: representOrganization(organization, actor) };
  },
});

/** `POST /api/v2/organizations/N/{users,admins,auditors}/`: gives a role, or takes it with `disassociate`. */
export const organizationRole = (gateway: Gateway, role: 'member' | 'admin' | 'auditor'): Methods => ({
  POST: async (call) => {
    const organization = call.number('id', 'Organization');
    const body = await call.body();
    if (role === 'member' && 'username' in body)
      return create(gateway, { ...call, body: () => Promise.resolve(body) }, organization);
    const { id: user, disassociate = false } = parseFields(Membership, body);
    const { refusal, version } = await gateway.accounts.changeMembership({
      cause: call.cause,
      actor: call.caller.actor,
      user,
      organization,
      role,
      remove: disassociate,
    });
    if (refusal?.error === 'not_found' && refusal.description.includes('User'))
      throw invalid({ id: [`Invalid pk "${user}" - object does not exist.`] });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(`user-${user}`, version);
    return { status: 204 };
  },
});

const representOrganization = (organization: wire.Organization, actor: common.Actor): Record<string, unknown> => {
  const url = `/api/v2/organizations/${organization.id}/`;
  return {
    id: organization.id,
    type: 'organization',
    url,
    related: Object.fromEntries(
      ['users', 'admins', 'auditors', 'applications', 'activity_stream'].map((name) => [name, `${url}${name}/`]),
    ),
    summary_fields: {
      user_capabilities: { edit: actor.superuser || actor.adminOf.includes(organization.id), delete: actor.superuser },
    },
    created: organization.created,
    modified: organization.modified,
    name: organization.name,
    description: organization.description,
  };
};
