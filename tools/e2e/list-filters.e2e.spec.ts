import {
  activityFilters,
  applicationFilters,
  type Filterable,
  organizationFilters,
  tokenFilters,
  userFilters,
} from '@grantlog/gateway/testing';
import { admin, adminBrowser, type Json, register } from './clients.ts';
import { PROFILE, startSystem, type System } from './system.ts';

/** Every filter and order that a list documents, against a naive filter over the whole list. */
const LISTS: Readonly<Record<string, Filterable>> = {
  users: userFilters,
  organizations: organizationFilters,
  applications: applicationFilters,
  tokens: tokenFilters,
  activity_stream: activityFilters,
};
const COMPARISONS = ['exact', 'gt', 'gte', 'lt', 'lte', 'in', 'isnull'];
const OF_TEXTS = ['iexact', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith'];
const AT_ONCE = 8;
/** Values that each lookup of each field is tried with. */
const VALUES = PROFILE === 'embedded' ? 3 : 1;

type Value = string | number | boolean | null;
type Row = Json & { id: number; summary_fields: Record<string, Json | undefined> };

let system: System;
const root = () => admin(system);
const made = async (path: string, body: Json): Promise<number> => {
  const { status, json, text } = await root()('POST', path, body);
  if (status !== 201) throw new Error(`${status} ${text}`);
  return json['id'] as number;
};

beforeAll(async () => {
  system = await startSystem();
  await adminBrowser(system);
  const organizations = [];
  for (const name of ['Ärzte', 'ärmel', 'Zeta_1', 'ΣΊΣΥΦΟΣ'])
    organizations.push(await made('organizations/', { name, description: name === 'Zeta_1' ? '' : `100% ${name}` }));
  for (const [i, username] of ['ÉCOLE', 'école2', 'straße', 'Ñandú', 'a.b', 'axb', '𝒳-user', 'zz'].entries())
    await made('users/', { username, password: 'a password', first_name: i % 2 ? '' : username.toUpperCase(), last_name: 'Same', is_system_auditor: i === 3 }); // prettier-ignore
  const applications = [];
  for (const [i, organization] of [...organizations, ...organizations].entries())
    applications.push((await register(system, { name: `App ${i < 4 ? 'ÄÖ' : 'äö'} ${i}`, organization, description: i % 2 ? '' : 'The Same', skip_authorization: i === 1 })).id); // prettier-ignore
  for (const application of [null, null, ...applications.slice(0, 3)])
    await made('tokens/', { application, scope: application === null ? 'read' : 'write', description: 'Schlüssel %' });
});
afterAll(() => system.stop());

const wholeList = async (path: string): Promise<Row[]> => {
  const rows: Row[] = [];
  for (let page = 1; ; page += 1) {
    const { json } = await root()('GET', `${path}&page_size=200&page=${page}`);
    rows.push(...(json['results'] as Row[]));
    if (json['next'] === null) return rows;
  }
};

/** What a filter's name stands for in a representation. */
const valueOf = (row: Row, name: string): Value => {
  const [field = '', of = 'id'] = name.split('__');
  if (name.includes('__') || field === 'actor') return (row.summary_fields[field]?.[of] ?? (of === 'id' ? row[field] : null) ?? null) as Value; // prettier-ignore
  return (row[field] ?? null) as Value;
};

/** SQL's order of texts: by code points. Absence comes first. */
const compare = (a: Value, b: Value): number => {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b);
};
const pattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const fits = (value: Value, lookup: string, wanted: Value): boolean => {
  if (lookup === 'isnull') return (value === null) === wanted;
  if (value === null) return false;
  const text = String(value);
  const part = String(wanted);
  switch (lookup) {
    case 'gt':
      return compare(value, wanted) > 0;
    case 'gte':
      return compare(value, wanted) >= 0;
    case 'lt':
      return compare(value, wanted) < 0;
    case 'lte':
      return compare(value, wanted) <= 0;
    case 'contains':
      return text.includes(part);
    case 'startswith':
      return text.startsWith(part);
    case 'endswith':
      return text.endsWith(part);
    case 'iexact':
      return new RegExp(`^${pattern(part)}$`, 'iu').test(text);
    case 'icontains':
      return new RegExp(pattern(part), 'iu').test(text);
    case 'istartswith':
      return new RegExp(`^${pattern(part)}`, 'iu').test(text);
    case 'iendswith':
      return new RegExp(`${pattern(part)}$`, 'iu').test(text);
    default:
      return value === wanted;
  }
};

