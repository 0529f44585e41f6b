import { StoreUnavailable } from '@grantlog/event-sourcing';
import { type Connection, Schema } from 'mongoose';
import {
  type AttemptCounter,
  LAST_USE_KEPT_MS,
  type LastUseStore,
  type RecordedRefusal,
  type RefusalRing,
  type SessionStore,
} from '@grantlog/short-lived';
import { duplicatesOf, DURABLE, guarded } from './connect.ts';
import { sharedReads } from './shared-reads.ts';
import { inOrderOfId, insertIfAbsent, updateOrInsert } from './update-or-insert.ts';

// TTL indexes only sweep; expiry is judged when a record is read.
// @see https://www.mongodb.com/docs/manual/core/index-ttl/
const ttl = (collection: string, fields: Record<string, unknown>): Schema => {
  const schema = new Schema({ _id: String, expiresAt: Date, ...fields }, { versionKey: false, collection });
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  return schema;
};

const modelOf = (connection: Connection, name: string, schema: () => Schema) =>
  connection.models[name] ?? connection.model(name, schema());

const sessionsOf = (connection: Connection) =>
  modelOf(connection, 'Session', () => ttl('sessions', { record: String }));
const attemptsOf = (connection: Connection) =>
  modelOf(connection, 'Attempts', () => ttl('attempts', { count: Number }));
const refusalsOf = (connection: Connection) =>
  modelOf(connection, 'Refusals', () => {
    const schema = new Schema(
      { _id: Number, record: String, expiresAt: Date },
      { versionKey: false, collection: 'refusals' },
    );
    schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    return schema;
  });
const lastUsesOf = (connection: Connection) =>
  modelOf(connection, 'LastUses', () => {
    const schema = new Schema({ _id: String, usedAt: Date }, { versionKey: false, collection: 'last_uses' });
    schema.index({ usedAt: 1 }, { expireAfterSeconds: LAST_USE_KEPT_MS / 1000 });
    return schema;
  });

export const ensureShortLived = async (connection: Connection): Promise<void> => {
  for (const model of [sessionsOf(connection), attemptsOf(connection), refusalsOf(connection), lastUsesOf(connection)])
    await guarded(() => model.createIndexes());
};

export const createMongoSessions = (connection: Connection): SessionStore => {
  const collection = sessionsOf(connection).collection;
  const find = sharedReads(async (keys) => {
    const documents = await guarded(() => collection.find({ _id: { $in: keys as never[] } }).toArray());
    const found = new Map(
      (documents as unknown as { _id: string; record: string; expiresAt: Date }[]).map(({ _id, record, expiresAt }) => [
        _id,
        { record, expiresAt: expiresAt.toISOString() },
      ]),
    );
    return (key) => found.get(key);
  });
  return {
    create: (key, record, expiresAt) =>
      insertIfAbsent(collection, { _id: key, record, expiresAt: new Date(expiresAt) }, { writeConcern: DURABLE }),
    get: async (key, at) => {
      const found = await find(key);
      return found && found.expiresAt > at ? found : undefined;
    },
    renew: async (key, expiresAt) =>
      void (await guarded(() =>
        collection.updateOne({ _id: key as never }, { $set: { expiresAt: new Date(expiresAt) } }),
      )),
    end: async (key) =>
      void (await guarded(() => collection.deleteOne({ _id: key as never }, { writeConcern: DURABLE }))),
  };
};

/** The count read after one's own increment is at least one's own turn, so never too many are let in. */
export const createMongoAttempts = (connection: Connection): AttemptCounter => {
  const collection = attemptsOf(connection).collection;
  const peek = async (_id: string): Promise<number> =>
    ((await guarded(() => collection.findOne({ _id: _id as never }))) as { count?: number } | null)?.count ?? 0;
  const idOf = (key: string, window: string): string => `${key}|${window}`;
  return {
    count: async (key, window, expiresAt) => {
      const _id = idOf(key, window);
      await updateOrInsert(collection, _id, { $inc: { count: 1 } }, { count: 1, expiresAt });
      return peek(_id);
    },
    uncount: async (key, window) =>
      void (await guarded(() =>
        collection.updateOne({ _id: idOf(key, window) as never, count: { $gt: 0 } }, { $inc: { count: -1 } }),
      )),
    peek: (key, window) => peek(idOf(key, window)),
    forget: async (key, window) =>
      void (await guarded(() => collection.deleteOne({ _id: idOf(key, window) as never }))),
  };
};

const KEPT_MS = 7 * 86_400_000;
const DROPPED = -1;

export const createMongoRefusals = (connection: Connection): RefusalRing => {
  const collection = refusalsOf(connection).collection;
  let last = 0;
  const nextNumber = (): number => (last = Math.max(last + 1, Date.now() * 1000));
  return {
    add: async (refusals, dropped) => {
      const documents = refusals.map((refusal) => ({
        _id: nextNumber() as never,
        record: JSON.stringify(refusal),
        expiresAt: new Date(Date.now() + KEPT_MS),
      }));
      if (documents.length > 0) await guarded(() => collection.insertMany(documents, { ordered: false }));
      if (dropped > 0) await updateOrInsert(collection, DROPPED, { $inc: { count: dropped } }, { count: dropped });
    },
    read: async (after, atMost) => {
      const found = await guarded(() =>
        collection
          .find({ _id: { $gt: Math.max(after, 0) as never } })
          .sort({ _id: 1 })
          .limit(atMost)
          .toArray(),
      );
      const lost = (await guarded(() => collection.findOne({ _id: DROPPED as never }))) as { count?: number } | null;
      return {
        refusals: found.map(({ record }) => JSON.parse(String(record)) as RecordedRefusal),
        next: Number(found.at(-1)?._id ?? after),
        dropped: lost?.count ?? 0,
      };
    },
  };
};

/** @see https://www.mongodb.com/docs/manual/reference/operator/update/max/ */
export const createMongoLastUses = (connection: Connection): LastUseStore => {
  const collection = lastUsesOf(connection).collection;
  return {
    keep: async (uses) => {
      const documents = inOrderOfId(uses.map(({ name, at }) => ({ _id: name, usedAt: new Date(at) })));
      /** @returns whether all of them were there */
      const update = async (some: typeof documents): Promise<boolean> => {
        if (some.length === 0) return true;
        const operations = some.map(({ _id, usedAt }) => ({
          updateOne: { filter: { _id: _id as never }, update: { $max: { usedAt } } },
        }));
        const { matchedCount } = await guarded(() => collection.bulkWrite(operations, { ordered: false }));
        return matchedCount === some.length;
      };
      if (await update(documents)) return;
      try {
        await collection.insertMany(documents as never[], { ordered: false });
      } catch (error) {
        const there = duplicatesOf(error, documents.length);
        if (!there) throw new StoreUnavailable('MongoDB is away or did not answer in time', { cause: error });
        // Updated before, or made by another meanwhile.
        await update(documents.filter((_, i) => there.has(i)));
      }
    },
    of: async (names) => {
      const found = await guarded(() => collection.find({ _id: { $in: names as never[] } }).toArray());
      const times = new Map(found.map(({ _id, usedAt }) => [String(_id), (usedAt as Date).toISOString()]));
      return names.map((name) => times.get(name));
    },
  };
};
