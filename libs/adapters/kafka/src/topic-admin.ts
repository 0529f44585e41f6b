import type { Kafka } from 'kafkajs';
import type { TopicAdmin } from '@grantlog/event-sourcing';

export const createTopicAdmin = (kafka: Kafka): TopicAdmin & { readonly reachable: () => Promise<boolean> } => {
  const admin = kafka.admin({ retry: { retries: 2 } });
  const connected = admin.connect();
  connected.catch(() => undefined);
  return {
    ensure: async (topics, numPartitions) => {
      await connected;
      const known = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !known.has(topic));
      if (missing.length > 0)
        await admin.createTopics({ waitForLeaders: true, topics: missing.map((topic) => ({ topic, numPartitions })) });
    },
    reachable: async () => {
      await connected;
      return (await admin.describeCluster()).brokers.length > 0;
    },
    close: () => admin.disconnect(),
  };
};
