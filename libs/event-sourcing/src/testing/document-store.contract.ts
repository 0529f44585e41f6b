import { type DocumentStore, equals, everything, type Filter, type Lookup } from '../document-store.ts';
import type { Commit, DomainEvent } from '../event.ts';
import { MARK } from '../projection.ts';
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
      {
        id,
        version: 2,
        deleted: false,
        fields: { name: 'two', owner: id, active: id % 2 === 0, tags: ['a'], labels: ['a'], finished: true, until: 0 },
      },
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

  it('folds the case of all letters where case does not matter; an empty text is part of every text', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const names = ['Ärger', 'äRGER x', 'ΣΊΣΥΦΟΣ', 'straße', 'a.c', 'abc', 'twolines\n'];
    await publish(names.map((name) => made(next(), name, owner)));
    await until(shown(documents, last, 1));
    const found = async (lookup: Lookup, value: string): Promise<unknown[]> => {
      const where = { all: [equals('owner', owner), { field: 'name', lookup, value }] };
      const query = { where, orderBy: ['id'], offset: 0, limit: 100, count: false };
      return (await documents.find(contractModel, query)).documents.map(({ fields }) => fields['name']);
    };
    expect(await found('iexact', 'äRGER')).toEqual(['Ärger']);
    // A pattern's `$` would also match before a last line break.
    for (const lookup of ['iexact', 'endswith', 'iendswith'] as const) expect([lookup, await found(lookup, 'twolines')]).toEqual([lookup, []]); // prettier-ignore
    expect(await found('istartswith', 'ÄRG')).toEqual(['Ärger', 'äRGER x']);
    expect(await found('icontains', 'ίσυφ')).toEqual(['ΣΊΣΥΦΟΣ']);
    expect(await found('iendswith', 'AßE')).toEqual(['straße']);
    expect(await found('icontains', 'A.C')).toEqual(['a.c']);
    for (const lookup of ['endswith', 'iendswith', 'startswith', 'contains', 'icontains'] as const)
      expect([lookup, await found(lookup, '')]).toEqual([lookup, names]);
  });

  it('finds texts by their beginning, upper and lower case told apart', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const names = ['ab', 'aB', 'ab\u{10ffff}x', 'ac', 'a', 'ab.c', '\ud7ff1', 'ä'];
    const made8 = names.map((name) => made(next(), name, owner));
    await publish(made8);
    await until(shown(documents, last, 1));
    const beginning = async (value: string): Promise<string[]> => {
      const where = { all: [equals('owner', owner), { field: 'name', lookup: 'startswith' as const, value }] };
      const { documents: found } = await documents.find(contractModel, { where, orderBy: ['id'], offset: 0, limit: 100, count: false }); // prettier-ignore
      return found.map(({ fields }) => fields['name'] as string);
    };
    expect(await beginning('ab')).toEqual(['ab', 'ab\u{10ffff}x', 'ab.c']);
    expect(await beginning('ab.')).toEqual(['ab.c']);
    expect(await beginning('\ud7ff')).toEqual(['\ud7ff1']);
    expect(await beginning('ab\u{10ffff}')).toEqual(['ab\u{10ffff}x']);
    expect(await beginning('b')).toEqual([]);
    expect(await beginning('')).toHaveLength(8);
  });

  it('finds documents by a key that they have now', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const [a, b] = [next(), next()] as [number, number];
    const key = (name: string): string => `${owner}:${name}`;
    const labelled = (id: number, version: number, ...labels: string[]) =>
      commit(id, version, { type: 'Labelled', labels: labels.map(key) });
    await publish([made(a, 'a', owner), made(b, 'b', owner), labelled(a, 2, 'x', 'y'), labelled(b, 2, 'x')]);
    await until(shown(documents, b, 2));
    const having = (name: string): Promise<number[]> =>
      ids(documents, { field: 'labels', lookup: 'has', value: key(name) });
    expect([await having('x'), await having('y'), await having('')]).toEqual([[a, b], [a], []]);
    await publish([labelled(a, 3, 'y', 'z'), commit(b, 3, { type: 'Ended' })]);
    await until(shown(documents, b, 3));
    expect([await having('x'), await having('y'), await having('z')]).toEqual([[], [a], [a]]);
  });

  it('shows no document that is not to be listed yet', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const [begun, whole] = [next(), next()] as [number, number];
    await publish([commit(begun, 1, { type: 'Begun', owner }), made(whole, 'x', owner)]);
    await until(shown(documents, whole, 1));
    await until(shown(documents, begun, 1));
    const where = equals('owner', owner);
    const found = await documents.find(contractModel, { where, orderBy: ['id'], offset: 0, limit: 10, count: true });
    expect([found.documents.map(({ id }) => id), found.count]).toEqual([[whole], 1]);
  });

  it('shows and counts of what ends only what ends later, where that is asked for', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const [before, at, after] = [next(), next(), next()] as [number, number, number];
    const ending = (id: number, second: number): Commit =>
      commit(id, 1, { type: 'Made', name: 'x', owner, active: true, tags: [], until: second });
    await publish([ending(before, 99), ending(at, 100), ending(after, 101)]);
    await until(shown(documents, after, 1));
    const page = { where: equals('owner', owner), orderBy: ['id'], offset: 0, limit: 10, count: true };
    const all = await documents.find(contractModel, page);
    const later = await documents.find(contractModel, { ...page, endingAfter: 100 });
    expect([all.count, later.count, later.documents.map(({ id }) => id)]).toEqual([3, 1, [after]]);
  });

  it('groups documents by a value: how many of each, up to one more than few, and the newest', async () => {
    const { documents, publish, until } = open();
    const [one, two, none] = [next(), next(), next()] as [number, number, number];
    const ending = (owner: number, second = 0): Commit =>
      commit(next(), 1, { type: 'Made', name: 'x', owner, active: true, tags: [], until: second });
    const commits = [
      ending(one, 99),
      ending(two),
      ending(one, 101),
      ending(one, 102),
      ending(next()),
      ending(one, 103),
    ];
    await publish([...commits, commit(next(), 1, { type: 'Begun', owner: one })]);
    await until(shown(documents, last, 1));
    const query = { by: 'owner', values: [two, none, one], where: everything, newest: 2 };
    const grouped = async (more: Partial<typeof query> & { endingAfter?: number }, few = 5) =>
      (await documents.findGroups(contractModel, { ...query, ...more }, few)).map(({ documents: newest, count }) => [
        count,
        newest.map(({ fields }) => [fields['owner'], fields['until']]),
      ]);
    const ofTwo = [1, [[two, 0]]];
    const newestOfOne = [[one, 103], [one, 102]]; // prettier-ignore
    expect(await grouped({})).toEqual([ofTwo, [0, []], [4, newestOfOne]]);
    expect(await grouped({ endingAfter: 100 })).toEqual([[0, []], [0, []], [3, newestOfOne]]); // prettier-ignore
    expect(await grouped({ where: equals('until', 99) })).toEqual([[0, []], [0, []], [1, [[one, 99]]]]); // prettier-ignore
    expect(await grouped({}, 2)).toEqual([ofTwo, [0, []], [3, newestOfOne]]);
    expect(await grouped({ values: [] })).toEqual([]);
    expect(await grouped({ values: [two, one, two] })).toEqual([ofTwo, [4, newestOfOne], ofTwo]);
    const many = Array.from({ length: 45 }, (_, i) => (i === 33 ? one : none));
    expect((await grouped({ values: many })).map(([count]) => count)).toEqual(
      many.map((owner) => (owner === one ? 4 : 0)),
    );
  });

  it('an ended document leaves every list and keeps its version', async () => {
    const { documents, publish, until } = open();
    const id = next();
    await publish([made(id, 'gone', id), commit(id, 2, { type: 'Ended' })]);
    await until(shown(documents, id, 2));
    expect(await ids(documents, equals('owner', id))).toEqual([]);
  });

  it('an end that stands before a document in the journal ends it too: it was under way', async () => {
    const { documents, publish, until } = open();
    const [owner, others] = [next(), next()] as [number, number];
    const [late, begun, other] = [next(), next(), next()] as [number, number, number];
    await publish([commit(begun, 1, { type: 'Begun', owner })]);
    await until(shown(documents, begun, 1));
    await publish([commit(next(), 1, { type: 'OwnerEnded', owner })]);
    await publish([
      made(late, 'late', owner),
      commit(begun, 2, { type: 'Made', name: 'begun', owner, active: true, tags: [] }),
      made(other, 'other', others),
    ]);
    await until(async () => (await ids(documents, equals('owner', others))).length === 1);
    await until(shown(documents, begun, 2));
    await until(async () => (await ids(documents, equals('owner', owner))).length === 0);
    expect(await documents.versions(contractModel, [late])).toEqual([1]);
  });

  it('deletes every document that another stream ended, and no other', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const others = next();
    const mine = Array.from({ length: 30 }, next);
    await publish([...mine.map((id) => made(id, 'x', owner)), made(next(), 'y', others)]);
    await until(shown(documents, last, 1));
    await publish([commit(next(), 1, { type: 'OwnerEnded', owner })]);
    await until(async () => (await ids(documents, equals('owner', owner))).length === 0);
    expect(await ids(documents, equals('owner', others))).toHaveLength(1);
  });

  it('marks how far another stream was applied, once what it ended is deleted', async () => {
    const { documents, publish, until } = open();
    const owner = next();
    const mine = Array.from({ length: 30 }, next);
    await publish(mine.map((id) => made(id, 'x', owner)));
    await until(shown(documents, last, 1));
    const ended = next();
    const endings = (version: number, ...events: (DomainEvent & Record<string, unknown>)[]): Commit => ({
      ...commit(ended, version, ...events),
      stream: 'endings',
    });
    await publish([endings(ended, { type: 'OwnerEnded', owner }), endings(ended + 1, { type: 'Other' })]);
    await until(shown(documents, MARK, ended + 1));
    expect(await ids(documents, equals('owner', owner))).toEqual([]);
    expect(await ids(documents, equals('id', MARK))).toEqual([]);
  });
};
