import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import {
  type Commit,
  type Damage,
  DamagedCommit,
  type DocumentStore,
  type EventStore,
  type Found,
  type Journal,
  journalCommit,
  type Query,
  type ReadModel,
  storedCommit,
} from '@grantlog/event-sourcing';
import type { SessionStore } from '@grantlog/short-lived';
import type { DiskFault } from './disk-fault.ts';
import { findPlan } from './find-plan.ts';
import type { Read, ReadReply, RowsReply } from './list-reader.ts';
import { openForReading, statements } from './open.ts';
import { fromRow } from './rows.ts';
import { tableOf } from './schema.ts';
import { fromStore, StoreUnavailable } from './store-unavailable.ts';
import { startStoreWorker } from './worker-thread.ts';
import type { WriteOperation, WriteReply, WriterReport } from './writer.ts';

/** Waiting writes beyond this are refused, so that an outage of the disk does not fill the memory. */
const MOST_WAITING = 10_000;

export type SqliteStore = {
  readonly events: EventStore;
  readonly journal: Journal;
  readonly documents: DocumentStore;
  readonly sessions: (owner: string) => SessionStore;
  /** A copy of the live file that is consistent, by SQLite's own means. */
  readonly backUp: (path: string) => void;
  readonly sweepSessions: (at: string) => Promise<void>;
  /** Where a follower of the journal is, kept in the file. */
  readonly cursor: (name: string) => { readonly get: () => string; readonly keep: (cursor: string) => Promise<void> };
  readonly engine: () => string;
  /** Why nothing can be written at the moment; undefined while writes go through. */
  readonly disk: () => DiskFault | undefined;
  readonly close: () => Promise<void>;
};

type Waiting = { operation: WriteOperation; resolve: (took: boolean) => void; reject: (fault: Error) => void };

/**
 * The embedded profile's stores over one file: a writer thread, a reader thread for lists, point reads on this thread.
 * @param workers entries of the two threads, which call runWriter and runListReader
 * @param onDeath called when a thread ends by itself; the process has to end
 * @param onDisk called when the disk stops taking writes, and with undefined when it takes them again
 * @param onDamage called with each commit that cannot be read, whenever it is met
 */
export const openSqliteStore = async (
  path: string,
  workers: { writer: URL; reader: URL },
  onDeath: (error: Error) => void,
  onDisk: (fault: DiskFault | undefined) => void = () => undefined,
  onDamage: (damage: Damage) => void = () => undefined,
): Promise<SqliteStore> => {
  let closing = false;
  let disk: DiskFault | undefined;
  const died = (error: Error): void => {
    if (!closing) onDeath(error);
  };
  const writer = await startStoreWorker(workers.writer, { path }, died);
  const lists = createListReader(await startStoreWorker(workers.reader, { path }, died));
  const database = openForReading(path);
  const prepare = statements(database);
  const write = createGroupCommit(writer, (report) => {
    if ('damage' in report) return onDamage(report.damage);
    disk = report.disk;
    onDisk(disk);
  });

  const toCommit = (row: Record<string, SQLOutputValue>): Commit => {
    try {
      return storedCommit({
        stream: String(row['stream']),
        version: Number(row['version']),
        open: String(row['open']),
        sealed: String(row['sealed']),
        ...(row['snapshot'] !== null && { snapshot: String(row['snapshot']) }),
      });
    } catch (error) {
      if (error instanceof DamagedCommit) onDamage(error.damage);
      throw error;
    }
  };

  const events: EventStore = {
    readNewest: (stream, atMost) =>
      fromStore(() =>
        prepare('SELECT * FROM commits WHERE stream = ? ORDER BY version DESC LIMIT ?')
          .all(stream, atMost)
          .map(toCommit)
          .reverse(),
      ),
    readAfter: (stream, after) =>
      fromStore(() =>
        prepare('SELECT * FROM commits WHERE stream = ? AND version > ? ORDER BY version')
          .all(stream, after)
          .map(toCommit),
      ),
    append: async ({ stream, version, id, at, cause, events: facts, sealed, snapshot }) =>
      (await write({
        do: 'append',
        stream,
        version,
        open: JSON.stringify({ id, at, cause, events: facts }),
        sealed: JSON.stringify(sealed ?? null),
        snapshot: snapshot ?? null,
      }))
        ? 'appended'
        : 'conflict',
    // Every append of the file passes through this process, which holds the file's lock.
    isCurrent: () => true,
  };

  const journal: Journal = {
    read: async (after, atMostEvents) => {
      if (!/^\d{1,15}$/.test(after)) return undefined;
      const { rows } = await lists({
        rows: {
          text: 'SELECT position, stream, version, open FROM commits WHERE position > ? ORDER BY position LIMIT ?',
          values: [Number(after), atMostEvents],
        },
      });
      const entries = [];
      let size = 0;
      for (const row of rows) {
        const commit = journalCommit(String(row['stream']), Number(row['version']), String(row['open']), onDamage);
        size += commit.events.length;
        if (size > atMostEvents && entries.length > 0) break;
        entries.push({ shard: 0, sequence: Number(row['position']), commit });
      }
      return { entries, next: String(entries.at(-1)?.sequence ?? after) };
    },
    heads: () =>
      fromStore(() => [Number(prepare('SELECT MAX(position) AS newest FROM commits').get()?.['newest'] ?? 0)]),
  };

  const documents: DocumentStore = {
    find: (model, query) => find(lists, model, query),
    versions: (model, ids) =>
      fromStore(() =>
        ids.map((id) =>
          Number(prepare(`SELECT version FROM ${tableOf(model)} WHERE id = ?`).get(id)?.['version'] ?? 0),
        ),
      ),
  };

  const sessions = (owner: string): SessionStore => ({
    create: (key, record, expiresAt) => write({ do: 'create-session', key: `${owner}:${key}`, record, expiresAt }),
    get: (key, at) =>
      fromStore(() => {
        const row = prepare('SELECT record, expires_at FROM sessions WHERE key = ? AND expires_at > ?').get(
          `${owner}:${key}`,
          at,
        );
        return row && { record: String(row['record']), expiresAt: String(row['expires_at']) };
      }),
    renew: async (key, expiresAt) => void (await write({ do: 'renew-session', key: `${owner}:${key}`, expiresAt })),
    end: async (key) => void (await write({ do: 'end-session', key: `${owner}:${key}` })),
  });

  return {
    events,
    journal,
    documents,
    sessions,
    backUp: (target) => {
      const copy = new DatabaseSync(path, { readOnly: true });
      copy.prepare('VACUUM INTO ?').run(target);
      copy.close();
    },
    sweepSessions: async (at) => void (await write({ do: 'sweep-sessions', at })),
    cursor: (name) => ({
      get: () => String(prepare('SELECT cursor FROM cursors WHERE name = ?').get(name)?.['cursor'] ?? '0'),
      keep: async (cursor) => void (await write({ do: 'keep-cursor', name, cursor })),
    }),
    disk: () => disk,
    engine: () => String(prepare('SELECT sqlite_version() AS version').get()?.['version']),
    close: async () => {
      closing = true;
      database.close();
      await Promise.all([writer, lists.worker].map((worker) => stop(worker)));
    },
  };
};

