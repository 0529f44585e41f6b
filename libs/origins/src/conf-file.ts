import { parse as parseYaml } from 'yaml';
import { parsePythonAssignments } from './python-literals.ts';
import { type CorsRules, RULE_NAMES, type RuleName, ruleProblem } from './rules.ts';

/** Older names that settings files may use; where both are set the newer one counts. */
const ALIASES: Readonly<Record<string, RuleName>> = {
  CORS_ORIGIN_ALLOW_ALL: 'CORS_ALLOW_ALL_ORIGINS',
  CORS_ORIGIN_WHITELIST: 'CORS_ALLOWED_ORIGINS',
  CORS_ORIGIN_REGEX_WHITELIST: 'CORS_ALLOWED_ORIGIN_REGEXES',
};

/** A settings file cannot be read as what its ending says, or sets something to what is not allowed. */
export class BadConfFile extends Error {
  override readonly name = 'BadConfFile';
}

/**
 * The CORS settings of one file: YAML, JSON, or the literal assignments of a Python file, which is never executed.
 * Other names in it are left alone.
 * @throws BadConfFile with file and line
 */
export const parseConfFile = (name: string, content: string): Partial<CorsRules> => {
  // Some editors put a mark in front that is no part of the text.
  const text = content.replace(/^\ufeff/, '');
  const values = readValues(name, text);
  const known: Record<string, unknown> = {};
  const take = (given: string, rule: RuleName): void => {
    if (!Object.hasOwn(values, given)) return;
    const value = values[given];
    const found = ruleProblem(rule, value);
    if (found) throw new BadConfFile(`${name}: line ${lineOf(text, given, found.entry)}: ${given}: ${found.problem}`);
    known[rule] = value;
  };
  for (const [alias, rule] of Object.entries(ALIASES)) take(alias, rule);
  for (const rule of RULE_NAMES) take(rule, rule);
  return known;
};

const readValues = (name: string, text: string): Record<string, unknown> => {
  try {
    if (name.endsWith('.py')) return parsePythonAssignments(text, [...RULE_NAMES, ...Object.keys(ALIASES)]);
    const value: unknown = name.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
    if (value === null || value === undefined) return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw new Error('line 1: expected names with values');
    return value as Record<string, unknown>;
  } catch (error) {
    throw new BadConfFile(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** The line of the entry behind the setting's name, or of the name itself; from 1. */
const lineOf = (text: string, setting: string, entry: string | undefined): number => {
  const start = Math.max(0, text.search(new RegExp(`^[ \\t"']*${setting}\\b`, 'm')));
  const at = entry === undefined || entry === '' ? -1 : text.indexOf(entry, start);
  return text.slice(0, at < 0 ? start : at).split('\n').length;
};
