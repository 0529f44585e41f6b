import { type JournalDocument, type JournalWriter, type PendingCommit, shardOf } from '@grantlog/adapter-mongo';

const MOST_IN_PASS = 500;

export type NumberedPass = { readonly document: JournalDocument; readonly commits: readonly PendingCommit[] };

type Numbering = { readonly made: readonly NumberedPass[]; readonly lost: readonly number[] };
const NOTHING: Numbering = { made: [], lost: [] };

export type NumberCommits = {
  /**
   * One pass over the shards that this relay has: clears the marks of what the newest passes numbered, and only then
   * looks for what is pending, so that nothing is numbered twice, whenever a relay dies.
   * @returns the passes that were made, with what each numbered, so that nothing has to be read again to publish it; and
   *   the shards where another relay was first
   */
  readonly pass: (shards: ReadonlySet<number>, progress?: () => void) => Promise<Numbering>;
  /** Reads the heads again: another relay was here. */
  readonly forget: (shard: number) => void;
};

export const createNumberCommits = (journal: JournalWriter): NumberCommits => {
  const heads = new Map<number, JournalDocument | undefined>();

  const readHeads = async (shards: ReadonlySet<number>, progress?: () => void): Promise<void> => {
    const unknown = [...shards].filter((shard) => !heads.has(shard));
    for (const shard of unknown) {
      const head = await journal.head(shard);
      if (head) await journal.clearMarks([head]);
      heads.set(shard, head);
      progress?.();
    }
  };

  return {
    pass: async (shards, progress) => {
      await readHeads(shards, progress);
      const pending = (await journal.pending(MOST_IN_PASS)).filter(({ stream }) => shards.has(shardOf(stream)));
      progress?.();
      if (pending.length === 0) return NOTHING;
      const next = [...Map.groupBy(pending, ({ stream }) => shardOf(stream))].map(([shard, commits]) => ({
        shard,
        head: heads.get(shard),
        commits,
      }));
      try {
        const documents = await journal.number(next);
        progress?.();
        const made: NumberedPass[] = [];
        const lost: number[] = [];
        next.forEach(({ shard, commits }, i) => {
          const document = documents[i];
          if (document) made.push({ document, commits });
          else lost.push(shard);
        });
        for (const { document } of made) heads.set(document.shard, document);
        for (const shard of lost) heads.delete(shard);
        await journal.clearMarks(made.map(({ document }) => document));
        return { made, lost };
      } catch (error) {
        // Which inserts landed is not known: the heads say, and their marks are cleared before the next look.
        for (const { shard } of next) heads.delete(shard);
        throw error;
      }
    },
    forget: (shard) => void heads.delete(shard),
  };
};
