import { type DocumentStore, equals, type Found, type GroupsQuery, type ReadModel } from './document-store.ts';
import { EXACT_UP_TO } from './large-counts.ts';

/**
 * What a page shows of each of its objects, in the order of `values`: by one query, and one more for the count of each
 * group that is so large that its count is remembered.
 */
export const findGroups = async (
  documents: DocumentStore,
  model: ReadModel,
  query: GroupsQuery,
): Promise<readonly Found[]> => {
  const { by, values, where, endingAfter } = query;
  const groups = await documents.findGroups(model, query, EXACT_UP_TO);
  const counted = async (group: Found, i: number): Promise<Found> => {
    if ((group.count ?? 0) <= EXACT_UP_TO) return group;
    const all = { where: { all: [equals(by, values[i]), where] }, ...(endingAfter !== undefined && { endingAfter }) };
    const { count } = await documents.find(model, { ...all, orderBy: [], offset: 0, limit: 1, count: true });
    return { ...group, ...(count !== undefined && { count }) };
  };
  return Promise.all(groups.map(counted));
};
