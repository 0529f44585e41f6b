import {
  chainLink,
  CHAIN_START,
  type Damage,
  firstBrokenLink,
  type Journal,
  journalCommit,
  type JournalEntry,
} from '@grantlog/event-sourcing';
import { type CommitDocument, commitsOf, type JournalDocument, journalOf } from './collections.ts';
import { type Databases, DURABLE, guarded, PROVEN } from './connect.ts';
import { insertIfAbsent, updateOrInsert } from './update-or-insert.ts';

/** A pass numbers from one commit to hundreds; a page seldom takes more of them than this. */
const PASSES_AT_ONCE = 50;
/** One read is short enough to be done within its second, whatever the size of a page. */
const COMMITS_AT_ONCE = 100;
const CONTEXTS = ['applications', 'accounts', 'tokens'] as const;
type Context = (typeof CONTEXTS)[number];
export type PendingCommit = CommitDocument & { readonly context: Context };

/** What the relay does with commits and journal; every step may be repeated. */
export type JournalWriter = {
  /** The newest pass; undefined when there is none. */
  readonly head: () => Promise<JournalDocument | undefined>;
  /** Commits that no pass has numbered, each stream's in version order and without a gap. */
  readonly pending: (atMost: number, progress?: () => void) => Promise<readonly PendingCommit[]>;
  /**
   * Numbers commits by one insert, after the head.
   * @returns the pass; undefined where another relay was first
   */
  readonly number: (
    head: JournalDocument | undefined,
    commits: readonly PendingCommit[],
  ) => Promise<JournalDocument | undefined>;
  /** Takes the mark off what a pass numbered. */
  readonly clearMarks: (pass: JournalDocument) => Promise<void>;
  /** The number up to which everything is published. */
  readonly published: () => Promise<number>;
  readonly setPublished: (sequence: number) => Promise<void>;
  /**
   * Renews this relay's lease, or takes one that was not renewed for `forMs`. That is measured between two looks of this
   * process, so no clock of another machine matters. Saves work; correctness rests on the insert of a pass.
   * @returns whether this relay numbers and publishes
   */
  readonly lease: (holder: string, forMs: number) => Promise<boolean>;
  /** Gives the lease up, so that another relay takes it at its next look. */
  readonly release: (holder: string) => Promise<void>;
};

const LEASE = 'lease' as never;

