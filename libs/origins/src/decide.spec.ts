import { actualHeaders, allowedOrigin, answersOthers, preflightHeaders } from './decide.ts';
import { compilePattern, matchesWhole } from './pattern.ts';
import type { CorsRules } from './rules.ts';

const rules = (more: Partial<CorsRules> = {}): CorsRules => ({
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: ['https://app.ex'],
  CORS_ALLOWED_ORIGIN_REGEXES: [],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: ['authorization', 'Content-Type'],
  CORS_ALLOW_METHODS: ['GET', 'POST'],
  CORS_EXPOSE_HEADERS: ['x-request-id', 'retry-after'],
  CORS_PREFLIGHT_MAX_AGE: 600,
  CORS_URLS_REGEX: '^.*$',
  ...more,
});

describe('the allowlist of origins', () => {
  it.each(['https://app.ex.evil.com', 'https://evilapp.ex', 'http://app.ex', 'https://app.ex:444', 'https://APP.ex', 'https://app.ex/', 'null', ''])(
    'CO-03 CO-08 does not allow %j', (origin) => {
      expect(allowedOrigin(rules(), origin, '/')).toBeUndefined();
      expect(actualHeaders(rules(), origin, '/')).toEqual({});
    }); // prettier-ignore
  it('CO-01 a pattern has to match the whole origin', () => {
    const some = rules({ CORS_ALLOWED_ORIGINS: [], CORS_ALLOWED_ORIGIN_REGEXES: ['nothing', 'https://app\\.ex'] });
    expect(
      ['https://app.ex', 'https://app.ex.evil.com', 'https://evilapp.ex'].map((origin) =>
        allowedOrigin(some, origin, '/'),
      ),
    ).toEqual(['https://app.ex', undefined, undefined]);
  });
  it("an application's own origins are allowed for what proves to come from it", () => {
    const own = new Set(['https://own.ex']);
    expect(allowedOrigin(rules(), 'https://own.ex', '/', own)).toBe('https://own.ex');
    expect(allowedOrigin(rules(), 'https://own.ex', '/')).toBeUndefined();
    expect(allowedOrigin(rules(), 'https://other.ex', '/', own)).toBeUndefined();
    expect(allowedOrigin(rules(), 'null', '/', new Set(['null']))).toBeUndefined();
  });
  it('CO-03 CO-04 allow-all is a literal star, never with credentials, never for null', () => {
    const all = rules({ CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: true });
    expect(actualHeaders(all, 'https://any.ex', '/')).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-request-id, retry-after',
    });
    expect(actualHeaders(all, 'null', '/')).toEqual({});
  });
  it('with credentials the answer says so, for a listed origin', () =>
    expect(
      actualHeaders(rules({ CORS_ALLOW_CREDENTIALS: true, CORS_EXPOSE_HEADERS: [] }), 'https://app.ex', '/'),
    ).toEqual({ 'access-control-allow-origin': 'https://app.ex', 'access-control-allow-credentials': 'true' }));
  it.each([
    ['/api/o/token/', true],
    ['/api/v2/me/', true],
    ['/api/login/x', false],
    ['/api/login/', false],
    ['/api/login', false],
    ['/api/logout/', false],
    ['/api/o/authorize/', false],
    ['/api/o/authorize', false],
    ['/console/', false],
    ['/console', false],
    ['/consoles/', true],
    ['/account/tokens/', false],
    ['/docs/', false],
    ['/x/docs/', true],
  ])('CO-10 pages never answer others: %s %s', (path, answers) => {
    expect(answersOthers(rules(), path)).toBe(answers);
    expect(allowedOrigin(rules({ CORS_ALLOW_ALL_ORIGINS: true }), 'https://any.ex', path)).toBe(answers ? '*' : undefined); // prettier-ignore
  });
  it('paths outside CORS_URLS_REGEX answer nobody; it has to match the whole path', () => {
    const some = rules({ CORS_URLS_REGEX: '/api/o/[a-z]*/' });
    expect(['/api/o/token/', '/api/o/token/x', '/x/api/o/token/'].map((path) => answersOthers(some, path))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the metadata document (RFC 8414 §3)', () => {
  const closed = rules({ CORS_ALLOWED_ORIGINS: [], CORS_URLS_REGEX: '^/api/.*$', CORS_ALLOW_CREDENTIALS: true });
  it.each([
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/',
    '/.well-known/openid-configuration',
  ])('CO-13 %s is readable from every origin, without credentials', (path) => {
    expect(actualHeaders(closed, 'https://any.ex', path)).toMatchObject({ 'access-control-allow-origin': '*' });
    expect(actualHeaders(closed, 'https://any.ex', path)).not.toHaveProperty('access-control-allow-credentials');
    expect(allowedOrigin(closed, 'null', path)).toBeUndefined();
  });
  it('CO-13 nothing else is', () =>
    expect(
      ['/.well-known/', '/x/.well-known/oauth-authorization-server', '/.well-known/openid-configuration/x'].map(
        (path) => allowedOrigin(closed, 'https://any.ex', path),
      ),
    ).toEqual([undefined, undefined, undefined]));
});

describe('a preflight', () => {
  const ask = (more: object = {}, some: Partial<CorsRules> = {}, own?: ReadonlySet<string>) =>
    preflightHeaders(
      rules(some),
      { origin: 'https://app.ex', path: '/', method: 'POST', headers: ['Authorization', 'content-type'], ...more },
      own,
    );
  it('for what is allowed gets the fixed lists', () => {
    expect(ask()).toEqual({
      'access-control-allow-origin': 'https://app.ex',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, Content-Type',
      'access-control-max-age': '600',
    });
    expect(ask({ headers: [] }, { CORS_ALLOW_CREDENTIALS: true })).toMatchObject({
      'access-control-allow-credentials': 'true',
    });
    expect(ask({}, { CORS_PREFLIGHT_MAX_AGE: 0 })).not.toHaveProperty('access-control-max-age');
    expect(ask({ origin: 'https://own.ex' }, {}, new Set(['https://own.ex']))).toMatchObject({
      'access-control-allow-origin': 'https://own.ex',
    });
  });
  it.each([
    { method: 'TRACE' },
    { method: 'post' },
    { headers: ['x-foreign'] },
    { headers: ['authorization', 'x-foreign'] },
    { origin: 'https://stranger.ex' },
    { path: '/api/login/' },
  ])('CO-09 with %j gets nothing, and nothing is reflected', (more) => expect(ask(more)).toEqual({}));
});

describe('a pattern', () => {
  it('is of RE2, which has no look-around and no back references', () =>
    expect(['(?=a)', '(a)\\1', '(', '[b-a]'].map(compilePattern)).toEqual(Array(4).fill(undefined)));
  it('that is none matches nothing', () => expect(matchesWhole('(', '(')).toBe(false));
  it('is compiled once', () => expect(compilePattern('https://x')).toBe(compilePattern('https://x')));
  it('is forgotten when there are many, and matches as before', () => {
    const first = compilePattern('https://first');
    for (let i = 0; i < 1000; i += 1) compilePattern(`pattern-${i}`);
    expect(compilePattern('https://first')).not.toBe(first);
    expect(matchesWhole('https://first', 'https://first')).toBe(true);
  });
  it('that is hostile takes linear time for a hostile text', () =>
    expect(matchesWhole('(a*)*b', 'a'.repeat(10_000))).toBe(false));
});
