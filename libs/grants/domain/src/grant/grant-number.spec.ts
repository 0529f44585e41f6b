import { createGrantNumbers } from './grant-number.ts';

const AT = Date.UTC(2026, 0, 1);
const MILLISECONDS_SINCE_2025 = 365 * 86_400_000;

describe('grant numbers', () => {
  it('are the milliseconds since 2025 and twelve bits that begin at random', () => {
    expect(createGrantNumbers(() => AT, () => 0)()).toBe(MILLISECONDS_SINCE_2025 * 4096);
    expect(createGrantNumbers(() => AT, () => 0.5)()).toBe(MILLISECONDS_SINCE_2025 * 4096 + 2048);
    expect(createGrantNumbers(() => AT, () => 1 - Number.EPSILON)()).toBe(MILLISECONDS_SINCE_2025 * 4096 + 4095);
  }); // prettier-ignore
  it('are never given twice, however many come in one millisecond', () => {
    const next = createGrantNumbers(() => AT, () => 0.9); // prettier-ignore
    const numbers = Array.from({ length: 3 * 4096 }, next);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBeLessThan((MILLISECONDS_SINCE_2025 + 3) * 4096);
  });
  it('are counted up within a millisecond, round to its beginning', () => {
    const next = createGrantNumbers(() => AT, () => 4095 / 4096); // prettier-ignore
    expect([next(), next(), next()].map((number) => number % 4096)).toEqual([4095, 0, 1]);
  });
  it('grow with time, and a clock that goes back takes them nowhere back', () => {
    let now = AT;
    const next = createGrantNumbers(() => now, () => 0); // prettier-ignore
    const first = next();
    now += 1;
    const later = next();
    now -= 3_600_000;
    const after = next();
    expect([later - first, after - later]).toEqual([4096, 1]);
  });
  it('stay below 2^53 until 2094', () => {
    const number = createGrantNumbers(() => Date.UTC(2094, 0, 1), () => 0.999)(); // prettier-ignore
    expect(Number.isSafeInteger(number)).toBe(true);
  });
});
