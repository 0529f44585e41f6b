import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { applications, common, tokens as wire } from '@grantlog/contracts';
import { LONGEST_LIFETIME_SECONDS } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { id, integer, parseFields, text } from '../http/fields.ts';
import { exactly, type Filterable, pageOf } from '../http/listing.ts';
import { LONGEST_PARAMETERS } from '../http/oauth-parameters.ts';
import { lifetimesOf, listedAfterExpiryDays, settingsOf } from '../settings.ts';
import { clientOf } from '../oauth/token.ts';
import { MASK, visible } from './applications.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { commonFields, withBounds } from './field.ts';
import { listQuery } from './list-query.ts';
import { type Names, namesOf, userSummary } from './summaries.ts';
import { visibleUser } from './users.ts';

const MODEL = 'OAuth2AccessToken';

export const FILTERABLE: Filterable = {
  id: { field: 'id', kind: 'integer' },
  application: { field: 'application', kind: 'integer' },
  application__id: { field: 'application', kind: 'integer' },
  application__name: { field: 'application:name', kind: 'text' },
  user: { field: 'user', kind: 'integer' },
  user__id: { field: 'user', kind: 'integer' },
  user__username: { field: 'user:username', kind: 'text' },
  description: { field: 'description', kind: 'text' },
  scope: { field: 'scope', kind: 'text' },
  created: { field: 'created', kind: 'time' },
  modified: { field: 'modified', kind: 'time' },
  expires: { field: 'expires', kind: 'time' },
};

export const TokenChanges = z.object({ description: text(), scope: text(LONGEST_PARAMETERS.scope) }).partial();
export const NewToken = z.object({
  ...TokenChanges.shape,
  application: id.nullable().optional(),
  expires_in: integer(1, LONGEST_LIFETIME_SECONDS).optional(),
});

/** How a token describes itself. */
export const TOKEN_FIELDS = withBounds(NewToken, {
  ...commonFields('access token'),
  description: { writable: 'always', filterable: true, type: 'string', label: 'Description', help_text: 'Optional description of this access token.', default: '' },
  user: { type: 'id', label: 'User', help_text: 'The user representing the token owner', filterable: true },
  token: { type: 'string', label: 'Token', help_text: 'Shown once, in the reply that creates it.', filterable: false },
  refresh_token: { type: 'field', label: 'Refresh token', help_text: 'Shown once, in the reply that creates it.', filterable: false, nullable: true },
  application: { writable: 'create', filterable: true, type: 'id', label: 'Application', help_text: 'Absent or null: a personal token.', nullable: true },
  expires: { type: 'datetime', label: 'Expires', help_text: 'Fixed when the token is issued.', filterable: true },
  scope: { writable: 'always', filterable: true, type: 'string', label: 'Scope', help_text: "Allowed scopes, further restricts user's permissions. Must be a simple space-separated string with allowed scopes ['read', 'write'].", default: 'write' },
  parent: { type: 'field', label: 'Parent', help_text: 'The personal token that created this one and ends it with itself.', filterable: false, nullable: true },
  last_used: { type: 'datetime', label: 'Last used', help_text: 'Best effort; null when it is not known.', filterable: false, nullable: true },
}); // prettier-ignore

/** `/api/v2/tokens/` */
export const tokenList = (gateway: Gateway): Methods => ({
  GET: (call) => list(gateway, call, []),
  POST: async (call) => {
    const body = await call.body();
    return create(gateway, call, body, parseFields(NewToken, body).application ?? undefined);
  },
});

/** `/api/v2/applications/N/tokens/`: the application is the path's. */
export const applicationTokens = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { id: application } = await visible(gateway, call);
    return list(gateway, call, [exactly('application', application)]);
  },
  POST: async (call) => {
    const { id: application } = await visible(gateway, call);
    return create(gateway, call, { ...(await call.body()), application }, application);
  },
});

/** Which tokens of a user a path is about. */
type Kind = 'tokens' | 'authorized_tokens' | 'personal_tokens';

const ofKind = (kind: Kind): common.Condition[] => {
  if (kind === 'tokens') return [];
  return [{ ...exactly('application', null), negated: kind === 'authorized_tokens' }];
};

/**
 * `/api/v2/users/N/tokens/` and those with an application (`authorized_tokens`) or without (`personal_tokens`). A token
 * is only ever made for the caller, so a POST under another user is refused.
 */
export const userTokens = (gateway: Gateway, kind: Kind): Methods => ({
  GET: async (call) => {
    const { id: user } = await visibleUser(gateway, call);
    return list(gateway, call, [exactly('user', user), ...ofKind(kind)]);
  },
  POST: async (call) => {
    const { id: user } = await visibleUser(gateway, call);
    if (user !== call.caller.user.id) throw forbidden();
    const given = await call.body();
    const body = kind === 'personal_tokens' ? { ...given, application: null } : given;
    const { application } = parseFields(NewToken, body);
    if (kind === 'authorized_tokens' && typeof application !== 'number')
      throw invalid({ application: ['This field is required.'] });
    return create(gateway, call, body, application ?? undefined);
  },
});

