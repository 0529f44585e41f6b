import { until } from '@grantlog/event-sourcing/testing';
import type { Kafka } from 'kafkajs';
import { Registry } from 'prom-client';
import { createLogger, supervise } from '@grantlog/service-kit';
import { connectKafka } from './connect.ts';
import { consumeTopics } from './subscriber.ts';
import { type Behaviour, startStandInBroker } from './testing/stand-in-broker.ts';

describe('a consumer of Kafka', () => {
  const faults: readonly [Behaviour, RegExp][] = [
    ['refuses', /^threw: .*coordinator/i],
    ['hangs up', /^threw: /],
    ['silent', /^(hung|threw): /],
    ['silent after the join', /^(hung|threw): /],
  ];
  it.concurrent.each(faults)('whose broker %s: its end is noticed, and mended when the broker is well', async (behaviour, cause) => {
    const broker = await startStandInBroker('grantlog.grants');
    broker.behave(behaviour);
    const disconnects: Promise<void>[] = [];
    const connect = () => {
      const kafka = connectKafka([broker.address], 'test');
      const make = kafka.consumer.bind(kafka);
      const consumer: Kafka['consumer'] = (config) => {
        const one = make(config);
        const disconnect = (): Promise<void> => {
          const ended = one.disconnect();
          disconnects.push(ended);
          return ended;
        };
        return { ...one, disconnect };
      };
      return Object.assign(kafka, { consumer });
    };
    const live = consumeTopics(connect, { groupId: 'group', topics: ['grantlog.grants'] }, () => Promise.resolve());
    const supervision = supervise(
      [{ name: 'consumer', live, stallAfterMs: 2000, needs: 'self', mend: 'replace' }],
      createLogger('test', 'silent'),
      { metrics: new Registry(), check: () => undefined },
    );
    const state = () => supervision.states()[0];
    await until(() => state()?.cause !== undefined);
    expect(state()?.cause).toMatch(cause);
    broker.behave('well');
    await until(() => state()?.state === 'working');
    // It goes on to look, without any message.
    broker.behave('silent after the join');
    await until(() => state()?.state !== 'working');
    expect(state()?.cause).toMatch(/^(hung|threw): /);
    await supervision.close(4000);
    await broker.close();
    // What a consumer that was given up still does, it does before the test is over.
    await Promise.allSettled(disconnects);
  }, 60_000); // prettier-ignore
});
