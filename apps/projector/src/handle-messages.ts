import { findTopic } from '@grantlog/contracts';
import {
  DamagedCommit,
  type EventStore,
  type JournalPlace,
  type PublishedEvent,
  type ReceivedMessage,
  type RecordedEvent,
  recordedEvent,
  recordedEvents,
} from '@grantlog/event-sourcing';
import { z } from 'zod';
import { UnfitEvents } from './apply-events.ts';

/** Why a message cannot be used: somebody else published it, it is no event, or its data fits no read model. */
export type Problem = 'origin' | 'shape' | 'data';

const count = z.int().min(0);
const publishedEvent = z.object({
  subject: z.string(),
  time: z.iso.datetime(),
  streamversion: count.min(1),
  commitindex: count,
  commitsize: count.min(1),
  journalshard: count,
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
  const json = z.string().transform(parsed).pipe(publishedEvent).safeParse(value);
  if (!json.success) return { problem: 'shape', detail: z.prettifyError(json.error) };
  if (json.data.subject !== key) return { problem: 'shape', detail: 'its subject is not its key' };
  return { event: recordedEvent(json.data as unknown as PublishedEvent) };
};

const parsed = (text: string, { addIssue }: z.RefinementCtx<string>): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    addIssue('it is not JSON');
    return z.NEVER;
  }
};

/**
 * Applies messages to the read models. One that cannot be used is reported, and the stream that its key names is taken
 * from the store instead; everything else goes on.
 */
export const createHandleMessages =
  (
    applyEvents: (events: readonly RecordedEvent[]) => Promise<void>,
    storeOf: (stream: string) => EventStore,
    report: (message: ReceivedMessage, problem: Problem, detail: string) => void,
  ) =>
  async (messages: readonly ReceivedMessage[]): Promise<void> => {
    const stored = new Map<string, readonly RecordedEvent[]>();
    const places = new Map<string, JournalPlace | undefined>();
    const takeFromStore = async (stream: string): Promise<void> => {
      const commits = await storeOf(stream)
        .readAfter(stream, 0)
        .catch((error: unknown) => {
          // The store reports it; there is nothing to show.
          if (error instanceof DamagedCommit) return [];
          throw error;
        });
      stored.set(stream, commits.flatMap((commit) => recordedEvents(commit, places.get(`${stream}:${commit.version}`)))); // prettier-ignore
    };
    let usable: { readonly message: ReceivedMessage; readonly event: RecordedEvent }[] = [];
    for (const message of messages) {
      const outcome = read(message);
      if ('event' in outcome) {
        usable.push({ message, event: outcome.event });
        continue;
      }
      report(message, outcome.problem, outcome.detail);
      if (findTopic(message.key) === message.topic && !stored.has(message.key)) await takeFromStore(message.key);
    }
    for (;;) {
      try {
        // Those of messages come last: they know their place in the journal.
        return await applyEvents([...[...stored.values()].flat(), ...usable.map(({ event }) => event)]);
      } catch (error) {
        if (!(error instanceof UnfitEvents)) throw error;
        const { stream, message: detail } = error;
        const unfit = usable.filter(({ event }) => event.stream === stream);
        usable = usable.filter(({ event }) => event.stream !== stream);
        for (const { message, event } of unfit) {
          report(message, 'data', detail);
          places.set(`${stream}:${event.version}`, event.place);
        }
        // The store itself has what no read model can show: this stream waits, the others do not.
        if (unfit.length === 0) stored.set(stream, []);
        else await takeFromStore(stream);
      }
    }
  };
