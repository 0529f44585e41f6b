import type { JournalDocument, JournalWriter } from '@grantlog/adapter-mongo';
import { topicOf } from '@grantlog/contracts';
import {
  type Damage,
  type EventPublisher,
  journalCommit,
  type JournalEntry,
  type Message,
  publishedEvents,
} from '@grantlog/event-sourcing';
import type { NumberedPass } from './number-commits.ts';

const MOST_PASSES = 50;
const PASSES_READ_AT_ONCE = 10;
const MOST_REMEMBERED = 200;

export type PublishJournal = {
  /** Remembers what was numbered just now, so that it is published without being read again. */
  readonly remember: (pass: NumberedPass) => void;
  /** Looks into the shard's journal again: another relay was there. */
  readonly forget: (shard: number) => void;
  /** Publishes what these shards have, in one request. @returns how many passes, and the shards that may have more */
  readonly publish: (shards: readonly number[], progress?: () => void) => Promise<{ passes: number; more: readonly number[] }>; // prettier-ignore
  /** Keeps the places, which is done now and then: what was published after the last time is published again. */
  readonly keepPlaces: () => Promise<void>;
};

/** What a shard has to be published, after its place. */
type Part = {
  readonly shard: number;
  readonly place: number;
  readonly passes: readonly JournalDocument[];
  readonly entries: readonly JournalEntry[];
  readonly more: boolean;
};

/**
 * Publishes what a shard's journal has beyond what was acknowledged. Places are kept after the acknowledgement, so a
 * crash between the two repeats messages and loses none.
 */
export const createPublishJournal = (
  journal: JournalWriter,
  publisher: EventPublisher,
  issuer: string,
  onDamage: (damage: Damage) => void = () => undefined,
): PublishJournal => {
  const places = new Map<number, number>();
  const kept = new Map<number, number>();
  const remembered = new Map<string, NumberedPass>();
  /** The newest pass of a shard, as far as no other relay was there and every pass since was remembered. */
  const newest = new Map<number, number>();
  let forgets = 0;
  const forget = (shard: number): void => {
    forgets += 1;
    newest.delete(shard);
  };

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
    commits.map(({ stream, version, open }, i) => ({
      shard: document.shard,
      sequence: document.first + i,
      commit: journalCommit(stream, version, open, onDamage),
    }));

  const next = async (shard: number, progress?: () => void): Promise<Part> => {
    const place = places.get(shard) ?? (await journal.published(shard));
    places.set(shard, place);
    const numbered = fromMemory(shard, place);
    if (numbered.length > 0 || newest.has(shard)) {
      const more = !newest.has(shard) || numbered.length === MOST_PASSES;
      return { shard, place, passes: numbered.map(({ document }) => document), entries: numbered.flatMap(entriesOf), more }; // prettier-ignore
    }
    const before = forgets;
    const passes = await journal.passesAfter(shard, place, MOST_PASSES);
    if (passes.length === 0 && forgets === before) newest.set(shard, place);
    const entries: JournalEntry[] = [];
    for (let from = 0; from < passes.length; from += PASSES_READ_AT_ONCE) {
      entries.push(...(await journal.entriesOf(passes.slice(from, from + PASSES_READ_AT_ONCE))));
      progress?.();
    }
    return { shard, place, passes, entries, more: passes.length > 0 };
  };

  return {
    remember: (numbered) => {
      const { shard, pass, _id } = numbered.document;
      if (remembered.size >= MOST_REMEMBERED) {
        remembered.clear();
        newest.clear();
      }
      remembered.set(_id, numbered);
      if (newest.get(shard) === pass - 1) newest.set(shard, pass);
      else forget(shard);
    },
    forget,
    publish: async (shards, progress) => {
      const parts = await Promise.all(shards.map((shard) => next(shard, progress)));
      const messages = parts.flatMap(({ entries }) =>
        entries.flatMap((entry) =>
          publishedEvents(issuer, entry).map<Message>((event) => ({
            topic: topicOf(event.subject),
            key: event.subject,
            value: JSON.stringify(event),
          })),
        ),
      );
      if (messages.length > 0) await publisher.publish(messages, progress);
      for (const { shard, place, passes } of parts) {
        const last = passes.at(-1)?.pass ?? place;
        for (let pass = place + 1; pass <= last; pass += 1) remembered.delete(`${shard}:${pass}`);
        places.set(shard, last);
      }
      return {
        passes: parts.reduce((sum, { passes }) => sum + passes.length, 0),
        more: parts.filter(({ more }) => more).map(({ shard }) => shard),
      };
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
