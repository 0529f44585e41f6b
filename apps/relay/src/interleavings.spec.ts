import { type JournalDocument, type JournalWriter, type PendingCommit } from '@grantlog/adapter-mongo';
import {
  chainLink,
  CHAIN_START,
  firstBrokenLink,
  type Journal,
  type Message,
  type PublishedEvent,
  storedCommit,
} from '@grantlog/event-sourcing';
import { everyInterleaving, type Step } from '@grantlog/event-sourcing/testing';
import { createNumberCommits } from './number-commits.ts';
import { createPublication } from './publish-journal.ts';

const STREAM = 'application-1';

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
  const writer = (step: Step): JournalWriter => ({
    head: () => step(() => passes.at(-1)),
    pending: () =>
      step(() => [...commits.values()].filter(({ _id }) => marks.has(_id)).sort((a, b) => a.version - b.version)),
    number: (head, some) =>
      step(() => {
        const first = (head?.last ?? 0) + 1;
        if (passes.some(({ _id }) => _id === first)) return undefined;
        let link = head?.entries.at(-1)?.link ?? CHAIN_START;
        const entries = some.map((one, i) => {
          link = chainLink(link, first + i, one);
          return { context: one.context, commit: one._id, link };
        });
        const pass = { _id: first, last: first + some.length - 1, entries };
        passes.push(pass);
        return pass;
      }),
    clearMarks: ({ entries }) => step(() => entries.forEach(({ commit: id }) => marks.delete(id))),
    published: () => step(() => places.published),
    setPublished: (sequence) => step(() => void (places.published = Math.max(places.published, sequence))),
    lease: () => Promise.resolve(true),
    release: () => Promise.resolve(),
  });
  const named = () =>
    passes.flatMap(({ _id: first, entries }) =>
      entries.map(({ commit: id, link }, i) => ({
        ...(commits.get(id) as PendingCommit),
        sequence: first + i,
        link,
      })),
    );
  const journal = (step: Step): Journal => ({
    read: (after) =>
      step(() => {
        const entries = named().flatMap(({ sequence, ...one }) =>
          sequence > after ? [{ sequence, commit: storedCommit(one) }] : [],
        );
        return { entries, next: entries.at(-1)?.sequence ?? after };
      }),
    head: () => step(() => passes.at(-1)?.last ?? 0),
  });
  return { append, writer, journal, named, commits, marks, messages };
};

/** The loops of a relay, one turn of each. */
const relay = (database: ReturnType<typeof createDatabase>, step: Step) => {
  const writer = database.writer(step);
  const numberCommits = createNumberCommits(writer);
  const publication = createPublication({
    journal: database.journal(step),
    publisher: {
      publish: (batch) => step(() => void database.messages.push(...batch)),
      close: () => Promise.resolve(),
    },
    cursor: { get: writer.published, keep: writer.setPublished },
    issuer: 'http://issuer',
  });
  return async (): Promise<void> => {
    await numberCommits.pass();
    await publication.next();
    await publication.keep();
  };
};

describe('relays in every order that there is', () => {
  it('F-04 F-05 I5 I6 two relays, one killed anywhere: no gap, no double, nothing unpublished, in order', async () => {
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
            const entries = database.named();
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

describe('two lives of one relay', () => {
  it('F-04 the first, given up as hung, goes on beside the second: nothing is numbered twice', async () => {
    const schedules = await everyInterleaving(
      (step) => {
        const database = createDatabase();
        database.append(1);
        const { pass } = createNumberCommits(database.writer(step));
        const life = async (): Promise<void> => {
          await pass();
          await step(() => database.append(database.commits.size + 1));
          await pass();
        };
        return {
          actors: [life, life],
          check: async () => {
            while ((await pass()) > 0);
            await pass();
            const entries = database.named();
            expect(entries.map(({ version }) => version)).toEqual([1, 2, 3]);
            expect(firstBrokenLink(entries)).toBeUndefined();
            expect(database.marks.size).toBe(0);
          },
        };
      },
      { preemptions: 3 },
    );
    expect(schedules).toBeGreaterThan(100);
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
    await createNumberCommits(database.writer(atOnce)).pass();
    database.append(3);
    await turn();
    await turn();
    await turn();
    expect(published(database)).toEqual([1, 2, 3]);
  });
});