const swapCase = (text: string): string => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());
/** The part of a text that a lookup would find in it, in other letters where those do not matter. */
const partFor = (lookup: string, text: string): string => {
  const points = [...text];
  const part = lookup.endsWith('startswith') ? points.slice(0, 3) : lookup.endsWith('endswith') ? points.slice(-3) : lookup.endsWith('contains') ? points.slice(1, 4) : points; // prettier-ignore
  return lookup.startsWith('i') && lookup !== 'in' ? swapCase(part.join('')) : part.join('');
};
/** The same instant, as somebody in another zone writes it. */
const elsewhere = (time: string): string =>
  `${new Date(Date.parse(time) + 8 * 3_600_000).toISOString().slice(0, -1)}+08:00`;

type Case = { readonly query: string; readonly wanted: (row: Row) => boolean };

/** SecantusDB leaves out what is equal to an upper bound, where its index goes on behind the field. MongoDB does not. */
const canTry = (lookup: string): boolean => lookup !== 'lte' || system.engines()['mongodb']?.name !== 'SecantusDB';

const casesOf = (filterable: Filterable, rows: readonly Row[]): Case[] =>
  Object.entries(filterable).flatMap(([name, { kind }]) => {
    const values = [...new Set(rows.map((row) => valueOf(row, name)))].filter((value) => value !== null);
    const spread = values.filter((_, i) => i % Math.ceil(values.length / VALUES) === 0);
    const lookups = kind === 'text' ? [...COMPARISONS, ...OF_TEXTS] : COMPARISONS;
    return lookups.filter(canTry).flatMap((lookup) =>
      (lookup === 'isnull' ? [true, false] : spread).flatMap((value) => {
        const wanted = kind === 'text' && lookup !== 'isnull' ? partFor(lookup, String(value)) : value;
        const asked = kind === 'time' && lookup !== 'isnull' ? elsewhere(String(value)) : String(wanted);
        const query = `${name}__${lookup}=${encodeURIComponent(asked)}`;
        const isFit = (row: Row): boolean => fits(valueOf(row, name), lookup, wanted);
        return [
          { query, wanted: isFit },
          { query: `not__${query}`, wanted: (row: Row) => !isFit(row) },
        ];
      }),
    );
  });

describe(`lists (${PROFILE})`, () => {
  it.each(Object.entries(LISTS))(
    'of %s: every filter gives what a naive filter over the whole list gives',
    async (list, filterable) => {
      const rows = await wholeList(`${list}/?order_by=id`);
      expect(rows.length).toBeGreaterThan(4);
      const cases = casesOf(filterable, rows);
      const wrong: unknown[] = [];
      const work = cases.values();
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const { query, wanted } of work) {
            const { status, json } = await root()('GET', `${list}/?order_by=id&page_size=200&${query}`);
            const found = ((json['results'] as Row[] | undefined) ?? []).map(({ id }) => id);
            const expected = rows.filter(wanted).map(({ id }) => id);
            if (status !== 200 || found.join() !== expected.join()) wrong.push({ query, status, found, expected });
          }
        }),
      );
      expect([wrong.slice(0, 5), wrong.length]).toEqual([[], 0]);
    },
  );

  it.each(Object.entries(LISTS))('of %s: every order is that of a naive sort', async (list, filterable) => {
    const rows = await wholeList(`${list}/?order_by=id`);
    for (const [name, { field }] of Object.entries(filterable)) {
      if (field.includes(':')) continue;
      const sorted = [...rows].sort((a, b) => compare(valueOf(a, name), valueOf(b, name)) || a.id - b.id);
      for (const [order, expected] of [[name, sorted], [`-${name}`, sorted.toReversed()]] as const) // prettier-ignore
        expect([order, (await wholeList(`${list}/?order_by=${order}`)).map(({ id }) => id)]).toEqual([order, expected.map(({ id }) => id)]); // prettier-ignore
    }
  });

  it('times are times: offsets are understood, also with a bare plus; nonsense is refused', async () => {
    const [{ created } = {}] = (await wholeList('users/?order_by=id')) as { created?: string }[];
    const at = elsewhere(created as string);
    const count = async (query: string): Promise<unknown> => {
      const { status, json } = await root()('GET', `users/?${query}`);
      return status === 200 ? json['count'] : json['detail'];
    };
    expect(await count(`created=${encodeURIComponent(at)}`)).toBe(1);
    expect(await count(`created=${at}`)).toBe(1);
    expect(await count('created__gt=2026-01-01')).not.toBe(0);
    for (const text of ['yesterday', '2026-13-01', '2026-01-01T25:00:00Z', '2026-01-01T00:00:00+99:99'])
      expect(await count(`created__gt=${encodeURIComponent(text)}`)).toBe(
        `created__gt: "${text}" is not a time in ISO 8601.`,
      );
    expect(await count('created__startswith=2026')).toBe('created__startswith: this lookup is for text fields.');
  });
});
