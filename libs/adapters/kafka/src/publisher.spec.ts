import { jest } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { createKafkaPublisher } from './publisher.ts';

it('a producer that connects only after it was given up is disconnected', async () => {
  jest.useFakeTimers();
  const connecting = Promise.withResolvers<void>();
  const disconnected = Promise.withResolvers<string>();
  const producer = {
    connect: () => connecting.promise,
    disconnect: () => Promise.resolve(disconnected.resolve('yes')),
  };
  const publisher = createKafkaPublisher({ producer: () => producer } as unknown as Kafka);
  const published = publisher.publish([{ topic: 't', key: 'k', value: 'v' }]).catch(String);
  await jest.advanceTimersByTimeAsync(8000);
  expect(await published).toMatch('connecting to Kafka took longer');
  connecting.resolve();
  expect(await disconnected.promise).toBe('yes');
  jest.useRealTimers();
});
