import { type JournalDocument, type JournalWriter, type PendingCommit, shardOf } from '@grantlog/adapter-mongo';
import {
  chainLink,
  CHAIN_START,
  firstBrokenLink,
  type Message,
  type PublishedEvent,
  storedCommit,
} from '@grantlog/event-sourcing';
import { everyInterleaving, type Step } from '@grantlog/event-sourcing/testing';
import { createNumberCommits } from './number-commits.ts';
import { createPublishJournal } from './publish-journal.ts';

const STREAM = 'application-1';
const SHARD = shardOf(STREAM);
const SHARDS_OF_BOTH = new Set([SHARD]);

const commit = (version: number): PendingCommit => ({
  _id: `${STREAM}:${version}`,
  context: 'applications',
  stream: STREAM,
  version,
  commitId: `commit-${version}`,
  open: JSON.stringify({
    id: `commit-${version}`,
    at: '2026-01-01T00:00:00.000Z',
    cause: { requestId: 'r' },
    events: [{ type: 'ApplicationChanged' }],
  }),
  sealed: 'null',
  pending: 1,
});

/** What MongoDB keeps, in memory: commits with their marks, passes by number, the place that was published. */
const createDatabase = () => {
  const commits = new Map<string, PendingCommit>();
  const marks = new Set<string>();
  const passes: JournalDocument[] = [];
  const places = { published: 0 };
  const messages: Message[] = [];
  const append = (version: number): void => {
    commits.set(`${STREAM}:${version}`, commit(version));
    marks.add(`${STREAM}:${version}`);
  };
  const journal = (step: Step): JournalWriter => ({
    head: () => step(() => passes.at(-1)),
    pending: () =>
      step(() => [...commits.values()].filter(({ _id }) => marks.has(_id)).sort((a, b) => a.version - b.version)),
    number: (next) =>
      step(() =>
        next.map(({ shard, head, commits: some }) => {
          const pass = (head?.pass ?? 0) + 1;
          if (passes.some((one) => one.pass === pass)) return undefined;
          const first = (head?.last ?? 0) + 1;
          let link = head?.entries.at(-1)?.link ?? CHAIN_START;
          const entries = some.map((one, i) => {
            link = chainLink(link, first + i, one);
            return { context: one.context, commit: one._id, link };
          });
          const document = { _id: `${shard}:${pass}`, shard, pass, first, last: first + some.length - 1, entries };
          passes.push(document);
          return document;
        }),
      ),
    clearMarks: (some) =>
      step(() => some.forEach(({ entries }) => entries.forEach(({ commit: id }) => marks.delete(id)))),
    passesAfter: (_shard, after) => step(() => passes.filter(({ pass }) => pass > after)),
    entriesOf: (some) =>
      step(() =>
        some.flatMap(({ shard, first, entries }) =>
          entries.map(({ commit: id }, i) => ({
            shard,
            sequence: first + i,
            commit: storedCommit(commits.get(id) as PendingCommit),
          })),
        ),
      ),
    published: () => step(() => places.published),
    setPublished: (_shard, pass) => step(() => void (places.published = Math.max(places.published, pass))),
    lease: () => Promise.resolve(true),
  });
  return { append, journal, commits, marks, passes, messages };
};

/** The loops of a relay, one turn of each. */
const relay = (database: ReturnType<typeof createDatabase>, step: Step, journal = database.journal(step)) => {
  const numberCommits = createNumberCommits(journal);
  const publishJournal = createPublishJournal(
    journal,
    { publish: (batch) => step(() => void database.messages.push(...batch)), close: () => Promise.resolve() },
    'http://issuer',
  );
  return async (): Promise<void> => {
    const { made, lost } = await numberCommits.pass(SHARDS_OF_BOTH);
    made.forEach(publishJournal.remember);
    lost.forEach(publishJournal.forget);
    await publishJournal.publish([SHARD]);
    await publishJournal.keepPlaces();
  };
};

describe('relays in every order that there is', () => {
  it('F-04 F-05 I5 I6 two relays on one shard, one killed anywhere: no gap, no double, nothing unpublished, in order', async () => {
    const schedules = await everyInterleaving(
      (step) => {
        const database = createDatabase();
        database.append(1);
        const turns = (): (() => Promise<void>) => {
          const turn = relay(database, step);
          return async () => {
            await turn();
            await step(() => database.append(database.commits.size + 1));
            await turn();
          };
        };
        return {
          actors: [turns(), turns()],
          check: async () => {
            const next = relay(database, (operation) => Promise.resolve(operation()));
            await next();
            await next();
            const entries = database.passes.flatMap(({ first, entries: some }) =>
              some.map(({ commit: id, link }, i) => ({
                ...(database.commits.get(id) as PendingCommit),
                sequence: first + i,
                link,
              })),
            );
            expect(entries.map(({ version }) => version)).toEqual(entries.map((_, i) => i + 1));
            expect(entries).toHaveLength(database.commits.size);
            expect(firstBrokenLink(entries)).toBeUndefined();
            expect(database.marks.size).toBe(0);
            let last = 0;
            for (const { value } of database.messages) {
              const { streamversion } = JSON.parse(value) as PublishedEvent;
              expect(streamversion).toBeLessThanOrEqual(last + 1);
              last = Math.max(last, streamversion);
            }
            expect(last).toBe(database.commits.size);
          },
        };
      },
      { mayDie: true, preemptions: 2 },
    );
    expect(schedules).toBeGreaterThan(1000);
  }, 60_000);
});

describe('a relay that lives on', () => {
  const atOnce: Step = (operation) => Promise.resolve(operation());
  const published = (database: ReturnType<typeof createDatabase>): number[] =>
    database.messages.map(({ value }) => (JSON.parse(value) as PublishedEvent).streamversion);

  it('F-05 publishes what another one numbered in between and died over, as soon as it loses an insert to it', async () => {
    const database = createDatabase();
    const turn = relay(database, atOnce);
    database.append(1);
    await turn();
    await turn();
    database.append(2);
    await createNumberCommits(database.journal(atOnce)).pass(SHARDS_OF_BOTH);
    database.append(3);
    await turn();
    await turn();
    await turn();
    expect(published(database)).toEqual([1, 2, 3]);
  });

  it('reads nothing again that it numbered itself', async () => {
    const database = createDatabase();
    let reads = 0;
    const journal = database.journal(atOnce);
    const counted = { ...journal, passesAfter: (...asked: Parameters<JournalWriter['passesAfter']>) => ((reads += 1), journal.passesAfter(...asked)) }; // prettier-ignore
    const turn = relay(database, atOnce, counted);
    await turn();
    for (let version = 1; version <= 5; version += 1) {
      database.append(version);
      await turn();
    }
    expect([reads, published(database)]).toEqual([1, [1, 2, 3, 4, 5]]);
  });
});
