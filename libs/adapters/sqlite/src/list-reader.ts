import type { SQLOutputValue } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { Sql } from './filter-sql.ts';
import type { FindPlan } from './find-plan.ts';
import { openForReading, statements } from './open.ts';

type Row = Record<string, SQLOutputValue>;

/** A read of rows, or of a page of a list and, where it is wanted, how many the list has. */
export type Read = { readonly rows: Sql } | { readonly page: FindPlan };
export type ReadRequest = { readonly id: number; readonly read: Read };
export type RowsReply = { readonly id: number; readonly rows: readonly Row[]; readonly count?: number };
export type ReadReply = RowsReply | { readonly id: number; readonly fault: string };

/** Answers lists in a thread of its own, so that no scan holds up the event loop. */
export const runListReader = (port: MessagePort, path: string): void => {
  const database = openForReading(path);
  const prepare = statements(database);
  const all = ({ text, values }: Sql): Row[] => prepare(text).all(...values);
  const countOf = (sql: Sql): number => Number(all(sql)[0]?.['count'] ?? 0);
  const find = ({ probe, few, pageOfFew, pageOfMany, count }: FindPlan): { rows: Row[]; count?: number } => {
    const atLeast = countOf(probe);
    if (atLeast <= few) return { rows: all(pageOfFew), ...(count && { count: atLeast }) };
    return { rows: all(pageOfMany), ...(count && { count: countOf(count) }) };
  };
  port.on('message', (message: ReadRequest | 'ping' | 'close') => {
    if (message === 'ping') return port.postMessage('pong');
    if (message === 'close') {
      database.close();
      port.close();
      return;
    }
    const { id, read } = message;
    try {
      port.postMessage({ id, ...('page' in read ? find(read.page) : { rows: all(read.rows) }) } satisfies ReadReply);
    } catch (error) {
      port.postMessage({ id, fault: error instanceof Error ? error.message : String(error) } satisfies ReadReply);
    }
  });
  port.postMessage('ready');
};
