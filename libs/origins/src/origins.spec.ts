import { parseConfFile } from './conf-file.ts';
import { actualHeaders, allowedOrigin, preflightHeaders } from './decide.ts';
import type { CorsRules } from './rules.ts';

const rules = (more: Partial<CorsRules> = {}): CorsRules => ({
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: ['https://app.ex'],
  CORS_ALLOWED_ORIGIN_REGEXES: [],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: ['authorization', 'content-type'],
  CORS_ALLOW_METHODS: ['GET', 'POST'],
  CORS_EXPOSE_HEADERS: ['x-request-id'],
  CORS_PREFLIGHT_MAX_AGE: 600,
  CORS_URLS_REGEX: '^.*$',
  ...more,
});

describe('the allowlist of origins', () => {
  it.each([
    'https://app.ex.evil.com',
    'https://evilapp.ex',
    'http://app.ex',
    'https://app.ex:444',
    'https://APP.ex',
    'https://app.ex/',
    'null',
    '',
  ])('CO-03 CO-08 does not allow %j', (origin) => expect(allowedOrigin(rules(), origin, '/')).toBeUndefined());
  it('CO-01 a pattern has to match the whole origin', () => {
    const some = rules({ CORS_ALLOWED_ORIGINS: [], CORS_ALLOWED_ORIGIN_REGEXES: ['https://app\\.ex'] });
    expect(
      ['https://app.ex', 'https://app.ex.evil.com', 'https://evilapp.ex'].map((origin) =>
        allowedOrigin(some, origin, '/'),
      ),
    ).toEqual(['https://app.ex', undefined, undefined]);
  });
  it('CO-03 CO-04 allow-all is a literal star, never with credentials, never for null', () => {
    const all = rules({ CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: true });
    expect(actualHeaders(all, 'https://any.ex', '/')).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-request-id',
    });
    expect(actualHeaders(all, 'null', '/')).toEqual({});
  });
  it('CO-09 a preflight for a foreign header or method gets nothing, and nothing is reflected', () => {
    const ask = (more: object) =>
      preflightHeaders(rules(), {
        origin: 'https://app.ex',
        path: '/',
        method: 'POST',
        headers: ['Authorization'],
        ...more,
      });
    expect(ask({})).toMatchObject({
      'access-control-allow-origin': 'https://app.ex',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    });
    for (const more of [{ method: 'TRACE' }, { headers: ['x-foreign'] }, { origin: 'https://stranger.ex' }])
      expect(ask(more)).toEqual({});
  });
});

describe('a settings file', () => {
  it("reads an AWX administrator's custom.py as it is, without executing it", () =>
    expect(
      parseConfFile(
        'custom.py',
        `import os\n# CORS_ALLOW_CREDENTIALS = True\nOTHER = os.environ.get("X")\nCORS_ORIGIN_ALLOW_ALL = True\nCORS_ALLOWED_ORIGIN_REGEXES = [\n    r"http://django-oauth-toolkit.herokuapp.com*",\n    r"http://www.example.com*"\n]\nCORS_PREFLIGHT_MAX_AGE = 600\n`,
      ),
    ).toEqual({
      CORS_ALLOW_ALL_ORIGINS: true,
      CORS_ALLOWED_ORIGIN_REGEXES: ['http://django-oauth-toolkit.herokuapp.com*', 'http://www.example.com*'],
      CORS_PREFLIGHT_MAX_AGE: 600,
    }));
  it('refuses what is no literal, with file and line', () => {
    expect(() => parseConfFile('custom.py', 'X = 1\nCORS_ALLOWED_ORIGINS = get_origins()\n')).toThrow(
      'custom.py: line 2',
    );
    expect(() => parseConfFile('custom.py', 'CORS_ALLOW_CREDENTIALS = True or False\n')).toThrow('custom.py: line 1');
  });
  it('the newer name counts where both are set', () =>
    expect(
      parseConfFile('a.yaml', 'CORS_ORIGIN_WHITELIST: [https://old.ex]\nCORS_ALLOWED_ORIGINS: [https://new.ex]\n'),
    ).toEqual({ CORS_ALLOWED_ORIGINS: ['https://new.ex'] }));
  it('reads JSON', () =>
    expect(parseConfFile('a.json', '{"CORS_ALLOW_ALL_ORIGINS": true}')).toEqual({ CORS_ALLOW_ALL_ORIGINS: true }));
});
