import { accept, type Decider, refuse } from '@grantlog/event-sourcing';
import { combinationProblem, type CorsRules, type RuleName, ruleProblem } from '@grantlog/origins';
import { PASSWORD_MIN_LENGTH, SETTING_BOUNDS } from '@grantlog/service-kit';
import { z } from 'zod';

/** A number within its bounds. @param why what the largest value follows from */
const integer = (name: keyof typeof SETTING_BOUNDS, why = '') => {
  const [least, most] = SETTING_BOUNDS[name];
  return z
    .custom<number>((value) => typeof value === 'number' && Number.isInteger(value), 'A valid integer is required.')
    .refine((value) => value >= least, `Ensure this value is greater than or equal to ${least}.`)
    .refine((value) => value <= most, `Ensure this value is less than or equal to ${most}${why}.`);
};

const boolean = z.custom<boolean>((value) => typeof value === 'boolean', 'Must be a valid boolean.');
const choice = <const T extends string>(...values: readonly T[]) =>
  z.custom<T>(
    (value) => (values as readonly unknown[]).includes(value),
    `Not a valid choice. Allowed: ${values.join(', ')}.`,
  );
type Definition<T> = {
  readonly category: 'authentication' | 'cors';
  readonly default: T;
  readonly schema: z.ZodType<T>;
};
const define = <T>(category: Definition<T>['category'], standard: T, schema: z.ZodType<T>): Definition<T> => ({
  category,
  default: standard,
  schema,
});

/** A rule about origins: what it allows is said where it is decided. */
const rule = <Name extends RuleName>(name: Name, standard: CorsRules[Name]): Definition<CorsRules[Name]> =>
  define(
    'cors',
    standard,
    z.custom<CorsRules[Name]>((value) => ruleProblem(name, value) === undefined, {
      error: ({ input }) => sentence(ruleProblem(name, input)?.problem ?? ''),
    }),
  );
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** Every setting of the installation: its category, its default and what it allows. Lifetimes are in seconds. */
export const SETTINGS = {
  AUTHORIZATION_CODE_EXPIRE_SECONDS: define(
    'authentication',
    600,
    integer(
      'AUTHORIZATION_CODE_EXPIRE_SECONDS',
      ': RFC 6749 section 4.1.2 recommends that an authorization code lives ten minutes at most',
    ),
  ),
  ACCESS_TOKEN_EXPIRE_SECONDS: define('authentication', 3600, integer('ACCESS_TOKEN_EXPIRE_SECONDS')),
  REFRESH_TOKEN_EXPIRE_SECONDS: define('authentication', 2_628_000, integer('REFRESH_TOKEN_EXPIRE_SECONDS')),
  PERSONAL_TOKEN_EXPIRE_SECONDS: define('authentication', 31_536_000, integer('PERSONAL_TOKEN_EXPIRE_SECONDS')),
  GRANT_EXPIRE_SECONDS: define('authentication', 31_536_000, integer('GRANT_EXPIRE_SECONDS')),
  REFRESH_TOKEN_GRACE_SECONDS: define('authentication', 30, integer('REFRESH_TOKEN_GRACE_SECONDS')),
  PKCE_REQUIRED: define('authentication', 'public', choice('public', 'all')),
  ALLOW_PASSWORD_GRANT: define('authentication', false, boolean),
  HTTP_REDIRECT_URIS: define('authentication', 'confidential', choice('none', 'confidential', 'all')),
  PRIVATE_USE_REDIRECT_SCHEMES: define('authentication', 'reverse-domain', choice('none', 'reverse-domain')),
  LISTED_AFTER_EXPIRY_DAYS: define('authentication', 30, integer('LISTED_AFTER_EXPIRY_DAYS')),
  PASSWORD_MIN_LENGTH: define('authentication', PASSWORD_MIN_LENGTH, integer('PASSWORD_MIN_LENGTH')),
  PASSWORD_CHANGE_REVOKES_TOKENS: define('authentication', true, boolean),
  ALLOW_OAUTH2_FOR_EXTERNAL_USERS: define('authentication', false, boolean),
  AUTH_BASIC_ENABLED: define('authentication', true, boolean),
  SESSION_COOKIE_AGE: define('authentication', 1800, integer('SESSION_COOKIE_AGE')),
  CORS_ALLOW_ALL_ORIGINS: rule('CORS_ALLOW_ALL_ORIGINS', false),
  CORS_ALLOWED_ORIGINS: rule('CORS_ALLOWED_ORIGINS', []),
  CORS_ALLOWED_ORIGIN_REGEXES: rule('CORS_ALLOWED_ORIGIN_REGEXES', []),
  CORS_ALLOW_CREDENTIALS: rule('CORS_ALLOW_CREDENTIALS', false),
  CORS_ALLOW_HEADERS: rule('CORS_ALLOW_HEADERS', [
    'accept',
    'authorization',
    'content-type',
    'grantlog-position',
    'x-csrftoken',
    'x-requested-with',
  ]),
  CORS_ALLOW_METHODS: rule('CORS_ALLOW_METHODS', ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT']),
  CORS_EXPOSE_HEADERS: rule('CORS_EXPOSE_HEADERS', ['grantlog-position', 'retry-after', 'x-request-id']),
  CORS_PREFLIGHT_MAX_AGE: rule('CORS_PREFLIGHT_MAX_AGE', 86_400),
  CORS_URLS_REGEX: rule('CORS_URLS_REGEX', '^.*$'),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [Name in SettingName]: (typeof SETTINGS)[Name]['default'] };

/** The three that AWX keeps together in one object of this name. */
export const OAUTH2_PROVIDER_KEYS = [
  'ACCESS_TOKEN_EXPIRE_SECONDS',
  'AUTHORIZATION_CODE_EXPIRE_SECONDS',
  'REFRESH_TOKEN_EXPIRE_SECONDS',
] as const satisfies readonly SettingName[];

export const DEFAULT_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { default: value }]) => [name, value]),
) as Settings;

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

