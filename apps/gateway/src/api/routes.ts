import { actsInPerson, type common } from '@grantlog/contracts';
import type { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { ACTIVITY, activityDetail, activityList, activityOf } from './activity-stream.ts';
import {
  APPLICATION,
  applicationDetail,
  applicationList,
  revokeApplicationTokens,
  RotateSecret,
  rotateSecret,
} from './applications.ts';
import { corsExplain, CorsQuestion } from './cors-explain.ts';
import type { Methods, Route } from './endpoint.ts';
import { CURSOR_PARAMETERS, events, refusals } from './events.ts';
import { config, ping } from './foreign.ts';
import {
  ORGANIZATION,
  organizationApplications,
  organizationDetail,
  organizationList,
  organizationRole,
  userOrganizations,
} from './organizations.ts';
import { organizationRoles, ROLE_FIELDS, RoleChange, roleDetail, userRoles } from './roles.ts';
import { OTHER_SETTING_NAMES, SETTING_FIELDS, settingsDetail, settingsRoot } from './settings.ts';
import { applicationTokens, TOKEN, tokenDetail, tokenList, userTokens } from './tokens.ts';
import { me, revokeUserTokens, USER, userApplications, userDetail, userList } from './users.ts';

/** What the URLs of one resource have in common. */
type Kind = Pick<Route, 'type' | 'fields' | 'searched' | 'foreign' | 'mayWrite'>;

const kindOf = (
  { type, fields, searched, foreign = [] }: Required<Pick<Kind, 'type' | 'fields' | 'searched'>> & Kind,
  mayWrite?: Route['mayWrite'],
): Kind => ({
  ...{ type, fields, searched, foreign },
  ...(mayWrite && { mayWrite }),
});
const administers = ({ superuser, adminOf }: common.Actor): boolean => superuser || adminOf.length > 0;
const inPerson = (actor: common.Actor): boolean => administers(actor) && actsInPerson(actor);
const superuserInPerson = (actor: common.Actor): boolean => actor.superuser && actsInPerson(actor);
const anybody = (): boolean => true;

const APPLICATIONS = kindOf(APPLICATION, inPerson);
const TOKENS = kindOf(TOKEN, actsInPerson);
const USERS = kindOf(USER, superuserInPerson);
/** A user that is made, or one that is attached by its `id`. */
const MEMBERS = kindOf({ ...USER, foreign: [...USER.foreign, 'disassociate'] }, anybody);
const ORGANIZATIONS = kindOf(ORGANIZATION);
const ACTIVITIES = kindOf(ACTIVITY);
const ROLES = kindOf({ type: 'role', fields: ROLE_FIELDS, searched: ['name'] }, inPerson);
const SETTINGS = kindOf({ type: 'setting', fields: SETTING_FIELDS, searched: [], foreign: OTHER_SETTING_NAMES });

/** @param made what a POST is validated against; absent: it attaches, or there is none */
const list = (name: string, methods: Methods, kind: Kind, made?: z.ZodObject): Route => ({
  name,
  methods,
  ...kind,
  isList: true,
  ...(made && { bodies: { POST: made } }),
});
const one = (name: string, methods: Methods, kind: Kind, changes?: z.ZodObject): Route => ({
  name,
  methods,
  ...kind,
  ...(changes && { bodies: { PUT: changes, PATCH: changes } }),
});
const action = (name: string, methods: Methods, takes?: z.ZodObject): Route => ({
  name,
  methods,
  ...(takes ? { bodies: { POST: takes } } : { answers: { POST: 'nothing' } }),
});

/** Every URL below `/api/v2/`, apart from the root document, with what it answers. */
export const apiRoutes = (gateway: Gateway): Readonly<Record<string, Route>> => ({
  ...applicationRoutes(gateway),
  ...tokenRoutes(gateway),
  ...userRoutes(gateway),
  ...organizationRoutes(gateway),
  '/api/v2/activity_stream/': list('Activity Stream List', activityList(gateway), ACTIVITIES),
  '/api/v2/activity_stream/:id/': one('Activity Stream Detail', activityDetail(gateway), ACTIVITIES),
  '/api/v2/settings/': { name: 'Setting Categories', methods: settingsRoot() },
  '/api/v2/settings/:slug/': { name: 'Settings of a category', methods: settingsDetail(gateway), ...SETTINGS },
  '/api/v2/cors/explain/': action('Why an origin is allowed or not', corsExplain(gateway), CorsQuestion),
  '/api/v2/events/': { name: 'Events', methods: events(gateway), query: CURSOR_PARAMETERS },
  '/api/v2/refusals/': { name: 'Refusals', methods: refusals(gateway), query: CURSOR_PARAMETERS },
  '/api/v2/ping/': { name: 'Ping', methods: ping(), fields: {} },
  '/api/v2/config/': { name: 'Config', methods: config(gateway), fields: {} },
});

const applicationRoutes = (gateway: Gateway): Readonly<Record<string, Route>> => ({
  '/api/v2/applications/': list('Application List', applicationList(gateway), APPLICATIONS, APPLICATION.New),
  '/api/v2/applications/:id/': one('Application Detail', applicationDetail(gateway), APPLICATIONS, APPLICATION.Changes),
  '/api/v2/applications/:id/tokens/': list(
    'Application Token List',
    applicationTokens(gateway),
    TOKENS,
    TOKEN.New.omit({ application: true }),
  ),
  '/api/v2/applications/:id/activity_stream/': list(
    'Application Activity Stream',
    activityOf(gateway, 'applications'),
    ACTIVITIES,
  ),
  '/api/v2/applications/:id/rotate_secret/': action('Rotate the client secret', rotateSecret(gateway), RotateSecret),
  '/api/v2/applications/:id/revoke_tokens/': action(
    'Revoke every grant of an application',
    revokeApplicationTokens(gateway),
  ),
});

const tokenRoutes = (gateway: Gateway): Readonly<Record<string, Route>> => ({
  '/api/v2/tokens/': list('Token List', tokenList(gateway), TOKENS, TOKEN.New),
  '/api/v2/tokens/:id/': one('Token Detail', tokenDetail(gateway), { ...TOKENS, mayWrite: anybody }, TOKEN.Changes),
  '/api/v2/tokens/:id/activity_stream/': list('Token Activity Stream', activityOf(gateway, 'tokens'), ACTIVITIES),
});

const userRoutes = (gateway: Gateway): Readonly<Record<string, Route>> => ({
  '/api/v2/me/': list('Me', me(gateway), USERS),
  '/api/v2/users/': list('User List', userList(gateway), USERS, USER.New),
  // Everybody may change something of its own account.
  '/api/v2/users/:id/': one('User Detail', userDetail(gateway), { ...USERS, mayWrite: anybody }, USER.Changes),
  '/api/v2/users/:id/applications/': list(
    'Applications owned by a user',
    userApplications(gateway),
    APPLICATIONS,
    APPLICATION.New.omit({ user: true }),
  ),
  '/api/v2/users/:id/tokens/': list('User Token List', userTokens(gateway, 'tokens'), TOKENS, TOKEN.New),
  '/api/v2/users/:id/authorized_tokens/': list(
    'User Authorized Token List',
    userTokens(gateway, 'authorized_tokens'),
    TOKENS,
    TOKEN.New,
  ),
  '/api/v2/users/:id/personal_tokens/': list(
    'User Personal Token List',
    userTokens(gateway, 'personal_tokens'),
    TOKENS,
    TOKEN.New.omit({ application: true }),
  ),
  '/api/v2/users/:id/organizations/': list('Organizations of a user', userOrganizations(gateway), ORGANIZATIONS),
  '/api/v2/users/:id/roles/': {
    ...action('Roles of a user', userRoles(gateway)),
    ...ROLES,
    bodies: { POST: RoleChange },
  },
  '/api/v2/users/:id/activity_stream/': list('User Activity Stream', activityOf(gateway, 'users'), ACTIVITIES),
  '/api/v2/users/:id/revoke_tokens/': action('Revoke every grant of a user', revokeUserTokens(gateway)),
});

const organizationRoutes = (gateway: Gateway): Readonly<Record<string, Route>> => ({
  '/api/v2/organizations/': list('Organization List', organizationList(gateway), ORGANIZATIONS, ORGANIZATION.New),
  '/api/v2/organizations/:id/': one(
    'Organization Detail',
    organizationDetail(gateway),
    { ...ORGANIZATIONS, mayWrite: administers },
    ORGANIZATION.Changes,
  ),
  '/api/v2/organizations/:id/users/': list('Organization Members', organizationRole(gateway, 'member'), MEMBERS),
  '/api/v2/organizations/:id/admins/': list('Organization Admins', organizationRole(gateway, 'admin'), MEMBERS),
  '/api/v2/organizations/:id/auditors/': list('Organization Auditors', organizationRole(gateway, 'auditor'), MEMBERS),
  '/api/v2/organizations/:id/applications/': list(
    'Organization Applications',
    organizationApplications(gateway),
    APPLICATIONS,
    APPLICATION.New.omit({ organization: true }),
  ),
  '/api/v2/organizations/:id/object_roles/': one('Roles in an organization', organizationRoles(gateway), ROLES),
  '/api/v2/organizations/:id/activity_stream/': list(
    'Organization Activity Stream',
    activityOf(gateway, 'organizations'),
    ACTIVITIES,
  ),
  '/api/v2/roles/:id/': one('Role', roleDetail(gateway), ROLES),
});
