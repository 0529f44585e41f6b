import type { Cause, DomainEvent, Instant } from './event.ts';
import type { DocumentStore, Filter, ReadModel, StoredDocument, Value } from './document-store.ts';

/** An event as projections and consumers meet it: without any sealed part. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = {
  readonly stream: string;
  readonly version: number;
  readonly index: number;
  /** How many events the commit has. */
  readonly of: number;
  readonly at: Instant;
  readonly cause: Cause;
  readonly event: E;
  /** Its commit's number in the journal, where that is known. */
  readonly sequence?: number;
};

export type Fields = Readonly<Record<string, Value>>;

/**
 * A read model's pure rule: the fields before and one event give the fields after. null marks the document as deleted.
 * One numbered stream is one document.
 */
export type Projection = {
  readonly model: ReadModel;
  /** Category of the streams that are documents of the model. */
  readonly category: string;
  readonly project: (fields: Fields | null, recorded: RecordedEvent) => Fields | null;
  /** What events of other streams delete. */
  readonly bulkDeletes?: BulkDeletes;
  /** The other stream of which the model tells how far it was applied, as the version of the document {@link MARK}. */
  readonly marks?: string;
};

/** Documents that an event of another stream deletes all at once. */
export type BulkDeletes = {
  /**
   * What an event deletes, and of which subject: an application, a user. A later one of the same subject deletes all that
   * an earlier one did.
   */
  readonly of: (recorded: RecordedEvent) => { readonly subject: string; readonly where: Filter } | undefined;
  /** The subjects by which a document may be deleted. */
  readonly subjectsOf: (fields: Fields) => readonly string[];
};

/** The number of no document: under it lies, never listed, how far the stream that a projection marks was applied. */
export const MARK = 0;

/**
 * A read model with a document for each commit, such as a list of what happened. The document's id is the commit's number
 * in the journal, so a repeated event changes nothing and a rebuild gives the same ids.
 */
export type EntryProjection = {
  readonly model: ReadModel;
  /** The document of another read model that tells whom the commit is about. */
  readonly subject: (stream: string) => { readonly model: string; readonly id: number } | undefined;
  /** @param subject that document's fields as they were before the commit, or as they are, where before there were none */
  readonly entry: (commit: readonly RecordedEvent[], subject: Fields | undefined) => Fields | undefined;
};

/** Applies a commit's events to a document; undefined when the document has them already. */
export const projectCommit = (
  projection: Projection,
  document: StoredDocument | undefined,
  id: number,
  recorded: readonly RecordedEvent[],
): StoredDocument | undefined => {
  const version = recorded[0]?.version ?? 0;
  if (document && document.version >= version) return undefined;
  // A mark without fields stays a mark: what was deleted is not brought back by a late event.
  if (document?.deleted) return { ...document, version };
  const fields = recorded.reduce<Fields | null>(
    (before, event) => projection.project(before, event),
    document ? document.fields : null,
  );
  // What it was stays readable for those who tell what happened to it.
  return fields === null
    ? { id, version, deleted: true, fields: document?.fields ?? {} }
    : { id, version, deleted: false, fields };
};

export const LONGEST_WAIT_MS = 2000;

/**
 * Waits until the read model shows a write, up to 2 s.
 * @returns false when it did not in that time
 */
export const waitUntilShown = async (
  documents: Pick<DocumentStore, 'versions'>,
  model: ReadModel,
  writes: readonly { id: number; version: number }[],
): Promise<boolean> => {
  if (writes.length === 0) return true;
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const versions = await documents.versions(model, writes.map(({ id }) => id)); // prettier-ignore
    if (writes.every(({ version }, i) => (versions[i] ?? 0) >= version)) return true;
    if (performance.now() + pause > giveUpAt) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
};
