import { randomUUID } from 'node:crypto';
import type { AttemptCounter } from '../attempt-counter.ts';
import type { LastUseStore } from '../last-use.ts';
import type { RecordedRefusal, RefusalRing } from '../refusal-ring.ts';
import type { SessionStore } from '../session-store.ts';

const NOON = '2026-01-01T12:00:00.000Z';
const ONE = '2026-01-01T13:00:00.000Z';

/** A race that is lost seldom is run again and again. */
const RACES = 40;

/** What every session store must do, on the engine at hand. */
export const sessionStoreContract = (open: () => SessionStore): void => {
  it('gives a record back until it expires, judged when it is read', async () => {
    const key = randomUUID();
    await open().create(key, 'record', ONE);
    expect(await open().get(key, NOON)).toEqual({ record: 'record', expiresAt: ONE });
    expect(await open().get(key, ONE)).toBeUndefined();
  });
  it('twenty creations of one key: exactly one takes it', async () => {
    const key = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => open().create(key, `record ${i}`, ONE)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect((await open().get(key, NOON))?.record).toBe(`record ${outcomes.indexOf(true)}`);
  });
  it('renews and ends', async () => {
    const key = randomUUID();
    await open().create(key, 'record', ONE);
    await open().renew(key, '2026-01-01T14:00:00.000Z');
    expect(await open().get(key, ONE)).toBeDefined();
    await open().end(key);
    expect(await open().get(key, NOON)).toBeUndefined();
  });
};

/** What every counter of attempts must do. */
export const attemptCounterContract = (open: () => AttemptCounter): void => {
  const later = (): Date => new Date(Date.now() + 3_600_000);
  it('tells each of twenty at once at least its own turn, so that no more get through than a limit, forty times', async () => {
    for (let round = 0; round < RACES; round += 1) {
      const key = randomUUID();
      const turns = await Promise.all(Array.from({ length: 20 }, () => open().count(key, 'w', later())));
      expect(turns.filter((turn) => turn <= 10).length).toBeLessThanOrEqual(10);
      expect(await open().peek(key, 'w')).toBe(20);
    }
  });
  it('takes back what turned out to be no try, and never below nothing', async () => {
    const key = randomUUID();
    await open().count(key, 'w', later());
    await open().count(key, 'w', later());
    await open().uncount(key, 'w');
    expect(await open().peek(key, 'w')).toBe(1);
    await open().uncount(key, 'w');
    await open().uncount(key, 'w');
    expect(await open().peek(key, 'w')).toBe(0);
  });
  it('counts each window alone and forgets when asked', async () => {
    const key = randomUUID();
    await open().count(key, 'a', later());
    expect(await open().peek(key, 'b')).toBe(0);
    await open().forget(key, 'a');
    expect(await open().peek(key, 'a')).toBe(0);
  });
};

/** What every store of last uses must do. */
export const lastUseStoreContract = (open: () => LastUseStore): void => {
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
  it('tells the last use of each name in turn, and of a name that was never used nothing', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const [first, second] = [ago(2000), ago(1000)];
    await open().keep([
      { name: one, at: first },
      { name: other, at: second },
    ]);
    expect(await open().of([other, randomUUID(), one])).toEqual([second, undefined, first]);
    expect(await open().of([])).toEqual([]);
  });
  it('keeps the latest, in whichever order and however parallel uses arrive', async () => {
    for (let round = 0; round < RACES; round += 1) {
      const names = [randomUUID(), randomUUID()];
      // Batches name the same two in opposite orders.
      const uses = Array.from({ length: 10 }, (_, i) =>
        (i % 2 === 0 ? names : names.toReversed()).map((name) => ({ name, at: ago(1000 * ((i * 7) % 10)) })),
      );
      await Promise.all(uses.map((some) => open().keep(some)));
      const kept = await open().of(names);
      for (const [i, name] of names.entries())
        expect(kept[i]).toBe(uses.flat().filter((use) => use.name === name).map(({ at }) => at).sort().at(-1)); // prettier-ignore
    }
  });
};

/** What every ring of refusals must do. */
export const refusalRingContract = (open: () => RefusalRing): void => {
  const refusal = (detail: string): RecordedRefusal => ({
    at: NOON,
    reason: 'invalid_client',
    requestId: 'r',
    clientId: 'c',
    address: '127.0.0.1',
    path: '/api/o/token/',
    detail,
  });
  it('reads what was added in order, by cursor, and counts what was dropped', async () => {
    const { next, dropped } = await open().read(0, 1000);
    await open().add([refusal('one'), refusal('two')], 3);
    const page = await open().read(next, 1);
    expect(page.refusals).toEqual([refusal('one')]);
    expect((await open().read(page.next, 10)).refusals).toEqual([refusal('two')]);
    expect((await open().read(0, 1)).dropped).toBe(dropped + 3);
  });
};