/** What is wrong with a value; empty when it may be set. */
export const settingProblems = (name: SettingName, value: unknown): readonly string[] => {
  const outcome = (SETTINGS[name].schema as z.ZodType).safeParse(value);
  return outcome.success ? [] : [outcome.error.issues[0]?.message ?? 'Not a valid value.'];
};

export type SettingsEvent = {
  type: 'SettingsChanged';
  /** New values; null: back to the default. */
  changes: Readonly<Record<string, unknown>>;
  /** What was in force before. */
  previous: Readonly<Record<string, unknown>>;
};

/** Changes were validated; names that stay as they are record nothing. */
export type SettingsCommand = { readonly type: 'ChangeSettings'; readonly changes: Readonly<Record<string, unknown>> };

export const settingsDecider: Decider<Settings, SettingsCommand, SettingsEvent> = {
  initialState: DEFAULT_SETTINGS,
  decide: ({ changes }, settings) => {
    const differs = ([name, value]: [string, unknown]): boolean =>
      JSON.stringify(value ?? DEFAULT_SETTINGS[name as SettingName]) !== JSON.stringify(settings[name as SettingName]);
    const changed = Object.entries(changes).filter(differs);
    if (changed.length === 0) return accept([]);
    const problem = combinationProblem(applied(settings, Object.fromEntries(changed)));
    if (problem !== undefined) return refuse('invalid', problem, { fields: { __all__: [problem] } });
    const previous = Object.fromEntries(changed.map(([name]) => [name, settings[name as SettingName]]));
    return accept([{ type: 'SettingsChanged', changes: Object.fromEntries(changed), previous }]);
  },
  evolve: (settings, event) => applied(settings, event.changes),
};

/** Settings with some of them changed; null is the default. */
const applied = (settings: Settings, changes: Readonly<Record<string, unknown>>): Settings => ({
  ...settings,
  ...Object.fromEntries(
    Object.entries(changes)
      .filter(([name]) => isSettingName(name))
      .map(([name, value]) => [name, value ?? DEFAULT_SETTINGS[name as SettingName]]),
  ),
});

export const SETTINGS_STREAM = 'settings';
