import { combinationProblem, type CorsRules, isSerializedOrigin, mergeRules, RULE_NAMES, ruleProblem, type RuleName } from './rules.ts'; // prettier-ignore

describe('a serialised origin (RFC 6454 §6.2)', () => {
  it.each([
    'https://app.ex',
    'http://app.ex',
    'http://localhost:3000',
    'https://[2001:db8::1]:8443',
    'https://[::ffff:1.2.3.4]',
    'https://app_1.ex',
    'http://app.ex:443',
    'https://app.ex:80',
    'https://app.ex:65535',
    `https://${'a'.repeat(253)}:65535`,
  ])('%s is one', (origin) => expect(isSerializedOrigin(origin)).toBe(true));
  it.each([
    '',
    'null',
    '*',
    'app.ex',
    '//app.ex',
    'ftp://app.ex',
    'https:/app.ex',
    'https://',
    'https://APP.ex',
    'HTTPS://app.ex',
    'https://app.ex/',
    'https://app.ex?',
    'https://u@app.ex',
    'https://ä.ex',
    'https://[zz]',
    'https://app.ex:443',
    'http://app.ex:80',
    'https://app.ex:65536',
    'https://app.ex:',
    'https://app.ex:123456',
    'https://app.ex:x',
    ' https://app.ex',
    'https://app.ex\n',
    `https://${'a'.repeat(254)}:65535`,
  ])('%j is none', (origin) => expect(isSerializedOrigin(origin)).toBe(false));
});

const ORIGIN = "is not a serialised origin: http or https, a host in lower case, a port that is not the default one, nothing more, at most 267 characters (like https://app.example or http://localhost:3000)"; // prettier-ignore
const PATTERN = "is not a pattern in RE2's syntax of at most 1000 characters";

describe('what a rule allows', () => {
  it('has a rule for each name', () =>
    expect([...RULE_NAMES].sort()).toEqual([
      'CORS_ALLOWED_ORIGINS',
      'CORS_ALLOWED_ORIGIN_REGEXES',
      'CORS_ALLOW_ALL_ORIGINS',
      'CORS_ALLOW_CREDENTIALS',
      'CORS_ALLOW_HEADERS',
      'CORS_ALLOW_METHODS',
      'CORS_EXPOSE_HEADERS',
      'CORS_PREFLIGHT_MAX_AGE',
      'CORS_URLS_REGEX',
    ]));
  it.each<[RuleName, unknown, object]>([
    ['CORS_ALLOW_ALL_ORIGINS', 'true', { problem: 'must be true or false, not "true"' }],
    ['CORS_ALLOW_CREDENTIALS', 1, { problem: 'must be true or false, not 1' }],
    ['CORS_ALLOWED_ORIGINS', 'https://app.ex', { problem: 'must be a list of strings, not "https://app.ex"' }],
    ['CORS_ALLOWED_ORIGINS', ['https://app.ex', 5], { problem: 'must be a list of strings, not ["https://app.ex",5]' }],
    ['CORS_ALLOWED_ORIGINS', undefined, { problem: 'must be a list of strings, not undefined' }],
    ['CORS_ALLOWED_ORIGINS', ['https://app.ex', 'null'], { problem: `"null" ${ORIGIN}`, entry: 'null' }],
    ['CORS_ALLOWED_ORIGINS', ['ä'], { problem: `"?" ${ORIGIN}`, entry: 'ä' }],
    ['CORS_ALLOWED_ORIGINS', Array(1001).fill('https://app.ex'), { problem: 'has more than 1000 entries' }],
    ['CORS_ALLOWED_ORIGIN_REGEXES', ['a', '('], { problem: `"(" ${PATTERN}`, entry: '(' }],
    ['CORS_ALLOWED_ORIGIN_REGEXES', ['(?=a)'], { problem: `"(?=a)" ${PATTERN}`, entry: '(?=a)' }],
    ['CORS_ALLOWED_ORIGIN_REGEXES', ['a'.repeat(1001)], { problem: `"${'a'.repeat(119)} ${PATTERN}`, entry: 'a'.repeat(1001) }],
    ['CORS_ALLOW_HEADERS', ['x y'], { problem: '"x y" is not a header\'s name of at most 100 characters', entry: 'x y' }],
    ['CORS_ALLOW_HEADERS', [''], { problem: '"" is not a header\'s name of at most 100 characters', entry: '' }],
    ['CORS_ALLOW_HEADERS', ['*\n'], { problem: '"*\\n" is not a header\'s name of at most 100 characters', entry: '*\n' }],
    ['CORS_ALLOW_HEADERS', ['x'.repeat(101)], { problem: `"${'x'.repeat(101)}" is not a header's name of at most 100 characters`, entry: 'x'.repeat(101) }],
    ['CORS_EXPOSE_HEADERS', ['x:'], { problem: '"x:" is not a header\'s name of at most 100 characters', entry: 'x:' }],
    ['CORS_ALLOW_METHODS', ['get'], { problem: '"get" is not a method in upper case of at most 20 letters', entry: 'get' }],
    ['CORS_ALLOW_METHODS', ['GET POST'], { problem: '"GET POST" is not a method in upper case of at most 20 letters', entry: 'GET POST' }],
    ['CORS_ALLOW_METHODS', ['A'.repeat(21)], { problem: `"${'A'.repeat(21)}" is not a method in upper case of at most 20 letters`, entry: 'A'.repeat(21) }],
    ['CORS_PREFLIGHT_MAX_AGE', -1, { problem: 'must be whole seconds from 0 to 31536000, not -1' }],
    ['CORS_PREFLIGHT_MAX_AGE', 0.5, { problem: 'must be whole seconds from 0 to 31536000, not 0.5' }],
    ['CORS_PREFLIGHT_MAX_AGE', '60', { problem: 'must be whole seconds from 0 to 31536000, not "60"' }],
    ['CORS_PREFLIGHT_MAX_AGE', 31_536_001, { problem: 'must be whole seconds from 0 to 31536000, not 31536001' }],
    ['CORS_URLS_REGEX', '(', { problem: 'must be a pattern in RE2\'s syntax of at most 1000 characters, not "("' }],
    ['CORS_URLS_REGEX', null, { problem: "must be a pattern in RE2's syntax of at most 1000 characters, not null" }],
  ])('%s cannot be %j', (name, value, problem) => expect(ruleProblem(name, value)).toEqual(problem)); // prettier-ignore
  it.each<[RuleName, readonly unknown[]]>([
    ['CORS_ALLOW_ALL_ORIGINS', [true, false]],
    ['CORS_ALLOWED_ORIGINS', [[], ['https://app.ex'], Array(1000).fill('https://app.ex')]],
    ['CORS_ALLOWED_ORIGIN_REGEXES', [['https://.*'], ['a'.repeat(1000)]]],
    ['CORS_ALLOW_HEADERS', [['X-Own', 'authorization'], ['x'.repeat(100)], ["!#$%&'*+.^_`|~-"]]],
    ['CORS_ALLOW_METHODS', [['GET', 'A'.repeat(20)]]],
    ['CORS_PREFLIGHT_MAX_AGE', [0, 31_536_000]],
    ['CORS_URLS_REGEX', ['^/api/.*$']],
  ])('%s can be each of %j', (name, values) =>
    expect(values.map((value) => ruleProblem(name, value))).toEqual(values.map(() => undefined)),
  );
  it('a problem shows no control characters and no more than 120 characters', () =>
    expect(ruleProblem('CORS_ALLOW_ALL_ORIGINS', `\u001b[2J\u007f${'é'.repeat(200)}`)?.problem).toBe(
      `must be true or false, not "\\u001b[2J?${'?'.repeat(109)}`,
    ));
});

