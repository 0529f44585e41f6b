import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

/** The environment is unusable: one line a problem, naming the variable, what was given and what is allowed. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

/** Digits only: `Number` would take `0x10`, `1e3` and spaces too. */
const whole = (min: number, max: number, allowed = `a whole number from ${min} to ${max}`) =>
  z
    .string(allowed)
    .regex(/^\d{1,9}$/, allowed)
    .transform(Number)
    .refine((value) => value >= min && value <= max, allowed);
const port = whole(1, 65_535, 'a port from 1 to 65535');
const seconds = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,6}(?:\.\d{1,3})?$/, `seconds from ${min} to ${max}, such as 0.5`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `seconds from ${min} to ${max}, such as 0.5`);
const such = (isAllowed: (value: string) => boolean, allowed: string) => z.string(allowed).refine(isAllowed, allowed);
const address = such((value) => isIP(value) !== 0, 'an IP address of this machine, such as 127.0.0.1, or :: for all of them'); // prettier-ignore
const flag = z.enum(['true', 'false'], 'true or false').transform((value) => value === 'true');
const MOST_ITEMS = 1000;
const list = (isAllowed: (item: string) => boolean, allowed: string) =>
  z
    .string(allowed)
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine(({ length }) => length <= MOST_ITEMS, { error: `at most ${MOST_ITEMS} items`, abort: true })
    .refine((items) => items.length > 0 && items.every(isAllowed), allowed);

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
const isIssuer = (value: string): boolean => {
  const url = urlOf(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && !/[?#@\s\\]/.test(value);
};
/** A name, an IPv4 address or an IPv6 address in brackets, with a port or without. */
const isHost = (value: string): boolean => {
  const url = urlOf(`http://${value}`);
  return url !== undefined && url.hostname !== '' && /^[^/?#@\s\\]+$/.test(value);
};
const PORT_AT_END = /^(.+):(\d{1,5})$/;
const isHostAndPort = (value: string): boolean => {
  const [, host = '', digits = ''] = PORT_AT_END.exec(value) ?? [];
  return (
    isHost(host) && !PORT_AT_END.test(host.replace(/^\[.*\]$/, '')) && Number(digits) > 0 && Number(digits) < 65_536
  );
};
const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];
const isProxy = (value: string): boolean => {
  const [base = '', bits, ...more] = value.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(base)];
  if (longest === undefined) return NAMED_RANGES.includes(value);
  return more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest));
};
const PROXIES = `IP addresses, ranges such as 10.0.0.0/8, ${NAMED_RANGES.join(', ')}; or none`;
const proxies = list((item) => item === 'none' || isProxy(item), PROXIES)
  .refine((items) => items.length === 1 || !items.includes('none'), PROXIES)
  .transform((items) => items.filter((item) => item !== 'none'));
const services = list(
  (item) => isHostAndPort(item.replace(/^dns:\/\/\//, '')),
  'host:port,host:port, each also as dns:///host:port',
);
const file = such((path) => isReadable(path), 'a file that this process can read');
const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
const notAFile = (path: string): boolean => !(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
const folder = such((path) => path !== '' && notAFile(path), 'a folder');
const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, '32 random bytes in base64url (43 characters)')
  .transform((value) => Buffer.from(value, 'base64url'));

/** Every variable of the environment, one place. A process takes those it needs. */
export const VARIABLES = {
  GRANTLOG_PORT: port.default(8080),
  GRANTLOG_MANAGEMENT_PORT: port.default(8081),
  GRANTLOG_BIND_ADDRESS: address.default('127.0.0.1'),
  GRANTLOG_MANAGEMENT_BIND_ADDRESS: address.default('127.0.0.1'),
  GRANTLOG_ISSUER: such(isIssuer, 'an http or https URL without a query, a fragment, a name or a password').optional(),
  GRANTLOG_ALLOW_INSECURE_ISSUER: flag.default(false),
  GRANTLOG_ALLOWED_HOSTS: list(isHost, 'hosts, each with or without a port').optional(),
  GRANTLOG_TRUSTED_PROXIES: proxies.optional(),
  GRANTLOG_ADMIN_USERNAME: z.string().min(1, 'a name').max(150, 'a name of at most 150 characters').default('admin'),
  GRANTLOG_ADMIN_PASSWORD: z
    .string()
    .min(1, 'a password')
    .max(1024, 'a password of at most 1024 characters')
    .optional(),
  GRANTLOG_INSTALLATION_KEY: key.optional(),
  GRANTLOG_INSTALLATION_KEY_PREVIOUS: key.optional(),
  GRANTLOG_ACCEPT_NEW_KEY: flag.default(false),
  GRANTLOG_DATA_DIR: folder.default('.grantlog'),
  GRANTLOG_CONF_DIR: folder.default('/etc/grantlog/conf.d'),
  GRANTLOG_MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/[^/?#\s]+/, 'a URI mongodb://host:port/, or mongodb+srv://host/')
    .optional(),
  GRANTLOG_KAFKA_BROKERS: list(
    (item) => isHostAndPort(item) && !item.startsWith('['),
    'host:port,host:port with names or IPv4 addresses (an IPv6 address needs a name: kafkajs takes none)',
  ).optional(),
  GRANTLOG_APPLICATIONS_ADDRESS: services.optional(),
  GRANTLOG_ACCOUNTS_ADDRESS: services.optional(),
  GRANTLOG_TOKENS_ADDRESS: services.optional(),
  GRANTLOG_RELAY_ADDRESS: services.optional(),
  GRANTLOG_GRPC_PORT: port.default(9090),
  GRANTLOG_TLS_CA: file.optional(),
  GRANTLOG_TLS_CERT: file.optional(),
  GRANTLOG_TLS_KEY: file.optional(),
  GRANTLOG_TEST_CLOCK: file.optional(),
  GRANTLOG_INSTANCES: whole(1, 16).default(1),
  GRANTLOG_KAFKA_PARTITIONS: whole(1, 1024).default(16),
  /** How long a stopping process goes on accepting, so that load balancers and kept connections learn of it. */
  GRANTLOG_DRAIN_DELAY_SECONDS: seconds(0, 120).default(0.5),
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
