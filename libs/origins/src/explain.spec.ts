import { type CorsSources, explain, type Question } from './explain.ts';
import type { CorsRules } from './rules.ts';

const settings: CorsRules = {
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: ['https://set.ex'],
  CORS_ALLOWED_ORIGIN_REGEXES: ['https://[a-z]+\\.set\\.ex'],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: ['Authorization', 'content-type'],
  CORS_ALLOW_METHODS: ['GET', 'POST', 'DELETE'],
  CORS_EXPOSE_HEADERS: [],
  CORS_PREFLIGHT_MAX_AGE: 0,
  CORS_URLS_REGEX: '^/api/.*$',
};
const sources = (more: Partial<CorsSources> = {}, rules: Partial<CorsRules> = {}): CorsSources => ({
  files: [{ file: 'custom.py', rules: { CORS_ALLOWED_ORIGINS: ['https://file.ex'], CORS_ALLOWED_ORIGIN_REGEXES: ['https://f.*'] } }],
  applications: [{ id: 5, origins: ['https://app.ex'] }, { id: 6, origins: ['https://app.ex', 'https://six.ex'] }],
  ...more,
  settings: { ...settings, ...rules },
}); // prettier-ignore
const ask = (origin: string, more: Partial<Question> = {}): Question => ({
  origin,
  method: 'POST',
  path: '/api/o/token/',
  headers: [],
  ...more,
});

describe('why an origin is allowed', () => {
  it.each<[string, Question, readonly object[]]>([
    ['settings', ask('https://set.ex'), [{ source: 'settings', setting: 'CORS_ALLOWED_ORIGINS', entry: 'https://set.ex' }]],
    ['a pattern of the settings', ask('https://www.set.ex'), [{ source: 'settings', setting: 'CORS_ALLOWED_ORIGIN_REGEXES', entry: 'https://[a-z]+\\.set\\.ex' }]],
    ['a file, twice', ask('https://file.ex'), [
      { source: 'file', of: 'custom.py', setting: 'CORS_ALLOWED_ORIGINS', entry: 'https://file.ex' },
      { source: 'file', of: 'custom.py', setting: 'CORS_ALLOWED_ORIGIN_REGEXES', entry: 'https://f.*' },
    ]],
    ['the application that the request comes from', ask('https://app.ex', { application: 5 }), [{ source: 'application', of: 5, setting: 'allowed_origins', entry: 'https://app.ex' }]],
  ])('names the entry: %s', (_by, question, by) =>
    expect(explain(sources(), question)).toEqual({
      allowed: true,
      preflight: { needed: false, allowed: true },
      by,
      missing: [],
      headers: { 'access-control-allow-origin': question.origin },
    })); // prettier-ignore
  it('names allow-all where it is in force, and the entries beside it', () => {
    const inSettings = explain(sources({}, { CORS_ALLOW_ALL_ORIGINS: true }), ask('https://any.ex'));
    expect(inSettings).toMatchObject({
      allowed: true,
      by: [{ source: 'settings', setting: 'CORS_ALLOW_ALL_ORIGINS', entry: 'true' }],
      headers: { 'access-control-allow-origin': '*' },
    });
    const file = { file: 'a.yaml', rules: { CORS_ALLOW_ALL_ORIGINS: false } };
    const overruled = explain(sources({ files: [file] }, { CORS_ALLOW_ALL_ORIGINS: true }), ask('https://any.ex'));
    expect(overruled).toMatchObject({ allowed: false, by: [] });
    const inFile = { file: 'a.yaml', rules: { CORS_ALLOW_ALL_ORIGINS: true } };
    expect(explain(sources({ files: [inFile] }), ask('https://set.ex')).by).toEqual([
      { source: 'file', of: 'a.yaml', setting: 'CORS_ALLOW_ALL_ORIGINS', entry: 'true' },
      { source: 'settings', setting: 'CORS_ALLOWED_ORIGINS', entry: 'https://set.ex' },
    ]);
  });
});

