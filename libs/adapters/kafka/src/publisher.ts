import type { KeyObject } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import { macOfMessage, ORIGIN_HEADER } from './origin.ts';
import type { EventPublisher } from '@grantlog/event-sourcing';

/**
 * Publishes with an idempotent producer, one request at a time, so that a key's order holds. A fatal error means a new
 * producer and a repeat: nothing counts as published without an acknowledgement of its own.
 * @param secret under which each message says that this installation published it
 */
export const createKafkaPublisher = (kafka: Kafka, secret?: KeyObject): EventPublisher => {
  let producer: Promise<Producer> | undefined;
  const connected = (): Promise<Producer> => {
    producer ??= (async () => {
      const fresh = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 3 } });
      await fresh.connect();
      return fresh;
    })();
    return producer;
  };
  const discard = async (): Promise<void> => {
    const old = producer;
    producer = undefined;
    await old?.then((one) => one.disconnect()).catch(() => undefined);
  };
  return {
    publish: async (messages) => {
      const topicMessages = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, group]) => ({
        topic,
        messages: group.map(({ key, value }) => ({
          key,
          value,
          ...(secret && { headers: { [ORIGIN_HEADER]: macOfMessage(secret, topic, key, value) } }),
        })),
      }));
      try {
        await (await connected()).sendBatch({ topicMessages, acks: -1, timeout: 5000 });
      } catch (error) {
        await discard();
        throw error;
      }
    },
    close: discard,
  };
};
