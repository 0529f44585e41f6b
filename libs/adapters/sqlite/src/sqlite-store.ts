import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import {
  type Commit,
  type Damage,
  DamagedCommit,
  StoreUnavailable,
  type DocumentStore,
  type EventStore,
  type Found,
  type GroupsQuery,
  type Journal,
  journalCommit,
  type Query,
  type ReadModel,
  storedCommit,
} from '@grantlog/event-sourcing';
import { everyMs, type WorkerSpec } from '@grantlog/service-kit';
import type { SessionStore } from '@grantlog/short-lived';
import type { DiskFault } from './disk-fault.ts';
import { findPlan, GROUP, groupsSql } from './find-plan.ts';
import type { Read, ReadReply, RowsReply } from './list-reader.ts';
import { openForReading, statements } from './open.ts';
import { fromRow } from './rows.ts';
import { tableOf } from './schema.ts';
import { fromStore } from './from-store.ts';
import {
  startStoreThread,
  stopThread,
  type StoreThread,
  THREAD_STALLS_AFTER_MS,
  watchThread,
} from './worker-thread.ts';
import type { Pong, WriteOperation, WriteReply, WriterReport } from './writer.ts';

/** Waiting writes beyond this are refused, so that an outage of the disk does not fill the memory. */
const MOST_WAITING = 10_000;
const LOOKED_AT_EVERY_MS = 1000;

export type SqliteStore = {
  readonly events: EventStore;
  readonly journal: Journal;
  readonly documents: DocumentStore;
  readonly sessions: (owner: string) => SessionStore;
  /** A copy of the live file that is consistent, by SQLite's own means. */
  readonly backUp: (path: string) => void;
  readonly sweepSessions: (at: string) => Promise<void>;
  /** Where a follower of the journal is, kept in the file. */
  readonly cursor: (name: string) => {
    readonly get: () => Promise<number>;
    readonly keep: (sequence: number) => Promise<void>;
  };
  readonly engine: () => string;
  /** Why nothing can be written at the moment; undefined while writes go through. */
  readonly disk: () => DiskFault | undefined;
  /** How many commits read models lack, as of a second ago. */
  readonly lag: () => number;
  /** To be supervised: the threads, and whether read models follow. */
  readonly workers: readonly WorkerSpec[];
  readonly close: () => Promise<void>;
};

type Write = ((operation: WriteOperation) => Promise<boolean>) & {
  /** Why read models stay behind, as of a second ago. */
  readonly problem: () => string | undefined;
  /** How many commits read models lack, as of a second ago. */
  readonly lag: () => number;
};
type Waiting = { operation: WriteOperation; resolve: (took: boolean) => void; reject: (fault: Error) => void };

/**
 * The embedded profile's stores over one file: a writer thread, a reader thread for lists, point reads on this thread.
 * @param threads entries of the two, which call runWriter and runListReader
 * @param onDisk called when the disk stops taking writes, and with undefined when it takes them again
 * @param onDamage called with each commit that cannot be read, whenever it is met
 */
export const openSqliteStore = async (
  path: string,
  threads: { writer: URL; reader: URL },
  onDisk: (fault: DiskFault | undefined) => void = () => undefined,
  onDamage: (damage: Damage) => void = () => undefined,
): Promise<SqliteStore> => {
  let disk: DiskFault | undefined;
  const writer = await startStoreThread(threads.writer, { path });
  const lists = createListReader(() => startStoreThread(threads.reader, { path }));
  await lists.start();
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
      const { rows } = await lists.ask({
        rows: {
          text: 'SELECT position, stream, version, open FROM commits WHERE position > ? ORDER BY position LIMIT ?',
          values: [after, atMostEvents],
        },
      });
      const entries = [];
      let size = 0;
      for (const row of rows) {
        const commit = journalCommit(String(row['stream']), Number(row['version']), String(row['open']), onDamage);
        size += commit.events.length;
        if (size > atMostEvents && entries.length > 0) break;
        entries.push({ sequence: Number(row['position']), commit });
      }
      return { entries, next: entries.at(-1)?.sequence ?? after };
    },
    head: () => fromStore(() => Number(prepare('SELECT MAX(position) AS newest FROM commits').get()?.['newest'] ?? 0)),
  };

  const documents: DocumentStore = {
    find: (model, query) => find(lists.ask, model, query),
    findGroups: (model, query, few) => findGroups(lists.ask, model, query, few),
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
      get: () =>
        fromStore(() => Number(prepare('SELECT cursor FROM cursors WHERE name = ?').get(name)?.['cursor'] ?? 0)),
      keep: async (sequence) => void (await write({ do: 'keep-cursor', name, cursor: String(sequence) })),
    }),
    disk: () => disk,
    lag: write.lag,
    engine: () => String(prepare('SELECT sqlite_version() AS version').get()?.['version']),
    workers: [
      // No cache of this process may outlive the writer.
      {
        name: 'store-writer',
        needs: 'self',
        mend: 'exit',
        stallAfterMs: THREAD_STALLS_AFTER_MS,
        live: (life) => watchThread(writer, life),
      },
      { name: 'store-reader', needs: 'self', mend: 'replace', stallAfterMs: THREAD_STALLS_AFTER_MS, live: lists.live },
      everyMs(
        'read-models',
        LOOKED_AT_EVERY_MS,
        () => {
          const problem = write.problem();
          if (problem !== undefined) throw new Error(problem);
        },
        LOOKED_AT_EVERY_MS,
      ),
    ],
    close: async () => {
      database.close();
      await Promise.all([stopThread(writer), lists.stop()]);
    },
  };
};

