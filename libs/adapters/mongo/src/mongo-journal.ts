import { hash } from 'node:crypto';
import {
  chainLink,
  CHAIN_START,
  type Damage,
  type Journal,
  journalCommit,
  type JournalEntry,
} from '@grantlog/event-sourcing';
import { type CommitDocument, commitsOf, type JournalDocument, journalOf } from './collections.ts';
import { type Databases, duplicatesOf, DURABLE, guarded, PROVEN, StoreUnavailable } from './connect.ts';
import { inOrderOfId, insertIfAbsent, updateOrInsert } from './update-or-insert.ts';

export const SHARDS = 16;
/** A pass names from one commit to hundreds; a page seldom takes more of them than this. */
const PASSES_AT_ONCE = 50;
/** One read is short enough to be done within its second, whatever the size of a page. */
const COMMITS_AT_ONCE = 100;
export const CONTEXTS = ['applications', 'accounts', 'tokens'] as const;
type Context = (typeof CONTEXTS)[number];
export type PendingCommit = CommitDocument & { readonly context: Context };

/** The shard of a stream: fixed for ever. */
export const shardOf = (stream: string): number => parseInt(hash('sha256', stream, 'hex').slice(0, 8), 16) % SHARDS;

/** Commits of a shard that come after its newest pass. */
export type NextPass = {
  readonly shard: number;
  readonly head: JournalDocument | undefined;
  readonly commits: readonly PendingCommit[];
};

/** What the relay does with commits and journal; every step may be repeated. */
export type JournalWriter = {
  /** The newest pass of a shard; undefined when there is none. */
  readonly head: (shard: number) => Promise<JournalDocument | undefined>;
  /** Commits that no pass has numbered, each stream's in version order and without a gap. */
  readonly pending: (atMost: number) => Promise<readonly PendingCommit[]>;
  /**
   * Numbers commits of several shards by one insert, each shard's after its `head`.
   * @returns the passes; undefined for a shard where another relay was first
   */
  readonly number: (passes: readonly NextPass[]) => Promise<readonly (JournalDocument | undefined)[]>;
  /** Takes the mark off what these passes numbered. */
  readonly clearMarks: (passes: readonly JournalDocument[]) => Promise<void>;
  readonly passesAfter: (shard: number, pass: number, atMost: number) => Promise<readonly JournalDocument[]>;
  /** In the place of a commit that cannot be read, or is gone, stands an event that says so. */
  readonly entriesOf: (passes: readonly JournalDocument[]) => Promise<readonly JournalEntry[]>;
  readonly published: (shard: number) => Promise<number>;
  readonly setPublished: (shard: number, pass: number) => Promise<void>;
  /** Whether this relay has the shard for the next `forMs`. Saves work; correctness rests on the insert of a pass. */
  readonly lease: (shard: number, holder: string, forMs: number) => Promise<boolean>;
};

