import { type DocumentStore, equals, everything, type Filter } from '../document-store.ts';
import type { Commit, DomainEvent } from '../event.ts';
import { contractModel } from './contract-model.ts';

/**
 * What every document store and what feeds it must do, on the engine at hand.
 * @param publish brings commits to the projection as this store's journal would, and returns when they were handed over
 */
export const documentStoreContract = (
  open: () => {
    documents: DocumentStore;
    publish: (commits: readonly Commit[]) => Promise<void>;
    until: (condition: () => Promise<boolean>) => Promise<void>;
  },
): void => {
  let last = Math.floor(Math.random() * 1e9) * 100;
  const commit = (id: number, version: number, ...events: (DomainEvent & Record<string, unknown>)[]): Commit => ({
    id: `${id}-${version}`,
    stream: `item-${id}`,
    version,
    at: '2026-01-01T00:00:00.000Z',
    cause: { requestId: 'request' },
    events,
  });
  const made = (id: number, name: string, owner: number): Commit =>
    commit(id, 1, { type: 'Made', name, owner, active: id % 2 === 0, tags: ['a'] });
  const next = (): number => (last += 1);
  const ids = async (documents: DocumentStore, where: Filter, orderBy: string[] = ['id']): Promise<number[]> =>
    (await documents.find(contractModel, { where, orderBy, offset: 0, limit: 100, count: false })).documents.map(
      ({ id }) => id,
    );
  const shown = (documents: DocumentStore, id: number, version: number) => async (): Promise<boolean> =>
    (await documents.versions(contractModel, [id]))[0] === version;

  it('shows a document as its events made it, with its version', async () => {
    const { documents, publish, until } = open();
    const id = next();
    await publish([made(id, 'one', id), commit(id, 2, { type: 'Renamed', name: 'two' })]);
    await until(shown(documents, id, 2));
    const { documents: found } = await documents.find(contractModel, {
      where: equals('id', id),
      orderBy: [],
      offset: 0,
      limit: 10,
      count: false,
    });
    expect(found).toEqual([
      { id, version: 2, deleted: false, fields: { name: 'two', owner: id, active: id % 2 === 0, tags: ['a'] } },
    ]);
  });

  it('filters, orders, pages and counts', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const [a, b, c] = [next(), next(), next()] as [number, number, number];
    await publish([made(a, 'Carol', owner), made(b, 'alice', owner), made(c, 'Bob%', owner)]);
    await until(shown(documents, c, 1));
    const mine = equals('owner', owner);
    expect(await ids(documents, mine, ['-id'])).toEqual([c, b, a]);
    expect(await ids(documents, { all: [mine, { field: 'name', lookup: 'icontains', value: 'AL' }] })).toEqual([b]);
    expect(await ids(documents, { all: [mine, { field: 'name', lookup: 'contains', value: '%' }] })).toEqual([c]);
    expect(await ids(documents, { all: [mine, { field: 'name', lookup: 'startswith', value: 'C' }] })).toEqual([a]);
    expect(await ids(documents, { all: [mine, { not: equals('name', 'alice') }] })).toEqual([a, c]);
    expect(await ids(documents, { all: [mine, { any: [equals('id', a), equals('id', c)] }] })).toEqual([a, c]);
    expect(await ids(documents, { all: [mine, { field: 'id', lookup: 'in', value: [b, c] }] })).toEqual([b, c]);
    expect(await ids(documents, { all: [mine, { any: [] }] })).toEqual([]);
    const page = await documents.find(contractModel, {
      where: mine,
      orderBy: ['id'],
      offset: 1,
      limit: 1,
      count: true,
    });
    expect([page.documents.map(({ id }) => id), page.count]).toEqual([[b], 3]);
    expect(await ids(documents, { all: [everything, mine] })).toHaveLength(3);
  });

  it('an ended document leaves every list and keeps its version', async () => {
    const { documents, publish, until } = open();
    const id = next();
    await publish([made(id, 'gone', id), commit(id, 2, { type: 'Ended' })]);
    await until(shown(documents, id, 2));
    expect(await ids(documents, equals('owner', id))).toEqual([]);
  });

  it('sweeps every document that another stream ended, and no other', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const others = next();
    const mine = Array.from({ length: 30 }, next);
    await publish([...mine.map((id) => made(id, 'x', owner)), made(next(), 'y', others)]);
    await publish([commit(next(), 1, { type: 'OwnerEnded', owner })]);
    await until(async () => (await ids(documents, equals('owner', owner))).length === 0);
    expect(await ids(documents, equals('owner', others))).toHaveLength(1);
  });
};
