export type { Sql } from '../filter-sql.ts';
export { countSql, groupsSql, idsSql } from '../find-plan.ts';
export { createReadModel } from '../schema.ts';
