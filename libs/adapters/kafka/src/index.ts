export { connectKafka } from './connect.ts';
export { createKafkaPublisher } from './publisher.ts';
export { consumeTopics } from './subscriber.ts';
export { createTopicAdmin, ensureTopics } from './topic-admin.ts';
