import { Registry } from 'prom-client';
import { connectKafka, consumeTopics } from '@grantlog/adapter-kafka';
import type { ReceivedMessage } from '@grantlog/event-sourcing';
import { createLogger, supervise } from '@grantlog/service-kit';
import { until } from '../e2e/system.ts';

/**
 * Consumes topics as a projector does: supervised.
 * @returns when it works, what ends it
 */
export const consume = async (
  brokers: readonly string[],
  groupId: string,
  topics: readonly string[],
  handler: (messages: readonly ReceivedMessage[]) => Promise<void>,
): Promise<() => Promise<void>> => {
  const live = consumeTopics(() => connectKafka(brokers, 'contract'), { groupId, topics }, handler);
  const supervision = supervise(
    [{ name: 'consumer', live, stallAfterMs: 8000, needs: 'self', mend: 'replace' }],
    createLogger('test', 'silent'),
    { metrics: new Registry(), check: () => undefined },
  );
  await until(() => supervision.states()[0]?.state === 'working');
  return () => supervision.close(5000);
};
