/** The topic of each stream category. Key: the stream. */
const TOPICS: Readonly<Record<string, string>> = {
  application: 'grantlog.applications',
  settings: 'grantlog.settings',
  user: 'grantlog.accounts',
  organization: 'grantlog.accounts',
  username: 'grantlog.accounts',
  grant: 'grantlog.grants',
  consent: 'grantlog.grants',
  revocations: 'grantlog.grants',
};

export const TOPIC_NAMES = [...new Set(Object.values(TOPICS)), 'grantlog.refusals'];

/** The topic a stream's events go to; undefined for what is no stream. */
export const findTopic = (stream: string): string | undefined => TOPICS[stream.replace(/-.*$/, '')];

/** The topic a stream's events go to. @throws for what is no stream */
export const topicOf = (stream: string): string => {
  const topic = findTopic(stream);
  if (topic === undefined) throw new Error(`no topic for stream ${stream}`);
  return topic;
};
