import { hash } from 'node:crypto';
import { type Collection, type Connection, type IndexDefinition, type Model, Schema } from 'mongoose';
import {
  conditionOf,
  declarationOf,
  type DocumentStore,
  type DocumentWriter,
  equals,
  type Filter,
  type Found,
  type GroupsQuery,
  oneOf,
  type ReadModel,
  type StoredDocument,
  totalOrder,
  type Value,
} from '@grantlog/event-sourcing';
import { duplicatesOf, DURABLE, guarded, PROVEN } from './connect.ts';
import { inOrderOfId, insertIfAbsent } from './update-or-insert.ts';

type Row = { readonly _id: number; readonly version: number; readonly deleted: boolean } & Record<string, unknown>;

const TYPES = { text: String, integer: Number, boolean: Boolean, json: Schema.Types.Mixed, keys: [String] } as const;

/**
 * Each declaration has a collection of its own: a version with another one builds its own from the journal, while the
 * version before goes on with what it has.
 */
const collectionOf = (model: ReadModel): string =>
  `${model.name}_${hash('sha256', declarationOf(model), 'hex').slice(0, 8)}`;

const modelOf = (connection: Connection, model: ReadModel): Model<Row> => {
  const known = connection.models[model.name] as Model<Row> | undefined;
  if (known) return known;
  const fields = Object.fromEntries(Object.entries(model.fields).map(([name, type]) => [name, TYPES[type]]));
  const schema = new Schema(
    { _id: Number, version: Number, deleted: Boolean, ...fields },
    { versionKey: false, collection: collectionOf(model) },
  );
  for (const index of model.indexes) {
    const keys = index.map((field) => (field.startsWith('-') ? [field.slice(1), -1] : [field, 1]) as [string, 1 | -1]);
    const leading =
      model.listed === undefined
        ? [['deleted', 1]]
        : [
            ['deleted', 1],
            [model.listed, 1],
          ];
    schema.index(
      Object.fromEntries([...leading, ...keys.filter(([field]) => field !== 'id'), ['_id', 1]]) as IndexDefinition,
    );
  }
  for (const [name, type] of Object.entries(model.fields))
    if (type === 'keys') schema.index({ deleted: 1, [name]: 1, _id: 1 });
  return connection.model(model.name, schema) as unknown as Model<Row>;
};

export type MongoDocuments = DocumentStore &
  DocumentWriter & {
    /** Makes collections and indexes. @returns the models that hold only what came in since */
    readonly ensure: (models: readonly ReadModel[]) => Promise<readonly ReadModel[]>;
    /** Notes that these hold the whole journal. */
    readonly markBuilt: (models: readonly ReadModel[]) => Promise<void>;
  };

/** Read models as collections, with the indexes that each model declares. */
export const createMongoDocuments = (connection: Connection): MongoDocuments => ({
  ensure: async (models) => {
    for (const model of models) await guarded(() => modelOf(connection, model).createIndexes());
    const built = await guarded(() => connection.collection('built').find({}).toArray());
    const names = new Set(built.map(({ _id }) => String(_id)));
    return models.filter((model) => !names.has(collectionOf(model)));
  },
  markBuilt: async (models) => {
    for (const model of models) {
      const document = { _id: collectionOf(model), model: model.name };
      await insertIfAbsent(connection.collection('built'), document, { writeConcern: DURABLE });
    }
  },
  find: (model, { orderBy, offset, limit, count, ...query }) =>
    guarded(async () => {
      const { collection } = modelOf(connection, model);
      const filter = listQuery(model, conditionOf(model, query));
      const ordered = Object.fromEntries(
        totalOrder(orderBy).map(({ field, descending }) => [fieldOf(field), descending ? (-1 as const) : (1 as const)]),
      );
      const [rows, total] = await Promise.all([
        collection
          .find(filter as never)
          .sort(ordered)
          .skip(offset)
          .limit(limit)
          .toArray(),
        count ? collection.countDocuments(filter as never) : undefined,
      ]);
      return {
        documents: rows.map((row) => fromRow(model, row as unknown as Row)),
        ...(total !== undefined && { count: total }),
      };
    }),
  findGroups: (model, query, few) =>
    guarded(() => findGroups(modelOf(connection, model).collection, model, query, few)),
  versions: (model, ids) =>
    guarded(async () => {
      const rows = await modelOf(connection, model)
        .collection.find({ _id: { $in: ids as never[] } }, { projection: { version: 1 } })
        .toArray();
      const known = new Map(rows.map((row) => [Number(row._id), Number((row as unknown as Row).version)]));
      return ids.map((id) => known.get(id) ?? 0);
    }),
  get: (model, ids) =>
    guarded(async () => {
      const rows = await modelOf(connection, model)
        .collection.find({ _id: { $in: ids as never[] } })
        .toArray();
      return new Map(rows.map((row) => [Number(row._id), fromRow(model, row as unknown as Row)]));
    }),
  putIfNewer: async (writes) => {
    for (const [name, group] of Map.groupBy(writes, ({ model }) => model)) {
      const { collection } = connection.models[name] as Model<Row>;
      const { created = [], known = [] } = Object.groupBy(group, ({ isNew }) => (isNew ? 'created' : 'known'));
      const there = await insert(
        collection,
        created.map(({ document }) => document),
      );
      await advance(collection, [...known.map(({ document }) => document), ...there]);
    }
  },
  bulkDelete: async ({ model, subject, where, version }) => {
    await keepNewest(connection.collection('bulk_deletes'), `${model.name} ${subject}`, version, JSON.stringify(where));
    const { listed } = model;
    await guarded(() =>
      modelOf(connection, model).collection.updateMany(
        // Listed or not: said so that an index serves, whose keys begin with both.
        allOf([
          { deleted: false, ...(listed !== undefined && { [listed]: { $in: [true, false] } }) },
          toMongo(model, where),
        ]) as never,
        { $set: { deleted: true } },
        { writeConcern: DURABLE },
      ),
    );
  },
  markDeleted: async (model, ids) => {
    const { collection } = modelOf(connection, model);
    await guarded(() =>
      collection.updateMany(
        { _id: { $in: ids as never[] } },
        { $set: { deleted: true } },
        {
          writeConcern: DURABLE,
        },
      ),
    );
  },
  bulkDeletesOf: (model, subjects) =>
    guarded(async () => {
      const ids = subjects.map((subject) => `${model.name} ${subject}`) as never[];
      const kept = await connection
        .collection('bulk_deletes')
        .find({ _id: { $in: ids } }, PROVEN)
        .toArray();
      return kept.map(({ where }) => JSON.parse(String(where)) as Filter);
    }),
});