const stop = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.postMessage('close');
  });

/** Writes that wait at the same moment go to the writer in one message, and so into one transaction. */
const createGroupCommit = (
  writer: Worker,
  onReport: (report: WriterReport) => void,
): ((operation: WriteOperation) => Promise<boolean>) => {
  let waiting: Waiting[] = [];
  let underWay: Waiting[] | undefined;
  let batch = 0;
  let scheduled = false;

  const send = (): void => {
    scheduled = false;
    if (underWay || waiting.length === 0) return;
    underWay = waiting;
    waiting = [];
    batch += 1;
    writer.postMessage({ batch, operations: underWay.map(({ operation }) => operation) });
  };
  writer.on('message', (reply: WriteReply | WriterReport) => {
    if (!('batch' in reply)) return onReport(reply);
    const answered = underWay ?? [];
    underWay = undefined;
    answered.forEach(({ resolve, reject }, i) =>
      'results' in reply
        ? resolve(reply.results[i] === true)
        : reject(new StoreUnavailable(`the store refused to write: ${reply.fault}`)),
    );
    send();
  });

  return (operation) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MOST_WAITING) {
        reject(new StoreUnavailable(`more than ${MOST_WAITING} writes are waiting`));
        return;
      }
      waiting.push({ operation, resolve, reject });
      if (underWay || scheduled) return;
      scheduled = true;
      setImmediate(send);
    });
};

type Lists = ((read: Read) => Promise<RowsReply>) & { readonly worker: Worker };

const createListReader = (worker: Worker): Lists => {
  const waiting = new Map<number, { resolve: (reply: RowsReply) => void; reject: (fault: Error) => void }>(); // prettier-ignore
  let last = 0;
  worker.on('message', (reply: ReadReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('rows' in reply) asked?.resolve(reply);
    else asked?.reject(new StoreUnavailable(`the store refused to read: ${reply.fault}`));
  });
  const ask = (read: Read): Promise<RowsReply> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, read });
    });
  return Object.assign(ask, { worker });
};

const find = async (lists: Lists, model: ReadModel, query: Query): Promise<Found> => {
  const { rows, count } = await lists({ page: findPlan(model, query) });
  return { documents: rows.map((row) => fromRow(model, row)), ...(count !== undefined && { count }) };
};
