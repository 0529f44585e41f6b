import { createTrust, identityOf, serveGrpc } from '@grantlog/adapter-grpc';
import { connectKafka, createKafkaPublisher, ensureTopics } from '@grantlog/adapter-kafka';
import {
  connectDatabases,
  createJournalWriter,
  createMongoJournal,
  createMongoRefusals,
  ensureIndexes,
  ensureShortLived,
  keyOfStoreIn,
  probeEngine,
} from '@grantlog/adapter-mongo';
import { BACKGROUND_ENGINE_MS, definitions, TOPIC_NAMES } from '@grantlog/contracts';
import {
  createDamageReport,
  checkKeyOfStore,
  createInstallationKey,
  exitWith,
  readConfig,
  runRole,
  supervise,
  untilItWorks,
} from '@grantlog/service-kit';
import { createAuditService } from './audit-service.ts';
import { publishJournal } from './publish-journal.ts';
import { createRelay } from './relay.ts';

const WORKERS_END_WITHIN_MS = 3000;

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'relay');
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const identity = identityOf(config, key);
  const issuer = config.GRANTLOG_ISSUER.replace(/\/$/, '');
  const options = {
    name: 'relay',
    logLevel: config.GRANTLOG_LOG_LEVEL,
    management: { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS },
    testClock: config.GRANTLOG_TEST_CLOCK,
    warnings,
  };
  return runRole(options, async ({ logger }, management) => {
    const damage = createDamageReport(logger);
    const trust = createTrust(logger);
    damage.measure(management.metrics);
    const databases = connectDatabases(config.GRANTLOG_MONGODB_URI, 'grantlog', BACKGROUND_ENGINE_MS);
    const own = databases.use('journal');
    const engine = await untilItWorks(logger, 'mongodb', async () => {
      await databases.connect();
      await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY, (text) =>
        logger.warn(text),
      );
      await ensureIndexes(databases);
      await ensureShortLived(own);
      return probeEngine(databases);
    });
    const kafka = connectKafka(config.GRANTLOG_KAFKA_BROKERS, 'grantlog-relay');
    const publisher = createKafkaPublisher(kafka, key.derive('publication'));
    const journal = createMongoJournal(databases, damage.report);
    const writer = createJournalWriter(databases);
    const relay = createRelay(writer);
    let published = 0;
    const cursor = { get: writer.published, keep: writer.setPublished };
    const publication = publishJournal(
      { journal, publisher, cursor, issuer },
      {
        prepare: () => ensureTopics(kafka, TOPIC_NAMES, config.GRANTLOG_KAFKA_PARTITIONS),
        needs: 'shared',
        head: relay.head,
        onPublished: (commits) => (published += commits),
      },
    );
    const workers = supervise([...relay.workers, publication], logger, management);
    const service = createAuditService({
      journal,
      refusals: createMongoRefusals(own),
      issuer,
      publish: (messages) =>
        void publisher
          .publish(messages)
          .catch((error: unknown) => logger.debug({ err: error }, 'refusals were not published')),
    });
    const server = await serveGrpc(
      { port: config.GRANTLOG_GRPC_PORT, address: config.GRANTLOG_BIND_ADDRESS },
      identity,
      [{ definition: definitions.audit, service }],
      (method, error) => logger.warn({ err: error, method }, 'fault'),
      trust,
    );
    management.check('commits', damage.check);
    management.check('trust', trust.check);
    management.check('relay', () => ({ state: 'ok', ...relay.counts(), published }));
    management.check('engine', () => engine);
    return {
      close: async () => {
        await server.close();
        await workers.close(WORKERS_END_WITHIN_MS);
        await publisher.close();
        await databases.close();
      },
    };
  });
};

start().catch(exitWith('relay'));
