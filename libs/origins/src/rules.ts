import { compilePattern } from './pattern.ts';

/** The rules in force, from files and settings together. */
export type CorsRules = {
  readonly CORS_ALLOW_ALL_ORIGINS: boolean;
  readonly CORS_ALLOWED_ORIGINS: readonly string[];
  readonly CORS_ALLOWED_ORIGIN_REGEXES: readonly string[];
  readonly CORS_ALLOW_CREDENTIALS: boolean;
  readonly CORS_ALLOW_HEADERS: readonly string[];
  readonly CORS_ALLOW_METHODS: readonly string[];
  readonly CORS_EXPOSE_HEADERS: readonly string[];
  /** Seconds a browser may keep a preflight's answer; 0: as long as it likes to, the header is left out. */
  readonly CORS_PREFLIGHT_MAX_AGE: number;
  /** Paths that answer other origins at all; has to match the whole path. */
  readonly CORS_URLS_REGEX: string;
};
export type RuleName = keyof CorsRules;

const SERIALIZED_ORIGIN = /^(https?):\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
/** A host name has at most 253 characters (RFC 1035 §2.3.4); scheme and port come on top. */
const LONGEST_ORIGIN = 253 + 'https://'.length + ':65535'.length;
export const LONGEST_LIST = 1000;
export const LONGEST_PATTERN = 1000;
export const LONGEST_AGE_SECONDS = 31_536_000;
const LONGEST_HEADER = 100;
const LONGEST_METHOD = 20;
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/i;
const METHOD = /^[A-Z]+$/;

/** Scheme, host and port as a browser sends them, nothing more. `null` is none. @see RFC 6454 §6.2 */
export const isSerializedOrigin = (origin: string): boolean => {
  if (origin.length > LONGEST_ORIGIN) return false;
  const [, scheme = '', port] = SERIALIZED_ORIGIN.exec(origin) ?? [];
  return scheme !== '' && (port === undefined || (port !== DEFAULT_PORTS[scheme] && Number(port) <= 65_535));
};

const shown = (value: unknown): string =>
  (JSON.stringify(value) ?? String(value)).replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

type Judge = (value: unknown) => { readonly problem: string; readonly entry?: string } | undefined;

const boolean: Judge = (value) =>
  typeof value === 'boolean' ? undefined : { problem: `must be true or false, not ${shown(value)}` };

const list =
  (what: string, fits: (item: string) => boolean): Judge =>
  (value) => {
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
      return { problem: `must be a list of strings, not ${shown(value)}` };
    if (value.length > LONGEST_LIST) return { problem: `has more than ${LONGEST_LIST} entries` };
    const entry = (value as string[]).find((item) => !fits(item));
    return entry === undefined ? undefined : { problem: `${shown(entry)} is not ${what}`, entry };
  };

const isHeader = (name: string): boolean => name.length <= LONGEST_HEADER && HEADER_NAME.test(name);
const isMethod = (name: string): boolean => name.length <= LONGEST_METHOD && METHOD.test(name);
const A_HEADER = `a header's name of at most ${LONGEST_HEADER} characters`;
const A_PATTERN = `a pattern in RE2's syntax of at most ${LONGEST_PATTERN} characters`;
const isPattern = (text: string): boolean => text.length <= LONGEST_PATTERN && compilePattern(text) !== undefined;

const JUDGES: Readonly<Record<RuleName, Judge>> = {
  CORS_ALLOW_ALL_ORIGINS: boolean,
  CORS_ALLOWED_ORIGINS: list(
    `a serialised origin: http or https, a host in lower case, a port that is not the default one, nothing more, at most ${LONGEST_ORIGIN} characters (like https://app.example or http://localhost:3000)`,
    isSerializedOrigin,
  ),
  CORS_ALLOWED_ORIGIN_REGEXES: list(A_PATTERN, isPattern),
  CORS_ALLOW_CREDENTIALS: boolean,
  CORS_ALLOW_HEADERS: list(A_HEADER, isHeader),
  CORS_ALLOW_METHODS: list(`a method in upper case of at most ${LONGEST_METHOD} letters`, isMethod),
  CORS_EXPOSE_HEADERS: list(A_HEADER, isHeader),
  CORS_PREFLIGHT_MAX_AGE: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LONGEST_AGE_SECONDS
      ? undefined
      : { problem: `must be whole seconds from 0 to ${LONGEST_AGE_SECONDS}, not ${shown(value)}` },
  CORS_URLS_REGEX: (value) =>
    typeof value === 'string' && isPattern(value)
      ? undefined
      : { problem: `must be ${A_PATTERN}, not ${shown(value)}` },
};

export const RULE_NAMES = Object.keys(JUDGES) as readonly RuleName[];

/**
 * Why a rule cannot have this value, and which entry of a list it is about; undefined when it can. A `null` in the list
 * of origins is no origin: it would let in every sandboxed frame.
 */
export const ruleProblem = (name: RuleName, value: unknown): { problem: string; entry?: string } | undefined =>
  JUDGES[name](value);

/** Why rules cannot stand together; undefined when they can. @see WHATWG Fetch, "CORS protocol and credentials" */
export const combinationProblem = (
  rules: Partial<Pick<CorsRules, 'CORS_ALLOW_ALL_ORIGINS' | 'CORS_ALLOW_CREDENTIALS'>>,
): string | undefined =>
  rules.CORS_ALLOW_ALL_ORIGINS === true && rules.CORS_ALLOW_CREDENTIALS === true
    ? "CORS_ALLOW_ALL_ORIGINS and CORS_ALLOW_CREDENTIALS cannot both be true: any page could act with its visitor's session"
    : undefined;

/** A settings file's rules. */
export type FileRules = { readonly file: string; readonly rules: Partial<CorsRules> };

const LISTS_OF_ORIGINS = ['CORS_ALLOWED_ORIGINS', 'CORS_ALLOWED_ORIGIN_REGEXES'] as const;

/**
 * The rules in force. Lists of origins and patterns add up over all sources; of everything else the last file that says
 * it counts, and files go before the settings of the API, so that who owns the machine has the last word.
 */
export const mergeRules = (files: readonly FileRules[], settings: CorsRules): CorsRules => {
  const merged: CorsRules = Object.assign({}, settings, ...files.map(({ rules }) => rules)) as CorsRules;
  const lists = LISTS_OF_ORIGINS.map((name) => [
    name,
    [...new Set([...files.flatMap(({ rules }) => rules[name] ?? []), ...settings[name]])],
  ]);
  return { ...merged, ...(Object.fromEntries(lists) as Pick<CorsRules, (typeof LISTS_OF_ORIGINS)[number]>) };
};
