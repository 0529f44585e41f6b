import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import {
  type Commit,
  type Damage,
  declarationOf,
  type EntryProjection,
  type Fields,
  fits,
  type Filter,
  journalCommit,
  MARK,
  numberedStream,
  type Projection,
  projectCommit,
  recordedEvents,
  type ReadModel,
  type StoredDocument,
} from '@grantlog/event-sourcing';
import { filterSql } from './filter-sql.ts';
import { statements } from './open.ts';
import { fromRow, toRow } from './rows.ts';
import { createReadModel, keysFieldsOf, keysTableOf, listedSql, tableOf } from './schema.ts';

const DOCUMENTS_PER_SLICE = 200;
/** What was decided before an end may be written after it, for as long as a request takes: by far fewer commits later. */
const COMMITS_UNTIL_FORGOTTEN = 20_000;
const BULK_DELETES_REMEMBERED = 256;

type Followed = Pick<Commit, 'id' | 'stream' | 'version' | 'at' | 'cause' | 'events'> & { readonly position: number };

export type Projector = {
  /** Builds what is missing or was declared differently, and brings every read model to the journal's head. */
  readonly catchUp: () => void;
  /** Notes a commit that is in the journal now. */
  readonly follow: (stream: string, version: number, open: string, position: number) => void;
  readonly behind: () => boolean;
  /** How many commits wait to be projected. */
  readonly waiting: () => number;
  /** Projects some commits inside the caller's transaction. */
  readonly slice: (atMost: number) => void;
  /** The caller's transaction that held the last slice was committed. */
  readonly committed: () => void;
  /** It was rolled back: the slice comes again. */
  readonly rolledBack: () => void;
};

