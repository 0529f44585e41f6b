import type { MessagePort } from 'node:worker_threads';
import type { Sql } from './filter-sql.ts';
import { openForReading, statements } from './open.ts';

export type ReadRequest = {
  readonly id: number;
  readonly queries: readonly Sql[];
};

/** Answers lists in a thread of its own, so that no scan holds up the event loop. */
export const runListReader = (port: MessagePort, path: string): void => {
  const database = openForReading(path);
  const prepare = statements(database);
  port.on('message', (message: ReadRequest | 'close') => {
    if (message === 'close') {
      database.close();
      port.close();
      return;
    }
    const { id, queries } = message;
    try {
      port.postMessage({ id, rows: queries.map(({ text, values }) => prepare(text).all(...values)) });
    } catch (error) {
      port.postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
    }
  });
  port.postMessage('ready');
};
