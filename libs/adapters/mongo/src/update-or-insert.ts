import { StoreUnavailable } from '@grantlog/event-sourcing';
import type { Collection } from 'mongoose';
import { guarded, isDuplicateKey } from './connect.ts';

const MOST_ATTEMPTS = 8;

/**
 * Changes a document by its id, or makes it. Of two that make it at once, one meets the other's document and changes
 * that. No upsert: engines differ in what they do with two at once, and an insert promises that one is refused.
 * @see https://www.mongodb.com/docs/manual/core/document/#the-_id-field
 * @param document what it is made of, without its id
 */
export const updateOrInsert = async (
  collection: Collection,
  id: string | number,
  update: Record<string, unknown>,
  document: Record<string, unknown>,
): Promise<void> => {
  const _id = id as never;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const { matchedCount } = await guarded(() => collection.updateOne({ _id }, update));
    if (matchedCount > 0 || (await insertIfAbsent(collection, { _id, ...document }))) return;
  }
  throw new StoreUnavailable('a document was made and deleted again and again');
};

/** @returns false when there is one of this id */
export const insertIfAbsent = async (
  collection: Collection,
  document: { readonly _id: unknown; readonly [field: string]: unknown },
  options: Parameters<Collection['insertOne']>[1] = {},
): Promise<boolean> => {
  try {
    await guarded(() => collection.insertOne(document as never, options));
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
};

/** Batches touch documents in one order, so that no two of them wait for each other. */
export const inOrderOfId = <T extends { readonly _id: string | number }>(documents: readonly T[]): T[] =>
  [...documents].sort((a, b) => (a._id < b._id ? -1 : a._id > b._id ? 1 : 0));
