import { Kafka, logLevel } from 'kafkajs';

/** One client for a role. kafkajs warns about negative timeouts on this Node at each connect, which is harmless. */
export const connectKafka = (brokers: readonly string[], clientId: string): Kafka => {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  return new Kafka({
    clientId,
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 5 },
  });
};
