import { topicOf } from '@grantlog/contracts';
import { type EventPublisher, type Journal, type Message, publishedEvents } from '@grantlog/event-sourcing';
import type { Logger } from '@grantlog/service-kit';

const MOST_EVENTS = 500;
const IDLE_MS = 50;
const PAUSE_AFTER_FAULT_MS = 1000;

type Cursor = { readonly get: () => string; readonly keep: (cursor: string) => Promise<void> };
export type Following = {
  readonly state: () => { ok: boolean; cursor: string; problem?: string };
  /** Sends what is not of the journal; loses it when Kafka is away. */
  readonly send: (messages: readonly Message[]) => void;
  readonly close: () => Promise<void>;
};

/**
 * Publishes the embedded profile's journal, the same messages as the relay's. The cursor is kept after the
 * acknowledgement: a crash repeats and loses nothing; an outage of Kafka stops nothing else.
 * @param prepare what has to work once before the first message, such as making topics
 */
export const followJournal = (
  {
    journal,
    publisher,
    cursor,
    issuer,
    logger,
  }: { journal: Journal; publisher: EventPublisher; cursor: Cursor; issuer: string; logger: Logger },
  prepare: () => Promise<void>,
): Following => {
  let stopped = false;
  let prepared = false;
  let at = cursor.get();
  let problem: string | undefined;
  const step = async (): Promise<number> => {
    if (!prepared) {
      await prepare();
      prepared = true;
    }
    const page = await journal.read(at, MOST_EVENTS);
    if (!page || page.entries.length === 0) return 0;
    const messages = page.entries.flatMap((entry) =>
      publishedEvents(issuer, entry).map<Message>((event) => ({
        topic: topicOf(event.subject),
        key: event.subject,
        value: JSON.stringify(event),
      })),
    );
    await publisher.publish(messages);
    await cursor.keep(page.next);
    at = page.next;
    return messages.length;
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        const sent = await step();
        problem = undefined;
        if (sent === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        logger.warn({ err: error }, 'Kafka takes no events; trying again');
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAULT_MS));
      }
    }
  };
  const running = loop();
  return {
    // An outage of Kafka is told, and is no reason to take requests elsewhere.
    state: () => ({ ok: true, cursor: at, ...(problem !== undefined && { problem }) }),
    send: (messages) =>
      void publisher.publish(messages).catch((error: unknown) => logger.debug({ err: error }, 'not published')),
    close: async () => {
      stopped = true;
      await running;
      await publisher.close();
    },
  };
};
