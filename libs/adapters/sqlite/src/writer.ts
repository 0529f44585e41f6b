import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import { chainLink, CHAIN_START } from '@grantlog/event-sourcing';
import type { Damage, EntryProjection, Projection } from '@grantlog/event-sourcing';
import { createProjector } from './follow-journal.ts';
import { diskFault, type DiskFault } from './disk-fault.ts';
import { openForWriting, statements } from './open.ts';
import { COMMITS_SCHEMA } from './schema.ts';

/** What the writer is asked to do. All of one message goes into one transaction. */
export type WriteOperation =
  | {
      readonly do: 'append';
      readonly stream: string;
      readonly version: number;
      readonly open: string;
      readonly sealed: string;
      readonly snapshot: string | null;
    }
  | { readonly do: 'create-session'; readonly key: string; readonly record: string; readonly expiresAt: string }
  | { readonly do: 'renew-session'; readonly key: string; readonly expiresAt: string }
  | { readonly do: 'end-session'; readonly key: string }
  | { readonly do: 'sweep-sessions'; readonly at: string }
  | { readonly do: 'keep-cursor'; readonly name: string; readonly cursor: string };

/** One flag an operation: whether it took effect (an append: no conflict; a session: the key was free). */
export type WriteReply =
  { readonly batch: number; readonly results: readonly boolean[] } | { readonly batch: number; readonly fault: string };

/** Told when the disk stops taking writes, when it takes them again, and of each commit that cannot be projected. */
export type WriterReport = { readonly disk: DiskFault | undefined } | { readonly damage: Damage };
/** The answer to `ping`: why read models stay behind, if they do. */
export type Pong = { readonly pong: true; readonly problem: string | undefined; readonly waiting: number };

const CHECKPOINT_EVERY_MS = 500;
/** More than any commit, so that where it fits there is room again. */
const PROBE_BYTES = 256 * 1024;
/** Projected together, many documents share the pages of their indexes, each of which costs a write. */
const PROJECTED_TOGETHER = 128;
const PROJECTED_AFTER_MS = 5;
const TRIED_AGAIN_AFTER_MS = 1000;

/**
 * The one writer of the file. Runs in a worker thread: a message is a group commit, one transaction and one fsync.
 * Journal number and chain are given inside it; projections follow the journal in slices between commits. A disk that
 * takes no writes ends nothing: each write is refused, and the writer finds out by itself when it is over.
 */