/** One document for each subject; an older bulk delete, which comes again, replaces none. */
const keepNewest = async (collection: Collection, id: string, version: number, where: string): Promise<void> => {
  const _id = id as never;
  const options = { writeConcern: DURABLE };
  for (;;) {
    const older = { _id, version: { $lt: version } };
    const { matchedCount } = await guarded(() => collection.updateOne(older, { $set: { version, where } }, options));
    if (matchedCount > 0 || (await insertIfAbsent(collection, { _id, version, where }, options))) return;
    const kept = await guarded(() => collection.findOne({ _id }));
    if (Number(kept?.['version'] ?? 0) >= version) return;
  }
};

/** Up to so many documents are read by one query, which has to hold them; of more, each group is asked for. */
const MOST_READ_TOGETHER = 1000;

const findGroups = async (
  collection: Model<Row>['collection'],
  model: ReadModel,
  { by, values, newest, ...query }: GroupsQuery,
  few: number,
): Promise<readonly Found[]> => {
  if (values.length === 0) return [];
  const together = Math.min(few, MOST_READ_TOGETHER);
  const among = (group: Filter) => listQuery(model, { all: [group, conditionOf(model, query)] });
  // Documents are pushed in the order of `$sort`: https://www.mongodb.com/docs/manual/reference/operator/aggregation/push/
  const groups = await collection
    .aggregate<{ _id: number; count: number; newest: Row[] }>([
      { $match: among(oneOf(by, values)) },
      { $limit: together + 1 },
      { $sort: { _id: -1 } },
      { $group: { _id: `$${by}`, count: { $sum: 1 }, newest: { $push: '$$ROOT' } } },
      { $project: { count: 1, newest: { $slice: ['$newest', newest] } } },
    ])
    .toArray();
  const isWhole = groups.reduce((sum, { count }) => sum + count, 0) <= together;
  const read = new Map(groups.map((group) => [group._id, group]));
  const one = async (value: number): Promise<Found> => {
    const filter = among(equals(by, value)) as never;
    const [rows, count] = await Promise.all([
      collection.find(filter).sort({ _id: -1 }).limit(newest).toArray(),
      collection.countDocuments(filter, { limit: few + 1 }),
    ]);
    return { documents: rows.map((row) => fromRow(model, row as unknown as Row)), count };
  };
  return Promise.all(
    values.map(async (value) => {
      if (!isWhole) return one(value);
      const { count = 0, newest: rows = [] } = read.get(value) ?? {};
      return { documents: rows.map((row) => fromRow(model, row)), count };
    }),
  );
};

/**
 * Inserts what should not be there, which costs an engine a part of what an upsert does.
 * @returns the documents that were there all the same and may be older
 */
const insert = async (
  collection: Model<Row>['collection'],
  documents: readonly StoredDocument[],
): Promise<readonly StoredDocument[]> => {
  if (documents.length === 0) return [];
  const rows = inOrderOfId(
    documents.map(({ id, version, deleted, fields }) => ({ _id: id, version, deleted, ...fields })),
  );
  try {
    await collection.insertMany(rows as never[], { ordered: false, writeConcern: DURABLE });
    return [];
  } catch (error) {
    const taken = duplicatesOf(error, rows.length);
    if (!taken) return guarded(() => Promise.reject(error as Error));
    const there = new Set(rows.filter((_, i) => taken.has(i)).map(({ _id }) => _id));
    // What is there is of the first version at least.
    return documents.filter(({ id, version }) => there.has(id) && version > 1);
  }
};

