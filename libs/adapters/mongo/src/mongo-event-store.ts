import type { Connection } from 'mongoose';
import {
  type Commit,
  type Damage,
  DamagedCommit,
  type EventStore,
  storedCommit,
  StoreUnavailable,
} from '@grantlog/event-sourcing';
import { createBatcher } from '@grantlog/service-kit';
import { type CommitDocument, commitsOf } from './collections.ts';
import { duplicatesOf, DURABLE, guarded, PROVEN } from './connect.ts';
import { sharedReads } from './shared-reads.ts';
import { inOrderOfId } from './update-or-insert.ts';

const MOST_IN_BATCH = 500;
const MOST_WAITING = 10_000;
const BATCHES_AT_ONCE = 2;

/** The open part as it is stored, chained and published. */
const toDocument = ({ id, stream, version, at, cause, events, sealed, snapshot }: Commit): CommitDocument => ({
  _id: `${stream}:${version}`,
  stream,
  version,
  commitId: id,
  open: JSON.stringify({ id, at, cause, events }),
  sealed: JSON.stringify(sealed ?? null),
  ...(snapshot !== undefined && { snapshot }),
  pending: 1,
});

/**
 * Commits of one context as documents, one a commit, insert-only: the duplicate key is the conflict. Appends that wait
 * at the same moment travel together, and so do checks of stream heads.
 * @param onDamage called with each commit that cannot be read, whenever it is met
 * @see https://www.mongodb.com/docs/manual/reference/method/db.collection.insertMany/#unordered-inserts
 * @see https://www.mongodb.com/docs/manual/core/write-operations-atomicity/ (one document)
 */
export const createMongoEventStore = (
  connection: Connection,
  onDamage: (damage: Damage) => void = () => undefined,
): EventStore => {
  const { collection } = commitsOf(connection);
  const toCommit = (document: unknown): Commit => {
    try {
      return storedCommit(document as CommitDocument);
    } catch (error) {
      if (error instanceof DamagedCommit) onDamage(error.damage);
      throw error;
    }
  };
  const isFree = sharedReads(async (ids) => {
    const found = await guarded(() =>
      collection.find({ _id: { $in: ids as never[] } }, { ...PROVEN, projection: { _id: 1 } }).toArray(),
    );
    const taken = new Set(found.map(({ _id }) => String(_id)));
    return (id) => !taken.has(id);
  });
  return {
    readNewest: async (stream, atMost) => {
      const found = await guarded(() =>
        collection.find({ stream }, PROVEN).sort({ version: -1 }).limit(atMost).toArray(),
      );
      return found.map(toCommit).reverse();
    },
    readAfter: async (stream, after) => {
      const found = await guarded(() =>
        collection
          .find({ stream, version: { $gt: after } }, PROVEN)
          .sort({ version: 1 })
          .toArray(),
      );
      return found.map(toCommit);
    },
    append: createGroupCommit(async (commits) => {
      const documents = commits.map(toDocument);
      try {
        await collection.insertMany(documents as never[], { ordered: false, writeConcern: DURABLE });
        return commits.map(() => 'appended' as const);
      } catch (error) {
        const conflicts = duplicatesOf(error, documents.length);
        if (!conflicts) throw new StoreUnavailable('MongoDB is away or did not answer in time', { cause: error });
        return commits.map((_, i) => (conflicts.has(i) ? ('conflict' as const) : ('appended' as const)));
      }
    }),
    // Versions are contiguous, so a state at version n is current if and only if n + 1 does not exist.
    isCurrent: (stream, version) => isFree(`${stream}:${version + 1}`),
  };
};

type Outcome = 'appended' | 'conflict';
type WaitingAppend = {
  _id: string;
  commit: Commit;
  resolve: (outcome: Outcome) => void;
  reject: (fault: unknown) => void;
};

/** Two appends of one stream never travel in one batch: the second is decided on the first. */
const createGroupCommit = (
  insert: (commits: readonly Commit[]) => Promise<readonly Outcome[]>,
): EventStore['append'] => {
  const { add, waiting } = createBatcher<WaitingAppend>(
    { atOnce: BATCHES_AT_ONCE, together: MOST_IN_BATCH },
    (some) => {
      const batch = inOrderOfId(some);
      return insert(batch.map(({ commit }) => commit)).then(
        (outcomes) => batch.forEach(({ resolve }, i) => resolve(outcomes[i] as Outcome)),
        (fault: unknown) => batch.forEach(({ reject }) => reject(fault)),
      );
    },
  );
  return (commit) =>
    new Promise((resolve, reject) => {
      if (waiting() >= MOST_WAITING) reject(new StoreUnavailable(`more than ${MOST_WAITING} appends are waiting`));
      else add({ _id: `${commit.stream}:${commit.version}`, commit, resolve, reject });
    });
};