export const createJournalWriter = (databases: Databases): JournalWriter => {
  const journal = () => journalOf(databases.use('journal')).collection;
  const commits = (context: Context) => commitsOf(databases.use(context)).collection;
  const state = () => databases.use('journal').collection('relay');
  /** The lease as this process found it, and since when it has not changed. */
  let seen: { readonly holder: string; readonly renewals: number; readonly at: number } | undefined;

  return {
    head: async () => {
      const [newest] = await guarded(() => journal().find({}, PROVEN).sort({ _id: -1 }).limit(1).toArray());
      return newest as unknown as JournalDocument | undefined;
    },
    pending: async (atMost, progress) => {
      const found: PendingCommit[] = [];
      for (const context of CONTEXTS) {
        progress?.();
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
    number: async (head, some) => {
      const pass = nextPass(head, some);
      return (await insertIfAbsent(journal(), pass, { writeConcern: DURABLE })) ? pass : undefined;
    },
    clearMarks: async ({ entries }) => {
      for (const [context, ids] of byContext(entries)) {
        await guarded(() =>
          commits(context).updateMany(
            { _id: { $in: ids as never[] } },
            { $unset: { pending: '' } },
            { writeConcern: DURABLE },
          ),
        );
      }
    },
    published: async () =>
      Number((await guarded(() => state().findOne({ _id: 'published' as never })))?.['sequence'] ?? 0),
    setPublished: (sequence) => updateOrInsert(state(), 'published', { $max: { sequence } }, { sequence }),
    lease: async (holder, forMs) => {
      const found = await guarded(() => state().findOne({ _id: LEASE }, PROVEN));
      if (!found) return insertIfAbsent(state(), { _id: LEASE, holder, renewals: 0 });
      const [held, renewals] = [String(found['holder']), Number(found['renewals'] ?? 0)];
      if (held !== seen?.holder || renewals !== seen.renewals) seen = { holder: held, renewals, at: performance.now() };
      if (held !== holder && performance.now() - seen.at < forMs) return false;
      const asFound = { _id: LEASE, holder: held, renewals: (found['renewals'] ?? null) as number | null };
      const { matchedCount } = await guarded(() =>
        state().updateOne(asFound as never, { $set: { holder, renewals: renewals + 1 } }),
      );
      return matchedCount > 0;
    },
    release: async (holder) => void (await guarded(() => state().deleteOne({ _id: LEASE, holder }))),
  };
};

const byContext = (entries: JournalDocument['entries']): ReadonlyMap<Context, readonly string[]> =>
  new Map(
    [...Map.groupBy(entries, ({ context }) => context)].map(([context, group]) => [
      context,
      group.map(({ commit }) => commit),
    ]),
  );

/** The pass after the head, each entry chained to the one before. */
const nextPass = (head: JournalDocument | undefined, commits: readonly PendingCommit[]): JournalDocument => {
  let link = head?.entries.at(-1)?.link ?? CHAIN_START;
  const first = (head?.last ?? 0) + 1;
  const entries = commits.map((commit, i) => {
    link = chainLink(link, first + i, commit);
    return { context: commit.context, commit: commit._id, link };
  });
  return { _id: first, last: first + commits.length - 1, entries };
};

/** The commits from the lowest version on, up to the first gap. */
const contiguous = (documents: readonly CommitDocument[]): CommitDocument[] => {
  const sorted = [...documents].sort((a, b) => a.version - b.version);
  const start = sorted[0]?.version ?? 0;
  return sorted.filter(({ version }, i) => version === start + i);
};

/** The commits that entries name, as they are stored, by `_id`; what is gone is missing. */
const storedCommits = async (
  databases: Databases,
  entries: JournalDocument['entries'],
): Promise<ReadonlyMap<string, CommitDocument>> => {
  const found = new Map<string, CommitDocument>();
  for (const [context, ids] of byContext(entries)) {
    const commits = commitsOf(databases.use(context)).collection;
    for (let start = 0; start < ids.length; start += COMMITS_AT_ONCE) {
      const some = ids.slice(start, start + COMMITS_AT_ONCE) as never[];
      const documents = await guarded(() => commits.find({ _id: { $in: some } }, PROVEN).toArray());
      for (const document of documents as unknown as CommitDocument[]) found.set(document._id, document);
    }
  }
  return found;
};

/** @param onDamage called with each commit that cannot be read, whenever it is met */
export const createMongoJournal = (
  databases: Databases,
  onDamage: (damage: Damage) => void = () => undefined,
): Journal => {
  const journal = () => journalOf(databases.use('journal')).collection;

  /** Entries after a number, without their commits. Each has an event at least. */
  const namedAfter = (
    after: number,
    atMost: number,
  ): Promise<(JournalDocument['entries'][number] & { sequence: number })[]> =>
    guarded(async () => {
      const found = [];
      const passes = journal()
        .find({ last: { $gt: after } }, PROVEN)
        .sort({ last: 1 })
        .limit(atMost)
        .batchSize(PASSES_AT_ONCE);
      for await (const document of passes) {
        const { _id: first, entries } = document as unknown as JournalDocument;
        found.push(
          ...entries.map((entry, i) => ({ ...entry, sequence: first + i })).filter(({ sequence }) => sequence > after),
        );
        if (found.length >= atMost) break;
      }
      return found.slice(0, atMost);
    });

  return {
    read: async (after, atMostEvents) => {
      const named = await namedAfter(after, atMostEvents);
      const stored = await storedCommits(databases, named);
      const entries: JournalEntry[] = [];
      let size = 0;
      for (const { commit: id, sequence } of named) {
        const colon = id.lastIndexOf(':');
        const [stream, version] = [id.slice(0, colon), Number(id.slice(colon + 1))];
        const commit = journalCommit(stream, version, stored.get(id)?.open, onDamage);
        size += commit.events.length;
        if (size > atMostEvents && entries.length > 0) break;
        entries.push({ sequence, commit });
      }
      return { entries, next: entries.at(-1)?.sequence ?? after };
    },
    head: async () => {
      const [newest] = await guarded(() =>
        journal()
          .find({}, { ...PROVEN, projection: { last: 1 } })
          .sort({ _id: -1 })
          .limit(1)
          .toArray(),
      );
      return Number(newest?.['last'] ?? 0);
    },
  };
};

const MISSING: CommitDocument = { _id: '', stream: '', version: 0, commitId: '', open: '', sealed: '' };

/**
 * Reads the whole journal and every commit it names, and follows the chain.
 * @returns the first number whose commit was changed, deleted or moved; undefined when the chain holds
 */
export const verifyChain = async (databases: Databases): Promise<{ sequence: number } | undefined> => {
  let [link, last] = [CHAIN_START, 0];
  for await (const document of journalOf(databases.use('journal')).collection.find({}, PROVEN).sort({ _id: 1 })) {
    const { _id: first, entries } = document as unknown as JournalDocument;
    const stored = await storedCommits(databases, entries);
    const links = entries.map((entry, i) => ({ ...(stored.get(entry.commit) ?? MISSING), sequence: first + i, link: entry.link })); // prettier-ignore
    const broken = firstBrokenLink(links, link, last);
    if (broken) return broken;
    link = entries.at(-1)?.link ?? link;
    last = first + entries.length - 1;
  }
  return undefined;
};