/** @param onDamage called with each commit that cannot be read, whenever it is met */
export const createJournalWriter = (
  databases: Databases,
  onDamage: (damage: Damage) => void = () => undefined,
): JournalWriter => {
  const journal = () => journalOf(databases.use('journal')).collection;
  const commits = (context: Context) => commitsOf(databases.use(context)).collection;
  const state = () => databases.use('journal').collection('relay');

  const byContext = (passes: readonly JournalDocument[]): Map<Context, string[]> => {
    const entries = passes.flatMap((pass) => pass.entries);
    const groups = Map.groupBy(entries, ({ context }) => context);
    return new Map([...groups].map(([context, group]) => [context, group.map(({ commit }) => commit)]));
  };

  return {
    head: async (shard) => {
      const [newest] = await guarded(() => journal().find({ shard }, PROVEN).sort({ pass: -1 }).limit(1).toArray());
      return newest as unknown as JournalDocument | undefined;
    },
    pending: async (atMost) => {
      const found: PendingCommit[] = [];
      for (const context of CONTEXTS) {
        const documents = await guarded(() => commits(context).find({ pending: 1 }, PROVEN).limit(atMost).toArray());
        const streams = Map.groupBy(documents as unknown as CommitDocument[], ({ stream }) => stream);
        const runs = [...streams.values()].map(contiguous);
        const before = runs.flatMap(([first]) =>
          first && first.version > 1 ? [`${first.stream}:${first.version - 1}`] : [],
        );
        // A scan is no snapshot: it may have passed by an earlier commit of the stream that is still unnumbered.
        const missed =
          before.length === 0
            ? []
            : await guarded(() =>
                commits(context)
                  .find({ _id: { $in: before as never[] }, pending: 1 }, { ...PROVEN, projection: { stream: 1 } })
                  .toArray(),
              );
        const deferred = new Set(missed.map((document) => String(document['stream'])));
        for (const run of runs)
          if (!deferred.has(run[0]?.stream ?? '')) found.push(...run.map((document) => ({ ...document, context })));
      }
      return found;
    },
    number: async (passes) => {
      const documents = passes.map(toPass);
      const inserted = inOrderOfId(documents);
      try {
        await journal().insertMany(inserted as never[], { ordered: false, writeConcern: DURABLE });
        return documents;
      } catch (error) {
        const duplicates = duplicatesOf(error, inserted.length);
        if (!duplicates) throw new StoreUnavailable('MongoDB is away or did not answer in time', { cause: error });
        const taken = new Set(inserted.filter((_, i) => duplicates.has(i)));
        return documents.map((document) => (taken.has(document) ? undefined : document));
      }
    },
    clearMarks: async (passes) => {
      for (const [context, ids] of byContext(passes)) {
        await guarded(() =>
          commits(context).updateMany(
            { _id: { $in: ids as never[] } },
            { $unset: { pending: '' } },
            { writeConcern: DURABLE },
          ),
        );
      }
    },
    passesAfter: async (shard, pass, atMost) =>
      (await guarded(() =>
        journal()
          .find({ shard, pass: { $gt: pass } }, PROVEN)
          .sort({ pass: 1 })
          .limit(atMost)
          .toArray(),
      )) as unknown as JournalDocument[],
    entriesOf: async (passes) => {
      const found = new Map<string, string>();
      for (const [context, ids] of byContext(passes)) {
        for (let start = 0; start < ids.length; start += COMMITS_AT_ONCE) {
          const some = ids.slice(start, start + COMMITS_AT_ONCE) as never[];
          const documents = await guarded(() =>
            commits(context)
              .find({ _id: { $in: some } }, PROVEN)
              .toArray(),
          );
          for (const { _id, open } of documents) found.set(String(_id), String(open));
        }
      }
      return passes.flatMap(({ shard, first, entries }) =>
        entries.map(({ commit: id }, i) => {
          const colon = id.lastIndexOf(':');
          const [stream, version] = [id.slice(0, colon), Number(id.slice(colon + 1))];
          return { shard, sequence: first + i, commit: journalCommit(stream, version, found.get(id), onDamage) };
        }),
      );
    },
    published: async (shard) =>
      Number((await guarded(() => state().findOne({ _id: `published:${shard}` as never })))?.['pass'] ?? 0),
    setPublished: (shard, pass) => updateOrInsert(state(), `published:${shard}`, { $max: { pass } }, { pass }),
    lease: async (shard, holder, forMs) => {
      const _id = `lease:${shard}` as never;
      const now = Date.now();
      const mine = { holder, until: now + forMs };
      const { matchedCount } = await guarded(() =>
        state().updateOne({ _id, $or: [{ holder }, { until: { $lt: now } }] }, { $set: mine }),
      );
      if (matchedCount > 0) return true;
      return insertIfAbsent(state(), { _id, ...mine });
    },
  };
};

/** The next pass of a shard, each entry chained to the one before. */
const toPass = ({ shard, head, commits }: NextPass): JournalDocument => {
  let link = head?.entries.at(-1)?.link ?? CHAIN_START;
  const first = (head?.last ?? 0) + 1;
  const entries = commits.map((commit, i) => {
    link = chainLink(link, first + i, commit);
    return { context: commit.context, commit: commit._id, link };
  });
  const pass = (head?.pass ?? 0) + 1;
  return { _id: `${shard}:${pass}`, shard, pass, first, last: first + commits.length - 1, entries };
};

