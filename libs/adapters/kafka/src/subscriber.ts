import type { KeyObject } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { isGenuine, ORIGIN_HEADER } from './origin.ts';
import type { EventSubscription, Message } from '@grantlog/event-sourcing';

/**
 * Consumes topics as one of a group. Offsets are committed only after the handler has resolved.
 * @param secrets where given, each message says whether it was published under one of them
 */
export const createKafkaSubscription = (
  kafka: Kafka,
  groupId: string,
  topics: readonly string[],
  secrets?: readonly KeyObject[],
): EventSubscription => {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 2000,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 2000 },
  });
  return {
    run: async (handler) => {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        eachBatchAutoResolve: true,
        eachBatch: async ({ batch, heartbeat }) => {
          const messages = batch.messages.map<Message>(({ key, value, headers }) => {
            const message = { topic: batch.topic, key: key?.toString() ?? '', value: value?.toString() ?? '' };
            if (!secrets) return message;
            const mac = String(headers?.[ORIGIN_HEADER] ?? '');
            return { ...message, genuine: isGenuine(secrets, message.topic, message.key, message.value, mac) };
          });
          await handler(messages);
          await heartbeat();
        },
      });
    },
    close: () => consumer.disconnect(),
  };
};
