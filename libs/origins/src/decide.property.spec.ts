import fc from 'fast-check';
import { allowedOrigin } from './decide.ts';
import { type CorsRules, mergeRules } from './rules.ts';

/** A release compares a hundred times as many. */
const RUNS = process.env['GRANTLOG_RELEASE_TESTS'] === 'true' ? 1_000_000 : 10_000;

const DEFAULTS: CorsRules = {
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: [],
  CORS_ALLOWED_ORIGIN_REGEXES: [],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: [],
  CORS_ALLOW_METHODS: [],
  CORS_EXPOSE_HEADERS: [],
  CORS_PREFLIGHT_MAX_AGE: 0,
  CORS_URLS_REGEX: '^.*$',
};

/** The same rules, said in the plainest way there is: split, compare, and the language's own expressions. */
const naive = (rules: CorsRules, origin: string, own: readonly string[]): string | undefined => {
  const [scheme, rest = ''] = origin.split('://');
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  const bracketed = rest.startsWith('[');
  const host = bracketed ? rest.slice(0, rest.indexOf(']') + 1) : (rest.split(':')[0] ?? '');
  const port = rest.slice(host.length);
  if (host === '' || (bracketed ? !/^\[[0-9a-f.:]+\]$/.test(host) : !/^[a-z0-9._-]+$/.test(host))) return undefined;
  if (port !== '') {
    const number = port.slice(1);
    if (port[0] !== ':' || !/^\d{1,5}$/.test(number) || Number(number) > 65_535) return undefined;
    if ((scheme === 'http' && number === '80') || (scheme === 'https' && number === '443')) return undefined;
  }
  if (rules.CORS_ALLOW_ALL_ORIGINS) return '*';
  for (const listed of [...rules.CORS_ALLOWED_ORIGINS, ...own]) if (listed === origin) return origin;
  for (const pattern of rules.CORS_ALLOWED_ORIGIN_REGEXES)
    if (new RegExp(`^(?:${pattern})$`, 's').test(origin)) return origin;
  return undefined;
};

const label = fc.constantFrom('app', 'evil', 'www', 'a', 'x-y', 'example', 'com', 'ex', 'APP', '');
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  fc.constantFrom('localhost', '127.0.0.1', '[::1]', '[zz]', 'app_1', 'app.ex.evil.com', 'a b', 'ä.ex'),
);
const port = fc.constantFrom('', '', '', ':443', ':80', ':3000', ':65536', ':', ':x', ':08');
const tail = fc.constantFrom('', '', '', '', '/', '/path', '?q', '#f', '@evil.com', '\n', ' ');
const origin = fc.oneof(
  fc
    .tuple(fc.constantFrom('https', 'http', 'https', 'ftp', 'HTTPS', ''), host, port, tail)
    .map(([scheme, name, number, end]) => `${scheme}://${name}${number}${end}`),
  fc.constantFrom('null', '', '*', 'https:', 'https://', '//app.ex'),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const piece = fc.constantFrom(
  'https', 'https?', 'http', '://', 'app', 'evil', '\\.', '.', '.*', '.+', '[a-z]+', '[^.]+', '(app|admin)', '(?:a|b)*', 'com', 'com*', 'ex', ':\\d+', '(:\\d+)?', '\\w', '^', '$',
); // prettier-ignore
const pattern = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.tuple(fc.constantFrom('https://', 'https?://'), fc.array(piece, { maxLength: 5 })).map(([scheme, pieces]) => scheme + pieces.join('')),
); // prettier-ignore

describe('the decision about an origin', () => {
  it(`G12 agrees with a second, naive implementation over ${RUNS} origins and patterns`, () => {
    let allowed = 0;
    fc.assert(
      fc.property(
        origin,
        fc.array(origin, { maxLength: 2 }),
        fc.array(pattern, { maxLength: 2 }),
        fc.array(origin, { maxLength: 1 }),
        fc.constantFrom(false, false, false, false, true),
        fc.boolean(),
        // So that not only chance makes a list and an origin meet.
        fc.constantFrom('nowhere', 'nowhere', 'listed', 'own', 'escaped', 'unescaped'),
        (asked, listed, patterns, others, all, inFile, meets) => {
          const escaped = asked.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
          const own = [...others, ...(meets === 'own' ? [asked] : [])];
          const some = {
            CORS_ALLOWED_ORIGINS: [...listed, ...(meets === 'listed' ? [asked] : [])],
            CORS_ALLOWED_ORIGIN_REGEXES: [
              ...patterns,
              ...(meets === 'escaped' ? [escaped] : []),
              ...(meets === 'unescaped' ? [escaped.replaceAll('\\.', '.')] : []),
            ],
          };
          const rules = {
            ...mergeRules(inFile ? [{ file: 'a.yaml', rules: some }] : [], { ...DEFAULTS, ...(!inFile && some) }),
            CORS_ALLOW_ALL_ORIGINS: all,
          };
          const ours = allowedOrigin(rules, asked, '/api/o/token/', new Set(own));
          expect(ours).toBe(naive(rules, asked, own));
          if (ours !== undefined) allowed += 1;
        },
      ),
      { numRuns: RUNS },
    );
    expect(allowed).toBeGreaterThan(RUNS / 100);
  }, 600_000);
});
