import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAdmission, LIMITS, shedOf } from './admission.ts';

describe('admission', () => {
  it('refuses what has waited too long in this turn, introspection and revocation last', async () => {
    const refused: string[] = [];
    let now = 0;
    const { arrived, admits } = createAdmission(
      (shed) => refused.push(shed),
      () => now,
    );
    arrived();
    expect([admits('first'), admits('last')]).toEqual([true, true]);
    now = LIMITS.first.ageMs + 1;
    expect([admits('first'), admits('last')]).toEqual([false, true]);
    now = LIMITS.last.ageMs + 1;
    expect([admits('first'), admits('last')]).toEqual([false, false]);
    await nextTurn();
    expect([admits('first'), admits('last'), refused]).toEqual([true, true, ['first', 'first', 'last']]);
  });

  it('refuses what comes while too many are under way, and admits again when they are over', async () => {
    const { arrived, admits } = createAdmission(() => undefined);
    const over = Array.from({ length: LIMITS.first.inFlight + 1 }, arrived);
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
