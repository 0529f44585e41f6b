import { EARLY_REFUSALS } from '../http/early-refusal.ts';
import { type ErrorForm, errorForm } from '../http/error-form.ts';
import { LONGEST_URL } from '../http/limits.ts';
import { LONGEST_PARAMETERS } from '../http/oauth-parameters.ts';

type Schema = Readonly<Record<string, unknown>>;

const json = (description: string, schema: Schema): Schema => ({
  description,
  content: { 'application/json': { schema } },
});
const html = (description: string): Schema => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } } },
});
const text: Schema = { type: 'string' };
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

const ERROR = object({ error: text, error_description: text }, ['error']);
const FORMS: Readonly<Record<ErrorForm, (description: string) => Schema>> = {
  page: html,
  oauth: (description) => json(description, ERROR),
  api: (description) => json(description, object({ detail: text }, ['detail'])),
};
/** What every operation of a path may answer. Of headers beyond the HTTP parser's own limit it tells without a body. */
const earlyRefusals = (path: string): Schema =>
  Object.fromEntries(
    Object.entries(EARLY_REFUSALS).map(([status, description]) => [
      status,
      status === '431' ? { description } : FORMS[errorForm(path)](description),
    ]),
  );

const OAUTH_ERRORS: Schema = {
  '400': json('RFC 6749 section 5.2', ERROR),
  '401': json('Client authentication failed', ERROR),
  '405': json('Not for this URL; `Allow` names those that are', ERROR),
  '413': json('The body is larger than 16 KiB', ERROR),
  '415': json('Charset or content encoding', ERROR),
  '429': json('Too many tries', ERROR),
  '503': json(
    'A store or service is away; try again, unless there is no Retry-After: then a code or refresh token may be spent',
    ERROR,
  ),
};

const form = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  required: true,
  content: { 'application/x-www-form-urlencoded': { schema: object(properties, required) } },
});
type Parameter = keyof typeof LONGEST_PARAMETERS;
const bounded = (name: Parameter): Schema => ({ type: 'string', maxLength: LONGEST_PARAMETERS[name] });
const parameters = (...names: readonly Parameter[]): Readonly<Record<string, Schema>> =>
  Object.fromEntries(names.map((name) => [name, bounded(name)]));
const CREDENTIALS = parameters('client_id', 'client_secret');

const post = (summary: string, requestBody: Schema, good: Schema) => ({
  post: {
    summary,
    tags: ['oauth'],
    security: [{ client: [] }, {}],
    requestBody,
    responses: { '200': good, ...OAUTH_ERRORS },
  },
});

const read = (summary: string, good: Schema) => ({
  get: { summary, tags: ['oauth'], security: [], responses: { '200': good } },
}); // prettier-ignore

const PAGE_ERRORS = { '400': html('An error page'), '403': html('An error page'), '405': html('An error page'), '503': html('Try again later') }; // prettier-ignore
const query = (name: Parameter): Schema => ({ name, in: 'query', schema: bounded(name) });

const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  '/api/o/token/': post(
    'Token endpoint (RFC 6749)',
    form({ ...parameters('grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope', 'username', 'password'), ...CREDENTIALS }, ['grant_type']),
    json('Tokens', object({ access_token: text, expires_in: { type: 'integer' }, token_type: text, scope: text, refresh_token: text }, ['access_token', 'expires_in', 'token_type', 'scope'])),
  ),
  '/api/o/revoke_token/': post('Revocation (RFC 7009)', form({ token: text, ...parameters('token_type_hint'), ...CREDENTIALS }, ['token']), { description: 'Revoked, or there was nothing to revoke' }),
  '/api/o/introspect/': post(
    'Introspection (RFC 7662)',
    form({ token: text, ...parameters('token_type_hint'), ...CREDENTIALS }, ['token']),
    json('What is known of the token', object({ active: { type: 'boolean' }, scope: text, client_id: text, username: text, sub: text, token_type: text, iat: { type: 'integer' }, exp: { type: 'integer' }, iss: text }, ['active'])),
  ),
  '/api/o/authorize/': {
    get: {
      summary: 'Authorization endpoint (RFC 6749 section 4.1.1)',
      tags: ['oauth'],
      security: [],
      parameters: (['client_id', 'response_type', 'redirect_uri', 'scope', 'state', 'code_challenge', 'code_challenge_method', 'prompt', 'max_age', 'login_hint'] as const).map(query),
      responses: { '200': html('The consent page'), '302': { description: 'To the login page or the redirect URI' }, ...PAGE_ERRORS },
    },
  },
  '/api/login/': {
    get: { summary: 'Login page', tags: ['pages'], security: [], parameters: [{ name: 'next', in: 'query', schema: { type: 'string', maxLength: LONGEST_URL }, description: 'A path of this server; anything else leads to /api/.' }], responses: { '200': html('The login page'), '406': json('Not for a browser', object({ detail: text })), ...PAGE_ERRORS } },
  },
  '/api/o/userinfo/': {
    get: {
      summary: 'Whom an access token acts for (OpenID Connect Core section 5.3)',
      tags: ['oauth'],
      security: [{ bearer: [] }],
      responses: {
        '200': json('The user; claims without a value are left out', object({ sub: text, preferred_username: text, name: text, email: text, email_verified: { type: 'boolean' } }, ['sub', 'preferred_username', 'name'])),
        '401': json('No live access token', object({ detail: text })),
        '503': json('A store or service is away; try again', ERROR),
      },
    },
  },
  '/.well-known/oauth-authorization-server': read('Server metadata (RFC 8414)', json('Metadata', object({ issuer: text }, ['issuer']))),
  '/.well-known/openid-configuration': read('The same metadata (RFC 8414 section 5); no ID token is issued', json('Metadata', object({ issuer: text }, ['issuer']))),
  '/api/o/': read('Where the OAuth endpoints are', json('URLs', object({ token: text }))),
  '/api/': read('The root of the API', json('Versions', object({ current_version: text }))),
  '/api/v2/': read('The collections', json('URLs', { type: 'object', additionalProperties: text })),
}; // prettier-ignore

/** What is outside `/api/v2/`. */
export const OAUTH_PATHS: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(OPERATIONS).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, { responses, ...operation }]) => [
        method,
        { ...operation, responses: { ...earlyRefusals(path), ...(responses as Schema) } },
      ]),
    ),
  ]),
);
