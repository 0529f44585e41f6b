import { permits } from '@grantlog/access';
import { randomUUID } from 'node:crypto';
import type { common, tokens as wire } from '@grantlog/contracts';
import { LONGEST_LIFETIME_SECONDS } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { id, integer, parseFields, text } from '../http/fields.ts';
import { exactly } from '../http/listing.ts';
import { LONGEST_PARAMETERS } from '../http/oauth-parameters.ts';
import { lifetimesOf, listedAfterExpiryDays, settingsOf } from '../settings.ts';
import { clientOf } from '../oauth/token.ts';
import { MASK, visible } from './applications.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { answerPage } from './list-query.ts';
import { defineResource } from './resource.ts';
import { applicationSummary, type Names, namesOf, userSummary } from './summaries.ts';
import { visibleUser } from './users.ts';

export const TOKEN = defineResource<wire.Token, Names>()({
  type: 'o_auth2_access_token',
  model: 'OAuth2AccessToken',
  collection: 'tokens',
  word: 'access token',
  searched: ['description'],
  order: ['id'],
  related: ({ user, application }, _names, url) => ({
    user: `/api/v2/users/${user}/`,
    ...(application !== 0 && { application: `/api/v2/applications/${application}/` }),
    activity_stream: `${url}activity_stream/`,
  }),
  summary: ({ user, application }, names) => ({
    ...userSummary(names, user),
    ...applicationSummary(names, application),
  }),
  fields: {
    description: {
      schema: text(),
      default: '',
      filter: 'text',
      label: 'Description',
      help: 'Optional description of this access token.',
    },
    user: {
      type: 'id',
      filter: 'integer',
      related: { username: 'text' },
      label: 'User',
      help: 'The user representing the token owner',
    },
    token: {
      type: 'string',
      read: () => MASK,
      label: 'Token',
      help: 'Shown once, in the reply that creates it.',
    },
    refresh_token: {
      type: 'field',
      nullable: true,
      read: ({ hasRefreshToken }: wire.Token) => (hasRefreshToken ? MASK : null),
      label: 'Refresh token',
      help: 'Shown once, in the reply that creates it.',
    },
    application: {
      schema: id.nullable(),
      only: 'create',
      type: 'id',
      nullable: true,
      filter: 'integer',
      related: { name: 'text' },
      read: ({ application }: wire.Token) => application || null,
      label: 'Application',
      help: 'Absent or null: a personal token.',
    },
    expires: {
      type: 'datetime',
      filter: 'time',
      label: 'Expires',
      help: 'Fixed when the token is issued.',
    },
    expires_in: {
      schema: integer(1, LONGEST_LIFETIME_SECONDS),
      only: 'create',
      hidden: true,
      label: 'Expires in',
      help: 'Seconds until it expires, if less than the setting has.',
    },
    scope: {
      schema: text(LONGEST_PARAMETERS.scope),
      default: 'write',
      filter: 'text',
      label: 'Scope',
      help: "Allowed scopes, further restricts user's permissions. Must be a simple space-separated string with allowed scopes ['read', 'write'].",
    },
    parent: {
      type: 'field',
      nullable: true,
      read: ({ parent }: wire.Token) => parent || null,
      label: 'Parent',
      help: 'The personal token that created this one and ends it with itself.',
    },
    last_used: {
      type: 'datetime',
      nullable: true,
      read: ({ lastUsed }: wire.Token) => lastUsed || null,
      label: 'Last used',
      help: 'Best effort; null when it is not known.',
    },
  },
});

/** `/api/v2/tokens/` */
export const tokenList = (gateway: Gateway): Methods => ({
  GET: (call) => list(gateway, call, []),
  POST: async (call) => {
    const body = await call.body();
    return create(gateway, call, body, parseFields(TOKEN.New, body).application ?? undefined);
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
    const { application } = parseFields(TOKEN.New, body);
    if (kind === 'authorized_tokens' && typeof application !== 'number')
      throw invalid({ application: ['This field is required.'] });
    return create(gateway, call, body, application ?? undefined);
  },
});

/** `/api/v2/tokens/N/`; N is the grant's number. */
export const tokenDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    return { body: await represent(gateway, await visibleToken(gateway, call)) };
  },
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const { refusal, position } = await gateway.tokens.deleteToken({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(position);
    return { status: 204 };
  },
});

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(TOKEN.Changes, await call.body());
    const { result } = await gateway.tokens.updateToken({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
      ...TOKEN.changes(fields),
    });
    const changed = answered(result, 'token', fromRefusal);
    call.wrote({ stream: `grant-${call.id}`, version: changed.version });
    return { body: await represent(gateway, changed) };
  };

const create = async (gateway: Gateway, call: Call, body: Record<string, unknown>, application: number | undefined) => {
  const fields = parseFields(TOKEN.New, body);
  const { settings: message, applications: found } = await gateway.applications.getApplications({
    keys: application === undefined ? [] : [{ key: { $case: 'id', value: application } }],
  });
  const registered = found[0]?.application;
  if (
    application !== undefined &&
    (!registered || !permits(call.caller.actor, 'read', 'application', { organizations: [registered.organization] }))
  ) {
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
  const shown = await represent(gateway, token);
  return {
    status: 201,
    body: { ...shown, token: accessToken, refresh_token: refreshToken === '' ? null : refreshToken },
    headers: { location: TOKEN.urlOf(token.id), pragma: 'no-cache' },
  };
};

/** The token that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visibleToken = async (gateway: Gateway, { id, caller }: Call): Promise<wire.Token> => {
  const { token } = await gateway.tokens.getToken({ actor: caller.actor, id });
  if (!token) throw notFound(TOKEN.model);
  return token;
};

const list = async (gateway: Gateway, call: Call, only: common.Condition[]): Promise<Answer> => {
  const listedAfter = await listedAfterExpiryDays(gateway);
  return answerPage(gateway, call, TOKEN, only, async (query) => {
    const { tokens, outcome } = await gateway.tokens.listTokens({
      actor: call.caller.actor,
      query,
      listedAfterExpiryDays: listedAfter,
    });
    const names = await namesFor(gateway, tokens);
    return { outcome, results: tokens.map((token) => TOKEN.represent(token, names)) };
  });
};

const namesFor = (gateway: Gateway, tokens: readonly wire.Token[]): Promise<Names> =>
  namesOf(gateway, {
    users: tokens.map(({ user }) => user),
    applications: tokens.map(({ application }) => application),
  });

const represent = async (gateway: Gateway, token: wire.Token) =>
  TOKEN.represent(token, await namesFor(gateway, [token]));
