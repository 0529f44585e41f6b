import type { KeyObject } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { isGenuine, ORIGIN_HEADER } from './origin.ts';
import type { EventSubscription, Message } from '@grantlog/event-sourcing';

/** A fetched batch may have thousands of messages; a handler that took minutes for them would be taken for dead. */
const MOST_AT_ONCE = 200;

/**
 * Consumes topics as one of a group. Offsets are committed only after the handler has resolved, which is given at most 200
 * messages at once: after a fault or a change of members no more than those are delivered again.
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
    // The broker answers as soon as there is anything: this is how often an idle consumer asks.
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 2000 },
  });
  return {
    run: async (handler) => {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
          for (let from = 0; from < batch.messages.length; from += MOST_AT_ONCE) {
            // Others may have the partition by now.
            if (!isRunning() || isStale()) return;
            const some = batch.messages.slice(from, from + MOST_AT_ONCE);
            await handler(some.map((message) => toMessage(batch.topic, message, secrets)));
            resolveOffset(some.at(-1)?.offset ?? '');
            await heartbeat();
          }
        },
      });
    },
    close: () => consumer.disconnect(),
  };
};

const toMessage = (topic: string, { key, value, headers }: KafkaMessage, secrets?: readonly KeyObject[]): Message => {
  const message = { topic, key: key?.toString() ?? '', value: value?.toString() ?? '' };
  if (!secrets) return message;
  const mac = String(headers?.[ORIGIN_HEADER] ?? '');
  return { ...message, genuine: isGenuine(secrets, message.topic, message.key, message.value, mac) };
};