export const runWriter = (
  port: MessagePort,
  path: string,
  projections: readonly Projection[],
  entryProjections: readonly EntryProjection[] = [],
  open = openForWriting,
): void => {
  const database = open(path);
  database.exec(COMMITS_SCHEMA);
  const prepare = statements(database);
  let head = readHead(database);
  /** What is told as soon as there is somebody to hear it; undefined from then on. */
  let untold: WriterReport[] | undefined = [];
  const report = (what: WriterReport): void => (untold ? void untold.push(what) : port.postMessage(what));
  const projector = createProjector(database, projections, entryProjections, (damage) => report({ damage }));
  /** Whether `head` is the file's: after a fault not before the file was read. */
  let settled = true;
  let caughtUp = false;
  let disk: DiskFault | undefined;

  const setDisk = (fault: DiskFault | undefined): void => {
    if (disk?.cause === fault?.cause) return;
    disk = fault;
    report({ disk });
  };
  /** @returns whether it is a fault of the disk */
  const isDiskFault = (error: unknown): boolean => {
    const fault = diskFault(error);
    if (fault) setDisk(fault);
    return fault !== undefined;
  };

  const follow = (stream: string, version: number, open: string, position: number): void => {
    // What is not caught up yet reads the journal itself.
    if (caughtUp) projector.follow(stream, version, open, position);
  };

  /** Ends a transaction that failed; the file says what became of it. @throws when it cannot be read */
  const settle = (): void => {
    settled = false;
    if (database.isTransaction) database.exec('ROLLBACK');
    database.exec('PRAGMA synchronous=FULL');
    const written = prepare(
      'SELECT position, stream, version, open, link FROM commits WHERE position > ? ORDER BY position',
    ).all(head.position);
    for (const { position, stream, version, open, link } of written) {
      follow(String(stream), Number(version), String(open), Number(position));
      head = { position: Number(position), link: String(link) };
    }
    settled = true;
  };

  const catchUp = (): void => {
    try {
      projector.catchUp();
      caughtUp = true;
    } catch (error) {
      if (!isDiskFault(error)) throw error;
      settle();
    }
  };

  const apply = (operation: WriteOperation, place: { position: number; link: string }): boolean => {
    switch (operation.do) {
      case 'append': {
        const { stream, version, open, sealed, snapshot } = operation;
        const position = place.position + 1;
        const link = chainLink(place.link, position, operation);
        const { changes } = prepare(
          `INSERT INTO commits (position, stream, version, open, sealed, snapshot, link) VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (stream, version) DO NOTHING`,
        ).run(position, stream, version, open, sealed, snapshot, link);
        if (changes === 0) return false;
        place.position = position;
        place.link = link;
        return true;
      }
      case 'create-session':
        return (
          prepare('INSERT INTO sessions (key, record, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING').run(
            operation.key,
            operation.record,
            operation.expiresAt,
          ).changes > 0
        );
      case 'renew-session':
        return (
          prepare('UPDATE sessions SET expires_at = ? WHERE key = ?').run(operation.expiresAt, operation.key).changes >
          0
        );
      case 'end-session':
        return prepare('DELETE FROM sessions WHERE key = ?').run(operation.key).changes > 0;
      case 'keep-cursor':
        return (
          prepare('INSERT OR REPLACE INTO cursors (name, cursor) VALUES (?, ?)').run(operation.name, operation.cursor)
            .changes > 0
        );
      case 'sweep-sessions':
        return prepare('DELETE FROM sessions WHERE expires_at <= ?').run(operation.at).changes > 0;
    }
  };

  /** Runs the operations in one transaction; what is in memory moves on only after COMMIT has returned. */
  const commit = (operations: readonly WriteOperation[]): readonly boolean[] => {
    if (!settled) settle();
    const before = head;
    const place = { ...head };
    let results: readonly boolean[] | undefined;
    try {
      database.exec('BEGIN IMMEDIATE');
      results = operations.map((operation) => apply(operation, place));
      database.exec('COMMIT');
    } catch (error) {
      isDiskFault(error);
      settle();
      // All of it is in the file or nothing.
      if (!results || head === before) throw error;
      return results;
    }
    const made = results;
    let { position } = head;
    operations.forEach((operation, i) => {
      if (operation.do !== 'append' || !made[i]) return;
      position += 1;
      follow(operation.stream, operation.version, operation.open, position);
    });
    head = place;
    return results;
  };

  /** Not synced: cursor and documents are lost together, or not at all, and then projected again. */
  let pauseMs = PROJECTED_AFTER_MS;
  let problem: string | undefined;
  const project = (atMost: number): void => {
    try {
      database.exec('PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE');
      projector.slice(atMost);
      database.exec('COMMIT; PRAGMA synchronous=FULL');
      projector.committed();
      pauseMs = PROJECTED_AFTER_MS;
      problem = undefined;
    } catch (error) {
      // Such as a full disk: what is in the journal is safe, and projected when there is room again.
      projector.rolledBack();
      pauseMs = TRIED_AGAIN_AFTER_MS;
      if (!isDiskFault(error)) problem = `read models stay behind: ${String(error)}`;
      try {
        settle();
      } catch (fault) {
        // Tried again with the next commit or checkpoint.
        if (!isDiskFault(fault)) throw fault;
      }
    }
  };

  let scheduled = false;
  /** Lets projections catch up with what is too little to be projected at once. */
  const projectSoon = (): void => {
    if (scheduled || !projector.behind()) return;
    scheduled = true;
    setTimeout(() => {
      scheduled = false;
      if (!database.isOpen || !projector.behind()) return;
      if (settled) project(PROJECTED_TOGETHER);
      projectSoon();
    }, pauseMs);
  };

  /** While the disk takes no writes, also asks whether it does again. */
  const checkpoint = (): void => {
    try {
      if (!settled) settle();
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      if (!disk) return;
      prepare('INSERT INTO probe (filler) VALUES (zeroblob(?))').run(PROBE_BYTES);
      database.exec('DELETE FROM probe; PRAGMA wal_checkpoint(PASSIVE)');
      if (!caughtUp) catchUp();
      if (caughtUp) setDisk(undefined);
    } catch (error) {
      if (!isDiskFault(error)) throw error;
    }
  };

  const close = (): void => {
    clearInterval(checkpoints);
    try {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // What is in the write-ahead log is read from there at the next start.
      if (!isDiskFault(error)) throw error;
    } finally {
      database.close();
      port.close();
    }
  };

  port.on('message', (message: { batch: number; operations: readonly WriteOperation[] } | 'ping' | 'close') => {
    if (message === 'ping')
      return port.postMessage({ pong: true, problem, waiting: projector.waiting() } satisfies Pong);
    if (message === 'close') return close();
    const { batch, operations } = message;
    let reply: WriteReply;
    try {
      reply = { batch, results: commit(operations) };
    } catch (error) {
      reply = { batch, fault: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(reply);
    // More than came in, so that the backlog shrinks while it is written to.
    if (settled && projector.waiting() >= PROJECTED_TOGETHER && pauseMs === PROJECTED_AFTER_MS)
      project(PROJECTED_TOGETHER + operations.length);
    projectSoon();
  });
  const checkpoints = setInterval(checkpoint, CHECKPOINT_EVERY_MS);
  catchUp();
  port.postMessage('ready');
  untold.forEach((what) => port.postMessage(what));
  untold = undefined;
  projectSoon();
};

const readHead = (database: DatabaseSync): { position: number; link: string } => {
  const row = database.prepare('SELECT position, link FROM commits ORDER BY position DESC LIMIT 1').get();
  return row ? { position: Number(row['position']), link: String(row['link']) } : { position: 0, link: CHAIN_START };
};
