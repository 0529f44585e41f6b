import type { Logger } from './logger.ts';

/** Beyond the drain delay. */
const LONGEST_MS = 12_000;

/**
 * Runs `close` once on SIGINT, SIGTERM, the end of the terminal or when the parent that supervises this process is gone, then exits with 0.
 * A fault outside any request ends the process with 1: its supervisor starts it anew.
 */
export const onShutdown = (logger: Logger, close: () => Promise<void>, drainDelaySeconds = 0): void => {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => process.exit(1), drainDelaySeconds * 1000 + LONGEST_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'could not stop in order');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
  if (process.send) {
    const orphaned = (): void => stop('the supervisor is gone');
    process.on('disconnect', orphaned);
    if (!process.connected) orphaned();
  }
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'fault outside any request');
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', (error) => {
    // kafkajs leaves some behind when a broker goes away; the supervisor of its workers notices what ended with them.
    if (error instanceof Error && error.name.startsWith('KafkaJS')) logger.error({ err: error }, 'fault in kafkajs');
    else fail(error);
  });
};
