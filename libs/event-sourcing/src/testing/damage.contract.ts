import { randomUUID } from 'node:crypto';
import type { EventStore } from '../event-store.ts';
import type { Journal } from '../journal.ts';
import type { Damage } from '../stored-commit.ts';

export type SpoiledStore = {
  readonly events: EventStore;
  readonly journal: Journal;
  /** Every damage that was told so far. */
  readonly told: readonly Damage[];
  /** Numbers what was appended, where the store leaves that to another. */
  readonly number: () => Promise<void>;
  /** Writes over a part of a stored commit behind the store's back. */
  readonly spoil: (stream: string, version: number, part: 'open' | 'sealed', text: string) => Promise<void>;
};

/** What a store must do with a commit that cannot be read, on the engine at hand. */
export const damageContract = (open: () => SpoiledStore): void => {
  const three = async ({ events }: SpoiledStore): Promise<[string, string, string]> => {
    const streams = [1, 2, 3].map(() => `application-${Math.floor(Math.random() * 1e12)}`) as [string, string, string];
    for (const stream of streams)
      await events.append({
        id: randomUUID(),
        stream,
        version: 1,
        at: '2026-01-01T00:00:00.000Z',
        cause: { requestId: 'request' },
        events: [{ type: 'SomethingHappened' }],
        sealed: { digest: 'abc' },
      });
    return streams;
  };
  const wholeJournal = async ({ journal }: SpoiledStore) => {
    const entries = [];
    for (let after = 0; ;) {
      const page = await journal.read(after, 2);
      if (page.entries.length === 0) return entries;
      entries.push(...page.entries);
      after = page.next;
    }
  };

  it.each([
    ['torn', '{"id":"a","at":"2026-0'],
    ['no JSON', '\u0000\u0001'],
    ['another JSON', '{"events":7}'],
    ['no event', '{"id":"a","at":"2026-01-01T00:00:00.000Z","cause":{},"events":[null]}'],
  ])('an open part that is %s: the journal says so in its place and goes on, its stream cannot be read, others can', async (_how, text) => {
    const store = open();
    const [before, damaged, after] = await three(store);
    await store.number();
    await store.spoil(damaged, 1, 'open', text);
    const entries = await wholeJournal(store);
    const of = (stream: string) => entries.find(({ commit }) => commit.stream === stream);
    expect(of(damaged)).toMatchObject({ sequence: expect.any(Number) as number, commit: { version: 1, events: [{ type: 'CommitDamaged', part: 'open part' }] } });
    for (const stream of [before, after]) expect(of(stream)?.commit.events).toEqual([{ type: 'SomethingHappened' }]);
    await expect(store.events.readNewest(damaged, 16)).rejects.toMatchObject({ name: 'DamagedCommit' });
    await expect(store.events.readAfter(damaged, 0)).rejects.toMatchObject({ name: 'DamagedCommit' });
    expect(await store.events.readNewest(after, 16)).toHaveLength(1);
    expect(store.told).toContainEqual({ stream: damaged, version: 1, part: 'open part' });
  }); // prettier-ignore

  it('a damaged sealed part keeps its stream from being read, and the journal, which has none, as it is', async () => {
    const store = open();
    const [, damaged] = await three(store);
    await store.number();
    await store.spoil(damaged, 1, 'sealed', '{"digest":');
    await expect(store.events.readNewest(damaged, 16)).rejects.toMatchObject({ name: 'DamagedCommit' });
    expect(store.told).toContainEqual({ stream: damaged, version: 1, part: 'sealed part' });
    const entry = (await wholeJournal(store)).find(({ commit }) => commit.stream === damaged);
    expect(entry?.commit.events).toEqual([{ type: 'SomethingHappened' }]);
  });
};
