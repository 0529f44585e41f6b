/**
 * The columns of a read model. `json` holds lists and objects and cannot be filtered or ordered by; `keys` is a list of
 * texts that can be asked whether it `has` one, by an index.
 */
export type FieldType = 'text' | 'integer' | 'boolean' | 'json' | 'keys';

/** A read model, declared once for every store: its fields and the indexes that its lists need. */
export type ReadModel = {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Each a list of fields, `-` in front for descending. */
  readonly indexes: readonly (readonly string[])[];
  /** The boolean field that says whether a document is in the list at all; without one, each is that is not deleted. */
  readonly listed?: string;
  /** The integer field with the second in which what a document is about ends. */
  readonly ends?: string;
  /** Counted up when the same events make other documents. */
  readonly rule?: number;
  /** Fields that `search` looks into. */
  readonly searched?: readonly string[];
};

/** What tells that a read model has to be built anew: documents hold what an earlier declaration asked for. */
export const declarationOf = ({ fields, indexes, listed, ends, rule }: ReadModel): string =>
  JSON.stringify({ fields, indexes, listed, ends, rule });

export type Value = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;

/** One document. `version` is the stream's version applied; a deleted one stays as a mark, so that nothing revives it. */
export type StoredDocument = {
  readonly id: number;
  readonly version: number;
  readonly deleted: boolean;
  readonly fields: Readonly<Record<string, Value>>;
};

export const LOOKUPS = [
  'exact', 'iexact', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith',
  'gt', 'gte', 'lt', 'lte', 'in', 'isnull', 'has',
] as const; // prettier-ignore
export type Lookup = (typeof LOOKUPS)[number];

/** The small filter language both stores understand. */
export type Filter =
  | { readonly field: string; readonly lookup: Lookup; readonly value: unknown }
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter };

export type Query = {
  readonly where: Filter;
  /** Of what ends, only what ends after this second; a count may be as old as counts may be. */
  readonly endingAfter?: number;
  /** Fields, `-` in front for descending; `id` is always the last tie-breaker, in the direction of the last field. */
  readonly orderBy: readonly string[];
  readonly offset: number;
  readonly limit: number;
  readonly count: boolean;
};

export type Found = { readonly documents: readonly StoredDocument[]; readonly count?: number };

/** For each value of a field, in their order: how many documents have it, and the newest of them. */
export type GroupsQuery = Pick<Query, 'where' | 'endingAfter'> & {
  readonly by: string;
  readonly values: readonly number[];
  readonly newest: number;
};

export type OrderKey = { readonly field: string; readonly descending: boolean };

/**
 * An order's fields and directions. The id makes every order total, in the direction of the last field, so that an index
 * is walked one way and equal values are not sorted.
 */
export const totalOrder = (orderBy: readonly string[]): readonly OrderKey[] => {
  const keys = orderBy.map((name) => ({ field: name.replace(/^-/, ''), descending: name.startsWith('-') }));
  if (keys.some(({ field }) => field === 'id')) return keys;
  return [...keys, { field: 'id', descending: keys.at(-1)?.descending ?? false }];
};

const FITS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  json: (value) => typeof value === 'object',
  keys: (value) => Array.isArray(value) && value.every((key) => typeof key === 'string'),
};

/** @throws when a field has another type than its read model declares; one that is missing or null fits */
export const assertFits = ({ fields: types }: ReadModel, fields: StoredDocument['fields']): void => {
  // For each event of each projection: without a list of entries.
  for (const name in types) {
    const type = types[name];
    if (type && fields[name] != null && !FITS[type](fields[name])) throw new TypeError(`${name} is no ${type}`);
  }
};

/** What a projection wants written. */
export type DocumentWrite = {
  readonly model: string;
  readonly document: StoredDocument;
  /** There was none when the projection looked: an insert is tried first, which is cheaper. It may be wrong by now. */
  readonly isNew: boolean;
};

/** Marks documents as deleted: all that match and are not deleted yet. */
export type BulkDelete = {
  readonly model: ReadModel;
  readonly subject: string;
  readonly where: Filter;
  /** Of the event that it follows from: the subject's newest one counts. */
  readonly version: number;
};

/** Read models: documents by number, filtered lists. Never asked where a decision is made. */
export type DocumentStore = {
  /** Among the documents that are listed and not deleted. */
  readonly find: (model: ReadModel, query: Query) => Promise<Found>;
  /** In the order of the values; a count ends at `few` + 1, so that no large group is visited for it. */
  readonly findGroups: (model: ReadModel, query: GroupsQuery, few: number) => Promise<readonly Found[]>;
  /** The version applied of each document, 0 for one that is unknown; deleted ones included. */
  readonly versions: (model: ReadModel, ids: readonly number[]) => Promise<readonly number[]>;
};

/** The side of the store that projections write to. */
export type DocumentWriter = {
  readonly get: (model: ReadModel, ids: readonly number[]) => Promise<ReadonlyMap<number, StoredDocument>>;
  /** Stores each document if it is newer than what is there; a repeated or late one changes nothing. */
  readonly putIfNewer: (writes: readonly DocumentWrite[]) => Promise<void>;
  /** Keeps it as the subject's newest, then carries it out; whoever writes a document later finds it there. */
  readonly bulkDelete: (bulkDelete: BulkDelete) => Promise<void>;
  readonly markDeleted: (model: ReadModel, ids: readonly number[]) => Promise<void>;
  /** The newest bulk deletes of some subjects. */
  readonly bulkDeletesOf: (model: ReadModel, subjects: readonly string[]) => Promise<readonly Filter[]>;
};

/** Nothing to ask for: matches every document. */
export const everything: Filter = { all: [] };
export const nothing: Filter = { any: [] };
export const equals = (field: string, value: unknown): Filter => ({ field, lookup: 'exact', value });
/** A query's condition, with what it says of ends. */
export const conditionOf = (
  { ends }: ReadModel,
  { where, endingAfter }: Pick<Query, 'where' | 'endingAfter'>,
): Filter =>
  ends === undefined || endingAfter === undefined
    ? where
    : { all: [where, { field: ends, lookup: 'gt', value: endingAfter }] };

export const oneOf = (field: string, value: readonly unknown[]): Filter => ({ field, lookup: 'in', value });

/** Whether a document's fields fit a filter; for the comparisons that bulk deletes use. */
export const fits = (filter: Filter, fields: StoredDocument['fields']): boolean => {
  if ('all' in filter) return filter.all.every((one) => fits(one, fields));
  if ('any' in filter) return filter.any.some((one) => fits(one, fields));
  if ('not' in filter) return !fits(filter.not, fields);
  const value = fields[filter.field];
  if (filter.lookup === 'exact') return value === filter.value;
  if (filter.lookup === 'lt') return typeof value === 'number' && value < Number(filter.value);
  throw new Error(`a bulk delete cannot use ${filter.lookup}`);
};
