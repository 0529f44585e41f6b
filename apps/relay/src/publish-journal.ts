import type { JournalWriter } from '@grantlog/adapter-mongo';
import { topicOf } from '@grantlog/contracts';
import { type EventPublisher, type Message, publishedEvents } from '@grantlog/event-sourcing';

const MOST_PASSES = 50;

/**
 * Publishes what a shard's journal has beyond what was acknowledged. The place is kept after the acknowledgement, so a
 * crash between the two repeats messages and loses none.
 * @returns how many passes were published
 */
export const createPublishJournal = (journal: JournalWriter, publisher: EventPublisher, issuer: string): ((shard: number) => Promise<number>) => {
  const places = new Map<number, number>();
  return async (shard) => {
    const place = places.get(shard) ?? (await journal.published(shard));
    places.set(shard, place);
    const passes = await journal.passesAfter(shard, place, MOST_PASSES);
    const last = passes.at(-1);
    if (!last) return 0;
    const messages = (await journal.entriesOf(passes)).flatMap((entry) =>
      publishedEvents(issuer, entry).map<Message>((event) => ({ topic: topicOf(event.subject), key: event.subject, value: JSON.stringify(event) })),
    );
    await publisher.publish(messages);
    await journal.setPublished(shard, last.pass);
    places.set(shard, last.pass);
    return passes.length;
  };
};
