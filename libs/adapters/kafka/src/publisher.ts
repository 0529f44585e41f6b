import type { KeyObject } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import type { EventPublisher, Message } from '@grantlog/event-sourcing';
import { within } from '@grantlog/service-kit';
import { macOfMessage, ORIGIN_HEADER } from './origin.ts';

/** Half of what a broker takes of one partition in one request, by default. @see message.max.bytes */
const MOST_BYTES = 512 * 1024;
/** What a message takes beside its value: key, headers, lengths. */
const OVERHEAD_BYTES = 256;
/** A broker that stands still says nothing, and kafkajs repeats for much longer. */
const LONGEST_MS = 6000;
const CLOSED_WITHIN_MS = 2000;

/**
 * Publishes with an idempotent producer, one request at a time, so that a key's order holds. A fatal error means a new
 * producer and a repeat: nothing counts as published without an acknowledgement of its own.
 * @param secret under which each message says that this installation published it
 */
export const createKafkaPublisher = (kafka: Kafka, secret?: KeyObject): EventPublisher => {
  let producer: { readonly client: Producer; readonly connecting: Promise<void> } | undefined;
  const connected = async (): Promise<Producer> => {
    if (!producer) {
      const client = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 3 } });
      producer = { client, connecting: client.connect() };
    }
    const { client, connecting } = producer;
    await within(LONGEST_MS, 'connecting to Kafka', connecting);
    return client;
  };
  const discard = async (): Promise<void> => {
    const old = producer;
    producer = undefined;
    if (!old) return;
    // One that connects only now must not stay either. Why it is discarded was thrown already.
    const disconnected = old.connecting.catch(() => undefined).then(() => old.client.disconnect());
    await within(CLOSED_WITHIN_MS, 'disconnecting from Kafka', disconnected).catch(() => undefined);
  };
  const send = async (messages: readonly Message[]): Promise<void> => {
    const topicMessages = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, group]) => ({
      topic,
      messages: group.map(({ key, value }) => ({
        key,
        value,
        ...(secret && { headers: { [ORIGIN_HEADER]: macOfMessage(secret, topic, key, value) } }),
      })),
    }));
    const sent = (await connected()).sendBatch({ topicMessages, acks: -1, timeout: 5000 });
    await within(LONGEST_MS, 'publishing to Kafka', sent);
  };
  return {
    publish: async (messages, progress) => {
      try {
        for (const request of requestsOf(messages)) {
          await send(request);
          progress?.();
        }
      } catch (error) {
        await discard();
        throw error;
      }
    },
    close: discard,
  };
};

/** The messages in order, in as many requests as a broker's limit asks for: a backlog may be of any size. */
const requestsOf = (messages: readonly Message[]): readonly (readonly Message[])[] => {
  const requests: Message[][] = [];
  let size = MOST_BYTES;
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.value) + OVERHEAD_BYTES;
    if (size + bytes > MOST_BYTES) {
      requests.push([]);
      size = 0;
    }
    requests.at(-1)?.push(message);
    size += bytes;
  }
  return requests;
};