it('the metadata document is let in by itself, whatever the rules', () => {
  const path = '/.well-known/oauth-authorization-server';
  expect(explain(sources(), ask('https://no.ex', { path }))).toMatchObject({
    allowed: true,
    by: [{ source: 'built-in', setting: 'public document', entry: path }],
    missing: [],
  });
});

describe('what would have to be added', () => {
  const missing = (question: Question, from = sources()) => {
    const { allowed, missing: some, headers } = explain(from, question);
    return { allowed, some, headers };
  };
  const refused = (...some: string[]) => ({ allowed: false, some, headers: {} });
  it.each<[Question, string]>([
    [ask('null'), '"null" is the origin of sandboxed frames and local files, and is never allowed'],
    [ask('https://APP.ex'), 'the origin is not as a browser sends it: scheme, host in lower case and port, without a default port or path'],
    [ask('https://set.ex', { path: '/metrics' }), 'the path never answers other origins: it is a page, or outside CORS_URLS_REGEX (^/api/.*$)'],
    [ask('https://set.ex', { path: '/api/o/authorize/' }), 'the path never answers other origins: it is a page, or outside CORS_URLS_REGEX (^/api/.*$)'],
    [ask('https://no.ex'), '"https://no.ex" in CORS_ALLOWED_ORIGINS (settings or a file), or in the application\'s allowed_origins'],
    [ask('https://no.ex', { application: 5 }), '"https://no.ex" in CORS_ALLOWED_ORIGINS (settings or a file), or in allowed_origins of application 5'],
    [ask('https://app.ex'), 'the request has to come from application 5 or 6, which lists this origin for itself (no client_id was named)'],
    [ask('https://six.ex', { application: 5 }), 'the request has to come from application 6, which lists this origin for itself'],
  ])('%j: %s', (question, problem) => expect(missing(question)).toEqual(refused(problem))); // prettier-ignore
  it('an origin that is none is in no entry, even if a pattern takes it', () =>
    expect(explain(sources({}, { CORS_ALLOWED_ORIGIN_REGEXES: ['.*'] }), ask('null')).by).toEqual([]));
  it('methods and headers that a browser asks for first', () => {
    const question = ask('https://set.ex', { method: 'PUT', headers: ['authorization', 'x-own', 'x-other'] });
    expect(explain(sources(), question)).toEqual({
      allowed: false,
      preflight: { needed: true, allowed: false },
      by: [{ source: 'settings', setting: 'CORS_ALLOWED_ORIGINS', entry: 'https://set.ex' }],
      missing: ['"PUT" in CORS_ALLOW_METHODS', '"x-own" in CORS_ALLOW_HEADERS', '"x-other" in CORS_ALLOW_HEADERS'],
      headers: { 'access-control-allow-origin': 'https://set.ex' },
    });
  });
  it('both, where neither origin nor method is allowed', () =>
    expect(missing(ask('https://no.ex', { method: 'PUT' })).some).toHaveLength(2));
});

describe('whether a browser asks first (WHATWG Fetch)', () => {
  it.each<[string, readonly string[], boolean]>([
    ['GET', [], false],
    ['HEAD', [], false],
    ['POST', ['accept', 'accept-language', 'content-language', 'range'], false],
    ['DELETE', [], true],
    ['PUT', [], true],
    ['GET', ['authorization'], true],
    ['POST', ['content-type'], true],
    ['POST', ['accept', 'x-own'], true],
  ])('%s with %j: %s', (method, headers, needed) =>
    expect(explain(sources(), ask('https://set.ex', { method, headers })).preflight.needed).toBe(needed),
  );
  it("is answered from every application's origins, for it names no client; the request from its own only", () => {
    const question = ask('https://app.ex', { headers: ['authorization'] });
    expect(explain(sources(), question)).toMatchObject({ allowed: false, preflight: { needed: true, allowed: true } });
    expect(explain(sources(), { ...question, application: 5 })).toMatchObject({ allowed: true });
    expect(explain(sources(), { ...question, application: 99 })).toMatchObject({ allowed: false });
  });
});
