import * as kinds from './variable-kinds.ts';
import type { Kind } from './variable-kinds.ts';

const STORE_ROLES = ['applications', 'accounts', 'tokens', 'relay', 'projector'] as const;
const ROLES = ['gateway', ...STORE_ROLES] as const;
const GRPC_ROLES = ['applications', 'accounts', 'tokens', 'relay'] as const;
const TLS_ROLES = ['gateway', ...GRPC_ROLES] as const;

/** What reads the environment: the roles, the embedded profile, `npm run start:distributed` and `grantlog users`. */
export const READERS = [...ROLES, 'standalone', 'start:distributed', 'users'] as const;
export type Reader = (typeof READERS)[number];

type Entry<T> = {
  /** One sentence. */
  readonly meaning: string;
  readonly default?: T;
  /** Who cannot run without it. */
  readonly requiredBy?: readonly Reader[];
  readonly readBy?: readonly Reader[];
  /** Its value is never shown. */
  readonly secret?: true;
};
export type Variable<T = unknown> = Kind<T> & Entry<T>;

/** Both types are inferred, so that a role's configuration is typed by what is said here. */
const variable = <T, const E extends Entry<T>>(kind: Kind<T>, entry: E): Kind<T> & E => ({ ...kind, ...entry });

/**
 * Every variable of the environment, in the order of `docs/configuration.md`, which is generated from it. Each role's
 * configuration follows from who reads what.
 */