export const createProjector = (
  database: DatabaseSync,
  projections: readonly Projection[],
  entryProjections: readonly EntryProjection[],
  onDamage: (damage: Damage) => void,
): Projector => {
  const prepare = statements(database);
  const byCategory = Map.groupBy(projections, ({ category }) => category);
  const deleting = projections.filter(({ bulkDeletes }) => bulkDeletes !== undefined);
  const recentBulkDeletes: { readonly model: ReadModel; readonly where: Filter; readonly position: number }[] = [];
  let waiting: Followed[] = [];
  let taken = 0;
  let bulkDeletesLeft = database.prepare('SELECT 1 FROM sweeps LIMIT 1').get() !== undefined;

  const upsert = (projection: { readonly model: ReadModel }): string => {
    const columns = ['id', 'version', 'deleted', ...Object.keys(projection.model.fields).map((name) => `"${name}"`)];
    return `INSERT OR REPLACE INTO ${tableOf(projection.model)} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  };
  const derivedOf = new Map(
    projections.map((projection) => [
      projection,
      {
        read: `SELECT * FROM ${tableOf(projection.model)} WHERE id = ?`,
        write: upsert(projection),
        keysFields: keysFieldsOf(projection.model),
      },
    ]),
  );

  const applyTo = (projection: Projection, id: number, commit: Followed): void => {
    const { read, write, keysFields } = derivedOf.get(projection) as {
      read: string;
      write: string;
      keysFields: readonly string[];
    };
    const row = commit.version === 1 ? undefined : prepare(read).get(id);
    const before = row && fromRow(projection.model, row);
    const next = projected(projection, before, id, commit);
    if (!next) return;
    const appears = isListed(projection.model, next) && !isListed(projection.model, before);
    const document = appears && deletedBefore(projection.model, next) ? { ...next, deleted: true } : next;
    if (row) rewrite(projection.model, row, document);
    else prepare(write).run(...toRow(projection.model, document));
    for (const field of keysFields) keepKeys(projection.model, field, before, document);
  };

  /** Names the columns that differ only: SQLite rewrites an index for each that is named. */
  const rewrite = (model: ReadModel, row: Record<string, SQLOutputValue>, document: StoredDocument): void => {
    const columns = ['id', 'version', 'deleted', ...Object.keys(model.fields)];
    const values = toRow(model, document);
    const changed = columns.map((_name, i) => i).filter((i) => values[i] !== row[columns[i] as string]);
    if (changed.length === 0) return;
    prepare(`UPDATE ${tableOf(model)} SET ${changed.map((i) => `"${columns[i]}" = ?`).join(', ')} WHERE id = ?`).run(
      ...changed.map((i) => values[i] as SQLInputValue),
      document.id,
    );
  };

  /** Whether the end of its subject stands before it in the journal: it was under way when that came. */
  const deletedBefore = (model: ReadModel, { fields }: StoredDocument): boolean =>
    recentBulkDeletes.some((ended) => ended.model === model && fits(ended.where, fields));

  const keepKeys = (
    model: ReadModel,
    field: string,
    before: StoredDocument | undefined,
    after: StoredDocument,
  ): void => {
    const [old, now] = [before, after].map((document) => new Set(document?.fields[field] as string[] | undefined));
    const table = keysTableOf(model, field);
    for (const key of old ?? [])
      if (!now?.has(key)) prepare(`DELETE FROM ${table} WHERE key = ? AND id = ?`).run(key, after.id);
    for (const key of now ?? [])
      if (!old?.has(key)) prepare(`INSERT INTO ${table} (key, id) VALUES (?, ?)`).run(key, after.id);
  };

  const subjectOf = ({ subject }: EntryProjection, stream: string): Fields | undefined => {
    const named = subject(stream);
    const projection = named && projections.find(({ model }) => model.name === named.model);
    if (!named || !projection) return undefined;
    const row = prepare(`SELECT * FROM ${tableOf(projection.model)} WHERE id = ?`).get(named.id);
    return row && fromRow(projection.model, row).fields;
  };

  const enter = (projection: EntryProjection, commit: Followed): void => {
    const fields = withoutFault(projection.model.name, commit, () =>
      projection.entry(recordedEvents(commit, commit.position), subjectOf(projection, commit.stream)),
    );
    if (!fields) return;
    prepare(upsert(projection)).run(
      ...toRow(projection.model, { id: commit.position, version: 1, deleted: false, fields }),
    );
  };

  const forgetBulkDeletes = (position: number): void => {
    const isOld = (one: { position: number }): boolean => one.position + COMMITS_UNTIL_FORGOTTEN < position;
    while (recentBulkDeletes.length > BULK_DELETES_REMEMBERED || (recentBulkDeletes[0] && isOld(recentBulkDeletes[0])))
      recentBulkDeletes.shift();
  };

  const project = (commit: Followed, only?: Projection | EntryProjection): void => {
    forgetBulkDeletes(commit.position);
    // Before the commit's own documents change: an entry tells what was.
    for (const projection of entryProjections) if (!only || only === projection) enter(projection, commit);
    const numbered = numberedStream(commit.stream);
    if (numbered) {
      for (const projection of byCategory.get(numbered.category) ?? []) {
        if (!only || only === projection) applyTo(projection, numbered.number, commit);
      }
    }
    for (const projection of deleting) {
      if (only && only !== projection) continue;
      for (const recorded of recordedEvents(commit)) {
        const where = projection.bulkDeletes?.of(recorded)?.where;
        if (!where) continue;
        recentBulkDeletes.push({ model: projection.model, where, position: commit.position });
        bulkDeleteLater(projection, where);
      }
      if (projection.marks === commit.stream) bulkDeleteLater(projection, commit.version);
    }
  };

  /** A number is no bulk delete, but the mark to set once those before it are done. */
  const bulkDeleteLater = ({ model }: Projection, condition: Filter | number): void => {
    prepare('INSERT INTO sweeps (model, condition) VALUES (?, ?)').run(model.name, JSON.stringify(condition));
    bulkDeletesLeft = true;
  };

  /** Marks one batch of matching listed documents as deleted; unlisted ones are checked when they become listed. */
  const bulkDeleteSome = (): void => {
    for (let left = DOCUMENTS_PER_SLICE; left > 0; left -= 1) {
      const next = prepare('SELECT id, model, condition FROM sweeps ORDER BY id LIMIT 1').get();
      bulkDeletesLeft = next !== undefined;
      if (!next) return;
      const projection = projections.find(({ model }) => model.name === next['model']);
      if (projection) left -= bulkDeleteFor(projection, JSON.parse(String(next['condition'])) as Filter | number, left);
      if (left > 0) prepare('DELETE FROM sweeps WHERE id = ?').run(Number(next['id']));
    }
  };

  /** @returns how many documents it took: as many as it may, and there may be more */
  const bulkDeleteFor = ({ model }: Projection, condition: Filter | number, atMost: number): number => {
    const table = tableOf(model);
    if (typeof condition === 'number') {
      prepare(
        `INSERT INTO ${table} (id, version, deleted) VALUES (${MARK}, ?, 1) ON CONFLICT (id) DO UPDATE SET version = max(version, excluded.version)`,
      ).run(condition);
      return 0;
    }
    const { text, values } = filterSql(model, condition);
    const { changes } = prepare(
      `UPDATE ${table} SET deleted = 1 WHERE id IN (SELECT id FROM ${table} WHERE ${listedSql(model)} AND ${text} LIMIT ?)`,
    ).run(...values, atMost);
    return Number(changes);
  };

  const followed = (stream: string, version: number, open: string, position: number): Followed => ({
    ...journalCommit(stream, version, open, onDamage),
    position,
  });

  const moveCursors = (by: number): void => {
    prepare('UPDATE read_models SET position = position + ?').run(by);
  };

  const catchUpOne = (projection: Projection | EntryProjection): void => {
    const { model } = projection;
    const declaration = declarationOf(model);
    const known = prepare('SELECT declaration, position FROM read_models WHERE name = ?').get(model.name);
    const head = Number(prepare('SELECT MAX(position) AS head FROM commits').get()?.['head'] ?? 0);
    // Nothing to write: a store on a full disk starts.
    if (known?.['declaration'] === declaration && known['position'] === head) return;
    database.exec('BEGIN IMMEDIATE');
    let position = Number(known?.['position'] ?? 0);
    if (known?.['declaration'] !== declaration) {
      position = 0;
      database.exec(createReadModel(model));
      prepare('INSERT OR REPLACE INTO read_models (name, declaration, position) VALUES (?, ?, 0)').run(
        model.name,
        declaration,
      );
    }
    for (;;) {
      const rows = prepare(
        'SELECT position, stream, version, open FROM commits WHERE position > ? ORDER BY position LIMIT 1000',
      ).all(position);
      if (rows.length === 0) break;
      for (const row of rows)
        project(
          followed(String(row['stream']), Number(row['version']), String(row['open']), Number(row['position'])),
          projection,
        );
      position = Number(rows.at(-1)?.['position']);
    }
    prepare('UPDATE read_models SET position = ? WHERE name = ?').run(position, model.name);
    database.exec('COMMIT');
  };

  return {
    catchUp: () => [...projections, ...entryProjections].forEach(catchUpOne),
    follow: (...commit) => {
      waiting.push(followed(...commit));
    },
    behind: () => waiting.length > 0 || bulkDeletesLeft,
    waiting: () => waiting.length,
    slice: (atMost) => {
      const some = waiting.slice(0, atMost);
      some.forEach((commit) => project(commit));
      if (some.length > 0) moveCursors(some.length);
      if (bulkDeletesLeft && some.length < atMost) bulkDeleteSome();
      taken = some.length;
    },
    committed: () => {
      waiting = taken < waiting.length ? waiting.slice(taken) : [];
      taken = 0;
    },
    rolledBack: () => {
      taken = 0;
      bulkDeletesLeft = true;
    },
  };
};

const isListed = ({ listed }: ReadModel, document: StoredDocument | undefined): boolean =>
  document !== undefined && !document.deleted && (listed === undefined || document.fields[listed] === true);

/** A commit that a projection cannot take must not stop the writer: it is told, and the document stays behind. */
const projected = (
  projection: Projection,
  document: StoredDocument | undefined,
  id: number,
  commit: Followed,
): StoredDocument | undefined =>
  withoutFault(projection.model.name, commit, () => projectCommit(projection, document, id, recordedEvents(commit)));

const withoutFault = <T>(name: string, commit: Followed, work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    process.emitWarning(`${name} cannot project ${commit.stream}:${commit.version}: ${String(error)}`, {
      code: 'GRANTLOG_PROJECTION',
    });
    return undefined;
  }
};
