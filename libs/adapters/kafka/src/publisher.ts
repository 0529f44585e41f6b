import type { Kafka, Producer } from 'kafkajs';
import type { EventPublisher } from '@grantlog/event-sourcing';

/**
 * Publishes with an idempotent producer, one request at a time, so that a key's order holds. A fatal error means a new
 * producer and a repeat: nothing counts as published without an acknowledgement of its own.
 */
export const createKafkaPublisher = (kafka: Kafka): EventPublisher => {
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
        messages: group.map(({ key, value }) => ({ key, value })),
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
