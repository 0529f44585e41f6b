import { until } from '@grantlog/event-sourcing/testing';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message, PublishedEvent } from '@grantlog/event-sourcing';
import { connectKafka, createKafkaPublisher, createTopicAdmin, ensureTopics } from '@grantlog/adapter-kafka';
import { TOPIC_NAMES } from '@grantlog/contracts';
import { admin } from '../e2e/clients.ts';
import { startSystem } from '../e2e/system.ts';
import type { Engine } from '../engines/engine.ts';
import { startKafka } from '../engines/kafka.ts';
import { consume } from './consume.ts';
import { tellEngine } from './tell-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-kafka-'));
let engine: Engine;
const brokers = (): string[] => engine.address.split(',');

beforeAll(async () => {
  engine = await startKafka(folder, () => undefined);
  tellEngine('kafka', engine);
}, 120_000);
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

describe('the embedded profile with brokers', () => {
  it('publishes its journal to Kafka, the same messages, once each and in order', async () => {
    const system = await startSystem({ GRANTLOG_KAFKA_BROKERS: engine.address }, { profile: 'embedded' });
    const events: PublishedEvent[] = [];
    // The journal's follower makes them too, at its own time.
    await ensureTopics(connectKafka(brokers(), 'contract'), TOPIC_NAMES, 4);
    let close = (): Promise<void> => Promise.resolve();
    try {
      const created = await admin(system)('POST', 'tokens/', { scope: 'read' });
      const topics = ['grantlog.accounts', 'grantlog.grants', 'grantlog.applications', 'grantlog.settings'];
      close = await consume(brokers(), 'embedded', topics, (batch) =>
        Promise.resolve(void events.push(...batch.map(({ value }) => JSON.parse(value) as PublishedEvent))),
      );
      const journal = (await admin(system)('GET', 'events/?limit=1000')).json['results'] as PublishedEvent[];
      expect(journal.map(({ subject }) => subject)).toContain(`grant-${String(created.json['id'])}`);
      await until(() => events.length >= journal.length);
      const bySequence = (list: readonly PublishedEvent[]) =>
        [...list].sort((a, b) => a.journalsequence - b.journalsequence || a.commitindex - b.commitindex);
      expect(bySequence(events)).toEqual(journal);
    } finally {
      await close();
      await system.stop();
    }
  }, 60_000);
});

