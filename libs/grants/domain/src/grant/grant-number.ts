const EPOCH = Date.UTC(2025, 0, 1);
const PER_MILLISECOND = 4096;

/**
 * Time-ordered numbers below 2^53: 41 bits of milliseconds since 2025, then 12 bits that start at random in each
 * millisecond and are counted up within the process. What collides all the same is a conflict at version 1.
 * @param random a number in [0, 1)
 */
export const createGrantNumbers = (now: () => number, random: () => number): (() => number) => {
  let millisecond = 0;
  let next = 0;
  let left = 0;
  return () => {
    const current = Math.max(now() - EPOCH, millisecond);
    if (current !== millisecond || left === 0) {
      millisecond = current === millisecond ? current + 1 : current;
      next = Math.floor(random() * PER_MILLISECOND);
      left = PER_MILLISECOND;
    }
    const number = millisecond * PER_MILLISECOND + next;
    next = (next + 1) % PER_MILLISECOND;
    left -= 1;
    return number;
  };
};
