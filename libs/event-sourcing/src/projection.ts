import type { Cause, DomainEvent, Instant } from './event.ts';
import type { DocumentStore, Filter, ReadModel, StoredDocument, Value } from './document-store.ts';

/** An event as projections and consumers meet it: with its place, without any sealed part. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = {
  readonly stream: string;
  readonly version: number;
  readonly index: number;
  /** How many events the commit has. */
  readonly of: number;
  readonly at: Instant;
  readonly cause: Cause;
  readonly event: E;
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
  /** What an event of another stream deletes. */
  readonly sweeps?: (recorded: RecordedEvent) => Filter | undefined;
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
  // A mark without fields stays a mark: what was swept away is not brought back by a late event.
  if (document?.deleted) return { ...document, version };
  const fields = recorded.reduce<Fields | null>(
    (before, event) => projection.project(before, event),
    document ? document.fields : null,
  );
  return fields === null ? { id, version, deleted: true, fields: {} } : { id, version, deleted: false, fields };
};

const LONGEST_WAIT_MS = 2000;

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
