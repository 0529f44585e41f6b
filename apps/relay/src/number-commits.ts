import { type JournalDocument, type JournalWriter, type PendingCommit, shardOf } from '@grantlog/adapter-mongo';

const MOST_IN_PASS = 500;

export type NumberedPass = { readonly document: JournalDocument; readonly commits: readonly PendingCommit[] };

export type NumberCommits = {
  /**
   * One pass over the shards that this relay has: clears the marks of what the newest passes numbered, and only then
   * looks for what is pending, so that nothing is numbered twice, whenever a relay dies.
   * @returns the passes that were made, with what each numbered, so that nothing has to be read again to publish it
   */
  readonly pass: (shards: ReadonlySet<number>) => Promise<readonly NumberedPass[]>;
  /** Reads the heads again: another relay was here. */
  readonly forget: (shard: number) => void;
};

export const createNumberCommits = (journal: JournalWriter): NumberCommits => {
  const heads = new Map<number, JournalDocument | undefined>();

  const readHeads = async (shards: ReadonlySet<number>): Promise<void> => {
    const unknown = [...shards].filter((shard) => !heads.has(shard));
    for (const shard of unknown) {
      const head = await journal.head(shard);
      if (head) await journal.clearMarks([head]);
      heads.set(shard, head);
    }
  };

  const numberShard = async (
    shard: number,
    commits: readonly PendingCommit[],
  ): Promise<JournalDocument | undefined> => {
    const made = await journal.number(shard, heads.get(shard), commits);
    if (made) heads.set(shard, made);
    else heads.delete(shard);
    return made;
  };

  return {
    pass: async (shards) => {
      await readHeads(shards);
      const pending = (await journal.pending(MOST_IN_PASS)).filter(({ stream }) => shards.has(shardOf(stream)));
      if (pending.length === 0) return [];
      const byShard = Map.groupBy(pending, ({ stream }) => shardOf(stream));
      try {
        const passes = await Promise.all(
          [...byShard].map(async ([shard, commits]) => ({ document: await numberShard(shard, commits), commits })),
        );
        const made = passes.flatMap(({ document, commits }) => (document ? [{ document, commits }] : []));
        await journal.clearMarks(made.map(({ document }) => document));
        return made;
      } catch (error) {
        // Which inserts landed is not known: the heads say, and their marks are cleared before the next look.
        for (const shard of byShard.keys()) heads.delete(shard);
        throw error;
      }
    },
    forget: (shard) => void heads.delete(shard),
  };
};
