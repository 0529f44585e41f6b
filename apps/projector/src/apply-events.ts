import {
  assertFits,
  DamagedCommit,
  type EntryProjection,
  type DocumentWrite,
  type DocumentWriter,
  type EventStore,
  fits,
  MARK,
  numberedStream,
  projectCommit,
  type ReadModel,
  type Projection,
  type RecordedEvent,
  recordedEvents,
  type StoredDocument,
} from '@grantlog/event-sourcing';

type Commits = ReadonlyMap<number, readonly RecordedEvent[]>;
type Fields = StoredDocument['fields'];
/** Documents by model and number, as they were before a batch; those that it made, as it made them. */
type Seen = Map<string, Fields>;
const keyOf = (model: string, id: number): string => `${model} ${id}`;

/** Events of a stream give a document that its read model does not declare, or none at all. */
export class UnfitEvents extends Error {
  override readonly name = 'UnfitEvents';
  readonly stream: string;
  constructor(stream: string, model: string, cause: unknown) {
    super(`its data does not fit ${model}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.stream = stream;
  }
}

/** Hears of each step of a long work: it goes on. */
export type Step = () => Promise<void> | void;
export type ApplyEvents = (events: readonly RecordedEvent[], step?: Step) => Promise<void>;

/**
 * Applies events; a stream with events that no read model can show holds up no other.
 * @param instead gives what is applied in place of that stream's events; nothing, when it is called for it again
 */
export const applyFitting = async (
  applyEvents: ApplyEvents,
  events: readonly RecordedEvent[],
  step: Step,
  instead: (unfit: UnfitEvents) => Promise<readonly RecordedEvent[]> | readonly RecordedEvent[],
): Promise<void> => {
  for (let fitting = events; ;) {
    try {
      return await applyEvents(fitting, step);
    } catch (error) {
      if (!(error instanceof UnfitEvents)) throw error;
      const others = fitting.filter(({ stream }) => stream !== error.stream);
      fitting = [...(await instead(error)), ...others];
      await step();
    }
  }
};

/** How far the documents show a stream: its version, 0 where they would show it from its beginning. */
export const shownBy =
  (projections: readonly Projection[], documents: Pick<DocumentWriter, 'get'>) =>
  async (stream: string): Promise<number> => {
    const numbered = numberedStream(stream);
    for (const { model, category, marks } of projections) {
      if (marks === stream) return (await documents.get(model, [MARK])).get(MARK)?.version ?? 0;
      if (numbered?.category !== category) continue;
      const document = (await documents.get(model, [numbered.number])).get(numbered.number);
      // What ended a document may delete others, and a fault may have come between the two.
      return document && !document.deleted ? document.version : 0;
    }
    return 0;
  };

/** Runs a projection's rule over events of one stream. @throws UnfitEvents */
const ruled = <T>(stream: string, model: ReadModel, rule: () => T, fieldsOf: (made: T) => Fields | undefined): T => {
  try {
    const made = rule();
    const fields = fieldsOf(made);
    if (fields) assertFits(model, fields);
    return made;
  } catch (error) {
    throw new UnfitEvents(stream, model.name, error);
  }
};

/**
 * Applies published events to the read models: what a document has is dropped, a gap is read from the store, and
 * nothing is written unless it is newer.
 * @throws UnfitEvents for events that no read model can show
 * @param storeOf the event store of the context that a stream belongs to
 */
export const createApplyEvents = (
  projections: readonly Projection[],
  entryProjections: readonly EntryProjection[],
  documents: DocumentWriter,
  storeOf: (stream: string) => EventStore,
): ApplyEvents => {
  /** What a batch makes of a model's documents; nothing is written yet. */
  const advanceAll = async (
    projection: Projection,
    streams: ReadonlyMap<number, Commits>,
    seen: Seen,
  ): Promise<readonly DocumentWrite[]> => {
    const known = await documents.get(projection.model, [...streams.keys()]);
    const writes: DocumentWrite[] = [];
    for (const [id, commits] of streams) {
      const document = await advance(projection, id, known.get(id), commits, storeOf).catch(leaveOut);
      const fields = known.get(id)?.fields ?? document?.fields;
      if (fields) seen.set(keyOf(projection.model.name, id), fields);
      if (document) writes.push({ model: projection.model.name, document, isNew: !known.has(id) });
    }
    return writes;
  };

  const put = async (projection: Projection, writes: readonly DocumentWrite[], step: Step): Promise<void> => {
    if (writes.length === 0) return;
    await documents.putIfNewer(writes);
    await step();
    if (writes.some(({ isNew }) => isNew)) await deleteLate(projection, writes);
  };

  /** Deletes what events of other streams end, then marks how far. */
  const deleteEnded = async (
    { model, bulkDeletes, marks }: Projection,
    events: readonly RecordedEvent[],
    step: Step,
  ): Promise<void> => {
    for (const event of events) {
      const ended = ruled(event.stream, model, () => bulkDeletes?.of(event), () => undefined); // prettier-ignore
      if (!ended) continue;
      await documents.bulkDelete({ model, ...ended, version: event.version });
      await step();
    }
    const version = Math.max(0, ...events.flatMap((event) => (event.stream === marks && isLast(event) ? [event.version] : []))); // prettier-ignore
    if (version === 0) return;
    const document = { id: MARK, version, deleted: true, fields: {} };
    await documents.putIfNewer([{ model: model.name, document, isNew: false }]);
  };

  /** Streams have no order among each other: what ended a document may have come before the document. */
  const deleteLate = async ({ model, bulkDeletes }: Projection, writes: readonly DocumentWrite[]): Promise<void> => {
    if (!bulkDeletes) return;
    const living = writes.filter(({ document }) => !document.deleted);
    const subjects = new Set(living.flatMap(({ document }) => bulkDeletes.subjectsOf(document.fields)));
    const wheres = await documents.bulkDeletesOf(model, [...subjects]);
    const ended = living.filter(({ document }) => wheres.some((where) => fits(where, document.fields)));
    if (ended.length > 0) await documents.markDeleted(model, ended.map(({ document }) => document.id)); // prettier-ignore
  };

  /** What commits are about, where this batch did not come by it: read once more. */
  const seeSubjects = async (
    { subject }: EntryProjection,
    commits: readonly (readonly RecordedEvent[])[],
    seen: Seen,
  ): Promise<void> => {
    const unseen = commits
      .flatMap(([first]) => subject(first?.stream ?? '') ?? [])
      .filter(({ model, id }) => !seen.has(keyOf(model, id)));
    for (const [name, group] of Map.groupBy(unseen, ({ model }) => model)) {
      const projection = projections.find(({ model }) => model.name === name);
      if (!projection) continue;
      const some = await documents.get(projection.model, [...new Set(group.map(({ id }) => id))]);
      for (const [id, { fields }] of some) seen.set(keyOf(name, id), fields);
    }
  };

  /** Whole commits: one that was cut by a batch's end is read from the store. */
  const wholeCommits = async (events: readonly RecordedEvent[]): Promise<(readonly RecordedEvent[])[]> => {
    const commits: (readonly RecordedEvent[])[] = [];
    for (const group of Map.groupBy(events, ({ stream, version }) => `${stream}:${version}`).values()) {
      const byIndex = new Map(group.map((event) => [event.index, event]));
      const [first] = group as [RecordedEvent];
      if (byIndex.size === first.of) {
        commits.push([...byIndex.values()].sort((a, b) => a.index - b.index));
        continue;
      }
      const [stored] =
        (await storeOf(first.stream)
          .readAfter(first.stream, first.version - 1)
          .catch(leaveOut)) ?? [];
      if (stored) commits.push(recordedEvents(stored, first.sequence));
    }
    return commits;
  };

  const enter = async (
    { model, subject, entry }: EntryProjection,
    commits: readonly (readonly RecordedEvent[])[],
    seen: Seen,
  ): Promise<void> => {
    const writes = commits.flatMap<DocumentWrite>((commit) => {
      const [first] = commit as readonly [RecordedEvent];
      const named = subject(first.stream);
      const subjectFields = named && seen.get(keyOf(named.model, named.id));
      const fields = ruled(first.stream, model, () => entry(commit, subjectFields), (made) => made); // prettier-ignore
      if (!fields || first.sequence === undefined) return [];
      const document = { id: first.sequence, version: 1, deleted: false, fields };
      return [{ model: model.name, document, isNew: true }];
    });
    if (writes.length > 0) await documents.putIfNewer(writes);
  };

  return async (events, step = () => undefined) => {
    const commits = entryProjections.length > 0 ? await wholeCommits(events) : [];
    const seen: Seen = new Map();
    const advanced: (readonly [Projection, readonly DocumentWrite[]])[] = [];
    for (const projection of projections) {
      const streams = commitsByDocument(projection.category, events);
      if (streams.size > 0) advanced.push([projection, await advanceAll(projection, streams, seen)]);
    }
    // Before the documents: who waits for a document finds its entry as well.
    for (const projection of entryProjections) {
      await seeSubjects(projection, commits, seen);
      await enter(projection, commits, seen);
      await step();
    }
    for (const [projection, writes] of advanced) await put(projection, writes, step);
    for (const projection of projections) await deleteEnded(projection, events, step);
  };
};

/** What lacks a commit that cannot be read stays as it is: others go on. */
const leaveOut = (error: unknown): undefined => {
  if (!(error instanceof DamagedCommit)) throw error;
};

const isLast = ({ index, of }: RecordedEvent): boolean => index === of - 1;

const commitsByDocument = (
  category: string,
  events: readonly RecordedEvent[],
): Map<number, Map<number, RecordedEvent[]>> => {
  const streams = new Map<number, Map<number, RecordedEvent[]>>();
  for (const event of events) {
    const numbered = numberedStream(event.stream);
    if (numbered?.category !== category) continue;
    const commits = streams.get(numbered.number) ?? new Map<number, RecordedEvent[]>();
    streams.set(numbered.number, commits);
    const commit = commits.get(event.version) ?? [];
    commits.set(event.version, commit);
    if (!commit.some(({ index }) => index === event.index)) commit.push(event);
  }
  return streams;
};

const advance = async (
  projection: Projection,
  id: number,
  known: StoredDocument | undefined,
  commits: Commits,
  storeOf: (stream: string) => EventStore,
): Promise<StoredDocument | undefined> => {
  let document = known;
  const before = known?.version ?? 0;
  for (const version of [...commits.keys()].sort((a, b) => a - b)) {
    const commit = [...(commits.get(version) ?? [])].sort((a, b) => a.index - b.index);
    const [first] = commit;
    if (!first || version <= (document?.version ?? 0)) continue;
    const whole = commit.length === first.of && version === (document?.version ?? 0) + 1;
    const next = whole
      ? [commit]
      : (await storeOf(first.stream).readAfter(first.stream, document?.version ?? 0)).map((stored) =>
          recordedEvents(stored),
        );
    for (const one of next)
      document = ruled(first.stream, projection.model, () => projectCommit(projection, document, id, one), (made) => made?.fields) ?? document; // prettier-ignore
  }
  return document && document.version > before ? document : undefined;
};
