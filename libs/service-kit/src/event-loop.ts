import type { Check } from './management.ts';

const PROBED_EVERY_MS = 100;
const WINDOW_MS = 1000;
/** An event loop that is later than this answers nobody in time. */
const LATE_MS = 1000;
/** One long turn is no reason to send requests elsewhere. */
const FAILED_AFTER_MS = 3000;

/** @returns a check of readiness: whether the event loop has been late in every second of the last three */
export const watchEventLoop = (): (() => Check) => {
  let expected = performance.now() + PROBED_EVERY_MS;
  let windowBegan = performance.now();
  let worst = 0;
  let lateMs = 0;
  let lateForMs = 0;
  const look = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - expected);
    expected = now + PROBED_EVERY_MS;
    if (now - windowBegan < WINDOW_MS) return;
    lateMs = Math.round(worst);
    lateForMs = worst < LATE_MS ? 0 : lateForMs + now - windowBegan;
    worst = 0;
    windowBegan = now;
  };
  setInterval(look, PROBED_EVERY_MS).unref();
  return () => ({ state: lateForMs < FAILED_AFTER_MS ? 'ok' : 'failed', lateMs });
};