describe('rules together', () => {
  it('allow-all never stands with credentials', () => {
    const problem = (all: boolean | undefined, credentials: boolean | undefined) =>
      combinationProblem({
        ...(all !== undefined && { CORS_ALLOW_ALL_ORIGINS: all }),
        ...(credentials !== undefined && { CORS_ALLOW_CREDENTIALS: credentials }),
      });
    expect(problem(true, true)).toBe(
      "CORS_ALLOW_ALL_ORIGINS and CORS_ALLOW_CREDENTIALS cannot both be true: any page could act with its visitor's session",
    );
    for (const [all, credentials] of [
      [true, false],
      [false, true],
      [false, false],
      [true, undefined],
      [undefined, true],
    ])
      expect(problem(all, credentials)).toBeUndefined();
  });
  const settings: CorsRules = {
    CORS_ALLOW_ALL_ORIGINS: false,
    CORS_ALLOWED_ORIGINS: ['https://set.ex'],
    CORS_ALLOWED_ORIGIN_REGEXES: ['https://set-.*'],
    CORS_ALLOW_CREDENTIALS: false,
    CORS_ALLOW_HEADERS: ['authorization'],
    CORS_ALLOW_METHODS: ['GET'],
    CORS_EXPOSE_HEADERS: [],
    CORS_PREFLIGHT_MAX_AGE: 600,
    CORS_URLS_REGEX: '^.*$',
  };
  it('without files are those of the settings', () => expect(mergeRules([], settings)).toEqual(settings));
  it('lists of origins add up over files and settings, each entry once', () =>
    expect(
      mergeRules(
        [
          { file: 'a.yaml', rules: { CORS_ALLOWED_ORIGINS: ['https://a.ex', 'https://set.ex'] } },
          { file: 'b.yaml', rules: { CORS_ALLOWED_ORIGINS: ['https://b.ex'], CORS_ALLOWED_ORIGIN_REGEXES: ['b'] } },
        ],
        settings,
      ),
    ).toEqual({
      ...settings,
      CORS_ALLOWED_ORIGINS: ['https://a.ex', 'https://set.ex', 'https://b.ex'],
      CORS_ALLOWED_ORIGIN_REGEXES: ['b', 'https://set-.*'],
    }));
  it('of all else the last file counts, and files go before settings', () =>
    expect(
      mergeRules(
        [
          { file: 'a.yaml', rules: { CORS_PREFLIGHT_MAX_AGE: 1, CORS_ALLOW_HEADERS: ['a'] } },
          { file: 'b.yaml', rules: { CORS_PREFLIGHT_MAX_AGE: 2 } },
        ],
        settings,
      ),
    ).toEqual({ ...settings, CORS_PREFLIGHT_MAX_AGE: 2, CORS_ALLOW_HEADERS: ['a'] }));
});
