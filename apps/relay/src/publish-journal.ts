import { topicOf } from '@grantlog/contracts';
import { type EventPublisher, type Journal, type Message, publishedEvents } from '@grantlog/event-sourcing';
import { pause, type WorkerSpec } from '@grantlog/service-kit';

const MOST_EVENTS = 500;
const IDLE_MS = 50;
const STALL_AFTER_MS = 8000;
const KEPT_EVERY_MS = 2000;

type Source = {
  readonly journal: Journal;
  readonly publisher: EventPublisher;
  /** The number up to which everything is published. */
  readonly cursor: { readonly get: () => Promise<number>; readonly keep: (sequence: number) => Promise<void> };
  /** The `source` of every event. */
  readonly issuer: string;
};

export type Publication = {
  /** Publishes a page of what comes after the cursor. @returns how many commits */
  readonly next: (progress?: () => void) => Promise<number>;
  /** Keeps the cursor: after the acknowledgement, so that a crash repeats messages and loses none. */
  readonly keep: () => Promise<void>;
  /** The newest number that is published, as far as this process knows. */
  readonly at: () => number | undefined;
  /** Reads the cursor again: another process publishes meanwhile. */
  readonly forget: () => void;
};

export const createPublication = ({ journal, publisher, cursor, issuer }: Source): Publication => {
  let at: number | undefined;
  let kept = 0;
  return {
    next: async (progress) => {
      at ??= kept = await cursor.get();
      const { entries, next } = await journal.read(at, MOST_EVENTS);
      const messages = entries.flatMap((entry) =>
        publishedEvents(issuer, entry).map<Message>((event) => ({
          topic: topicOf(event.subject),
          key: event.subject,
          value: JSON.stringify(event),
        })),
      );
      if (messages.length > 0) await publisher.publish(messages, progress);
      at = next;
      return entries.length;
    },
    keep: async () => {
      if (at === undefined || at === kept) return;
      await cursor.keep(at);
      kept = at;
    },
    at: () => at,
    forget: () => {
      at = undefined;
    },
  };
};

type Parts = {
  /** What has to work before the first message, such as making topics. */
  readonly prepare: () => Promise<void>;
  readonly needs: WorkerSpec['needs'];
  /** The newest number of the journal, where that is known without asking; undefined while another process publishes. */
  readonly head?: () => number | undefined;
  readonly onPublished?: (commits: number) => void;
};

/** The worker that publishes the journal, in both profiles. The cursor is kept now and then, and at the end. */
export const publishJournal = (
  source: Source,
  { prepare, needs, head = () => Infinity, onPublished = () => undefined }: Parts,
): WorkerSpec => ({
  name: 'publisher',
  needs,
  mend: 'replace',
  stallAfterMs: STALL_AFTER_MS,
  live: async ({ signal, progress, working }) => {
    const publication = createPublication(source);
    let keptAt = performance.now();
    await prepare();
    try {
      while (!signal.aborted) {
        progress();
        const newest = head();
        if (newest === undefined) publication.forget();
        const isBehind = newest !== undefined && (publication.at() ?? -1) < newest;
        const commits = isBehind ? await publication.next(progress) : 0;
        working(newest === undefined ? 'standby' : 'working');
        onPublished(commits);
        if (performance.now() - keptAt >= KEPT_EVERY_MS) {
          await publication.keep();
          keptAt = performance.now();
        }
        if (commits === 0) await pause(IDLE_MS, signal);
      }
    } finally {
      await publication.keep();
    }
  },
});