/** Writes that wait at the same moment go to the writer in one message, and so into one transaction. */
const createGroupCommit = ({ worker, ended }: StoreThread, onReport: (report: WriterReport) => void): Write => {
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
    worker.postMessage({ batch, operations: underWay.map(({ operation }) => operation) });
  };
  let problem: string | undefined;
  let lag = 0;
  ended.addEventListener('abort', () => {
    // The process ends with the writer; until then nobody waits for it.
    for (const { reject } of [...(underWay ?? []), ...waiting]) reject(new StoreUnavailable('the writer has ended'));
    underWay = [];
    waiting = [];
  });
  worker.on('message', (reply: WriteReply | WriterReport | Pong) => {
    if ('pong' in reply) {
      problem = reply.problem;
      lag = reply.waiting;
      return;
    }
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

  const write = (operation: WriteOperation): Promise<boolean> =>
    new Promise((resolve, reject) => {
      if (ended.aborted) {
        reject(new StoreUnavailable('the writer has ended'));
        return;
      }
      if (waiting.length >= MOST_WAITING) {
        reject(new StoreUnavailable(`more than ${MOST_WAITING} writes are waiting`));
        return;
      }
      waiting.push({ operation, resolve, reject });
      if (underWay || scheduled) return;
      scheduled = true;
      setImmediate(send);
    });
  return Object.assign(write, { problem: () => problem, lag: () => lag });
};

type Lists = {
  readonly ask: (read: Read) => Promise<RowsReply>;
  readonly start: () => Promise<StoreThread>;
  readonly live: WorkerSpec['live'];
  readonly stop: () => Promise<void>;
};

/** The thread that answers lists. It keeps nothing: when it ends or hangs, what waits is refused and a new one starts. */
const createListReader = (startThread: () => Promise<StoreThread>): Lists => {
  const waiting = new Map<number, { resolve: (reply: RowsReply) => void; reject: (fault: Error) => void }>(); // prettier-ignore
  let thread: StoreThread | undefined;
  let last = 0;
  const drop = (gone: StoreThread): void => {
    if (thread !== gone) return;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(new StoreUnavailable('the reader has ended'));
    waiting.clear();
  };
  const start = async (): Promise<StoreThread> => {
    const fresh = await startThread();
    thread = fresh;
    fresh.ended.addEventListener('abort', () => drop(fresh));
    fresh.worker.on('message', (reply: ReadReply | 'pong') => {
      if (reply === 'pong') return;
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('rows' in reply) asked?.resolve(reply);
      else asked?.reject(new StoreUnavailable(`the store refused to read: ${reply.fault}`));
    });
    return fresh;
  };
  return {
    start,
    ask: (read) =>
      new Promise((resolve, reject) => {
        if (!thread) return reject(new StoreUnavailable('the reader is starting'));
        last += 1;
        waiting.set(last, { resolve, reject });
        thread.worker.postMessage({ id: last, read });
      }),
    live: async (life) => {
      const mine = thread ?? (await start());
      life.signal.addEventListener('abort', () => {
        drop(mine);
        void mine.worker.terminate();
      });
      await watchThread(mine, life);
    },
    stop: async () => thread && stopThread(thread),
  };
};

const find = async (ask: Lists['ask'], model: ReadModel, query: Query): Promise<Found> => {
  const { rows, count } = await ask({ page: findPlan(model, query) });
  return { documents: rows.map((row) => fromRow(model, row)), ...(count !== undefined && { count }) };
};

/** Large groups cost milliseconds each, and the one thread that reads lists has others waiting. */
const GROUPS_AT_ONCE = 10;

const findGroups = async (
  ask: Lists['ask'],
  model: ReadModel,
  query: GroupsQuery,
  few: number,
): Promise<readonly Found[]> => {
  const distinct = [...new Set(query.values)];
  const groups = new Map<unknown, Parameters<typeof fromRow>[1][]>();
  for (let i = 0; i < distinct.length; i += GROUPS_AT_ONCE) {
    const values = distinct.slice(i, i + GROUPS_AT_ONCE);
    const { rows } = await ask({ rows: groupsSql(model, { ...query, values }, few) });
    for (const [value, group] of Map.groupBy(rows, (row) => row[GROUP.value])) groups.set(value, group);
  }
  return query.values.map((value) => {
    const group = groups.get(value) ?? [];
    return { documents: group.map((row) => fromRow(model, row)), count: Number(group[0]?.[GROUP.count] ?? 0) };
  });
};
