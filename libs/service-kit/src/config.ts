import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The environment is unusable: one line a problem, naming the variable, what was given and what is allowed. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

const port = z.coerce
  .number('a port number')
  .int('a port number')
  .min(1, 'a port from 1')
  .max(65_535, 'a port up to 65535');
const flag = z.enum(['true', 'false'], 'true or false').transform((value) => value === 'true');
const url = z.url({ protocol: /^https?$/, error: 'an http or https URL' });
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, '32 random bytes in base64url (43 characters)')
  .transform((value) => Buffer.from(value, 'base64url'));

/** Every variable of the environment, one place. A process takes those it needs. */
export const VARIABLES = {
  GRANTLOG_PORT: port.default(8080),
  GRANTLOG_MANAGEMENT_PORT: port.default(8081),
  GRANTLOG_ISSUER: url.optional(),
  GRANTLOG_ALLOW_INSECURE_ISSUER: flag.default(false),
  GRANTLOG_ALLOWED_HOSTS: list.optional(),
  GRANTLOG_TRUSTED_PROXIES: list.default([]),
  GRANTLOG_ADMIN_USERNAME: z.string().min(1, 'a name').max(150, 'a name of at most 150 characters').default('admin'),
  GRANTLOG_ADMIN_PASSWORD: z
    .string()
    .min(1, 'a password')
    .max(1024, 'a password of at most 1024 characters')
    .optional(),
  GRANTLOG_INSTALLATION_KEY: key.optional(),
  GRANTLOG_INSTALLATION_KEY_PREVIOUS: key.optional(),
  GRANTLOG_ACCEPT_NEW_KEY: flag.default(false),
  GRANTLOG_DATA_DIR: z.string().min(1, 'a folder').default('.grantlog'),
  GRANTLOG_CONF_DIR: z.string().min(1, 'a folder').default('/etc/grantlog/conf.d'),
  GRANTLOG_MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'a mongodb:// URI')
    .optional(),
  GRANTLOG_KAFKA_BROKERS: list.optional(),
  GRANTLOG_APPLICATIONS_ADDRESS: list.optional(),
  GRANTLOG_ACCOUNTS_ADDRESS: list.optional(),
  GRANTLOG_TOKENS_ADDRESS: list.optional(),
  GRANTLOG_RELAY_ADDRESS: list.optional(),
  GRANTLOG_GRPC_PORT: port.default(9090),
  GRANTLOG_TLS_CA: z.string().optional(),
  GRANTLOG_TLS_CERT: z.string().optional(),
  GRANTLOG_TLS_KEY: z.string().optional(),
  GRANTLOG_TEST_CLOCK: z.string().optional(),
  GRANTLOG_INSTANCES: z.coerce
    .number('a number')
    .int('a whole number')
    .min(1, 'at least 1')
    .max(16, 'at most 16')
    .default(1),
  GRANTLOG_KAFKA_PARTITIONS: z.coerce
    .number('a number')
    .int('a whole number')
    .min(1, 'at least 1')
    .max(1024, 'at most 1024')
    .default(16),
  /** How long a stopping process goes on accepting, so that load balancers and kept connections learn of it. */
  GRANTLOG_DRAIN_DELAY_SECONDS: z.coerce
    .number('a number of seconds')
    .min(0, 'at least 0')
    .max(120, 'at most 120')
    .default(0.5),
  GRANTLOG_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'trace, debug, info, warn, error or silent')
    .default('info'),
} as const;

export type VariableName = keyof typeof VARIABLES;
type Values = { readonly [Name in VariableName]: z.infer<(typeof VARIABLES)[Name]> };
type Environment = Readonly<Record<string, string | undefined>>;

/** Values that may be told to nobody. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  'GRANTLOG_ADMIN_PASSWORD',
  'GRANTLOG_INSTALLATION_KEY',
  'GRANTLOG_INSTALLATION_KEY_PREVIOUS',
  'GRANTLOG_MONGODB_URI',
]);

/**
 * Reads the named variables; each also as `<NAME>_FILE`, whose file holds the value.
 * @param required those without which this process cannot run
 * @returns their values and warnings about `GRANTLOG_*` names that nobody knows
 * @throws BadConfiguration that lists everything that is wrong
 */
export const readConfig = <Name extends VariableName, Required extends Name = never>(
  environment: Environment,
  names: readonly Name[],
  required: readonly Required[] = [],
): {
  config: Pick<Values, Name> & { readonly [R in Required]: NonNullable<Values[R]> };
  warnings: readonly string[];
} => {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const name of names) {
    const given = valueOf(environment, name, problems);
    const outcome = VARIABLES[name].safeParse(given);
    if (outcome.success) config[name] = outcome.data;
    else
      problems.push(
        `${name} is ${SECRET_VARIABLES.has(name) ? 'set to something else' : JSON.stringify(given)}; allowed: ${outcome.error.issues[0]?.message}`,
      );
    if (outcome.success && outcome.data === undefined && (required as readonly Name[]).includes(name)) {
      problems.push(`${name} is not set; this process cannot run without it`);
    }
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
  return { config: config as never, warnings };
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
