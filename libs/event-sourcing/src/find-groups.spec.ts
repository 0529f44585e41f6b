import { type DocumentStore, equals, type Query, type ReadModel } from './document-store.ts';
import { findGroups } from './find-groups.ts';
import { EXACT_UP_TO } from './large-counts.ts';

const model: ReadModel = { name: 'list', fields: { owner: 'integer' }, indexes: [] };
const query = { by: 'owner', values: [7, 8, 9], where: equals('name', 'x'), endingAfter: 5, newest: 10 };

const setUp = (...counts: number[]) => {
  const asked: (Query | 'groups')[] = [];
  const documents: DocumentStore = {
    versions: () => Promise.reject(new Error('not asked for')),
    findGroups: (_model, _query, few) => {
      asked.push('groups');
      return Promise.resolve(counts.map((count) => ({ documents: [], count: Math.min(count, few + 1) })));
    },
    find: (_model, one) => {
      asked.push(one);
      return Promise.resolve({ documents: [], count: 1_000_000 });
    },
  };
  const countsOf = async () => (await findGroups(documents, model, query)).map(({ count }) => count);
  return { asked, countsOf };
};

describe('what a page shows of each of its objects', () => {
  it('is one query, whatever their number', async () => {
    const { asked, countsOf } = setUp(0, 3, EXACT_UP_TO);
    expect([await countsOf(), asked]).toEqual([[0, 3, EXACT_UP_TO], ['groups']]);
  });

  it('takes the count of a large one from where large counts are remembered', async () => {
    const { asked, countsOf } = setUp(1, EXACT_UP_TO + 1, 2);
    expect(await countsOf()).toEqual([1, 1_000_000, 2]);
    const where = { all: [equals('owner', 8), query.where] };
    expect(asked).toEqual(['groups', { where, endingAfter: 5, orderBy: [], offset: 0, limit: 1, count: true }]);
  });
});