/** `/api/v2/tokens/N/`; N is the grant's number. */
export const tokenDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { token } = await visibleToken(gateway, call);
    return { body: represent(await namesFor(gateway, [token]), token) };
  },
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const { token, mayChange } = await visibleToken(gateway, call);
    if (!mayChange) throw forbidden();
    const { refusal, position } = await gateway.tokens.deleteToken({ cause: call.cause, id: token.id });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(position);
    return { status: 204 };
  },
});

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(TokenChanges, await call.body());
    const { token, mayChange } = await visibleToken(gateway, call);
    if (!mayChange) throw forbidden();
    const { result } = await gateway.tokens.updateToken({
      cause: call.cause,
      actor: call.caller.actor,
      id: token.id,
      ...(fields.scope !== undefined && { scope: fields.scope }),
      ...(fields.description !== undefined && { description: fields.description }),
    });
    const changed = answered(result, 'token', fromRefusal);
    call.wrote({ stream: `grant-${token.id}`, version: changed.version });
    return { body: represent(await namesFor(gateway, [changed]), changed) };
  };

const create = async (gateway: Gateway, call: Call, body: Record<string, unknown>, application: number | undefined) => {
  const fields = parseFields(NewToken, body);
  const { settings: message, applications: found } = await gateway.applications.getApplications({
    keys: application === undefined ? [] : [{ key: { $case: 'id', value: application } }],
  });
  const registered = found[0]?.application;
  if (application !== undefined && (!registered || !mayReadApplication(call.caller.actor, registered))) {
    throw invalid({ application: [`Invalid pk "${application}" - object does not exist.`] });
  }
  const { id: user, version, username } = call.caller.user;
  const { result } = await gateway.tokens.createToken({
    cause: call.cause,
    actor: call.caller.actor,
    requestKey: randomUUID(),
    subject: { user, version, username },
    ...(registered && { client: clientOf(registered) }),
    scope: fields.scope ?? 'write',
    description: fields.description ?? '',
    lifetimes: lifetimesOf(settingsOf(message)),
    expiresIn: fields.expires_in ?? 0,
  });
  const { accessToken, refreshToken, token: created } = answered(result, 'created', fromRefusal);
  const token = created as wire.Token;
  call.wrote({ stream: `grant-${token.id}`, version: token.version });
  const shown = represent(await namesFor(gateway, [token]), token);
  return {
    status: 201,
    body: { ...shown, token: accessToken, refresh_token: refreshToken === '' ? null : refreshToken },
    headers: { location: `/api/v2/tokens/${token.id}/`, pragma: 'no-cache' },
  };
};

const mayReadApplication = (actor: common.Actor, { organization }: applications.Application): boolean =>
  actor.superuser ||
  actor.systemAuditor ||
  actor.adminOf.includes(organization) ||
  actor.memberOf.includes(organization);

/** The token that the path names, and whether the caller may change it. @throws ApiError 404 */
export const visibleToken = async (
  gateway: Gateway,
  call: Call,
): Promise<{ token: wire.Token; mayChange: boolean }> => {
  const { token } = await gateway.tokens.getToken({ id: call.id });
  if (!token) throw notFound(MODEL);
  const { actor } = call.caller;
  const own = token.user === actor.user;
  if (own || actor.superuser) return { token, mayChange: true };
  const { applications: found } = await gateway.applications.getApplications({
    keys: token.application === 0 ? [] : [{ key: { $case: 'id', value: token.application } }],
  });
  const organization = found[0]?.application?.organization ?? 0;
  const administers = actor.adminOf.includes(organization);
  if (!administers && !actor.auditorOf.includes(organization) && !actor.systemAuditor) throw notFound(MODEL);
  return { token, mayChange: administers };
};

const list = async (gateway: Gateway, call: Call, only: common.Condition[]): Promise<Answer> => {
  const { request, response, caller } = call;
  const listing = await listQuery(gateway, call, FILTERABLE, ['id'], only);
  const { tokens, outcome } = await gateway.tokens.listTokens({
    actor: caller.actor,
    query: listing.query,
    listedAfterExpiryDays: await listedAfterExpiryDays(gateway),
  });
  if (outcome?.stale) response.set('grantlog-stale', 'true');
  const names = await namesFor(gateway, tokens);
  return { body: pageOf(request, listing, outcome, tokens.map((token) => represent(names, token))) }; // prettier-ignore
};

type TokenNames = Names & { readonly applications: ReadonlyMap<number, string> };

const namesFor = async (gateway: Gateway, tokens: readonly wire.Token[]): Promise<TokenNames> => {
  const ids = [...new Set(tokens.map(({ application }) => application).filter((application) => application !== 0))];
  const [names, { applications: found }] = await Promise.all([
    namesOf(gateway, { users: tokens.map(({ user }) => user) }),
    gateway.applications.getApplications({ keys: ids.map((value) => ({ key: { $case: 'id', value } })) }),
  ]);
  return {
    ...names,
    applications: new Map(
      found.flatMap(({ application }) => (application ? [[application.id, application.name] as const] : [])),
    ),
  };
};

const represent = (names: TokenNames, token: wire.Token): Record<string, unknown> => {
  const url = `/api/v2/tokens/${token.id}/`;
  const name = names.applications.get(token.application);
  return {
    id: token.id,
    type: 'o_auth2_access_token',
    url,
    related: {
      user: `/api/v2/users/${token.user}/`,
      ...(token.application !== 0 && { application: `/api/v2/applications/${token.application}/` }),
      activity_stream: `${url}activity_stream/`,
    },
    summary_fields: {
      ...userSummary(names, token.user),
      ...(name !== undefined && { application: { id: token.application, name } }),
    },
    created: token.created,
    modified: token.modified,
    description: token.description,
    user: token.user,
    token: MASK,
    refresh_token: token.hasRefreshToken ? MASK : null,
    application: token.application === 0 ? null : token.application,
    expires: token.expires,
    scope: token.scope,
    last_used: token.lastUsed || null,
    parent: token.parent === 0 ? null : token.parent,
  };
};
