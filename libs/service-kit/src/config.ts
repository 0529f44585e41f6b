import { readFileSync } from 'node:fs';
import { type ConfigOf, type Reader, type Values, type Variable, type VariableName, VARIABLES } from './variables.ts';

/** The environment is unusable: one line a problem, naming the variable, what was given and what is allowed. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

type Environment = Readonly<Record<string, string | undefined>>;
type Read<Config> = { readonly config: Config; readonly warnings: readonly string[] };

const names = Object.keys(VARIABLES) as VariableName[];
const entryOf = (name: VariableName): Variable => VARIABLES[name];
export const isSecret = (name: VariableName): boolean => entryOf(name).secret ?? false;

/** @returns whether a reader cannot run without a variable, or reads it when it is there, or does not read it */
export const useOf = (name: VariableName, reader: Reader): 'required' | 'read' | undefined => {
  const { requiredBy = [], readBy = [] } = entryOf(name);
  return requiredBy.includes(reader) ? 'required' : readBy.includes(reader) ? 'read' : undefined;
};

/** Reads what a role, or another reader, needs. @see readVariables */
export const readConfig = <R extends Reader>(environment: Environment, reader: R): Read<ConfigOf<R>> =>
  readVariables(
    environment,
    names.filter((name) => useOf(name, reader)),
    names.filter((name) => useOf(name, reader) === 'required'),
  ) as Read<never>;

/**
 * Reads the named variables; each also as `<NAME>_FILE`, whose file holds the value.
 * @param required those without which this process cannot run
 * @returns their values and warnings about `GRANTLOG_*` names that nobody knows
 * @throws BadConfiguration that lists everything that is wrong
 */
export const readVariables = (
  environment: Environment,
  wanted: readonly VariableName[] = names,
  required: readonly VariableName[] = [],
): Read<Partial<Values>> => {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const name of wanted) {
    const given = valueOf(environment, name, problems);
    const { parse, allowed, default: usual } = entryOf(name);
    config[name] = given === undefined ? usual : parse(given);
    if (given !== undefined && config[name] === undefined)
      problems.push(
        `${name} is ${isSecret(name) ? 'set to something else' : JSON.stringify(given)}; allowed: ${allowed}`,
      );
    else if (config[name] === undefined && required.includes(name))
      problems.push(`${name} is not set; this process cannot run without it`);
  }
  if (environment['GRANTLOG_TEST_CLOCK'] !== undefined && environment['NODE_ENV'] !== 'test') {
    problems.push('GRANTLOG_TEST_CLOCK is set; allowed with NODE_ENV=test only');
  }
  if (problems.length > 0) throw new BadConfiguration(problems.join('\n'));
  const known = (name: string): boolean =>
    Object.hasOwn(VARIABLES, name) || Object.hasOwn(VARIABLES, name.replace(/_FILE$/, ''));
  const warnings = Object.keys(environment)
    .filter((name) => name.startsWith('GRANTLOG_') && !known(name))
    .map((name) => `${name} is not a variable that Grantlog knows`);
  return { config, warnings };
};

const valueOf = (environment: Environment, name: string, problems: string[]): string | undefined => {
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return environment[name] === '' ? undefined : environment[name];
  if (environment[name] !== undefined && environment[name] !== '')
    problems.push(`${name} and ${name}_FILE are both set; allowed: one of them`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    problems.push(`${name}_FILE is ${JSON.stringify(file)}, which cannot be read`);
    return undefined;
  }
};
