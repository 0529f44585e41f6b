import { type Clock, fileClock, systemClock } from './clock.ts';
import { BadConfiguration } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Management, type Place, startManagement } from './management.ts';
import { onShutdown } from './shutdown.ts';

/** What each process of the distributed profile has: logs, a clock, health and metrics, an orderly end. */
export type Role = { readonly logger: Logger; readonly clock: Clock };

type Options = {
  readonly name: string;
  readonly logLevel: string;
  readonly management: Place;
  readonly testClock: string | undefined;
  readonly drainDelaySeconds?: number;
  readonly warnings: readonly string[];
};

/** What a role hands back: how it ends. */
export type Running = { readonly close: () => Promise<void> };

/**
 * Runs one role until it is told to stop, also while it still waits for what it needs. Its management port answers before
 * the role itself is up.
 */
export const runRole = async (
  options: Options,
  start: (role: Role, management: Management) => Promise<Running>,
): Promise<void> => {
  const logger = createLogger(options.name, options.logLevel);
  options.warnings.forEach((warning) => logger.warn(warning));
  const clock = options.testClock === undefined ? systemClock : fileClock(options.testClock);
  let close = (): Promise<void> => Promise.resolve();
  onShutdown(logger, () => close(), options.drainDelaySeconds);
  const management = await startManagement(options.management, options.name, clock);
  const running = await start({ logger, clock }, management);
  close = async () => {
    management.stopping();
    await running.close();
    await management.close();
  };
  management.started();
  logger.info('started');
};

/** Says in words why a process could not start, and ends it. */
export const exitWith =
  (name: string) =>
  (error: unknown): never => {
    const told = error instanceof BadConfiguration || error instanceof Error;
    console.error(told ? `${name} cannot start: ${error.message}` : error);
    process.exit(1);
  };

const SAID_AGAIN_AFTER_MS = 60_000;

/**
 * Tries again with growing pauses what needs an engine or service that is not there yet; says so at once, then each minute.
 * @param limitMs after so long the error of the last try is the caller's
 */
export const untilItWorks = async <T>(
  logger: { readonly warn: (fields: object, message: string) => void },
  what: string,
  work: () => Promise<T>,
  limitMs = Infinity,
): Promise<T> => {
  const began = performance.now();
  let sayAt = began;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await work();
    } catch (error) {
      const now = performance.now();
      // Waiting does not mend it.
      if (error instanceof BadConfiguration || now - began > limitMs) throw error;
      if (now >= sayAt) {
        logger.warn({ err: error, what }, 'not yet; trying again');
        sayAt = now + SAID_AGAIN_AFTER_MS;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
};
