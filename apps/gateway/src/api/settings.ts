import { isDeepStrictEqual } from 'node:util';
import { combinationProblem, lintPattern, LONGEST_AGE_SECONDS, LONGEST_LIST, LONGEST_PATTERN } from '@grantlog/origins';
import { LONGEST_LIFETIME_SECONDS, SETTING_BOUNDS } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { ApiError, forbidden, fromRefusal, invalid } from '../http/api-error.ts';
import { asFlag, asInteger } from '../http/fields.ts';
import type { Call, Endpoint, Methods } from './endpoint.ts';
import type { Field, Fields } from './field.ts';

const integer = ([min_value, max_value]: readonly [number, number], label: string, help_text: string, standard: number): Field => ({ type: 'integer', label, help_text, default: standard, writable: 'always', min_value, max_value }); // prettier-ignore
const flag = (label: string, help_text: string, standard: boolean): Field => ({ type: 'boolean', label, help_text, default: standard, writable: 'always' }); // prettier-ignore
const list = (label: string, help_text: string, standard: readonly string[]): Field => ({ type: 'json', label, help_text, default: standard, writable: 'always', max_length: LONGEST_LIST }); // prettier-ignore
const one = (label: string, help_text: string, standard: string, ...others: string[]): Field => ({ type: 'choice', label, help_text, default: standard, writable: 'always', choices: [standard, ...others].map((value) => [value, value] as const) }); // prettier-ignore

