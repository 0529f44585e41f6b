import {
  DEFAULT_SETTINGS,
  isSettingName,
  OAUTH2_PROVIDER_KEYS,
  type Setting,
  type SettingName,
  SETTINGS,
} from './settings.ts';

const problemOf = (name: SettingName, value: unknown): string | undefined => SETTINGS[name].problem(value);
const NUMBERS = Object.entries<Setting>(SETTINGS).flatMap(([name, { least, most }]) =>
  least === undefined || most === undefined ? [] : [[name as SettingName, least, most] as const],
);

describe('settings', () => {
  it('have defaults that are safe: RFC 9700, and the lifetimes of the contract', () => {
    expect(DEFAULT_SETTINGS).toEqual({
      AUTHORIZATION_CODE_EXPIRE_SECONDS: 600,
      ACCESS_TOKEN_EXPIRE_SECONDS: 3600,
      REFRESH_TOKEN_EXPIRE_SECONDS: 2_628_000,
      PERSONAL_TOKEN_EXPIRE_SECONDS: 31_536_000,
      GRANT_EXPIRE_SECONDS: 31_536_000,
      REFRESH_TOKEN_GRACE_SECONDS: 30,
      PKCE_REQUIRED: 'public',
      ALLOW_PASSWORD_GRANT: false,
      HTTP_REDIRECT_URIS: 'confidential',
      PRIVATE_USE_REDIRECT_SCHEMES: 'reverse-domain',
      LISTED_AFTER_EXPIRY_DAYS: 30,
      PASSWORD_MIN_LENGTH: 8,
      PASSWORD_CHANGE_REVOKES_TOKENS: true,
      ALLOW_OAUTH2_FOR_EXTERNAL_USERS: false,
      AUTH_BASIC_ENABLED: true,
      SESSION_COOKIE_AGE: 1800,
      CORS_ALLOW_ALL_ORIGINS: false,
      CORS_ALLOWED_ORIGINS: [],
      CORS_ALLOWED_ORIGIN_REGEXES: [],
      CORS_ALLOW_CREDENTIALS: false,
      CORS_ALLOW_HEADERS: ['accept', 'authorization', 'content-type', 'grantlog-position', 'x-csrftoken', 'x-requested-with'],
      CORS_ALLOW_METHODS: ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
      CORS_EXPOSE_HEADERS: ['grantlog-position', 'retry-after', 'x-request-id'],
      CORS_PREFLIGHT_MAX_AGE: 86_400,
      CORS_URLS_REGEX: '^.*$',
    });
  }); // prettier-ignore
  it('each have a category and allow their own default', () => {
    for (const [name, { category, default: standard }] of Object.entries(SETTINGS)) {
      expect([name, category]).toEqual([name, name.startsWith('CORS_') ? 'cors' : 'authentication']);
      expect([name, problemOf(name as SettingName, standard)]).toEqual([name, undefined]);
    }
  });
  it('three of them make the object that AWX has', () =>
    expect(OAUTH2_PROVIDER_KEYS).toEqual([
      'ACCESS_TOKEN_EXPIRE_SECONDS',
      'AUTHORIZATION_CODE_EXPIRE_SECONDS',
      'REFRESH_TOKEN_EXPIRE_SECONDS',
    ]));
  it('no other name is one', () =>
    expect(['CORS_ALLOW_METHODS', 'SECRET_KEY', 'toString', ''].map(isSettingName)).toEqual([
      true,
      false,
      false,
      false,
    ]));

  it.each(NUMBERS)('IN-31 %s has a least and a most, which the refusal names', (name, least, most) => {
    expect(problemOf(name, least - 1)).toContain(String(least));
    expect(problemOf(name, most + 1)).toContain(String(most));
    expect([least, most].map((value) => problemOf(name, value))).toEqual([undefined, undefined]);
  });
  it.each<[SettingName, unknown, string]>([
    ['ACCESS_TOKEN_EXPIRE_SECONDS', 0, 'Ensure this value is greater than or equal to 1.'],
    ['ACCESS_TOKEN_EXPIRE_SECONDS', 31_536_000_001, 'Ensure this value is less than or equal to 31536000000.'],
    ['ACCESS_TOKEN_EXPIRE_SECONDS', 1.5, 'A valid integer is required.'],
    ['ACCESS_TOKEN_EXPIRE_SECONDS', '60', 'A valid integer is required.'],
    ['REFRESH_TOKEN_EXPIRE_SECONDS', 0, 'Ensure this value is greater than or equal to 1.'],
    ['PERSONAL_TOKEN_EXPIRE_SECONDS', 0, 'Ensure this value is greater than or equal to 1.'],
    ['LISTED_AFTER_EXPIRY_DAYS', 3651, 'Ensure this value is less than or equal to 3650.'],
    ['GRANT_EXPIRE_SECONDS', 0, 'Ensure this value is greater than or equal to 1.'],
    ['AUTHORIZATION_CODE_EXPIRE_SECONDS', 0, 'Ensure this value is greater than or equal to 1.'],
    ['AUTHORIZATION_CODE_EXPIRE_SECONDS', 601, 'Ensure this value is less than or equal to 600: RFC 6749 section 4.1.2 recommends that an authorization code lives ten minutes at most.'],
    ['REFRESH_TOKEN_GRACE_SECONDS', -1, 'Ensure this value is greater than or equal to 0.'],
    ['REFRESH_TOKEN_GRACE_SECONDS', 301, 'Ensure this value is less than or equal to 300.'],
    ['SESSION_COOKIE_AGE', 59, 'Ensure this value is greater than or equal to 60.'],
    ['PKCE_REQUIRED', 'none', 'Not a valid choice. Allowed: public, all.'],
    ['HTTP_REDIRECT_URIS', true, 'Not a valid choice. Allowed: none, confidential, all.'],
    ['PRIVATE_USE_REDIRECT_SCHEMES', 'all', 'Not a valid choice. Allowed: none, reverse-domain.'],
    ['ALLOW_PASSWORD_GRANT', 'true', 'Must be a valid boolean.'],
    ['PASSWORD_CHANGE_REVOKES_TOKENS', 1, 'Must be a valid boolean.'],
    ['ALLOW_OAUTH2_FOR_EXTERNAL_USERS', null, 'Must be a valid boolean.'],
    ['AUTH_BASIC_ENABLED', 0, 'Must be a valid boolean.'],
    ['CORS_ALLOW_ALL_ORIGINS', 'yes', 'Must be true or false, not "yes".'],
    ['CORS_PREFLIGHT_MAX_AGE', -1, 'Must be whole seconds from 0 to 31536000, not -1.'],
  ])('%s cannot be %j: %s', (name, value, problem) => expect(problemOf(name, value)).toBe(problem)); // prettier-ignore
  it.each<[SettingName, readonly unknown[]]>([
    ['ACCESS_TOKEN_EXPIRE_SECONDS', [1, 31_536_000_000]],
    ['AUTHORIZATION_CODE_EXPIRE_SECONDS', [1, 600]],
    ['REFRESH_TOKEN_GRACE_SECONDS', [0, 300]],
    ['SESSION_COOKIE_AGE', [60]],
    ['PKCE_REQUIRED', ['public', 'all']],
    ['HTTP_REDIRECT_URIS', ['none', 'confidential', 'all']],
    ['ALLOW_PASSWORD_GRANT', [true, false]],
  ])('%s can be each of %j', (name, values) =>
    expect(values.map((value) => problemOf(name, value))).toEqual(values.map(() => undefined)),
  );
});
