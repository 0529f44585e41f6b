import { type Connection, type Model, Schema } from 'mongoose';
import { type Databases, DURABLE, guarded } from './connect.ts';

/** One append. The open part is published; the sealed one never leaves the store. Both are kept as they are chained. */
export type CommitDocument = {
  readonly _id: string;
  readonly stream: string;
  readonly version: number;
  readonly commitId: string;
  readonly open: string;
  readonly sealed: string;
  readonly snapshot?: string;
  /** Present until the relay has numbered it. */
  readonly pending?: number;
};

const commitSchema = new Schema<CommitDocument>(
  {
    _id: String,
    stream: String,
    version: Number,
    commitId: String,
    open: String,
    sealed: String,
    snapshot: String,
    pending: Number,
  },
  { versionKey: false, collection: 'commits' },
);
commitSchema.index({ stream: 1, version: -1 });
commitSchema.index({ pending: 1 }, { sparse: true });

export const commitsOf = (connection: Connection): Model<CommitDocument> =>
  (connection.models['Commit'] ?? connection.model('Commit', commitSchema)) as unknown as Model<CommitDocument>;

/** Commits that the relay numbered by one insert, chained to those before. */
export type JournalDocument = {
  /** The number of its first commit: of two relays that number after the same head, one inserts. */
  readonly _id: number;
  readonly last: number;
  readonly entries: readonly {
    readonly context: 'applications' | 'accounts' | 'tokens';
    readonly commit: string;
    readonly link: string;
  }[];
};

const journalSchema = new Schema<JournalDocument>(
  {
    _id: Number,
    last: Number,
    entries: [{ _id: false, context: String, commit: String, link: String }],
  },
  { versionKey: false, collection: 'journal' },
);
journalSchema.index({ last: 1 });

export const journalOf = (connection: Connection): Model<JournalDocument> =>
  (connection.models['Journal'] ?? connection.model('Journal', journalSchema)) as unknown as Model<JournalDocument>;

/** Makes the indexes that the models declare; what is there stays. */
export const ensureIndexes = async (databases: Databases): Promise<void> => {
  for (const context of ['applications', 'accounts', 'tokens'] as const) {
    await guarded(() => commitsOf(databases.use(context)).createIndexes());
  }
  await guarded(() => journalOf(databases.use('journal')).createIndexes());
};

/** What the engine really does. `failed`: a code or a refresh token could be redeemed twice. */
export type EngineProbe = {
  readonly state: 'ok' | 'failed';
  readonly cause?: string;
  readonly [detail: string]: unknown;
};

/** Tries what every append rests on, at the start and in a collection of its own. @see docs/decisions */
export const probeEngine = async (databases: Databases): Promise<EngineProbe> =>
  guarded(async () => {
    const { db } = databases.use('journal');
    if (!db) throw new Error('not connected');
    const [hello, build] = await Promise.all([db.admin().command({ hello: 1 }), db.admin().command({ buildInfo: 1 })]);
    const probe = db.collection<{ _id: string; by?: number }>('probe');
    const id = crypto.randomUUID();
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, by) => probe.insertOne({ _id: id, by }, { writeConcern: DURABLE })),
    );
    const winners = tries.filter(({ status }) => status === 'fulfilled').length;
    if (winners === 0) throw new Error('none of eight inserts of one key succeeded');
    await probe.deleteOne({ _id: id });
    return {
      ...(winners === 1
        ? { state: 'ok' }
        : { state: 'failed', cause: `of eight inserts of one key ${winners} succeeded, and one must` }),
      engine: build['secantusVersion'] === undefined ? 'mongodb' : 'secantusdb',
      version: String(build['secantusVersion'] ?? build['version']),
      replicaSet: (hello['setName'] as string | undefined) ?? null,
      oneWinnerOfEightInserts: winners === 1,
      writeConcern: 'majority, journaled',
      readConcern: 'majority, primary',
    };
  });
