import type { KeyObject } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import type { ReceivedMessage } from '@grantlog/event-sourcing';
import { type Applied, type Life, pause, within } from '@grantlog/service-kit';
import { isGenuine, ORIGIN_HEADER } from './origin.ts';

/** A fetched batch may have thousands of messages; a handler that took minutes for them would be taken for dead. */
const MOST_AT_ONCE = 200;
const CLOSED_WITHIN_MS = 2000;
/** kafkajs disconnects a consumer that crashed before it says why. */
const REASON_COMES_WITHIN_MS = 1000;

type Subscription = {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where given, each message says whether it was published under one of them. */
  readonly secrets?: readonly KeyObject[];
  readonly lag?: { readonly applied: (applied: Applied) => void; readonly forget: () => void };
};

/**
 * Consumes topics as one of a group, for one life: a consumer of kafkajs that crashed is not trusted again, and kafkajs
 * restarts none by itself. Offsets are committed only after the handler has resolved, which is given at most 200 messages
 * at once: after a fault or a change of members no more than those are delivered again.
 * @param connect makes the life's client
 * @param handler calls `step` after each of its writes, so that neither supervisor nor broker takes it for dead
 * @returns rejects when the consumer ends without being asked to, with its reason; `run()` of kafkajs resolves all the same
 */
export const consumeTopics =
  (
    connect: () => Kafka,
    { groupId, topics, secrets, lag }: Subscription,
    handler: (messages: readonly ReceivedMessage[], step: () => Promise<void>) => Promise<void>,
  ) =>
  async ({ signal, progress, working }: Life): Promise<void> => {
    const consumer = connect().consumer({
      groupId,
      sessionTimeout: 10_000,
      // A join is silent for so long while it waits for a member that died: shorter than what is taken for a hang.
      rebalanceTimeout: 6000,
      heartbeatInterval: 2000,
      // The broker answers as soon as there is anything: this is how often an idle consumer asks.
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      retry: { retries: 3, maxRetryTime: 2000, restartOnFailure: () => Promise.resolve(false) },
    });
    const { CRASH, STOP, DISCONNECT, GROUP_JOIN, REBALANCING, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } =
      consumer.events;

    const ended = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => ended.resolve());
    consumer.on(CRASH, ({ payload }) => ended.reject(payload.error));
    for (const event of [STOP, DISCONNECT] as const)
      consumer.on(event, () => void pause(REASON_COMES_WITHIN_MS, signal).then(() => ended.reject(new Error(`Kafka's consumer ended: ${event}`)))); // prettier-ignore

    // Heartbeats prove no work: they go on while a handler hangs.
    const inHand = new Set<string>();
    let fetches = 0;
    const placeOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}:${partition}`;
    consumer.on(GROUP_JOIN, () => {
      inHand.clear();
      lag?.forget();
      progress();
    });
    consumer.on(REBALANCING, progress);
    consumer.on(START_BATCH_PROCESS, ({ payload }) => void inHand.add(placeOf(payload)));
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      inHand.delete(placeOf(payload));
      progress();
      working('working');
    });
    consumer.on(FETCH, () => {
      if (inHand.size > 0) return;
      progress();
      // What the first one brought may be what this consumer fails at.
      fetches += 1;
      if (fetches > 1) working('working');
    });

    const run = async (): Promise<void> => {
      await consumer.connect();
      progress();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
          const step = async (): Promise<void> => {
            progress();
            await heartbeat();
          };
          for (let from = 0; from < batch.messages.length; from += MOST_AT_ONCE) {
            // Others may have the partition by now.
            if (signal.aborted || !isRunning() || isStale()) return;
            const some = batch.messages.slice(from, from + MOST_AT_ONCE);
            await handler(
              some.map((message) => received(batch.topic, batch.partition, message, secrets)),
              step,
            );
            const last = some.at(-1);
            resolveOffset(last?.offset ?? '');
            lag?.applied({
              partition: placeOf(batch),
              left: Number(batch.offsetLag()) + Math.max(0, batch.messages.length - from - MOST_AT_ONCE),
              publishedAt: Number(last?.timestamp),
            });
            await step();
          }
        },
      });
      await ended.promise;
    };
    try {
      await Promise.race([run(), ended.promise]);
    } finally {
      // A broker that stands still holds up no end; and how the life ended says more than a connection that cannot be closed.
      await within(CLOSED_WITHIN_MS, 'disconnecting from Kafka', consumer.disconnect()).catch(() => undefined);
    }
  };

const received = (
  topic: string,
  partition: number,
  { key, value, headers, offset }: KafkaMessage,
  secrets?: readonly KeyObject[],
): ReceivedMessage => {
  const message = { topic, partition, offset, key: key?.toString() ?? '', value: value?.toString() ?? '' };
  if (!secrets) return message;
  const mac = String(headers?.[ORIGIN_HEADER] ?? '');
  return { ...message, genuine: isGenuine(secrets, message.topic, message.key, message.value, mac) };
};
