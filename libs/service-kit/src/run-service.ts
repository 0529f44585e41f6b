import { type Clock, fileClock, systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { createInstallationKey, type InstallationKey } from './installation-key.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Management, startManagement } from './management.ts';
import { onShutdown } from './shutdown.ts';
import { supervise, type WorkerSpec } from './supervise.ts';
import type { ConfigOf, Reader } from './variables.ts';

type Role = Exclude<Reader, 'standalone' | 'start:distributed' | 'users'>;
type End = () => Promise<void> | void;

/** What each process has. */
export type Service<R extends Role> = {
  readonly config: ConfigOf<R>;
  readonly key: InstallationKey;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Its port answers already. */
  readonly management: Management;
  /** What takes requests: ended first, when those under way are answered. */
  readonly onDrain: (end: End) => void;
  /** What requests and workers use: ended after them, what was opened last before what was opened first. */
  readonly onClose: (end: End) => void;
};

type Options = { readonly workersEndWithinMs?: number };

/**
 * Runs one role until it is told to stop, also while it still waits for what it needs. Every role starts in the same
 * order: configuration, log, installation key, metrics and health, what `build` opens, supervised workers.
 * @param build opens what this role needs and serves
 * @returns at once; the process ends with 1, and says why in words, when it cannot start
 */
export const runService = <R extends Role>(
  role: R,
  build: (service: Service<R>) => Promise<readonly WorkerSpec[]>,
  options: Options = {},
): void => void start(role, build, options).catch(exitWith(role));

const start = async <R extends Role>(
  role: R,
  build: (service: Service<R>) => Promise<readonly WorkerSpec[]>,
  { workersEndWithinMs = 3000 }: Options,
): Promise<void> => {
  const { config, warnings } = readConfig(process.env, role) as {
    config: ConfigOf<R> & ConfigOf<Role>;
    warnings: readonly string[];
  };
  const logger = createLogger(role, config.GRANTLOG_LOG_LEVEL);
  warnings.forEach((warning) => logger.warn(warning));
  const ends: { readonly drain: End[]; readonly close: End[] } = { drain: [], close: [] };
  let close = (): Promise<void> => Promise.resolve();
  onShutdown(logger, () => close(), config.GRANTLOG_DRAIN_DELAY_SECONDS);
  const clock = config.GRANTLOG_TEST_CLOCK === undefined ? systemClock : fileClock(config.GRANTLOG_TEST_CLOCK);
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const management = await startManagement(
    { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS },
    role,
    clock,
  );
  const onDrain = (end: End): void => void ends.drain.push(end);
  const onClose = (end: End): void => void ends.close.push(end);
  onClose(management.close);
  const workers = supervise(
    await build({ config, key, logger, clock, management, onDrain, onClose }),
    logger,
    management,
  );
  close = async () => {
    management.stopping();
    for (const end of ends.drain) await end();
    await workers.close(workersEndWithinMs);
    for (const end of ends.close.reverse()) await end();
  };
  management.started();
  logger.info('started');
};

/** Says in words why a process could not start, and ends it. */
export const exitWith =
  (name: string) =>
  (error: unknown): never => {
    const isSaid = error instanceof Error && !(error instanceof TypeError);
    console.error(isSaid ? `${name} cannot start: ${error.message}` : error);
    process.exit(1);
  };
