import { topicOf } from '@grantlog/contracts';
import { type EventPublisher, type Journal, type Message, publishedEvents } from '@grantlog/event-sourcing';
import { pause, type WorkerSpec } from '@grantlog/service-kit';

const MOST_EVENTS = 500;
const IDLE_MS = 50;
const STALL_AFTER_MS = 8000;

type Cursor = { readonly get: () => string; readonly keep: (cursor: string) => Promise<void> };
type Parts = {
  readonly journal: Journal;
  readonly publisher: EventPublisher;
  readonly cursor: Cursor;
  readonly issuer: string;
};

/**
 * Publishes the embedded profile's journal, the same messages as the relay's. The cursor is kept after the
 * acknowledgement: a crash repeats and loses nothing; an outage of Kafka stops nothing else.
 * @param prepare what has to work before the first message, such as making topics
 */
export const followJournal = (
  { journal, publisher, cursor, issuer }: Parts,
  prepare: () => Promise<void>,
): WorkerSpec => ({
  name: 'publisher',
  // An outage of Kafka is no reason to take requests elsewhere.
  needs: 'none',
  mend: 'replace',
  stallAfterMs: STALL_AFTER_MS,
  live: async ({ signal, progress, working }) => {
    await prepare();
    for (let at = cursor.get(); !signal.aborted;) {
      progress();
      const page = await journal.read(at, MOST_EVENTS);
      if (!page) throw new Error(`the journal has no place ${at}`);
      const messages = page.entries.flatMap((entry) =>
        publishedEvents(issuer, entry).map<Message>((event) => ({
          topic: topicOf(event.subject),
          key: event.subject,
          value: JSON.stringify(event),
        })),
      );
      if (messages.length > 0) {
        await publisher.publish(messages, progress);
        await cursor.keep(page.next);
      }
      working('working');
      at = page.next;
      if (messages.length === 0) await pause(IDLE_MS, signal);
    }
  },
});
