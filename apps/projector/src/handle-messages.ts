import { findTopic } from '@grantlog/contracts';
import {
  DamagedCommit,
  type EventStore,
  type PublishedEvent,
  type ReceivedMessage,
  type RecordedEvent,
  recordedEvent,
  recordedEvents,
} from '@grantlog/event-sourcing';
import { z } from 'zod';
import { type ApplyEvents, applyFitting, type Step, type UnfitEvents } from './apply-events.ts';

/** Why a message cannot be used: somebody else published it, it is no event, or its data fits no read model. */
export type Problem = 'origin' | 'shape' | 'data';

const count = z.int().min(0);
const publishedEvent = z.object({
  subject: z.string(),
  time: z.iso.datetime(),
  streamversion: count.min(1),
  commitindex: count,
  commitsize: count.min(1),
  journalsequence: count,
  data: z.looseObject({
    event: z.string(),
    cause: z.looseObject({ requestId: z.string(), actor: z.number().optional(), clientId: z.string().optional() }),
  }),
});

type Read = { readonly event: RecordedEvent } | { readonly problem: Problem; readonly detail: string };

/** The event of a message; the one place where what comes from Kafka is checked. */
const read = ({ key, value, genuine }: ReceivedMessage): Read => {
  if (genuine !== true) return { problem: 'origin', detail: 'this installation did not publish it' };
  const event = publishedEvent.safeParse(parsed(value));
  if (!event.success) return { problem: 'shape', detail: z.prettifyError(event.error) };
  if (event.data.subject !== key) return { problem: 'shape', detail: 'its subject is not its key' };
  return { event: recordedEvent(event.data as unknown as PublishedEvent) };
};

/** @returns undefined for what is not JSON, which is no event either */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Applies messages to the read models. One that cannot be used is reported, and what the documents lack of the stream that
 * its key names is taken from the store instead; everything else goes on.
 * @param shown how far the documents show a stream
 * @param reportUnfit hears of streams that no read model can show as the store has them
 */
export const createHandleMessages =
  (
    applyEvents: ApplyEvents,
    storeOf: (stream: string) => EventStore,
    shown: (stream: string) => Promise<number>,
    report: (message: ReceivedMessage, problem: Problem, detail: string) => void,
    reportUnfit: (unfit: UnfitEvents) => void,
  ) =>
  async (messages: readonly ReceivedMessage[], step: Step = () => undefined): Promise<void> => {
    const fromStore = new Set<string>();
    const stored = async (
      stream: string,
      sequences: ReadonlyMap<number, number | undefined> = new Map(),
    ): Promise<readonly RecordedEvent[]> => {
      fromStore.add(stream);
      // A document may be ahead of the entries of its commits.
      const after = Math.min(await shown(stream), ...[...sequences.keys()].map((version) => version - 1));
      const commits = await storeOf(stream)
        .readAfter(stream, after)
        .catch((error: unknown) => {
          // The store reports it; there is nothing to show.
          if (error instanceof DamagedCommit) return [];
          throw error;
        });
      await step();
      return commits.flatMap((commit) => recordedEvents(commit, sequences.get(commit.version)));
    };
    const usable: { readonly message: ReceivedMessage; readonly event: RecordedEvent }[] = [];
    const instead: RecordedEvent[] = [];
    for (const message of messages) {
      const outcome = read(message);
      if ('event' in outcome) {
        usable.push({ message, event: outcome.event });
        continue;
      }
      report(message, outcome.problem, outcome.detail);
      if (findTopic(message.key) === message.topic && !fromStore.has(message.key))
        instead.push(...(await stored(message.key)));
    }
    const reported = new Set<string>();
    // Those of messages come last: they know their number in the journal.
    await applyFitting(applyEvents, [...instead, ...usable.map(({ event }) => event)], step, (unfit) => {
      const { stream, message: detail } = unfit;
      const mine = usable.filter(({ event }) => event.stream === stream);
      if (mine.length === 0 || reported.has(stream)) {
        reportUnfit(unfit);
        return [];
      }
      reported.add(stream);
      for (const { message } of mine) report(message, 'data', detail);
      return stored(stream, new Map(mine.map(({ event }) => [event.version, event.sequence])));
    });
  };