/** The commits from the lowest version on, up to the first gap. */
const contiguous = (documents: readonly CommitDocument[]): CommitDocument[] => {
  const sorted = [...documents].sort((a, b) => a.version - b.version);
  const start = sorted[0]?.version ?? 0;
  return sorted.filter(({ version }, i) => version === start + i);
};

/** Reads the journal of all shards; the cursor has one number a shard. */
export const createMongoJournal = (
  databases: Databases,
  onDamage: (damage: Damage) => void = () => undefined,
): Journal => {
  const writer = createJournalWriter(databases, onDamage);
  return {
    read: async (after, atMostEvents) => {
      const cursor = parseCursor(after);
      if (!cursor) return undefined;
      const journal = journalOf(databases.use('journal')).collection;
      const unread: JournalDocument[] = [];
      let found = 0;
      await guarded(async () => {
        const passes = journal
          .find({ $or: cursor.map((sequence, shard) => ({ shard, last: { $gt: sequence } })) }, PROVEN)
          .sort({ shard: 1, last: 1 })
          .limit(atMostEvents)
          .batchSize(PASSES_AT_ONCE);
        for await (const document of passes) {
          const pass = beyond(document as unknown as JournalDocument, cursor, atMostEvents - found);
          unread.push(pass);
          found += pass.entries.length;
          // Every entry has an event at least.
          if (found >= atMostEvents) break;
        }
      });
      const page: JournalEntry[] = [];
      let size = 0;
      for (const entry of await writer.entriesOf(unread)) {
        size += entry.commit.events.length;
        if (size > atMostEvents && page.length > 0) break;
        page.push(entry);
        cursor[entry.shard] = entry.sequence;
      }
      return { entries: page, next: cursor.join('.') };
    },
    heads: async () => {
      const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
      return (await Promise.all(shards.map(writer.head))).map((head) => head?.last ?? 0);
    },
  };
};

/** The first `atMost` entries of a pass that a cursor has not seen. */
const beyond = (pass: JournalDocument, cursor: readonly number[], atMost: number): JournalDocument => {
  const seen = Math.max(0, (cursor[pass.shard] ?? 0) - pass.first + 1);
  return { ...pass, first: pass.first + seen, entries: pass.entries.slice(seen, seen + atMost) };
};

const parseCursor = (text: string): number[] | undefined => {
  if (text === '0') return Array.from({ length: SHARDS }, () => 0);
  const numbers = text.split('.');
  return numbers.length === SHARDS && numbers.every((number) => /^\d{1,15}$/.test(number))
    ? numbers.map(Number)
    : undefined;
};

/**
 * Reads the whole journal and every commit it names, and follows the chain of each shard.
 * @returns the first number of a shard whose commit was changed, deleted or moved; undefined when every chain holds
 */
export const verifyChains = async (databases: Databases): Promise<{ shard: number; sequence: number } | undefined> => {
  const journal = journalOf(databases.use('journal')).collection;
  for (let shard = 0; shard < SHARDS; shard += 1) {
    let previous = CHAIN_START;
    let last = 0;
    const passes = journal.find({ shard }, PROVEN).sort({ pass: 1 });
    for await (const document of passes) {
      const { first, entries } = document as unknown as JournalDocument;
      const found = new Map<string, CommitDocument>();
      for (const [context, group] of Map.groupBy(entries, (entry) => entry.context)) {
        const ids = group.map(({ commit }) => commit) as never[];
        const commits = await commitsOf(databases.use(context))
          .collection.find({ _id: { $in: ids } }, PROVEN)
          .toArray();
        for (const commit of commits) found.set(String(commit._id), commit as unknown as CommitDocument);
      }
      for (const [i, { commit, link }] of entries.entries()) {
        const stored = found.get(commit);
        const sequence = first + i;
        if (sequence !== last + 1 || !stored || chainLink(previous, sequence, stored) !== link)
          return { shard, sequence: last + 1 };
        previous = link;
        last = sequence;
      }
    }
  }
  return undefined;
};
