import { actsInPerson, type common } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { ACTIVITY_FIELDS, activityDetail, activityList, activityOf } from './activity-stream.ts';
import {
  APPLICATION_FIELDS,
  ApplicationChanges,
  applicationDetail,
  applicationList,
  NewApplication,
  revokeApplicationTokens,
  RotateSecret,
  rotateSecret,
} from './applications.ts';
import { corsExplain, CorsQuestion } from './cors-explain.ts';
import type { Methods, Resource } from './endpoint.ts';
import { CURSOR_PARAMETERS, events, refusals } from './events.ts';
import type { Fields } from './field.ts';
import { config, ping } from './foreign.ts';
import {
  NewOrganization,
  ORGANIZATION_FIELDS,
  OrganizationChanges,
  organizationApplications,
  organizationDetail,
  organizationList,
  organizationRole,
  userOrganizations,
} from './organizations.ts';
import { organizationRoles, ROLE_FIELDS, RoleChange, roleDetail, userRoles } from './roles.ts';
import { OTHER_SETTING_NAMES, SETTING_FIELDS, settingsDetail, settingsRoot } from './settings.ts';
import {
  applicationTokens,
  NewToken,
  TOKEN_FIELDS,
  TokenChanges,
  tokenDetail,
  tokenList,
  userTokens,
} from './tokens.ts';
import {
  me,
  NewUser,
  UserChanges,
  revokeUserTokens,
  USER_FIELDS,
  userApplications,
  userDetail,
  userList,
} from './users.ts';

type Kind = Omit<Resource, 'name' | 'methods'>;

const kind = (type: string, fields: Fields, searched: string[], mayWrite?: Resource['mayWrite']): Kind => ({
  type,
  fields,
  searched,
  ...(mayWrite && { mayWrite }),
});
const administers = ({ superuser, adminOf }: common.Actor): boolean => superuser || adminOf.length > 0;
const inPerson = (actor: common.Actor): boolean => administers(actor) && actsInPerson(actor);
const anybody = (): boolean => true;

const APPLICATION = {
  ...kind('o_auth2_application', APPLICATION_FIELDS, ['name', 'description'], inPerson),
  // One application alone shows them.
  foreign: ['client_secrets'],
};
const TOKEN = kind('o_auth2_access_token', TOKEN_FIELDS, ['description'], actsInPerson);
const ONE_TOKEN = { ...TOKEN, mayWrite: anybody };
const USER_NAMES_OF_AWX = ['ldap_dn', 'auth'];
const USER = {
  ...kind(
    'user',
    USER_FIELDS,
    ['username', 'first_name', 'last_name'],
    (actor) => actor.superuser && actsInPerson(actor),
  ),
  foreign: USER_NAMES_OF_AWX,
};
/** Everybody may change something of its own account. */
const ONE_USER = { ...USER, mayWrite: anybody };
/** A user that is made, or one that is attached by its `id`. */
const MEMBER = { ...ONE_USER, foreign: [...USER_NAMES_OF_AWX, 'disassociate'] };
const ORGANIZATION = {
  ...kind('organization', ORGANIZATION_FIELDS, ['name', 'description']),
  foreign: ['max_hosts', 'custom_virtualenv', 'default_environment'],
};
const ONE_ORGANIZATION = { ...ORGANIZATION, mayWrite: administers };
const ACTIVITY = kind('activity_stream', ACTIVITY_FIELDS, []);
const ROLE = kind('role', ROLE_FIELDS, ['name'], inPerson);
const SETTING = { ...kind('setting', SETTING_FIELDS, []), foreign: OTHER_SETTING_NAMES };

const resource = (name: string, methods: Methods, more: Kind = {}): Resource => ({ name, methods, ...more });

