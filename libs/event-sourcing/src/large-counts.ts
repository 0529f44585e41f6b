import { LRUCache } from 'lru-cache';
import type { DocumentStore, Query, ReadModel } from './document-store.ts';

/** Up to so many a count is taken anew each time. */
export const EXACT_UP_TO = 10_000;
const RENEWED_EVERY_MS = 5000;
const MOST_REMEMBERED = 1000;

type Remembered = { count: number; readonly takenAt: number; renewing: boolean };

/**
 * Remembers how many documents a large list has: no index counts without visiting every entry, and who pages through a
 * million tokens would pay for a million at each page. Small counts are exact; one of more than 10,000 is as old as the
 * last time that it was asked for, or 5 s, whichever is longer, and is renewed behind the asker's back.
 * @param now milliseconds, growing
 */
export const rememberLargeCounts = (
  documents: DocumentStore,
  now: () => number = () => performance.now(),
): DocumentStore => {
  const remembered = new LRUCache<string, Remembered>({ max: MOST_REMEMBERED });

  const take = async (model: ReadModel, query: Query, key: string): Promise<void> => {
    const { count = 0 } = await documents.find(model, { ...query, orderBy: [], offset: 0, limit: 1 });
    keep(key, count);
  };
  const keep = (key: string, count: number): void => {
    if (count > EXACT_UP_TO) remembered.set(key, { count, takenAt: now(), renewing: false });
    else remembered.delete(key);
  };

  return {
    versions: documents.versions,
    findGroups: documents.findGroups,
    find: async (model, query) => {
      if (!query.count) return documents.find(model, query);
      const key = `${model.name} ${JSON.stringify(query.where)}`;
      const known = remembered.get(key);
      if (!known) {
        const found = await documents.find(model, query);
        keep(key, found.count ?? 0);
        return found;
      }
      if (!known.renewing && now() - known.takenAt >= RENEWED_EVERY_MS) {
        known.renewing = true;
        take(model, query, key).catch(() => remembered.delete(key));
      }
      return { ...(await documents.find(model, { ...query, count: false })), count: known.count };
    },
  };
};
