import { type DocumentStore, equals, everything, type Query, type ReadModel } from './document-store.ts';
import { EXACT_UP_TO, rememberLargeCounts } from './large-counts.ts';

const model: ReadModel = { name: 'list', fields: { owner: 'integer' }, indexes: [] };
const asked = (more: Partial<Query> = {}): Query => ({ where: everything, orderBy: ['id'], offset: 0, limit: 25, count: true, ...more }); // prettier-ignore

const setUp = (count: number) => {
  const state = { count, counted: 0, at: 0, away: false };
  const inner: DocumentStore = {
    versions: (_model, ids) => Promise.resolve(ids.map(() => 7)),
    findGroups: () => Promise.resolve([]),
    find: (_model, query) => {
      if (state.away) return Promise.reject(new Error('the store is away'));
      if (query.count) state.counted += 1;
      return Promise.resolve({ documents: [], ...(query.count && { count: state.count }) });
    },
  };
  const documents = rememberLargeCounts(inner, () => state.at);
  const countOf = async (query = asked()): Promise<number | undefined> => (await documents.find(model, query)).count;
  return { state, documents, countOf };
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the count of a list', () => {
  it('is exact up to 10,000', async () => {
    const { state, countOf } = setUp(EXACT_UP_TO);
    expect(await countOf()).toBe(10_000);
    state.count = 9999;
    expect([await countOf(), state.counted]).toEqual([9999, 2]);
  });
  it('of a larger one is taken once in five seconds, behind the back of who asks', async () => {
    const { state, countOf } = setUp(20_000);
    expect(await countOf()).toBe(20_000);
    state.count = 20_001;
    state.at = 4999;
    expect([await countOf(), state.counted]).toEqual([20_000, 1]);
    state.at = 5000;
    expect(await countOf()).toBe(20_000);
    await settled();
    expect([await countOf(), state.counted]).toEqual([20_001, 2]);
  });
  it('is exact again as soon as it was seen small', async () => {
    const { state, countOf } = setUp(20_000);
    await countOf();
    state.count = 5;
    state.at = 5000;
    await countOf();
    await settled();
    expect(await countOf()).toBe(5);
    state.count = 4;
    expect(await countOf()).toBe(4);
  });
  it('is remembered by what is asked for, not by page or order', async () => {
    const { state, countOf } = setUp(20_000);
    await countOf();
    await countOf(asked({ offset: 25, orderBy: ['-id'] }));
    expect(state.counted).toBe(1);
    await countOf(asked({ where: equals('owner', 1) }));
    expect(state.counted).toBe(2);
  });
  it('is not taken where nobody asks for it', async () => {
    const { state, countOf, documents } = setUp(20_000);
    expect([await countOf(asked({ count: false })), state.counted]).toEqual([undefined, 0]);
    expect(await documents.versions(model, [1])).toEqual([7]);
  });
  it('is taken anew after it could not be renewed, and a fault is told to who asks only', async () => {
    const { state, countOf, documents } = setUp(20_000);
    await countOf();
    state.at = 5000;
    state.away = true;
    await expect(documents.find(model, asked())).rejects.toThrow('the store is away');
    await settled();
    state.away = false;
    state.count = 30_000;
    expect(await countOf()).toBe(30_000);
  });
});
