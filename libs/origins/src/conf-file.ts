import { parse as parseYaml } from 'yaml';
import { parsePythonAssignments } from './python-literals.ts';

/** Older names that settings files may use; where both are set the first counts. */
const ALIASES: Readonly<Record<string, string>> = {
  CORS_ORIGIN_ALLOW_ALL: 'CORS_ALLOW_ALL_ORIGINS',
  CORS_ORIGIN_WHITELIST: 'CORS_ALLOWED_ORIGINS',
  CORS_ORIGIN_REGEX_WHITELIST: 'CORS_ALLOWED_ORIGIN_REGEXES',
};

const NAMES = [
  'CORS_ALLOW_ALL_ORIGINS', 'CORS_ALLOWED_ORIGINS', 'CORS_ALLOWED_ORIGIN_REGEXES', 'CORS_ALLOW_CREDENTIALS', 'CORS_ALLOW_HEADERS',
  'CORS_ALLOW_METHODS', 'CORS_EXPOSE_HEADERS', 'CORS_PREFLIGHT_MAX_AGE', 'CORS_URLS_REGEX',
]; // prettier-ignore

/** A settings file cannot be read as what its ending says. */
export class BadConfFile extends Error {
  override readonly name = 'BadConfFile';
}

/**
 * The CORS settings of one file: YAML, JSON, or the literal assignments of a Python file, which is never executed.
 * Other names in it are left alone.
 * @throws BadConfFile with file and line
 */
export const parseConfFile = (name: string, text: string): Readonly<Record<string, unknown>> => {
  const values = readValues(name, text);
  const known: Record<string, unknown> = {};
  for (const [alias, real] of Object.entries(ALIASES)) if (Object.hasOwn(values, alias)) known[real] = values[alias];
  for (const setting of NAMES) if (Object.hasOwn(values, setting)) known[setting] = values[setting];
  return known;
};

const readValues = (name: string, text: string): Record<string, unknown> => {
  try {
    if (name.endsWith('.py')) return parsePythonAssignments(text, [...NAMES, ...Object.keys(ALIASES)]);
    const value: unknown = name.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
    if (value === null || value === undefined) return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw new Error('line 1: expected names with values');
    return value as Record<string, unknown>;
  } catch (error) {
    throw new BadConfFile(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
