import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
const GOOD_RUN_MS = 10_000;
const START_ENDS_WITHIN_MS = 2000;

export type KeptEngine = {
  readonly current: () => Engine;
  /** Begins to start it again when it ends. @param changed called when another process is the engine */
  readonly keep: (changed: () => void) => void;
  readonly stop: () => Promise<void>;
};

/**
 * Starts an engine that can be kept running: one that ends is started again with the same data at the same address,
 * after a growing pause.
 * @param start given the port that it had
 */
export const keepEngine = async (
  start: (port?: number) => Promise<Engine>,
  say: (text: string) => void,
): Promise<KeptEngine> => {
  let engine = await start();
  let stopping = false;
  let followed: Promise<void> | undefined;
  const follow = async (changed: () => void): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !stopping; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const began = Date.now();
      const how = await engine.ended;
      if (stopping) return;
      say(`${engine.name} ended (${how}); starting it again`);
      if (Date.now() - began > GOOD_RUN_MS) pauseMs = FIRST_PAUSE_MS;
      await sleep(pauseMs);
      try {
        engine = await start(engine.port);
        if (stopping) return await engine.stop();
        changed();
      } catch (error) {
        say(`${engine.name} does not start: ${String(error)}`);
      }
    }
  };
  return {
    current: () => engine,
    // One of the environment, or in a container, is kept by others.
    keep: (changed) => void (engine.ended && (followed = follow(changed))),
    stop: async () => {
      stopping = true;
      await engine.stop();
      // One that is just being started ends with it, or at the latest with this process, by its leash.
      await Promise.race([followed, sleep(START_ENDS_WITHIN_MS, undefined, { ref: false })]);
    },
  };
};
