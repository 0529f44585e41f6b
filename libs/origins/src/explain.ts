import { actualHeaders, answersOthers, isPublicDocument, preflightHeaders } from './decide.ts';
import { matchesWhole } from './pattern.ts';
import { type CorsRules, type FileRules, isSerializedOrigin, mergeRules, type RuleName } from './rules.ts';

/** Where allowed origins come from. */
export type CorsSources = {
  readonly files: readonly FileRules[];
  readonly settings: CorsRules;
  /** Applications that list origins of their own. */
  readonly applications: readonly { readonly id: number; readonly origins: readonly string[] }[];
};

/** A request from a page, as a browser would make it. */
export type Question = {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  /** Names of the headers that the page sets, in lower case. */
  readonly headers: readonly string[];
  /** The application that the request proves to come from. */
  readonly application?: number;
};

/** An entry of a source that lets the origin in. */
export type AllowingEntry = {
  readonly source: 'file' | 'settings' | 'application' | 'built-in';
  /** The file's name, or the application's number. */
  readonly of?: string | number;
  readonly setting: RuleName | 'allowed_origins' | 'public document';
  readonly entry: string;
};

export type Explanation = {
  /** Whether the page may read the answer. */
  readonly allowed: boolean;
  /** Whether a browser asks first, and whether it is told yes. */
  readonly preflight: { readonly needed: boolean; readonly allowed: boolean };
  readonly by: readonly AllowingEntry[];
  /** What would have to be changed; empty when it is allowed. */
  readonly missing: readonly string[];
  /** The CORS headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
};

const SIMPLE_METHODS = ['GET', 'HEAD', 'POST'];
/** `content-type` is safelisted for some values only; a form's is one, JSON's is not. */
const SAFELISTED_HEADERS = ['accept', 'accept-language', 'content-language', 'range'];

/** Says whether, by which entry of which source, and what would be missing. @see WHATWG Fetch, CORS-preflight request */
export const explain = (sources: CorsSources, question: Question): Explanation => {
  const rules = mergeRules(sources.files, sources.settings);
  const { origin, path, method, headers, application } = question;
  const own = new Set(sources.applications.find(({ id }) => id === application)?.origins);
  const everyones = new Set(sources.applications.flatMap(({ origins }) => origins));
  const needed = !SIMPLE_METHODS.includes(method) || headers.some((name) => !SAFELISTED_HEADERS.includes(name));
  const told = Object.keys(preflightHeaders(rules, { origin, path, method, headers }, everyones)).length > 0;
  const answer = actualHeaders(rules, origin, path, own);
  const allowed = Object.keys(answer).length > 0 && (!needed || told);
  return {
    allowed,
    preflight: { needed, allowed: told },
    by: allowingEntries(sources, rules, question),
    missing: allowed ? [] : missing(sources, rules, question, needed),
    headers: answer,
  };
};

const allowingEntries = (
  { files, settings, applications }: CorsSources,
  rules: CorsRules,
  { origin, path, application }: Question,
): AllowingEntry[] => {
  const of = (source: AllowingEntry['source'], some: Partial<CorsRules>, name?: string): AllowingEntry[] => {
    const entry = (setting: RuleName, text: string): AllowingEntry => ({
      source,
      ...(name !== undefined && { of: name }),
      setting,
      entry: text,
    });
    return [
      ...(some.CORS_ALLOW_ALL_ORIGINS && rules.CORS_ALLOW_ALL_ORIGINS ? [entry('CORS_ALLOW_ALL_ORIGINS', 'true')] : []),
      ...(some.CORS_ALLOWED_ORIGINS ?? [])
        .filter((listed) => listed === origin)
        .map((listed) => entry('CORS_ALLOWED_ORIGINS', listed)),
      ...(some.CORS_ALLOWED_ORIGIN_REGEXES ?? [])
        .filter((pattern) => matchesWhole(pattern, origin))
        .map((pattern) => entry('CORS_ALLOWED_ORIGIN_REGEXES', pattern)),
    ];
  };
  if (!isSerializedOrigin(origin)) return [];
  return [
    ...(isPublicDocument(path)
      ? [{ source: 'built-in' as const, setting: 'public document' as const, entry: path }]
      : []),
    ...files.flatMap(({ file, rules: some }) => of('file', some, file)),
    ...of('settings', settings),
    ...applications
      .filter(({ id, origins }) => id === application && origins.includes(origin))
      .map(({ id }) => ({
        source: 'application' as const,
        of: id,
        setting: 'allowed_origins' as const,
        entry: origin,
      })),
  ];
};

const missing = (
  { applications }: CorsSources,
  rules: CorsRules,
  { origin, path, method, headers, application }: Question,
  preflight: boolean,
): string[] => {
  if (origin === 'null') return ['"null" is the origin of sandboxed frames and local files, and is never allowed'];
  if (!isSerializedOrigin(origin))
    return [
      'the origin is not as a browser sends it: scheme, host in lower case and port, without a default port or path',
    ];
  if (!answersOthers(rules, path))
    return [
      `the path never answers other origins: it is a page, or outside CORS_URLS_REGEX (${rules.CORS_URLS_REGEX})`,
    ];
  const problems: string[] = [];
  const elsewhere = applications.filter(({ origins }) => origins.includes(origin)).map(({ id }) => id);
  const listed = allowedFor(rules, origin, path, applications, application);
  if (!listed && elsewhere.length > 0) {
    problems.push(
      `the request has to come from application ${elsewhere.join(' or ')}, which lists this origin for itself${application === undefined ? ' (no client_id was named)' : ''}`,
    );
  } else if (!listed) {
    problems.push(
      `"${origin}" in CORS_ALLOWED_ORIGINS (settings or a file)${application === undefined ? ", or in the application's allowed_origins" : `, or in allowed_origins of application ${application}`}`,
    );
  }
  if (preflight && !rules.CORS_ALLOW_METHODS.includes(method)) problems.push(`"${method}" in CORS_ALLOW_METHODS`);
  const unknown = headers.filter((name) => !rules.CORS_ALLOW_HEADERS.some((known) => known.toLowerCase() === name));
  if (preflight) problems.push(...unknown.map((name) => `"${name}" in CORS_ALLOW_HEADERS`));
  return problems;
};

const allowedFor = (
  rules: CorsRules,
  origin: string,
  path: string,
  applications: CorsSources['applications'],
  application: number | undefined,
): boolean =>
  Object.keys(actualHeaders(rules, origin, path, new Set(applications.find(({ id }) => id === application)?.origins)))
    .length > 0;
