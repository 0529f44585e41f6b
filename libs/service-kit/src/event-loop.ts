import type { Check } from './management.ts';

const PROBED_EVERY_MS = 20;
const WINDOW_MS = 1000;
/** An event loop that is later than this answers nobody in time. */
const LATE_MS = 1000;

/** @returns a check of readiness: the largest delay of the event loop in the last one to two seconds */
export const watchEventLoop = (): (() => Check) => {
  let expected = performance.now() + PROBED_EVERY_MS;
  let windowBegan = performance.now();
  let before = 0;
  let worst = 0;
  const look = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - expected);
    expected = now + PROBED_EVERY_MS;
    if (now - windowBegan < WINDOW_MS) return;
    before = worst;
    worst = 0;
    windowBegan = now;
  };
  setInterval(look, PROBED_EVERY_MS).unref();
  return () => {
    const lateMs = Math.round(Math.max(before, worst, performance.now() - expected));
    return { state: lateMs < LATE_MS ? 'ok' : 'failed', lateMs };
  };
};
