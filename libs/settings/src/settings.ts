import { type CorsRules, LONGEST_AGE_SECONDS, LONGEST_LIST, LONGEST_PATTERN, type RuleName, ruleProblem } from '@grantlog/origins'; // prettier-ignore
import { LONGEST_LIFETIME_SECONDS, PASSWORD_MIN_LENGTH } from '@grantlog/service-kit';

/** What is said of a setting wherever it is shown. */
type Text = { readonly label: string; readonly help?: string };

/** One setting: its default, what it allows, and how it is shown. Everything else about settings is derived from that. */
export type Setting<T = unknown> = Text & {
  readonly category: 'authentication' | 'cors';
  readonly default: T;
  readonly type: 'integer' | 'boolean' | 'choice' | 'list' | 'text';
  /** Of an integer. */
  readonly least?: number;
  readonly most?: number;
  /** Items of a list, characters of a text. */
  readonly longest?: number;
  readonly choices?: readonly string[];
  /** What is wrong with a value, as a sentence; undefined when it may be set. */
  readonly problem: (value: unknown) => string | undefined;
};

/** @param why what the largest value follows from */
const integer = (
  standard: number,
  [least, most]: readonly [least: number, most: number],
  text: Text,
  why = '',
): Setting<number> => ({
  ...text,
  category: 'authentication',
  default: standard,
  type: 'integer',
  least,
  most,
  problem: (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return 'A valid integer is required.';
    if (value < least) return `Ensure this value is greater than or equal to ${least}.`;
    return value > most ? `Ensure this value is less than or equal to ${most}${why}.` : undefined;
  },
});

const boolean = (standard: boolean, text: Text): Setting<boolean> => ({
  ...text,
  category: 'authentication',
  default: standard,
  type: 'boolean',
  problem: (value) => (typeof value === 'boolean' ? undefined : 'Must be a valid boolean.'),
});

const choice = <const T extends string>(standard: NoInfer<T>, choices: readonly T[], text: Text): Setting<T> => ({
  ...text,
  category: 'authentication',
  default: standard,
  type: 'choice',
  choices,
  problem: (value) =>
    (choices as readonly unknown[]).includes(value) ? undefined : `Not a valid choice. Allowed: ${choices.join(', ')}.`,
});

const TYPES_OF_RULES = {
  boolean: { type: 'boolean' },
  number: { type: 'integer', least: 0, most: LONGEST_AGE_SECONDS },
  object: { type: 'list', longest: LONGEST_LIST },
  string: { type: 'text', longest: LONGEST_PATTERN },
} as const;

/** A rule about origins: what it allows is said where origins are decided. */
const rule = <Name extends RuleName>(name: Name, standard: CorsRules[Name], text: Text): Setting<CorsRules[Name]> => ({
  ...text,
  ...TYPES_OF_RULES[typeof standard as keyof typeof TYPES_OF_RULES],
  category: 'cors',
  default: standard,
  problem: (value) => {
    const wrong = ruleProblem(name, value)?.problem;
    return wrong === undefined ? undefined : `${wrong.charAt(0).toUpperCase()}${wrong.slice(1)}.`;
  },
});

/** A thousand years. */
const LIFETIME = [1, LONGEST_LIFETIME_SECONDS] as const;