/** How the settings describe themselves. Lifetimes are in seconds. */
export const SETTING_FIELDS: Fields = {
  OAUTH2_PROVIDER: { type: 'json', label: 'OAuth 2 Timeout Settings', help_text: `Lifetimes of what is issued next, in seconds: ACCESS_TOKEN_EXPIRE_SECONDS, AUTHORIZATION_CODE_EXPIRE_SECONDS (at most ${SETTING_BOUNDS.AUTHORIZATION_CODE_EXPIRE_SECONDS[1]}), REFRESH_TOKEN_EXPIRE_SECONDS; at most ${LONGEST_LIFETIME_SECONDS}.`, default: { ACCESS_TOKEN_EXPIRE_SECONDS: 3600, AUTHORIZATION_CODE_EXPIRE_SECONDS: 600, REFRESH_TOKEN_EXPIRE_SECONDS: 2_628_000 }, writable: 'always' },
  PERSONAL_TOKEN_EXPIRE_SECONDS: integer(SETTING_BOUNDS.PERSONAL_TOKEN_EXPIRE_SECONDS, 'Life of a personal token', 'In seconds.', 31_536_000),
  GRANT_EXPIRE_SECONDS: integer(SETTING_BOUNDS.GRANT_EXPIRE_SECONDS, 'Absolute end of a grant', 'In seconds from its beginning, however often it is rotated.', 31_536_000),
  REFRESH_TOKEN_GRACE_SECONDS: integer(SETTING_BOUNDS.REFRESH_TOKEN_GRACE_SECONDS, 'Grace of a refresh token', 'How long a rotated refresh token gives the same successor again; 0 is strict.', 30),
  PKCE_REQUIRED: one('Who has to use PKCE', 'Public applications, or all.', 'public', 'all'),
  ALLOW_PASSWORD_GRANT: flag('Allow the password grant', 'RFC 9700 section 2.4 says that it must not be used.', false),
  HTTP_REDIRECT_URIS: one('Who may register plain http redirect URIs', 'Apart from loopback addresses.', 'confidential', 'none', 'all'),
  PRIVATE_USE_REDIRECT_SCHEMES: one('Which schemes of their own native applications may register', 'Public applications only; RFC 8252 section 7.1: com.example.app:/callback.', 'reverse-domain', 'none'),
  LISTED_AFTER_EXPIRY_DAYS: integer(SETTING_BOUNDS.LISTED_AFTER_EXPIRY_DAYS, 'How long expired tokens are listed', 'In days; tokens that were ended leave the lists at once.', 30),
  PASSWORD_MIN_LENGTH: integer(SETTING_BOUNDS.PASSWORD_MIN_LENGTH, 'Shortest password', 'In characters; for passwords that are set from now on.', 8),
  PASSWORD_CHANGE_REVOKES_TOKENS: flag('A password change revokes tokens', '', true),
  ALLOW_OAUTH2_FOR_EXTERNAL_USERS: flag('Allow External Users to Create OAuth2 Tokens', 'For security reasons, users from external auth providers are not allowed to create OAuth2 tokens by default.', false),
  AUTH_BASIC_ENABLED: flag('Enable HTTP Basic Auth', 'Enable HTTP Basic Auth for the API.', true),
  SESSION_COOKIE_AGE: integer(SETTING_BOUNDS.SESSION_COOKIE_AGE, 'Idle Time Force Log Out', 'Number of seconds that a user is inactive before they will need to login again.', 1800),
  CORS_ALLOW_ALL_ORIGINS: flag('Allow every origin', 'Never together with credentials.', false),
  CORS_ALLOWED_ORIGINS: list('Allowed origins', 'Serialised origins: scheme, host, port.', []),
  CORS_ALLOWED_ORIGIN_REGEXES: list('Patterns of allowed origins', `In the syntax of RE2, at most ${LONGEST_PATTERN} characters each; each has to match the whole origin.`, []),
  CORS_ALLOW_CREDENTIALS: flag('Allow credentials', 'Cookies of other origins.', false),
  CORS_ALLOW_HEADERS: list('Allowed request headers', '', ['accept', 'authorization', 'content-type', 'grantlog-position', 'x-csrftoken', 'x-requested-with']),
  CORS_ALLOW_METHODS: list('Allowed methods', '', ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT']),
  CORS_EXPOSE_HEADERS: list('Readable reply headers', '', ['grantlog-position', 'retry-after', 'x-request-id']),
  CORS_PREFLIGHT_MAX_AGE: integer([0, LONGEST_AGE_SECONDS], 'How long a browser may keep a preflight', 'In seconds; 0: not said.', 86_400),
  CORS_URLS_REGEX: { type: 'string', label: 'Paths that answer other origins', help_text: 'In the syntax of RE2; has to match the whole path.', default: '^.*$', writable: 'always', max_length: LONGEST_PATTERN },
}; // prettier-ignore

/** The three that AWX keeps together in one object. */
const PROVIDER_KEYS = [
  'ACCESS_TOKEN_EXPIRE_SECONDS',
  'AUTHORIZATION_CODE_EXPIRE_SECONDS',
  'REFRESH_TOKEN_EXPIRE_SECONDS',
];
const CATEGORIES = ['all', 'authentication', 'cors', 'changed'] as const;
type Category = (typeof CATEGORIES)[number];
type Values = Readonly<Record<string, unknown>>;

/** `/api/v2/settings/` */
export const settingsRoot = (): Methods => ({
  GET: ({ caller }) => {
    if (!caller.actor.superuser && !caller.actor.systemAuditor) throw forbidden();
    const results = CATEGORIES.map((slug) => ({ url: `/api/v2/settings/${slug}/`, slug, name: slug }));
    return Promise.resolve({ body: { count: results.length, next: null, previous: null, results } });
  },
});

/** `/api/v2/settings/<category>/`: superusers change, system auditors read. A change holds from the next request on. */
export const settingsDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const category = categoryOf(call);
    const { settings } = await gateway.applications.getSettings({});
    return { body: show(JSON.parse(settings?.values ?? '{}') as Values, category) };
  },
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const category = categoryOf(call);
    const { settings } = await gateway.applications.getSettings({});
    const names = Object.keys(JSON.parse(settings?.values ?? '{}') as Values).filter((name) => isIn(category, name));
    await apply(gateway, call, Object.fromEntries(names.map((name) => [name, null])));
    return { status: 204 };
  },
});

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const category = categoryOf(call);
    const { OAUTH2_PROVIDER: provider, warnings: _sentBack, ...others } = underNewNames(await call.body());
    refuseMisplaced(Object.keys(others), category);
    const changes: Values = {
      ...Object.fromEntries(
        Object.entries(others)
          .filter(([name]) => isIn(category, name))
          .map(([name, value]) => [name, written(SETTING_FIELDS[name]?.type, value)]),
      ),
      ...(provider !== undefined && isIn(category, 'OAUTH2_PROVIDER') && providerChanges(provider)),
    };
    refuseWithFiles(gateway, changes);
    const values = await apply(gateway, call, changes);
    const warnings = warningsOf(changes);
    return { body: { ...show(values, category), ...(warnings.length > 0 && { warnings }) } };
  };

/** Older names of django-cors-headers; where both are given the newer one counts. */
const ALIASES: Readonly<Record<string, string>> = {
  CORS_ORIGIN_ALLOW_ALL: 'CORS_ALLOW_ALL_ORIGINS',
  CORS_ORIGIN_WHITELIST: 'CORS_ALLOWED_ORIGINS',
  CORS_ORIGIN_REGEX_WHITELIST: 'CORS_ALLOWED_ORIGIN_REGEXES',
};

const underNewNames = (body: Values): Values => ({
  ...Object.fromEntries(
    Object.entries(ALIASES).flatMap(([alias, name]) => (Object.hasOwn(body, alias) ? [[name, body[alias]]] : [])),
  ),
  ...body,
});

/**
 * Names that a body may have besides those of settings: some are answered by what to do instead, and the warnings of a
 * reply may be sent back with it.
 */
export const OTHER_SETTING_NAMES = [...Object.keys(ALIASES), ...PROVIDER_KEYS, 'warnings'];

/** Where a name belongs that this category does not take; undefined for one that it takes. */
const belongs = (category: Category, name: string): string | undefined => {
  if (PROVIDER_KEYS.includes(name)) return `${name} is a key of OAUTH2_PROVIDER.`;
  if (isIn(category, name) || Object.hasOwn(ALIASES, name)) return undefined;
  return `${name} is a setting of the category ${categoryOfSetting(name)}.`;
};

