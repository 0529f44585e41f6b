import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAdmission, shedOf } from './admission.ts';

/** Keeps this turn of the event loop for some time. */
const hold = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

describe('admission', () => {
  it('refuses what has waited too long in this turn, introspection and revocation last', async () => {
    const refused: string[] = [];
    const { arrived, admits } = createAdmission((shed) => refused.push(shed));
    arrived();
    expect([admits('first'), admits('last')]).toEqual([true, true]);
    hold(110);
    expect([admits('first'), admits('last')]).toEqual([false, true]);
    hold(310);
    expect([admits('first'), admits('last')]).toEqual([false, false]);
    await nextTurn();
    expect([admits('first'), admits('last'), refused]).toEqual([true, true, ['first', 'first', 'last']]);
  });

  it('refuses what comes while too many are under way, and admits again when they are over', async () => {
    const { arrived, admits } = createAdmission(() => undefined);
    const over = Array.from({ length: 257 }, arrived);
    await nextTurn();
    expect([admits('first'), admits('last')]).toEqual([false, true]);
    over.pop()?.();
    expect(admits('first')).toBe(true);
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
