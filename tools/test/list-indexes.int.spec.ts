import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { organizationList, roleKey, userList } from '@grantlog/accounts-read-models';
import { applicationList } from '@grantlog/applications-read-models';
import { equals, everything, type Filter, type Lookup, oneOf, type ReadModel } from '@grantlog/event-sourcing';
import { activityStream, tokenList } from '@grantlog/grants-read-models';
import { FILTERABLE as activityFilters } from '../../apps/gateway/src/api/activity-stream.ts';
import { FILTERABLE as applicationFilters } from '../../apps/gateway/src/api/applications.ts';
import { FILTERABLE as organizationFilters } from '../../apps/gateway/src/api/organizations.ts';
import { FILTERABLE as tokenFilters } from '../../apps/gateway/src/api/tokens.ts';
import { FILTERABLE as userFilters } from '../../apps/gateway/src/api/users.ts';
import type { Filterable } from '../../apps/gateway/src/http/listing.ts';
import type { Sql } from '../../libs/adapters/sqlite/src/filter-sql.ts';
import { countSql, idsSql } from '../../libs/adapters/sqlite/src/find-plan.ts';
import { createReadModel } from '../../libs/adapters/sqlite/src/schema.ts';

/** A list of the management API: its read model, what it may be asked, and the parts of it that paths and rights cut out. */
type List = {
  readonly model: ReadModel;
  readonly filterable: Filterable;
  readonly defaultOrder: readonly string[];
  readonly parts: Readonly<Record<string, Filter>>;
};

const LISTS: Readonly<Record<string, List>> = {
  tokens: {
    model: tokenList,
    filterable: tokenFilters,
    defaultOrder: ['id'],
    parts: {
      'of an application': equals('application', 5),
      'of a user': equals('user', 7),
      'personal ones of a user': { all: [equals('user', 7), equals('application', 0)] },
      'seen by an administrator of organizations': { any: [equals('user', 7), oneOf('organization', [1, 2])] },
    },
  },
  applications: {
    model: applicationList,
    filterable: applicationFilters,
    defaultOrder: ['organization', 'name'],
    parts: {
      'of a user': equals('user', 7),
      'of an organization': equals('organization', 3),
      'seen by a member of organizations': oneOf('organization', [1, 2, 3]),
    },
  },
  users: {
    model: userList,
    filterable: userFilters,
    defaultOrder: ['username'],
    parts: {
      'with a role in an organization': { field: 'roles', lookup: 'has', value: roleKey(3, 'member') },
      'seen by an administrator': { any: [equals('id', 7), { field: 'roles', lookup: 'has', value: roleKey(3, 'member') }] }, // prettier-ignore
    },
  },
  organizations: {
    model: organizationList,
    filterable: organizationFilters,
    defaultOrder: ['name'],
    parts: { 'seen by a member': oneOf('id', [1, 2]) },
  },
  activity_stream: {
    model: activityStream,
    filterable: activityFilters,
    defaultOrder: ['id'],
    parts: {
      'of an object': { all: [equals('object1', 'o_auth2_access_token'), equals('object1_id', 12)] },
      'of an application': equals('application', 5),
      'of a user': equals('user', 7),
      'of an organization': equals('organization', 3),
    },
  },
};

const INDEXABLE: readonly Lookup[] = ['exact', 'in', 'gt', 'gte', 'lt', 'lte', 'startswith'];
const SAMPLES = { text: 'abc', integer: 5, boolean: true } as const;

/** Every filter that one name and one lookup give, of those that an index can serve. */
const singleFilters = ({ filterable }: List): (readonly [string, Filter])[] =>
  Object.values(filterable)
    // A related field's filter is resolved to numbers first: a filter on those numbers.
    .map(({ field, kind }) =>
      field.includes(':') ? { field: field.split(':')[0] ?? '', kind: 'integer' as const } : { field, kind },
    ) // prettier-ignore
    .flatMap(({ field, kind }) =>
      INDEXABLE.filter((lookup) => lookup !== 'startswith' || kind === 'text').map((lookup) => {
        const value = lookup === 'in' ? [SAMPLES[kind]] : SAMPLES[kind];
        return [`${field}__${lookup}`, { field, lookup, value }] as const;
      }),
    );

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
  const page = (where: Filter, orderBy: readonly string[], by: 'filter' | 'order'): string[] =>
    plan(idsSql(list.model, { where, orderBy, offset: 0, limit: 25 }, by));
  const counted = (where: Filter): string[] => plan(countSql(list.model, where));
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
