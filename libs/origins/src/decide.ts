import { matchesWhole } from './pattern.ts';

/** The rules in force, from files and settings together. */
export type CorsRules = {
  readonly CORS_ALLOW_ALL_ORIGINS: boolean;
  readonly CORS_ALLOWED_ORIGINS: readonly string[];
  readonly CORS_ALLOWED_ORIGIN_REGEXES: readonly string[];
  readonly CORS_ALLOW_CREDENTIALS: boolean;
  readonly CORS_ALLOW_HEADERS: readonly string[];
  readonly CORS_ALLOW_METHODS: readonly string[];
  readonly CORS_EXPOSE_HEADERS: readonly string[];
  readonly CORS_PREFLIGHT_MAX_AGE: number;
  readonly CORS_URLS_REGEX: string;
};

const SERIALIZED_ORIGIN = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?$/;

/** Scheme, host and port as a browser sends them, nothing more. `null` is none. @see RFC 6454 §6.2 */
export const isSerializedOrigin = (origin: string): boolean => SERIALIZED_ORIGIN.test(origin);

/**
 * What `Access-Control-Allow-Origin` has to say; undefined: nothing.
 * @param ownOrigins those of the application that was named and proven in this request
 * @see WHATWG Fetch, CORS protocol
 */
export const allowedOrigin = (
  rules: CorsRules,
  origin: string,
  path: string,
  ownOrigins: readonly string[] = [],
): string | undefined => {
  if (!isSerializedOrigin(origin) || !matchesWhole(rules.CORS_URLS_REGEX, path)) return undefined;
  if (rules.CORS_ALLOW_ALL_ORIGINS) return '*';
  const listed =
    rules.CORS_ALLOWED_ORIGINS.includes(origin) ||
    ownOrigins.includes(origin) ||
    rules.CORS_ALLOWED_ORIGIN_REGEXES.some((pattern) => matchesWhole(pattern, origin));
  return listed ? origin : undefined;
};

/** The headers of an actual request's answer. */
export const actualHeaders = (
  rules: CorsRules,
  origin: string,
  path: string,
  ownOrigins: readonly string[] = [],
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
  ownOrigins: readonly string[] = [],
): Record<string, string> => {
  const { 'access-control-expose-headers': _exposed, ...allowed } = actualHeaders(rules, origin, path, ownOrigins);
  const known = headers.every((header) => rules.CORS_ALLOW_HEADERS.includes(header.toLowerCase()));
  if (!('access-control-allow-origin' in allowed) || !rules.CORS_ALLOW_METHODS.includes(method) || !known) return {};
  return {
    ...allowed,
    'access-control-allow-methods': rules.CORS_ALLOW_METHODS.join(', '),
    'access-control-allow-headers': rules.CORS_ALLOW_HEADERS.join(', '),
    ...(rules.CORS_PREFLIGHT_MAX_AGE > 0 && { 'access-control-max-age': String(rules.CORS_PREFLIGHT_MAX_AGE) }),
  };
};
