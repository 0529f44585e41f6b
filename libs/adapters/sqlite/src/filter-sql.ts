import type { SQLInputValue } from 'node:sqlite';
import type { Filter, ReadModel } from '@grantlog/event-sourcing';
import { MATCHES } from './open.ts';
import { keysTableOf } from './schema.ts';

export type Sql = { readonly text: string; readonly values: readonly SQLInputValue[] };

/** A field's column, quoted. Throws for a field the model does not declare: callers check names before. */
export const columnOf = (model: ReadModel, field: string): string => {
  if (field === 'id') return 'id';
  const type = model.fields[field];
  if (type === undefined || type === 'json' || type === 'keys')
    throw new Error(`${model.name} cannot be asked for ${field}`);
  return `"${field}"`;
};

const bind = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`cannot bind ${typeof value}`);
};

/** A text as a pattern that matches it alone. */
const escaped = (value: unknown): string => String(value).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const COMPARISONS = { exact: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * The filter language in SQL; values are always bound.
 * @param among what holds for every row that is asked for: said again in each alternative, for SQLite takes a partial
 * index for an alternative only if that says so itself
 */
export const filterSql = (model: ReadModel, filter: Filter, among?: string): Sql => {
  if ('all' in filter) {
    const parts = filter.all.map((one) => filterSql(model, one, among));
    return joined(parts, ' AND ', '1');
  }
  if ('any' in filter) {
    const parts = filter.any.map((one) => filterSql(model, one, among));
    const alternatives = parts.map(({ text, values }) => ({ text: among === undefined ? text : `(${among} AND ${text})`, values })); // prettier-ignore
    return joined(alternatives, ' OR ', '0');
  }
  if ('not' in filter) {
    const { text, values } = filterSql(model, filter.not);
    return { text: `NOT coalesce(${text}, 0)`, values };
  }
  const { lookup, value } = filter;
  const column = lookup === 'has' ? '' : columnOf(model, filter.field);
  switch (lookup) {
    case 'exact':
      return value === null
        ? { text: `${column} IS NULL`, values: [] }
        : { text: `${column} = ?`, values: [bind(value)] };
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { text: `${column} ${COMPARISONS[lookup]} ?`, values: [bind(value)] };
    case 'in': {
      const list = value as readonly unknown[];
      return { text: `${column} IN (${list.map(() => '?').join(', ')})`, values: list.map(bind) };
    }
    case 'isnull':
      return { text: `${column} IS ${value === true ? '' : 'NOT '}NULL`, values: [] };
    case 'iexact':
      return { text: `${MATCHES}(?, ${column})`, values: [`^${escaped(value)}$`] };
    case 'icontains':
      return { text: `${MATCHES}(?, ${column})`, values: [escaped(value)] };
    case 'istartswith':
      return { text: `${MATCHES}(?, ${column})`, values: [`^${escaped(value)}`] };
    case 'iendswith':
      return { text: `${MATCHES}(?, ${column})`, values: [`${escaped(value)}$`] };
    case 'contains':
      return { text: `instr(${column}, ?) > 0`, values: [bind(value)] };
    case 'startswith': {
      const after = firstAfter(String(value));
      if (after === undefined) return { text: `${column} >= ?`, values: [bind(value)] };
      return { text: `(${column} >= ? AND ${column} < ?)`, values: [bind(value), after] };
    }
    case 'has':
      return {
        text: `id IN (SELECT id FROM ${keysTableOf(model, filter.field)} WHERE key = ?)`,
        values: [bind(value)],
      };
    case 'endswith':
      // The last 0 characters are the whole text to `substr`.
      if (value === '') return { text: `${column} IS NOT NULL`, values: [] };
      return { text: `substr(${column}, -length(?)) = ?`, values: [bind(value), bind(value)] };
  }
};

const joined = (parts: readonly Sql[], by: string, empty: string): Sql => {
  if (parts.length === 0) return { text: empty, values: [] };
  return { text: `(${parts.map(({ text }) => text).join(by)})`, values: parts.flatMap(({ values }) => values) };
};

/**
 * The first text that is after every text with this beginning, in the order of code points, which is SQLite's for UTF-8:
 * a range that an index serves. undefined: none is.
 */
const firstAfter = (prefix: string): string | undefined => {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // Surrogates are no characters.
    if (point < 0x10_ffff) return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
};