/** Every setting of the installation. Lifetimes are in seconds. */
export const SETTINGS = {
  AUTHORIZATION_CODE_EXPIRE_SECONDS: integer(
    600,
    [1, 600],
    { label: 'Life of an authorization code', help: 'In seconds.' },
    ': RFC 6749 section 4.1.2 recommends that an authorization code lives ten minutes at most',
  ),
  ACCESS_TOKEN_EXPIRE_SECONDS: integer(3600, LIFETIME, { label: 'Life of an access token', help: 'In seconds.' }),
  REFRESH_TOKEN_EXPIRE_SECONDS: integer(2_628_000, LIFETIME, { label: 'Life of a refresh token', help: 'In seconds.' }),
  PERSONAL_TOKEN_EXPIRE_SECONDS: integer(31_536_000, LIFETIME, {
    label: 'Life of a personal token',
    help: 'In seconds.',
  }),
  GRANT_EXPIRE_SECONDS: integer(31_536_000, LIFETIME, {
    label: 'Absolute end of a grant',
    help: 'In seconds from its beginning, however often it is rotated.',
  }),
  REFRESH_TOKEN_GRACE_SECONDS: integer(30, [0, 300], {
    label: 'Grace of a refresh token',
    help: 'How long a rotated refresh token gives the same successor again; 0 is strict.',
  }),
  PKCE_REQUIRED: choice('public', ['public', 'all'], {
    label: 'Who has to use PKCE',
    help: 'Public applications, or all.',
  }),
  ALLOW_PASSWORD_GRANT: boolean(false, {
    label: 'Allow the password grant',
    help: 'RFC 9700 section 2.4 says that it must not be used.',
  }),
  HTTP_REDIRECT_URIS: choice('confidential', ['none', 'confidential', 'all'], {
    label: 'Who may register plain http redirect URIs',
    help: 'Apart from loopback addresses.',
  }),
  PRIVATE_USE_REDIRECT_SCHEMES: choice('reverse-domain', ['none', 'reverse-domain'], {
    label: 'Which schemes of their own native applications may register',
    help: 'Public applications only; RFC 8252 section 7.1: com.example.app:/callback.',
  }),
  LISTED_AFTER_EXPIRY_DAYS: integer(30, [0, 3650], {
    label: 'How long expired tokens are listed',
    help: 'In days; tokens that were ended leave the lists at once.',
  }),
  PASSWORD_MIN_LENGTH: integer(PASSWORD_MIN_LENGTH, [1, 128], {
    label: 'Shortest password',
    help: 'In characters; for passwords that are set from now on.',
  }),
  PASSWORD_CHANGE_REVOKES_TOKENS: boolean(true, { label: 'A password change revokes tokens' }),
  ALLOW_OAUTH2_FOR_EXTERNAL_USERS: boolean(false, {
    label: 'Allow External Users to Create OAuth2 Tokens',
    help: 'For security reasons, users from external auth providers are not allowed to create OAuth2 tokens by default.',
  }),
  AUTH_BASIC_ENABLED: boolean(true, {
    label: 'Enable HTTP Basic Auth',
    help: 'Enable HTTP Basic Auth for the API.',
  }),
  SESSION_COOKIE_AGE: integer(1800, [60, LONGEST_LIFETIME_SECONDS], {
    label: 'Idle Time Force Log Out',
    help: 'Number of seconds that a user is inactive before they will need to login again.',
  }),
  CORS_ALLOW_ALL_ORIGINS: rule('CORS_ALLOW_ALL_ORIGINS', false, {
    label: 'Allow every origin',
    help: 'Never together with credentials.',
  }),
  CORS_ALLOWED_ORIGINS: rule('CORS_ALLOWED_ORIGINS', [], {
    label: 'Allowed origins',
    help: 'Serialised origins: scheme, host, port.',
  }),
  CORS_ALLOWED_ORIGIN_REGEXES: rule('CORS_ALLOWED_ORIGIN_REGEXES', [], {
    label: 'Patterns of allowed origins',
    help: `In the syntax of RE2, at most ${LONGEST_PATTERN} characters each; each has to match the whole origin.`,
  }),
  CORS_ALLOW_CREDENTIALS: rule('CORS_ALLOW_CREDENTIALS', false, {
    label: 'Allow credentials',
    help: 'Cookies of other origins.',
  }),
  CORS_ALLOW_HEADERS: rule(
    'CORS_ALLOW_HEADERS',
    ['accept', 'authorization', 'content-type', 'grantlog-position', 'x-csrftoken', 'x-requested-with'],
    { label: 'Allowed request headers' },
  ),
  CORS_ALLOW_METHODS: rule('CORS_ALLOW_METHODS', ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'], {
    label: 'Allowed methods',
  }),
  CORS_EXPOSE_HEADERS: rule('CORS_EXPOSE_HEADERS', ['grantlog-position', 'retry-after', 'x-request-id'], {
    label: 'Readable reply headers',
  }),
  CORS_PREFLIGHT_MAX_AGE: rule('CORS_PREFLIGHT_MAX_AGE', 86_400, {
    label: 'How long a browser may keep a preflight',
    help: 'In seconds; 0: not said.',
  }),
  CORS_URLS_REGEX: rule('CORS_URLS_REGEX', '^.*$', {
    label: 'Paths that answer other origins',
    help: 'In the syntax of RE2; has to match the whole path.',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [Name in SettingName]: (typeof SETTINGS)[Name]['default'] };

/** The three that AWX keeps together in one object, `OAUTH2_PROVIDER`. */
export const OAUTH2_PROVIDER_KEYS: readonly string[] = [
  'ACCESS_TOKEN_EXPIRE_SECONDS',
  'AUTHORIZATION_CODE_EXPIRE_SECONDS',
  'REFRESH_TOKEN_EXPIRE_SECONDS',
] satisfies readonly SettingName[];

export const DEFAULT_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { default: value }]) => [name, value]),
) as Settings;

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);
