import type { Kafka } from 'kafkajs';
import type { TopicAdmin } from '@grantlog/event-sourcing';
import { within } from '@grantlog/service-kit';

const LONGEST_MS = 6000;
const CLOSED_WITHIN_MS = 1000;

export const createTopicAdmin = (kafka: Kafka): TopicAdmin => {
  const admin = kafka.admin({ retry: { retries: 2 } });
  const connected = admin.connect();
  // Told by the first call; a connection that nobody asks for yet must not end the process.
  connected.catch(() => undefined);
  return {
    ensure: async (topics, numPartitions) => {
      await connected;
      const known = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !known.has(topic));
      if (missing.length > 0)
        await admin.createTopics({ waitForLeaders: true, topics: missing.map((topic) => ({ topic, numPartitions })) });
    },
    // One that connects only now must not stay either.
    close: () => connected.catch(() => undefined).then(() => admin.disconnect()),
  };
};

/** Makes the topics that are missing, over a connection of its own. @throws when no broker answers within 6 s */
export const ensureTopics = async (kafka: Kafka, topics: readonly string[], partitions: number): Promise<void> => {
  const admin = createTopicAdmin(kafka);
  try {
    await within(LONGEST_MS, 'looking for the topics', admin.ensure(topics, partitions));
  } finally {
    // What went wrong before says more than a connection that cannot be closed.
    await within(CLOSED_WITHIN_MS, 'disconnecting from Kafka', admin.close()).catch(() => undefined);
  }
};
