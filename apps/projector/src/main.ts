import { connectKafka, createKafkaSubscription, ensureTopics } from '@grantlog/adapter-kafka';
import {
  connectDatabases,
  createMongoDocuments,
  createMongoEventStore,
  createMongoJournal,
  keyOfStoreIn,
} from '@grantlog/adapter-mongo';
import { BACKGROUND_ENGINE_MS, TOPIC_NAMES, topicOf } from '@grantlog/contracts';
import { type EventStore, type PublishedEvent, recordedEvent } from '@grantlog/event-sourcing';
import {
  createDamageReport,
  checkKeyOfStore,
  createInstallationKey,
  exitWith,
  quarantineMetric,
  readConfig,
  runRole,
  untilItWorks,
} from '@grantlog/service-kit';
import { createApplyEvents } from './apply-events.ts';
import { consumerGroupOf } from './consumer-group.ts';
import { entryProjections, projections } from './projections.ts';
import { projectJournal } from './rebuild.ts';

const NOT_EVENTS = 'grantlog.refusals';

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(
    process.env,
    ['GRANTLOG_MANAGEMENT_PORT', 'GRANTLOG_MONGODB_URI', 'GRANTLOG_KAFKA_BROKERS', 'GRANTLOG_KAFKA_PARTITIONS', 'GRANTLOG_INSTALLATION_KEY', 'GRANTLOG_INSTALLATION_KEY_PREVIOUS', 'GRANTLOG_ACCEPT_NEW_KEY', 'GRANTLOG_TEST_CLOCK', 'GRANTLOG_LOG_LEVEL'],
    ['GRANTLOG_MONGODB_URI', 'GRANTLOG_KAFKA_BROKERS', 'GRANTLOG_INSTALLATION_KEY'],
  ); // prettier-ignore
  const options = {
    name: 'projector',
    logLevel: config.GRANTLOG_LOG_LEVEL,
    managementPort: config.GRANTLOG_MANAGEMENT_PORT,
    testClock: config.GRANTLOG_TEST_CLOCK,
    warnings,
  };
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  return runRole(options, async ({ logger }, management) => {
    const damage = createDamageReport(logger);
    damage.measure(management.metrics);
    const databases = connectDatabases(config.GRANTLOG_MONGODB_URI, 'grantlog', BACKGROUND_ENGINE_MS);
    const documents = createMongoDocuments(databases.use('read_models'));
    const unbuilt = await untilItWorks(logger, 'mongodb', async () => {
      await databases.connect();
      await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY);
      return documents.ensure([...projections, ...entryProjections].map(({ model }) => model));
    });
    const kafka = connectKafka(config.GRANTLOG_KAFKA_BROKERS, 'grantlog-projector');
    await untilItWorks(logger, 'kafka', () => ensureTopics(kafka, TOPIC_NAMES, config.GRANTLOG_KAFKA_PARTITIONS));
    const stores: Readonly<Record<string, EventStore>> = {
      'grantlog.applications': createMongoEventStore(databases.use('applications'), damage.report),
      'grantlog.settings': createMongoEventStore(databases.use('applications'), damage.report),
      'grantlog.accounts': createMongoEventStore(databases.use('accounts'), damage.report),
      'grantlog.grants': createMongoEventStore(databases.use('tokens'), damage.report),
    };
    const applyEvents = createApplyEvents(
      projections,
      entryProjections,
      documents,
      (stream) => stores[topicOf(stream)] as EventStore,
    );
    let applied = 0;
    let quarantined = 0;
    const quarantine = quarantineMetric(management.metrics);
    const subscription = createKafkaSubscription(
      kafka,
      consumerGroupOf([...projections, ...entryProjections].map(({ model }) => model)),
      TOPIC_NAMES.filter((topic) => topic !== NOT_EVENTS),
      key.deriveAll('publication'),
    );
    await untilItWorks(logger, 'kafka subscription', () =>
      subscription.run(async (messages) => {
        const [ours, forged] = split(messages, ({ genuine }) => genuine === true);
        for (const { topic, key: stream } of forged) {
          quarantined += 1;
          quarantine();
          logger.error({ topic, stream }, 'a message that this installation did not publish was left out');
        }
        await applyEvents(ours.map(({ value }) => recordedEvent(JSON.parse(value) as PublishedEvent)));
        applied += messages.length;
      }),
    );
    let rebuilding: { readonly models: readonly string[]; readonly commits: number } | undefined;
    const rebuild = async (): Promise<void> => {
      const models = unbuilt.map(({ name }) => name);
      rebuilding = { models, commits: 0 };
      const commits = await projectJournal(createMongoJournal(databases, damage.report), applyEvents, (read) => (rebuilding = { models, commits: read })); // prettier-ignore
      await documents.markBuilt(unbuilt);
      rebuilding = undefined;
      logger.info({ models, commits }, 'built read models from the journal');
    };
    // Beside the events that come in: lists show what is there, and more as it is read.
    if (unbuilt.length > 0) void untilItWorks(logger, 'building read models', rebuild);
    return {
      checks: {
        projections: () => ({
          ok: true,
          ...(rebuilding && { rebuilding }),
          applied,
          quarantined,
          models: projections.map(({ model }) => model.name),
        }),
        commits: damage.check,
      },
      close: async () => {
        await subscription.close();
        await databases.close();
      },
    };
  });
};

const split = <T>(list: readonly T[], fits: (one: T) => boolean): [T[], T[]] => [
  list.filter(fits),
  list.filter((one) => !fits(one)),
];

start().catch(exitWith('projector'));
