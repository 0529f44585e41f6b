import { matchesWhole } from './pattern.ts';
import { type CorsRules, isSerializedOrigin } from './rules.ts';

/** Pages never answer to other origins, whatever the settings: nobody but our own visitors may read them. */
const PAGES = ['/api/o/authorize/', '/api/login/', '/api/logout/', '/console/', '/account/', '/docs/'];

/** Documents that anybody may know and that no credentials change. @see RFC 8414 §3 */
const PUBLIC_DOCUMENTS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

/** Whether every origin may read a path, whatever the settings: a page has to find its server before anything else. */
export const isPublicDocument = (path: string): boolean => PUBLIC_DOCUMENTS.includes(path.replace(/\/$/, ''));

/** Whether a path may answer other origins at all. */
export const answersOthers = ({ CORS_URLS_REGEX }: Pick<CorsRules, 'CORS_URLS_REGEX'>, path: string): boolean =>
  isPublicDocument(path) ||
  (!PAGES.some((page) => path.startsWith(page) || `${path}/` === page) && matchesWhole(CORS_URLS_REGEX, path));

const NONE: ReadonlySet<string> = new Set();

/**
 * What `Access-Control-Allow-Origin` has to say; undefined: nothing.
 * @param ownOrigins those of the application that was named and proven in this request
 * @see WHATWG Fetch, CORS protocol
 */
export const allowedOrigin = (
  rules: CorsRules,
  origin: string,
  path: string,
  ownOrigins: ReadonlySet<string> = NONE,
): string | undefined => {
  if (!isSerializedOrigin(origin) || !answersOthers(rules, path)) return undefined;
  if (rules.CORS_ALLOW_ALL_ORIGINS || isPublicDocument(path)) return '*';
  const listed =
    rules.CORS_ALLOWED_ORIGINS.includes(origin) ||
    ownOrigins.has(origin) ||
    rules.CORS_ALLOWED_ORIGIN_REGEXES.some((pattern) => matchesWhole(pattern, origin));
  return listed ? origin : undefined;
};

/** The headers of an actual request's answer. */
export const actualHeaders = (
  rules: CorsRules,
  origin: string,
  path: string,
  ownOrigins: ReadonlySet<string> = NONE,
): Record<string, string> => {
  const allowed = allowedOrigin(rules, origin, path, ownOrigins);
  if (allowed === undefined) return {};
  return {
    'access-control-allow-origin': allowed,
    ...(rules.CORS_EXPOSE_HEADERS.length > 0 && {
      'access-control-expose-headers': rules.CORS_EXPOSE_HEADERS.join(', '),
    }),
    ...(rules.CORS_ALLOW_CREDENTIALS && allowed !== '*' && { 'access-control-allow-credentials': 'true' }),
  };
};

/** The headers of a preflight's answer: none unless origin, method and headers are all allowed. Lists are fixed, never echoed. */
export const preflightHeaders = (
  rules: CorsRules,
  { origin, path, method, headers }: { origin: string; path: string; method: string; headers: readonly string[] },
  ownOrigins: ReadonlySet<string> = NONE,
): Record<string, string> => {
  const { 'access-control-expose-headers': _exposed, ...allowed } = actualHeaders(rules, origin, path, ownOrigins);
  const known = headers.every((header) => isListed(rules.CORS_ALLOW_HEADERS, header));
  if (!('access-control-allow-origin' in allowed) || !rules.CORS_ALLOW_METHODS.includes(method) || !known) return {};
  return {
    ...allowed,
    'access-control-allow-methods': rules.CORS_ALLOW_METHODS.join(', '),
    'access-control-allow-headers': rules.CORS_ALLOW_HEADERS.join(', '),
    ...(rules.CORS_PREFLIGHT_MAX_AGE > 0 && { 'access-control-max-age': String(rules.CORS_PREFLIGHT_MAX_AGE) }),
  };
};

const isListed = (names: readonly string[], header: string): boolean =>
  names.some((name) => name.toLowerCase() === header.toLowerCase());
