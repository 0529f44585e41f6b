import { BadConfiguration } from './config.ts';

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
