import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import { chainLink, CHAIN_START } from '@grantlog/event-sourcing';
import type { EntryProjection, Projection } from '@grantlog/event-sourcing';
import { createProjector } from './follow-journal.ts';
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

const CHECKPOINT_EVERY_MS = 500;
const IDLE_BEFORE_PROJECTING_MS = 4;

/**
 * The one writer of the file. Runs in a worker thread: a message is a group commit, one transaction and one fsync.
 * Journal number and chain are given inside it; projections follow the journal in slices between and within commits.
 */
export const runWriter = (
  port: MessagePort,
  path: string,
  projections: readonly Projection[],
  entryProjections: readonly EntryProjection[] = [],
): void => {
  const database = openForWriting(path);
  database.exec(COMMITS_SCHEMA);
  const prepare = statements(database);
  let head = readHead(database);
  const projector = createProjector(database, projections, entryProjections);
  projector.catchUp();

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
    const place = { ...head };
    database.exec('BEGIN IMMEDIATE');
    let results: readonly boolean[];
    try {
      results = operations.map((operation) => apply(operation, place));
      // As much as comes in and a little more, so that the backlog shrinks while it is written to.
      projector.slice(operations.length);
    } catch (error) {
      database.exec('ROLLBACK');
      projector.rolledBack();
      throw error;
    }
    // An error here leaves the outcome unknown: it ends the worker, and with it the process.
    database.exec('COMMIT');
    projector.committed();
    let { position } = head;
    operations.forEach((operation, i) => {
      if (operation.do !== 'append' || !results[i]) return;
      position += 1;
      projector.follow(operation.stream, operation.version, operation.open, position);
    });
    head = place;
    return results;
  };

  let scheduled = false;
  /** Lets projections catch up while nobody writes. Not synced: cursor and documents are lost together, or not at all. */
  const projectWhenIdle = (): void => {
    if (scheduled || !projector.behind()) return;
    scheduled = true;
    // While writes keep coming, slices ride along in their transactions and cost none of their own.
    setTimeout(() => {
      scheduled = false;
      if (!database.isOpen || !projector.behind()) return;
      database.exec('PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE');
      projector.slice();
      database.exec('COMMIT; PRAGMA synchronous=FULL');
      projector.committed();
      projectWhenIdle();
    }, IDLE_BEFORE_PROJECTING_MS);
  };

  const close = (): void => {
    clearInterval(checkpoints);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    port.close();
  };

  port.on('message', (message: { batch: number; operations: readonly WriteOperation[] } | 'close') => {
    if (message === 'close') return close();
    const { batch, operations } = message;
    let reply: WriteReply;
    try {
      reply = { batch, results: commit(operations) };
    } catch (error) {
      if (database.isTransaction) throw error;
      reply = { batch, fault: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(reply);
    projectWhenIdle();
  });
  const checkpoints = setInterval(() => database.exec('PRAGMA wal_checkpoint(PASSIVE)'), CHECKPOINT_EVERY_MS);
  port.postMessage('ready');
  projectWhenIdle();
};

const readHead = (database: DatabaseSync): { position: number; link: string } => {
  const row = database.prepare('SELECT position, link FROM commits ORDER BY position DESC LIMIT 1').get();
  return row ? { position: Number(row['position']), link: String(row['link']) } : { position: 0, link: CHAIN_START };
};
