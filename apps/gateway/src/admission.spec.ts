import { setImmediate as nextTurn } from 'node:timers/promises';
import { AGE_COUNTS_FROM, type Admission, createAdmission, LIMITS, shedOf } from './admission.ts';

/** Begins so many handlers. @returns what ends them */
const begin = ({ working }: Admission, count: number): (() => Promise<void>) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const all = Array.from({ length: count }, () => working(() => promise));
  return async () => {
    resolve();
    await Promise.all(all);
  };
};

describe('admission', () => {
  it('refuses what has waited too long in this turn, introspection and revocation last', async () => {
    const refused: string[] = [];
    let now = 0;
    const admission = createAdmission(
      (shed) => refused.push(shed),
      () => now,
    );
    const { admits } = admission;
    begin(admission, AGE_COUNTS_FROM);
    expect([admits('first'), admits('last')]).toEqual([true, true]);
    now = LIMITS.first.ageMs + 1;
    expect([admits('first'), admits('last')]).toEqual([false, true]);
    now = LIMITS.last.ageMs + 1;
    expect([admits('first'), admits('last')]).toEqual([false, false]);
    await nextTurn();
    expect([admits('first'), admits('last'), refused]).toEqual([true, true, ['first', 'first', 'last']]);
  });

  it('refuses what comes while too many handlers work, and admits again when they are over', async () => {
    const admission = createAdmission(
      () => undefined,
      () => 0,
    );
    const { admits } = admission;
    const over = begin(admission, LIMITS.first.inFlight);
    expect([admits('first'), admits('last')]).toEqual([false, true]);
    const allOver = begin(admission, LIMITS.last.inFlight - LIMITS.first.inFlight);
    expect([admits('first'), admits('last')]).toEqual([false, false]);
    await allOver();
    await over();
    expect(admits('first')).toBe(true);
  });

  it('does not count a handler while it waits for its client, nor one that failed', async () => {
    const admission = createAdmission(
      () => undefined,
      () => 0,
    );
    const { admits, working, waiting } = admission;
    const { promise, reject } = Promise.withResolvers<void>();
    const failures = Array.from({ length: LIMITS.first.inFlight }, () => working(() => waiting(() => promise)));
    expect(admits('first')).toBe(true);
    reject(new Error('the client is gone'));
    expect((await Promise.allSettled(failures)).every(({ status }) => status === 'rejected')).toBe(true);
    begin(admission, LIMITS.first.inFlight - 1);
    expect(admits('first')).toBe(true);
    begin(admission, 1);
    expect(admits('first')).toBe(false);
  });

  it.each([
    ['/api/o/introspect/', 'last'],
    ['/api/o/revoke_token', 'last'],
    ['/api/o/token/?a=b', 'last'],
    ['/api/o/tokens/', 'first'],
    ['/api/o/authorize/', 'first'],
    ['/api/v2/tokens/', 'first'],
  ])('%s is shed %s', (url, shed) => expect(shedOf(url)).toBe(shed));
});