/** @returns how many documents were there in an older version, and are replaced */
const replaceOlder = async (
  collection: Model<Row>['collection'],
  documents: readonly StoredDocument[],
): Promise<number> => {
  if (documents.length === 0) return 0;
  const rows = inOrderOfId(documents.map(({ id, ...rest }) => ({ _id: id, ...rest })));
  const operations = rows.map(({ _id, version, deleted, fields }) => ({
    updateOne: { filter: { _id, version: { $lt: version } }, update: { $set: { version, deleted, ...fields } } },
  }));
  const { matchedCount } = await guarded(() =>
    collection.bulkWrite(operations as never[], { ordered: false, writeConcern: DURABLE }),
  );
  return matchedCount;
};

/**
 * Stores what is newer than what is there, if anything is. No upsert, as in update-or-insert.ts.
 * @see https://www.mongodb.com/docs/manual/core/write-operations-atomicity/
 */
const advance = async (collection: Model<Row>['collection'], documents: readonly StoredDocument[]): Promise<void> => {
  if ((await replaceOlder(collection, documents)) === documents.length) return;
  // The others are as new there, or not there; made by another meanwhile, they may be older.
  await replaceOlder(collection, await insert(collection, documents));
};

const fieldOf = (field: string): string => (field === 'id' ? '_id' : field);

const fromRow = (model: ReadModel, row: Row): StoredDocument => ({
  id: row._id,
  version: row.version,
  deleted: row.deleted,
  fields: Object.fromEntries(Object.keys(model.fields).map((name) => [name, (row[name] ?? null) as Value])),
});

const escaped = (value: unknown): string => String(value).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * All of these conditions, in one document as far as no two are about the same field: not every planner looks for an
 * index inside `$and`. @see https://www.mongodb.com/docs/manual/reference/operator/query/and/
 */
const allOf = (conditions: readonly Record<string, unknown>[]): Record<string, unknown> => {
  const flat: Record<string, unknown> = {};
  const more: Record<string, unknown>[] = [];
  for (const [name, condition] of conditions.flatMap((condition) => Object.entries(condition))) {
    if (name in flat) more.push({ [name]: condition });
    else flat[name] = condition;
  }
  return more.length === 0 ? flat : { ...flat, $and: [...((flat['$and'] as object[] | undefined) ?? []), ...more] };
};

/** What a list asks for: of what is listed, what the filter lets through. */
export const listQuery = (model: ReadModel, where: Filter): Record<string, unknown> =>
  allOf([
    model.listed === undefined ? { deleted: false } : { deleted: false, [model.listed]: true },
    toMongo(model, where),
  ]);

/** The end of a text; `$` is one also before a last line break. @see https://www.mongodb.com/docs/manual/reference/operator/query/regex/ */
const END = '$(?!\\n)';

/** The filter language as a query; values are checked before and never hold operators. */
const toMongo = (model: ReadModel, filter: Filter): Record<string, unknown> => {
  if ('all' in filter) return allOf(filter.all.map((one) => toMongo(model, one)));
  if ('any' in filter) {
    const [only, ...others] = filter.any.map((one) => toMongo(model, one));
    if (!only) return { _id: { $in: [] } };
    return others.length === 0 ? only : { $or: [only, ...others] };
  }
  if ('not' in filter) return { $nor: [toMongo(model, filter.not)] };
  const field = fieldOf(filter.field);
  const { lookup, value } = filter;
  const matching = (pattern: string, options = ''): Record<string, unknown> => ({
    [field]: { $regex: pattern, $options: options },
  });
  switch (lookup) {
    // Of a field with a list, equality asks whether one of its elements is equal: https://www.mongodb.com/docs/manual/tutorial/query-arrays/
    case 'has':
    case 'exact':
      return { [field]: { $eq: value } };
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { [field]: { [`$${lookup}`]: value } };
    case 'in':
      return { [field]: { $in: value } };
    case 'isnull':
      return value === true ? { [field]: { $eq: null } } : { [field]: { $ne: null } };
    case 'iexact':
      return matching(`^${escaped(value)}${END}`, 'i');
    case 'contains':
      return matching(escaped(value));
    case 'icontains':
      return matching(escaped(value), 'i');
    case 'startswith':
      return matching(`^${escaped(value)}`);
    case 'istartswith':
      return matching(`^${escaped(value)}`, 'i');
    case 'endswith':
      return matching(`${escaped(value)}${END}`);
    case 'iendswith':
      return matching(`${escaped(value)}${END}`, 'i');
  }
};
