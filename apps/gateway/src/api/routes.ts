import type { common } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { ACTIVITY_FIELDS, activityDetail, activityList, activityOf } from './activity-stream.ts';
import {
  APPLICATION_FIELDS,
  applicationDetail,
  applicationList,
  revokeApplicationTokens,
  rotateSecret,
} from './applications.ts';
import { corsExplain } from './cors-explain.ts';
import type { Methods, Resource } from './endpoint.ts';
import { events, refusals } from './events.ts';
import type { Fields } from './field.ts';
import {
  ORGANIZATION_FIELDS,
  organizationApplications,
  organizationDetail,
  organizationList,
  organizationRole,
  userOrganizations,
} from './organizations.ts';
import { SETTING_FIELDS, settingsDetail, settingsRoot } from './settings.ts';
import { applicationTokens, TOKEN_FIELDS, tokenDetail, tokenList, userTokens } from './tokens.ts';
import { me, revokeUserTokens, USER_FIELDS, userApplications, userDetail, userList } from './users.ts';

type Kind = Pick<Resource, 'fields' | 'type' | 'searched' | 'mayWrite'>;

const kind = (type: string, fields: Fields, searched: string[], mayWrite?: Resource['mayWrite']): Kind => ({
  type,
  fields,
  searched,
  ...(mayWrite && { mayWrite }),
});
const administers = ({ superuser, adminOf }: common.Actor): boolean => superuser || adminOf.length > 0;
const anybody = (): boolean => true;

const APPLICATION = kind('o_auth2_application', APPLICATION_FIELDS, ['name', 'description'], administers);
const TOKEN = kind('o_auth2_access_token', TOKEN_FIELDS, ['description'], anybody);
const USER = kind('user', USER_FIELDS, ['username', 'first_name', 'last_name']);
/** Everybody may change something of its own account. */
const ONE_USER = { ...USER, mayWrite: anybody };
const ORGANIZATION = kind('organization', ORGANIZATION_FIELDS, ['name', 'description']);
const ONE_ORGANIZATION = { ...ORGANIZATION, mayWrite: administers };
const ACTIVITY = kind('activity_stream', ACTIVITY_FIELDS, []);
const SETTING = kind('setting', SETTING_FIELDS, []);

const resource = (name: string, methods: Methods, more: Kind = {}): Resource => ({ name, methods, ...more });

/** Every URL below `/api/v2/`, apart from the root document, with what it answers. */
export const apiRoutes = (gateway: Gateway): Readonly<Record<string, Resource>> => ({
  '/api/v2/applications/': resource('Application List', applicationList(gateway), APPLICATION),
  '/api/v2/applications/:id/': resource('Application Detail', applicationDetail(gateway), APPLICATION),
  '/api/v2/applications/:id/tokens/': resource('Application Token List', applicationTokens(gateway), TOKEN),
  '/api/v2/applications/:id/activity_stream/': resource('Application Activity Stream', activityOf(gateway, 'applications'), ACTIVITY),
  '/api/v2/applications/:id/rotate_secret/': resource('Rotate the client secret', rotateSecret(gateway)),
  '/api/v2/applications/:id/revoke_tokens/': resource('End every grant of an application', revokeApplicationTokens(gateway)),
  '/api/v2/tokens/': resource('Token List', tokenList(gateway), TOKEN),
  '/api/v2/tokens/:id/': resource('Token Detail', tokenDetail(gateway), TOKEN),
  '/api/v2/tokens/:id/activity_stream/': resource('Token Activity Stream', activityOf(gateway, 'tokens'), ACTIVITY),
  '/api/v2/me/': resource('Me', me(gateway), USER),
  '/api/v2/users/': resource('User List', userList(gateway), USER),
  '/api/v2/users/:id/': resource('User Detail', userDetail(gateway), ONE_USER),
  '/api/v2/users/:id/applications/': resource('Applications owned by a user', userApplications(gateway), APPLICATION),
  '/api/v2/users/:id/tokens/': resource('User Token List', userTokens(gateway, 'tokens'), TOKEN),
  '/api/v2/users/:id/authorized_tokens/': resource('User Authorized Token List', userTokens(gateway, 'authorized_tokens'), TOKEN),
  '/api/v2/users/:id/personal_tokens/': resource('User Personal Token List', userTokens(gateway, 'personal_tokens'), TOKEN),
  '/api/v2/users/:id/organizations/': resource('Organizations of a user', userOrganizations(gateway), ORGANIZATION),
  '/api/v2/users/:id/activity_stream/': resource('User Activity Stream', activityOf(gateway, 'users'), ACTIVITY),
  '/api/v2/users/:id/revoke_tokens/': resource('End every grant of a user', revokeUserTokens(gateway)),
  '/api/v2/organizations/': resource('Organization List', organizationList(gateway), ORGANIZATION),
  '/api/v2/organizations/:id/': resource('Organization Detail', organizationDetail(gateway), ONE_ORGANIZATION),
  '/api/v2/organizations/:id/users/': resource('Organization Members', organizationRole(gateway, 'member'), ONE_USER),
  '/api/v2/organizations/:id/admins/': resource('Organization Admins', organizationRole(gateway, 'admin'), ONE_USER),
  '/api/v2/organizations/:id/auditors/': resource('Organization Auditors', organizationRole(gateway, 'auditor'), ONE_USER),
  '/api/v2/organizations/:id/applications/': resource('Organization Applications', organizationApplications(gateway), APPLICATION),
  '/api/v2/organizations/:id/activity_stream/': resource('Organization Activity Stream', activityOf(gateway, 'organizations'), ACTIVITY),
  '/api/v2/settings/': resource('Setting Categories', settingsRoot()),
  '/api/v2/settings/:slug/': resource('Settings of a category', settingsDetail(gateway), SETTING),
  '/api/v2/activity_stream/': resource('Activity Stream List', activityList(gateway), ACTIVITY),
  '/api/v2/activity_stream/:id/': resource('Activity Stream Detail', activityDetail(gateway), ACTIVITY),
  '/api/v2/cors/explain/': resource('Why an origin is allowed or not', corsExplain(gateway)),
  '/api/v2/events/': resource('Events', events(gateway)),
  '/api/v2/refusals/': resource('Refusals', refusals(gateway)),
}); // prettier-ignore
