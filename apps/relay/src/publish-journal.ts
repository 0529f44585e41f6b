import { type JournalDocument, type JournalWriter, toCommit } from '@grantlog/adapter-mongo';
import { topicOf } from '@grantlog/contracts';
import { type EventPublisher, type JournalEntry, type Message, publishedEvents } from '@grantlog/event-sourcing';
import type { NumberedPass } from './number-commits.ts';

const MOST_PASSES = 50;
const MOST_REMEMBERED = 200;

export type PublishJournal = {
  /** Remembers what was numbered just now, so that it is published without being read again. */
  readonly remember: (pass: NumberedPass) => void;
  /** @returns how many passes of the shard were published */
  readonly publish: (shard: number) => Promise<number>;
  /** Keeps the places, which is done now and then: what was published after the last time is published again. */
  readonly keepPlaces: () => Promise<void>;
};

/**
 * Publishes what a shard's journal has beyond what was acknowledged. Places are kept after the acknowledgement, so a
 * crash between the two repeats messages and loses none.
 */
export const createPublishJournal = (
  journal: JournalWriter,
  publisher: EventPublisher,
  issuer: string,
): PublishJournal => {
  const places = new Map<number, number>();
  const kept = new Map<number, number>();
  const remembered = new Map<string, NumberedPass>();

  /** The passes after a place, from memory as far as it has them without a gap. */
  const fromMemory = (shard: number, place: number): NumberedPass[] => {
    const found: NumberedPass[] = [];
    for (let pass = place + 1; found.length < MOST_PASSES; pass += 1) {
      const one = remembered.get(`${shard}:${pass}`);
      if (!one) break;
      found.push(one);
    }
    return found;
  };

  const entriesOf = ({ document, commits }: NumberedPass): JournalEntry[] =>
    commits.map((commit, i) => ({ shard: document.shard, sequence: document.first + i, commit: toCommit(commit) }));

  const next = async (
    shard: number,
    place: number,
  ): Promise<{ last: JournalDocument | undefined; count: number; entries: readonly JournalEntry[] }> => {
    const known = fromMemory(shard, place);
    if (known.length > 0)
      return { last: known.at(-1)?.document, count: known.length, entries: known.flatMap(entriesOf) };
    const passes = await journal.passesAfter(shard, place, MOST_PASSES);
    return {
      last: passes.at(-1),
      count: passes.length,
      entries: passes.length === 0 ? [] : await journal.entriesOf(passes),
    };
  };

  return {
    remember: (pass) => {
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(pass.document._id, pass);
    },
    publish: async (shard) => {
      const place = places.get(shard) ?? (await journal.published(shard));
      places.set(shard, place);
      const { last, count, entries } = await next(shard, place);
      if (!last) return 0;
      await publisher.publish(
        entries.flatMap((entry) =>
          publishedEvents(issuer, entry).map<Message>((event) => ({
            topic: topicOf(event.subject),
            key: event.subject,
            value: JSON.stringify(event),
          })),
        ),
      );
      for (let pass = place + 1; pass <= last.pass; pass += 1) remembered.delete(`${shard}:${pass}`);
      places.set(shard, last.pass);
      return count;
    },
    keepPlaces: async () => {
      for (const [shard, place] of places) {
        if (kept.get(shard) === place || place === 0) continue;
        await journal.setPublished(shard, place);
        kept.set(shard, place);
      }
    },
  };
};