export const VARIABLES = {
  GRANTLOG_ISSUER: variable(kinds.issuer, {
    meaning: 'Public base URL, which clients and browsers use; without it `http://127.0.0.1:` and the port.',
    requiredBy: ['relay'],
    readBy: ['gateway', 'standalone', 'start:distributed'],
  }),
  GRANTLOG_ALLOW_INSECURE_ISSUER: variable(kinds.flag, {
    meaning: 'Whether the issuer may be plain http to a host that is not loopback.',
    default: false,
    readBy: ['gateway', 'standalone'],
  }),
  GRANTLOG_ALLOWED_HOSTS: variable(kinds.hosts, {
    meaning: "`Host` values that are served; without it the issuer's, and the machine's own names for a loopback one.",
    readBy: ['gateway', 'standalone'],
  }),
  GRANTLOG_TRUSTED_PROXIES: variable(kinds.proxies, {
    meaning: 'Proxies in front, whose `X-Forwarded-For` counts; to be set when the issuer is https.',
    readBy: ['gateway', 'standalone'],
  }),
  GRANTLOG_PORT: variable(kinds.port, {
    meaning: 'Port of the OAuth endpoints, the API and the pages.',
    default: 8080,
    readBy: ['gateway', 'standalone', 'start:distributed'],
  }),
  GRANTLOG_GRPC_PORT: variable(kinds.port, {
    meaning: 'Port for calls from other roles.',
    default: 9090,
    readBy: GRPC_ROLES,
  }),
  GRANTLOG_BIND_ADDRESS: variable(kinds.address, {
    meaning: 'Address that these ports listen on.',
    default: '127.0.0.1',
    readBy: [...TLS_ROLES, 'standalone', 'start:distributed'],
  }),
  GRANTLOG_MANAGEMENT_PORT: variable(kinds.port, {
    meaning: 'Port of health and metrics, never to be public.',
    default: 8081,
    readBy: [...ROLES, 'standalone', 'start:distributed'],
  }),
  GRANTLOG_MANAGEMENT_BIND_ADDRESS: variable(kinds.address, {
    meaning: 'Address that the management port listens on.',
    default: '127.0.0.1',
    readBy: [...ROLES, 'standalone', 'start:distributed'],
  }),
  GRANTLOG_DRAIN_DELAY_SECONDS: variable(kinds.seconds(0, 120), {
    meaning: 'How long a stopping process goes on accepting, so that load balancers and kept connections learn of it.',
    default: 0.5,
    readBy: ['gateway', 'standalone'],
  }),
  GRANTLOG_ADMIN_USERNAME: variable(kinds.text('a name', 150), {
    meaning: 'Name of the first superuser; takes effect at the first start only.',
    default: 'admin',
    readBy: ['accounts', 'standalone', 'start:distributed'],
  }),
  GRANTLOG_ADMIN_PASSWORD: variable(kinds.text('a password', 1024), {
    meaning: 'Password of the first superuser, at the first start only; without it one is drawn.',
    secret: true,
    requiredBy: ['accounts'],
    readBy: ['standalone', 'start:distributed'],
  }),
  GRANTLOG_INSTALLATION_KEY: variable(kinds.key, {
    meaning: "The installation's secret, the same for every role; without it one is made in the data folder.",
    secret: true,
    requiredBy: ROLES,
    readBy: ['standalone', 'start:distributed', 'users'],
  }),
  GRANTLOG_INSTALLATION_KEY_PREVIOUS: variable(kinds.key, {
    meaning: 'The key before, while it rotates: still opens, never seals.',
    secret: true,
    readBy: [...ROLES, 'standalone', 'start:distributed', 'users'],
  }),
  GRANTLOG_ACCEPT_NEW_KEY: variable(kinds.flag, {
    meaning: 'Whether a start goes on under another key than the one that its store was made under.',
    default: false,
    readBy: [...STORE_ROLES, 'standalone', 'start:distributed', 'users'],
  }),
  GRANTLOG_DATA_DIR: variable(kinds.folder, {
    meaning: 'Folder of what an installation keeps on this machine.',
    default: '.grantlog',
    readBy: ['standalone', 'start:distributed', 'users'],
  }),
  GRANTLOG_CONF_DIR: variable(kinds.folder, {
    meaning: 'Folder of settings files with origins for CORS; followed while it runs.',
    default: '/etc/grantlog/conf.d',
    readBy: ['gateway', 'standalone'],
  }),
  GRANTLOG_MONGODB_URI: variable(kinds.mongodbUri, {
    meaning: 'The MongoDB replica set of the distributed profile.',
    secret: true,
    requiredBy: STORE_ROLES,
  }),
  GRANTLOG_KAFKA_BROKERS: variable(kinds.brokers, {
    meaning: 'Kafka brokers that events are published to; the embedded profile publishes when it is set.',
    requiredBy: ['relay', 'projector'],
    readBy: ['standalone'],
  }),
  GRANTLOG_KAFKA_PARTITIONS: variable(kinds.whole(1, 1024), {
    meaning: 'Partitions of topics that a start creates.',
    default: 16,
    readBy: ['relay', 'projector', 'standalone'],
  }),
  GRANTLOG_APPLICATIONS_ADDRESS: variable(kinds.services, {
    meaning: 'Where the applications service listens.',
    requiredBy: ['gateway'],
  }),
  GRANTLOG_ACCOUNTS_ADDRESS: variable(kinds.services, {
    meaning: 'Where the accounts service listens.',
    requiredBy: ['gateway'],
  }),
  GRANTLOG_TOKENS_ADDRESS: variable(kinds.services, {
    meaning: 'Where the token service listens.',
    requiredBy: ['gateway', 'applications', 'accounts'],
  }),
  GRANTLOG_RELAY_ADDRESS: variable(kinds.services, {
    meaning: 'Where the relay listens.',
    requiredBy: ['gateway'],
  }),
  GRANTLOG_TLS_CA: variable(kinds.file, {
    meaning: "Certificate of the installation's own authority, in PEM.",
    requiredBy: TLS_ROLES,
  }),
  GRANTLOG_TLS_CERT: variable(kinds.file, {
    meaning: "This role's certificate from it, in PEM.",
    requiredBy: TLS_ROLES,
  }),
  GRANTLOG_TLS_KEY: variable(kinds.file, {
    meaning: "The certificate's private key, in PEM.",
    requiredBy: TLS_ROLES,
  }),
  GRANTLOG_INSTANCES: variable(kinds.whole(1, 16), {
    meaning: 'Instances of each role that `npm run start:distributed` runs; of relay and projector one.',
    default: 1,
    readBy: ['start:distributed'],
  }),
  GRANTLOG_LOG_LEVEL: variable(kinds.oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'), {
    meaning: 'Least level of what is logged.',
    default: 'info',
    readBy: [...ROLES, 'standalone'],
  }),
  GRANTLOG_TEST_CLOCK: variable(kinds.file, {
    meaning: 'File that holds the time for tests; with `NODE_ENV=test` only.',
    readBy: [...ROLES, 'standalone'],
  }),
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;
type Entries = typeof VARIABLES;
type RequiredBy<E> = E extends { requiredBy: readonly (infer R)[] } ? R : never;
type ReadBy<E> = RequiredBy<E> | (E extends { readBy: readonly (infer R)[] } ? R : never);
type Value<E> = E extends Kind<infer T> ? (E extends { default: unknown } ? T : T | undefined) : never;

/** What any of the variables is when it is read. */
export type Values = { readonly [Name in VariableName]: Value<Entries[Name]> };

/** The variables that one reads, those without which it cannot run being there. */
export type ConfigOf<R extends Reader> = {
  readonly [Name in VariableName as R extends ReadBy<Entries[Name]> ? Name : never]: R extends RequiredBy<Entries[Name]>
    ? NonNullable<Values[Name]>
    : Values[Name];
};
