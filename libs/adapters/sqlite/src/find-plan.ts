import { conditionOf, type GroupsQuery, type Query, type ReadModel, totalOrder } from '@grantlog/event-sourcing';
import { columnOf, filterSql, type Sql } from './filter-sql.ts';
import { listedSql, tableOf } from './schema.ts';

/**
 * `ORDER BY` for a list of fields, `-` in front for descending.
 * @param sorting keeps the order from being taken from an index: what is found is few, and sorted
 */
const orderSql = (model: ReadModel, orderBy: readonly string[], sorting = false): string =>
  totalOrder(orderBy)
    // A unary plus: https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    .map(({ field, descending }) => `${sorting ? '+' : ''}${columnOf(model, field)}${descending ? ' DESC' : ''}`)
    .join(', ');

type Page = Omit<Query, 'count'>;

/** Up to so many are found by the filter's index and sorted; more are met soon enough on a walk along the order's. */
const FEW = 10_000;

/** The ids of a page, in order: by an index of the filter and a sort, or on a walk along an index of the order. */
export const idsSql = (model: ReadModel, { orderBy, offset, limit, ...query }: Page, by: 'filter' | 'order'): Sql => {
  const { text, values } = filterSql(model, conditionOf(model, query), listedSql(model));
  return {
    text: `SELECT id FROM ${tableOf(model)} WHERE ${listedSql(model)} AND ${text} ORDER BY ${orderSql(model, orderBy, by === 'filter')} LIMIT ? OFFSET ?`,
    values: [...values, limit, offset],
  };
};

/** Ids come first, where they can be from an index alone: whole rows are read for the page only. */
const pageSql = (model: ReadModel, page: Page, by: 'filter' | 'order'): Sql => {
  const { text, values } = idsSql(model, page, by);
  return {
    text: `SELECT * FROM ${tableOf(model)} WHERE id IN (${text}) ORDER BY ${orderSql(model, page.orderBy)}`,
    values,
  };
};

/** How many documents a list has. */
export const countSql = (model: ReadModel, query: Pick<Query, 'where' | 'endingAfter'>): Sql => {
  const { text, values } = filterSql(model, conditionOf(model, query), listedSql(model));
  return { text: `SELECT count(*) AS count FROM ${tableOf(model)} WHERE ${listedSql(model)} AND ${text}`, values };
};

/** Columns of a group query's rows besides the document's; no field of a read model has such a name. */
export const GROUP = { value: '#value', count: '#count' } as const;

/** A row for each of the newest documents of each group, with the group's value and its count, up to `few` + 1. */
export const groupsSql = (model: ReadModel, { by, values, newest, ...query }: GroupsQuery, few: number): Sql => {
  const condition = filterSql(model, conditionOf(model, query), listedSql(model));
  const inGroup = `FROM ${tableOf(model)} WHERE ${listedSql(model)} AND ${columnOf(model, by)} = "${GROUP.value}" AND ${condition.text}`;
  return {
    text: `WITH asked("${GROUP.value}") AS (VALUES ${values.map(() => '(?)').join(', ')}),
      counted AS MATERIALIZED (SELECT "${GROUP.value}", (SELECT count(*) FROM (SELECT 1 ${inGroup} LIMIT ?)) AS "${GROUP.count}" FROM asked)
      SELECT counted.*, found.* FROM counted JOIN ${tableOf(model)} AS found
      ON found.id IN (SELECT id ${inGroup} ORDER BY id DESC LIMIT ?) ORDER BY found.id DESC`,
    values: [...values, ...condition.values, few + 1, ...condition.values, newest],
  };
};

/** How a page is found. SQLite cannot know how many documents a filter lets through, so that is asked first. */
export type FindPlan = {
  /** How many there are, up to one more than few. */
  readonly probe: Sql;
  readonly few: number;
  readonly pageOfFew: Sql;
  readonly pageOfMany: Sql;
  /** Where the number is wanted however large. */
  readonly count?: Sql;
};

/** The queries of a page. */
export const findPlan = (model: ReadModel, query: Query): FindPlan => {
  const { text, values } = filterSql(model, conditionOf(model, query), listedSql(model));
  return {
    probe: {
      text: `SELECT count(*) AS count FROM (SELECT 1 FROM ${tableOf(model)} WHERE ${listedSql(model)} AND ${text} LIMIT ${FEW + 1})`,
      values,
    },
    few: FEW,
    pageOfFew: pageSql(model, query, 'filter'),
    pageOfMany: pageSql(model, query, 'order'),
    ...(query.count && { count: countSql(model, query) }),
  };
};
