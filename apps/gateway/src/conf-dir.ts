import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { compilePattern, type CorsRules, isSerializedOrigin, parseConfFile } from '@grantlog/origins';

export type ConfDir = {
  readonly rules: () => Partial<CorsRules>;
  readonly state: () => { ok: boolean; error?: string; files: readonly string[] };
  readonly close: () => void;
};

/**
 * The CORS settings of a folder's files, in the order of their names; a later file goes before an earlier one.
 * Followed while it runs: the last good state stays when a file stops to parse.
 * @throws BadConfFile at the start, with file and line
 */
export const followConfDir = (folder: string): ConfDir => {
  let current = readAll(folder);
  let error: string | undefined;
  let close = (): void => undefined;
  try {
    const watcher = watch(folder, () => {
      try {
        current = readAll(folder);
        error = undefined;
      } catch (fault) {
        error = fault instanceof Error ? fault.message : String(fault);
      }
    });
    watcher.unref();
    close = () => watcher.close();
  } catch {
    // There is no such folder, which is the usual case.
  }
  return {
    rules: () => current.rules,
    state: () => ({ ok: error === undefined, files: current.files, ...(error !== undefined && { error }) }),
    close,
  };
};

const readAll = (folder: string): { rules: Partial<CorsRules>; files: string[] } => {
  let files: string[];
  try {
    files = readdirSync(folder)
      .filter((name) => /\.(?:ya?ml|json|py)$/.test(name))
      .sort();
  } catch {
    return { rules: {}, files: [] };
  }
  const rules = Object.assign(
    {},
    ...files.map((name) => parseConfFile(name, readFileSync(join(folder, name), 'utf8'))),
  ) as Record<string, unknown>;
  const problem = ruleProblem(rules);
  if (problem !== undefined) throw new Error(`${folder}: ${problem}`);
  return { rules: rules as Partial<CorsRules>, files };
};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Why these rules cannot be used; undefined when they can. */
const ruleProblem = (rules: Record<string, unknown>): string | undefined => {
  for (const name of ['CORS_ALLOW_ALL_ORIGINS', 'CORS_ALLOW_CREDENTIALS']) {
    if (name in rules && typeof rules[name] !== 'boolean') return `${name} must be true or false`;
  }
  for (const name of [
    'CORS_ALLOWED_ORIGINS',
    'CORS_ALLOWED_ORIGIN_REGEXES',
    'CORS_ALLOW_HEADERS',
    'CORS_ALLOW_METHODS',
    'CORS_EXPOSE_HEADERS',
  ]) {
    if (name in rules && !isTexts(rules[name])) return `${name} must be a list of strings`;
  }
  const bad = (rules['CORS_ALLOWED_ORIGINS'] as string[] | undefined)?.find((origin) => !isSerializedOrigin(origin));
  if (bad !== undefined) return `CORS_ALLOWED_ORIGINS: "${bad}" is not an origin (scheme, host and port, nothing more)`;
  const broken = (rules['CORS_ALLOWED_ORIGIN_REGEXES'] as string[] | undefined)?.find(
    (pattern) => !compilePattern(pattern),
  );
  if (broken !== undefined) return `CORS_ALLOWED_ORIGIN_REGEXES: "${broken}" is not a pattern in RE2's syntax`;
  if (rules['CORS_ALLOW_ALL_ORIGINS'] === true && rules['CORS_ALLOW_CREDENTIALS'] === true)
    return 'CORS_ALLOW_ALL_ORIGINS and CORS_ALLOW_CREDENTIALS cannot both be true';
  return undefined;
};