/** What would be left out in silence is refused. @throws ApiError 400 that says where each name belongs */
const refuseMisplaced = (names: readonly string[], category: Category): void => {
  const messages = names.map((name) => [name, belongs(category, name)] as const);
  const misplaced = messages.flatMap(([name, message]) => (message === undefined ? [] : [[name, [message]] as const]));
  if (misplaced.length > 0) throw invalid(Object.fromEntries(misplaced));
};

/** A value as AWX's clients may write it. */
const written = (type: Field['type'] | undefined, value: unknown): unknown =>
  type === 'integer' ? asInteger(value) : type === 'boolean' ? asFlag(value) : value;

/** Files have the last word on allow-all and credentials, so a change is judged together with them. */
const refuseWithFiles = ({ confFiles }: Gateway, changes: Values): void => {
  const problem = combinationProblem(Object.assign({}, changes, ...confFiles().map(({ rules }) => rules)) as object);
  if (problem !== undefined) throw invalid({ __all__: [problem] });
};

/** What is stored all the same, but lets in more than it seems to. */
const warningsOf = ({ CORS_ALLOWED_ORIGIN_REGEXES: patterns }: Values): readonly unknown[] =>
  (Array.isArray(patterns) ? (patterns as string[]) : []).flatMap((pattern) =>
    lintPattern(pattern).map(({ problem, origin }) => ({
      setting: 'CORS_ALLOWED_ORIGIN_REGEXES',
      entry: pattern,
      message: `The pattern ${problem}.`,
      ...(origin !== undefined && { lets_in: origin }),
    })),
  );

const apply = async (gateway: Gateway, { cause, caller, wrote }: Call, changes: Values): Promise<Values> => {
  const { result } = await gateway.applications.changeSettings({
    cause,
    actor: caller.actor,
    changes: JSON.stringify(changes),
  });
  const settings = answered(result, 'settings', (refusal) => withProvider(fromRefusal(refusal)));
  wrote({ stream: 'settings', version: settings.version });
  return JSON.parse(settings.values) as Values;
};

/** Messages about a key of OAUTH2_PROVIDER stand below that name. */
const withProvider = (error: ApiError): ApiError => {
  const keyed = Object.entries(error.body).filter(([name]) => PROVIDER_KEYS.includes(name));
  if (keyed.length === 0) return error;
  const others = Object.entries(error.body).filter(([name]) => !PROVIDER_KEYS.includes(name));
  return new ApiError(error.status, { ...Object.fromEntries(others), OAUTH2_PROVIDER: Object.fromEntries(keyed) });
};

const TYPES: Readonly<Record<string, string>> = { string: 'str', number: 'int', boolean: 'bool' };

const providerChanges = (provider: unknown): Values => {
  if (typeof provider !== 'object' || provider === null || Array.isArray(provider)) {
    const type = Array.isArray(provider) ? 'list' : provider === null ? 'NoneType' : TYPES[typeof provider];
    throw invalid({ OAUTH2_PROVIDER: [`Expected a dictionary of items but got type "${type}".`] });
  }
  const unknown = Object.keys(provider).filter((name) => !PROVIDER_KEYS.includes(name));
  if (unknown.length > 0)
    throw invalid({ OAUTH2_PROVIDER: [`Invalid key names: ${unknown.join(', ').slice(0, 200)}`] });
  const nulls = Object.entries(provider).filter(([, value]) => value === null);
  if (nulls.length > 0) {
    throw new ApiError(400, {
      OAUTH2_PROVIDER: Object.fromEntries(nulls.map(([name]) => [name, ['A valid integer is required.']])),
    });
  }
  return Object.fromEntries(Object.entries(provider).map(([name, value]) => [name, asInteger(value)]));
};

const categoryOf = ({ request, caller }: Call): Category => {
  const slug = request.params['slug'];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!caller.actor.superuser && !(reads && caller.actor.systemAuditor)) throw forbidden();
  const category = CATEGORIES.find((known) => known === slug);
  if (!category) throw new ApiError(404, { detail: 'Not found.' });
  return category;
};

const categoryOfSetting = (name: string): Category => (name.startsWith('CORS_') ? 'cors' : 'authentication');
const isIn = (category: Category, name: string): boolean =>
  category === 'all' || category === 'changed' || category === categoryOfSetting(name);

const show = (values: Values, category: Category): Values => {
  const entries = Object.entries(values).filter(([name]) => isIn(category, name));
  const provider = entries.filter(([name]) => PROVIDER_KEYS.includes(name));
  const others = entries.filter(([name]) => !PROVIDER_KEYS.includes(name));
  const shown: Values = {
    ...(provider.length > 0 && { OAUTH2_PROVIDER: Object.fromEntries(provider) }),
    ...Object.fromEntries(others),
  };
  if (category !== 'changed') return shown;
  return Object.fromEntries(
    Object.entries(shown).filter(([name, value]) => !isDeepStrictEqual(value, SETTING_FIELDS[name]?.default)),
  );
};