describe('Kafka', () => {
  const topic = `contract-${Date.now()}`;
  const messages = (from: number, count: number): Message[] =>
    Array.from({ length: count }, (_, i) => ({ topic, key: `stream-${(from + i) % 7}`, value: String(from + i) }));

  /** A topic of one partition in which so many messages of one key were published at once. @returns its name */
  const backlogOf = async (count: number, value: (i: number) => string): Promise<string> => {
    const name = `backlog-${randomUUID()}`;
    const admin = createTopicAdmin(connectKafka(brokers(), 'contract'));
    await admin.ensure([name], 1);
    await admin.close();
    const publisher = createKafkaPublisher(connectKafka(brokers(), 'contract'));
    await publisher.publish(Array.from({ length: count }, (_, i) => ({ topic: name, key: 'one', value: value(i) })));
    await publisher.close();
    return name;
  };

  it('makes topics that are missing, and again changes nothing', async () => {
    const admin = createTopicAdmin(connectKafka(brokers(), 'contract'));
    await admin.ensure([topic], 4);
    await expect(admin.ensure([topic], 4)).resolves.toBeUndefined();
    await admin.close();
  });

  it('delivers every message of a key in order', async () => {
    const publisher = createKafkaPublisher(connectKafka(brokers(), 'contract'));
    for (let from = 0; from < 500; from += 50) await publisher.publish(messages(from, 50));
    await publisher.close();
    const seen: Message[] = [];
    const close = await consume(brokers(), 'order', [topic], async (batch) => void seen.push(...batch));
    await until(() => seen.length >= 500);
    await close();
    const byKey = Map.groupBy(seen, ({ key }) => key);
    for (const group of byKey.values()) {
      const numbers = group.map(({ value }) => Number(value));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  it('takes a backlog at once that is larger than what a broker takes in one request, and keeps its order', async () => {
    const value = (i: number): string => `${i} ${'x'.repeat(600)}`;
    // 3 MB for one partition; a broker's message.max.bytes is 1 MiB.
    const backlog = await backlogOf(5000, value);
    const seen: string[] = [];
    const close = await consume(
      brokers(),
      'backlog',
      [backlog],
      async (batch) => void seen.push(...batch.map((message) => message.value)),
    );
    await until(() => seen.length >= 5000);
    await close();
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, i) => value(i)));
  }, 30_000);

  it('F-06 hands a backlog on in parts, and after a fault delivers again only the part that was not finished', async () => {
    const parts = await backlogOf(1000, String);
    const sizes: number[] = [];
    const seen: number[] = [];
    let failed = false;
    const close = await consume(brokers(), 'parts', [parts], async (batch) => {
      sizes.push(batch.length);
      if (seen.length >= 400 && !failed) {
        failed = true;
        throw new Error('the engine is away');
      }
      seen.push(...batch.map(({ value }) => Number(value)));
    });
    await until(() => seen.length >= 1000);
    await close();
    expect([Math.max(...sizes) <= 200, failed]).toEqual([true, true]);
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  }, 30_000);

  it('F-06 delivers again what its handler did not finish', async () => {
    let failed = false;
    const seen: string[] = [];
    const close = await consume(brokers(), 'again', [topic], async (batch) => {
      if (!failed) {
        failed = true;
        throw new Error('the process dies here');
      }
      seen.push(...batch.map(({ value }) => value));
    });
    await until(() => new Set(seen).size === 500);
    await close();
    expect(new Set(seen).size).toBe(500);
  });

  it('F-12 a publisher whose connection broke publishes again with a new producer', async () => {
    const kafka = connectKafka(['127.0.0.1:1'], 'contract');
    await expect(createKafkaPublisher(kafka).publish(messages(0, 1))).rejects.toThrow();
    const publisher = createKafkaPublisher(connectKafka(brokers(), 'contract'));
    await publisher.publish(messages(1000, 1));
    await publisher.close();
    await publisher.publish(messages(1001, 1));
    await publisher.close();
  });

  it('F-09 members that come and go in one group: every message is handled, each key in order', async () => {
    const own = `rebalance-${Date.now()}`;
    const topicAdmin = createTopicAdmin(connectKafka(brokers(), 'contract'));
    await topicAdmin.ensure([own], 4);
    await topicAdmin.close();
    const publisher = createKafkaPublisher(connectKafka(brokers(), 'contract'));
    const total = 600;
    /** What a read model keeps: the newest of each key; what is not newer changes nothing. */
    const kept = new Map<string, number>();
    const handled = new Set<number>();
    const steps: [string, number, number][] = [];
    const join = () =>
      consume(brokers(), 'rebalanced', [own], async (batch) => {
        for (const { key, value } of batch) {
          const number = Number(value);
          const before = kept.get(key) ?? (number % 7) - 7;
          if (number > before + 7) steps.push([key, before, number]);
          kept.set(key, Math.max(before, number));
          handled.add(number);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    const members = [await join()];
    for (let from = 0; from < total; from += 50) {
      await publisher.publish(
        Array.from({ length: 50 }, (_, i) => ({
          topic: own,
          key: `stream-${(from + i) % 7}`,
          value: String(from + i),
        })),
      );
      if (from % 200 === 0) members.push(await join());
      else if (from % 200 === 100) await members.shift()?.();
    }
    await until(() => handled.size === total);
    await Promise.all(members.map((leave) => leave()));
    await publisher.close();
    // Repeats may come after a member left; a gap or a step over a message may not.
    expect(steps).toEqual([]);
  }, 120_000);
});
