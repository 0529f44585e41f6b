import type { SQLInputValue } from 'node:sqlite';
import type { Filter, ReadModel } from '@grantlog/event-sourcing';

export type Sql = { readonly text: string; readonly values: readonly SQLInputValue[] };

/** A field's column, quoted. Throws for a field the model does not declare: callers check names before. */
export const columnOf = (model: ReadModel, field: string): string => {
  if (field === 'id') return 'id';
  const type = model.fields[field];
  if (type === undefined || type === 'json') throw new Error(`${model.name} cannot be asked for ${field}`);
  return `"${field}"`;
};

const bind = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`cannot bind ${typeof value}`);
};

const escaped = (value: unknown): string => String(value).replace(/[\\%_]/g, '\\$&');

const COMPARISONS = { exact: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** The filter language in SQL; values are always bound. */
export const filterSql = (model: ReadModel, filter: Filter): Sql => {
  if ('all' in filter) return joined(model, filter.all, ' AND ', '1');
  if ('any' in filter) return joined(model, filter.any, ' OR ', '0');
  if ('not' in filter) {
    const { text, values } = filterSql(model, filter.not);
    return { text: `NOT coalesce(${text}, 0)`, values };
  }
  const column = columnOf(model, filter.field);
  const { lookup, value } = filter;
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
      return { text: `${column} LIKE ? ESCAPE '\\'`, values: [escaped(value)] };
    case 'icontains':
      return { text: `${column} LIKE ? ESCAPE '\\'`, values: [`%${escaped(value)}%`] };
    case 'istartswith':
      return { text: `${column} LIKE ? ESCAPE '\\'`, values: [`${escaped(value)}%`] };
    case 'iendswith':
      return { text: `${column} LIKE ? ESCAPE '\\'`, values: [`%${escaped(value)}`] };
    case 'contains':
      return { text: `instr(${column}, ?) > 0`, values: [bind(value)] };
    case 'startswith':
      return { text: `substr(${column}, 1, length(?)) = ?`, values: [bind(value), bind(value)] };
    case 'endswith':
      return { text: `substr(${column}, -length(?)) = ?`, values: [bind(value), bind(value)] };
  }
};

const joined = (model: ReadModel, filters: readonly Filter[], by: string, empty: string): Sql => {
  if (filters.length === 0) return { text: empty, values: [] };
  const parts = filters.map((filter) => filterSql(model, filter));
  return { text: `(${parts.map(({ text }) => text).join(by)})`, values: parts.flatMap(({ values }) => values) };
};

/** `ORDER BY` for a list of fields, `-` in front for descending; the id makes every order total. */
export const orderSql = (model: ReadModel, orderBy: readonly string[]): string => {
  const keys = orderBy.map((field) =>
    field.startsWith('-') ? `${columnOf(model, field.slice(1))} DESC` : columnOf(model, field),
  );
  const last = orderBy.some((field) => field === 'id' || field === '-id') ? [] : ['id'];
  return [...keys, ...last].join(', ');
};