/** Every URL below `/api/v2/`, apart from the root document, with what it answers. */
export const apiRoutes = (gateway: Gateway): Readonly<Record<string, Resource>> => ({
  '/api/v2/applications/': resource('Application List', applicationList(gateway), { ...APPLICATION, isList: true, bodies: { POST: NewApplication } }),
  '/api/v2/applications/:id/': resource('Application Detail', applicationDetail(gateway), { ...APPLICATION, bodies: { PUT: ApplicationChanges, PATCH: ApplicationChanges } }),
  '/api/v2/applications/:id/tokens/': resource('Application Token List', applicationTokens(gateway), { ...TOKEN, isList: true, bodies: { POST: NewToken.omit({ application: true }) } }),
  '/api/v2/applications/:id/activity_stream/': resource('Application Activity Stream', activityOf(gateway, 'applications'), { ...ACTIVITY, isList: true }),
  '/api/v2/applications/:id/rotate_secret/': resource('Rotate the client secret', rotateSecret(gateway), { bodies: { POST: RotateSecret } }),
  '/api/v2/applications/:id/revoke_tokens/': resource('End every grant of an application', revokeApplicationTokens(gateway), { answers: { POST: 'nothing' } }),
  '/api/v2/tokens/': resource('Token List', tokenList(gateway), { ...TOKEN, isList: true, bodies: { POST: NewToken } }),
  '/api/v2/tokens/:id/': resource('Token Detail', tokenDetail(gateway), { ...ONE_TOKEN, bodies: { PUT: TokenChanges, PATCH: TokenChanges } }),
  '/api/v2/tokens/:id/activity_stream/': resource('Token Activity Stream', activityOf(gateway, 'tokens'), { ...ACTIVITY, isList: true }),
  '/api/v2/me/': resource('Me', me(gateway), { ...USER, isList: true }),
  '/api/v2/users/': resource('User List', userList(gateway), { ...USER, isList: true, bodies: { POST: NewUser } }),
  '/api/v2/users/:id/': resource('User Detail', userDetail(gateway), { ...ONE_USER, bodies: { PUT: UserChanges, PATCH: UserChanges } }),
  '/api/v2/users/:id/applications/': resource('Applications owned by a user', userApplications(gateway), { ...APPLICATION, isList: true, bodies: { POST: NewApplication.omit({ user: true }) } }),
  '/api/v2/users/:id/tokens/': resource('User Token List', userTokens(gateway, 'tokens'), { ...TOKEN, isList: true, bodies: { POST: NewToken } }),
  '/api/v2/users/:id/authorized_tokens/': resource('User Authorized Token List', userTokens(gateway, 'authorized_tokens'), { ...TOKEN, isList: true, bodies: { POST: NewToken } }),
  '/api/v2/users/:id/personal_tokens/': resource('User Personal Token List', userTokens(gateway, 'personal_tokens'), { ...TOKEN, isList: true, bodies: { POST: NewToken.omit({ application: true }) } }),
  '/api/v2/users/:id/organizations/': resource('Organizations of a user', userOrganizations(gateway), { ...ORGANIZATION, isList: true }),
  '/api/v2/users/:id/roles/': resource('Roles of a user', userRoles(gateway), { ...ROLE, bodies: { POST: RoleChange }, answers: { POST: 'nothing' } }),
  '/api/v2/users/:id/activity_stream/': resource('User Activity Stream', activityOf(gateway, 'users'), { ...ACTIVITY, isList: true }),
  '/api/v2/users/:id/revoke_tokens/': resource('End every grant of a user', revokeUserTokens(gateway), { answers: { POST: 'nothing' } }),
  '/api/v2/organizations/': resource('Organization List', organizationList(gateway), { ...ORGANIZATION, isList: true, bodies: { POST: NewOrganization } }),
  '/api/v2/organizations/:id/': resource('Organization Detail', organizationDetail(gateway), { ...ONE_ORGANIZATION, bodies: { PUT: OrganizationChanges, PATCH: OrganizationChanges } }),
  '/api/v2/organizations/:id/users/': resource('Organization Members', organizationRole(gateway, 'member'), { ...MEMBER, isList: true }),
  '/api/v2/organizations/:id/admins/': resource('Organization Admins', organizationRole(gateway, 'admin'), { ...MEMBER, isList: true }),
  '/api/v2/organizations/:id/auditors/': resource('Organization Auditors', organizationRole(gateway, 'auditor'), { ...MEMBER, isList: true }),
  '/api/v2/organizations/:id/applications/': resource('Organization Applications', organizationApplications(gateway), { ...APPLICATION, isList: true, bodies: { POST: NewApplication.omit({ organization: true }) } }),
  '/api/v2/organizations/:id/object_roles/': resource('Roles in an organization', organizationRoles(gateway), ROLE),
  '/api/v2/roles/:id/': resource('Role', roleDetail(gateway), ROLE),
  '/api/v2/organizations/:id/activity_stream/': resource('Organization Activity Stream', activityOf(gateway, 'organizations'), { ...ACTIVITY, isList: true }),
  '/api/v2/ping/': resource('Ping', ping(), { fields: {} }),
  '/api/v2/config/': resource('Config', config(gateway), { fields: {} }),
  '/api/v2/settings/': resource('Setting Categories', settingsRoot()),
  '/api/v2/settings/:slug/': resource('Settings of a category', settingsDetail(gateway), SETTING),
  '/api/v2/activity_stream/': resource('Activity Stream List', activityList(gateway), { ...ACTIVITY, isList: true }),
  '/api/v2/activity_stream/:id/': resource('Activity Stream Detail', activityDetail(gateway), ACTIVITY),
  '/api/v2/cors/explain/': resource('Why an origin is allowed or not', corsExplain(gateway), { bodies: { POST: CorsQuestion } }),
  '/api/v2/events/': resource('Events', events(gateway), { query: CURSOR_PARAMETERS }),
  '/api/v2/refusals/': resource('Refusals', refusals(gateway), { query: CURSOR_PARAMETERS }),
}); // prettier-ignore
