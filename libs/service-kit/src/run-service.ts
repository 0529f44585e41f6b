import { type Clock, fileClock, systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { createInstallationKey, type InstallationKey } from './installation-key.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Management, startManagement } from './management.ts';
import { onShutdown } from './shutdown.ts';
import { supervise, type WorkerSpec } from './supervise.ts';
import type { ConfigOf, Reader } from './variables.ts';

type Role = Exclude<Reader, 'start:distributed' | 'users'>;
type End = () => Promise<void> | void;

/** What each process has before it opens anything. */
export type Beginning<R extends Role> = {
  readonly config: ConfigOf<R>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What requests and workers use: ended after them, what was opened last before what was opened first. */
  readonly onClose: (end: End) => void;
};

/** What each process has. */
export type Service<R extends Role> = Beginning<R> & {
  readonly key: InstallationKey;
  /** Its port answers already. */
  readonly management: Management;
  /** What takes requests: ended first, when those under way are answered. */
  readonly onDrain: (end: End) => void;
  readonly onStarted: (then: () => void) => void;
};

type HasKey = { readonly key: InstallationKey };
type Options<R extends Role, Own extends HasKey> = {
  /** Finds the installation key, where it is not in the configuration, and what else comes before every server. */
  readonly prepare?: (beginning: Beginning<R>) => Promise<Own>;
  readonly workersEndWithinMs?: number;
};
type Build<R extends Role, Own> = (service: Service<R> & Own) => Promise<readonly WorkerSpec[]>;

/**
 * Runs one role until it is told to stop, also while it still waits for what it needs. Every role starts in the same
 * order: configuration, log, installation key, metrics and health, what `build` opens, supervised workers.
 * @param build opens what this role needs and serves
 * @returns at once; the process ends with 1, and says why in words, when it cannot start
 */
export const runService = <R extends Role, Own extends HasKey = HasKey>(
  role: R,
  build: Build<R, Own>,
  options: Options<R, Own> = {},
): void => void start(role, build, options).catch(exitWith(role === 'standalone' ? 'grantlog' : role));

const start = async <R extends Role, Own extends HasKey>(
  role: R,
  build: Build<R, Own>,
  { prepare = configuredKey as never, workersEndWithinMs = 3000 }: Options<R, Own>,
): Promise<void> => {
  const { config, warnings } = readConfig(process.env, role) as {
    readonly config: ConfigOf<R> & Common;
    readonly warnings: readonly string[];
  };
  const logger = createLogger(role, config.GRANTLOG_LOG_LEVEL);
  warnings.forEach((warning) => logger.warn(warning));
  const drains: End[] = [];
  const closes: End[] = [];
  const started: (() => void)[] = [];
  let close = (): Promise<void> => Promise.resolve();
  onShutdown(logger, () => close(), config.GRANTLOG_DRAIN_DELAY_SECONDS);
  const clock = config.GRANTLOG_TEST_CLOCK === undefined ? systemClock : fileClock(config.GRANTLOG_TEST_CLOCK);
  const onClose = (end: End): void => void closes.push(end);
  const beginning = { config, logger, clock, onClose };
  const own = await prepare(beginning);
  const place = { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS };
  const management = await startManagement(place, role, clock);
  onClose(management.close);
  const service = {
    ...beginning,
    ...own,
    management,
    onDrain: (end: End) => void drains.push(end),
    onStarted: (then: () => void) => void started.push(then),
  };
  const workers = supervise(await build(service), logger, management);
  close = async () => {
    management.stopping();
    for (const end of drains) await end();
    await workers.close(workersEndWithinMs);
    for (const end of closes.toReversed()) await end();
  };
  management.started();
  logger.info('started');
  started.forEach((then) => then());
};

/** What every role reads, and the delay that those have which clients call. */
type Common = Pick<
  ConfigOf<'projector'>,
  'GRANTLOG_LOG_LEVEL' | 'GRANTLOG_TEST_CLOCK' | 'GRANTLOG_MANAGEMENT_PORT' | 'GRANTLOG_MANAGEMENT_BIND_ADDRESS'
> &
  Partial<Pick<ConfigOf<'gateway'>, 'GRANTLOG_DRAIN_DELAY_SECONDS'>>;

const configuredKey = async ({ config }: Beginning<'projector'>): Promise<HasKey> => ({
  key: createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS),
});

/** Says in words why a process could not start, and ends it. */
export const exitWith =
  (name: string) =>
  (error: unknown): never => {
    const isSaid = error instanceof Error && !(error instanceof TypeError);
    console.error(isSaid ? `${name} cannot start: ${error.message}` : error);
    process.exit(1);
  };
