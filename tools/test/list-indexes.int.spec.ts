import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { everything, type Filter } from '@grantlog/event-sourcing';
import { countSql, createReadModel, groupsSql, idsSql, type Sql } from '@grantlog/adapter-sqlite/testing';
import { type List, LISTS, singleFilters } from './list-shapes.ts';

const orders = ({ filterable, defaultOrder }: List): (readonly string[])[] => [
  defaultOrder,
  ...Object.values(filterable)
    .filter(({ field }) => !field.includes(':'))
    .flatMap(({ field }) => [[field], [`-${field}`]]),
];

describe.each(Object.entries(LISTS))('the list of %s: SQLite', (_name, list) => {
  const database = new DatabaseSync(':memory:');
  database.exec(createReadModel(list.model));
  afterAll(() => database.close());

  const plan = ({ text, values }: Sql): string[] =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${text}`)
      .all(...values)
      .map(({ detail }) => String(detail));
  const ending = list.model.ends === undefined ? {} : { endingAfter: 1000 };
  const page = (where: Filter, orderBy: readonly string[], by: 'filter' | 'order'): string[] =>
    plan(idsSql(list.model, { where, ...ending, orderBy, offset: 0, limit: 25 }, by));
  const counted = (where: Filter): string[] => plan(countSql(list.model, { where, ...ending }));
  /** Every step goes by an index to what it needs: none visits all that there is. */
  const searches = (steps: readonly string[]): boolean =>
    steps.length > 0 && steps.every((step) => !step.startsWith('SCAN'));
  const sorts = (steps: readonly string[]): boolean => steps.some((step) => step.includes('TEMP B-TREE'));

  it.each(orders(list).map((order) => [order.join(',')]))('comes ordered by %s from an index, without sorting', (order) => {
    const steps = page(everything, order.split(','), 'order');
    expect([order, steps, sorts(steps)]).toEqual([order, expect.anything(), false]);
  }); // prettier-ignore
  it.each(singleFilters(list))('an index finds what %s asks for', (_shape, filter) => {
    const steps = counted(filter);
    expect([steps, searches(steps)]).toEqual([steps, true]);
  });
  it.each(Object.entries(list.parts))('an index finds those %s, in every order', (_part, filter) => {
    const steps = [counted(filter), ...orders(list).map((order) => page(filter, order, 'filter'))];
    expect(steps.filter((some) => !searches(some))).toEqual([]);
  });
  if (list.model.ends !== undefined)
    it('an index finds what has not ended', () => {
      const steps = counted(everything);
      expect([steps, steps.every((step) => step.includes('(ends>?)'))]).toEqual([steps, true]);
    });
  if ('application' in list.model.fields)
    it.each([['all', everything] as const, ...Object.entries(list.parts)])('an index finds each group of applications, among those %s', (_part, where) => {
      const steps = plan(groupsSql(list.model, { by: 'application', values: [1, 2], where, ...ending, newest: 10 }, 100));
      const ofModel = steps.filter((step) => step.includes(`view_${list.model.name} `) || step.includes(' found '));
      expect([ofModel.length, searches(ofModel)]).toEqual([3, true]);
    }); // prettier-ignore
  it.each(Object.entries(list.parts))('of those %s an index finds what is filtered', (_part, part) => {
    const steps = singleFilters(list).map(([, filter]) => page({ all: [part, filter] }, list.defaultOrder, 'filter'));
    expect(steps.filter((some) => !searches(some))).toEqual([]);
  });
});

it('docs/list-indexes.md names every index', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/list-indexes.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| read model'));
  const documented = new Map<string, string[][]>();
  // One index of several fields each; in the other rows each field has its own.
  const COMPOUND = ['organization,name', 'object1_id,object1'];
  let model = '';
  for (const row of rows) {
    const [, name = '', indexes = ''] = row.split('|').map((cell) => cell.trim());
    model = name === '' ? model : name.replaceAll('`', '');
    const fields = [...indexes.matchAll(/`(\w+)`/g)].map(([, field = '']) => field);
    const some = COMPOUND.includes(fields.join(',')) ? [fields] : fields.map((field) => [field]);
    documented.set(model, [...(documented.get(model) ?? []), ...some]);
  }
  for (const { model: declared } of Object.values(LISTS)) {
    const keys = Object.keys(declared.fields).filter((field) => declared.fields[field] === 'keys');
    const made = [...declared.indexes, ...keys.map((field) => [field])];
    expect([declared.name, [...(documented.get(declared.name) ?? [])].sort()]).toEqual([
      declared.name,
      [...made].sort(),
    ]);
  }
});
