import { createPeers } from '@grantlog/adapter-grpc';
import { connectKafka, createKafkaPublisher, ensureTopics } from '@grantlog/adapter-kafka';
import { createJournalWriter, createMongoJournal, createMongoRefusals, openDatabase } from '@grantlog/adapter-mongo';
import { BACKGROUND_ENGINE_MS, definitions, TOPIC_NAMES } from '@grantlog/contracts';
import { runService } from '@grantlog/service-kit';
import { createAuditService } from './audit-service.ts';
import { publishJournal } from './publish-journal.ts';
import { createRelay } from './relay.ts';

runService('relay', async (role) => {
  const { config, key, logger, management, onClose } = role;
  const issuer = config.GRANTLOG_ISSUER.replace(/\/$/, '');
  const { own, databases, report } = await openDatabase(role, 'journal', BACKGROUND_ENGINE_MS);
  const kafka = connectKafka(config.GRANTLOG_KAFKA_BROKERS, 'grantlog-relay');
  const publisher = createKafkaPublisher(kafka, key.derive('publication'));
  onClose(publisher.close);
  const journal = createMongoJournal(databases, report);
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
  const service = createAuditService({
    journal,
    refusals: createMongoRefusals(own),
    issuer,
    publish: (messages) =>
      void publisher
        .publish(messages)
        .catch((error: unknown) => logger.debug({ err: error }, 'refusals were not published')),
  });
  await createPeers(role).serve(config, definitions.audit, service);
  management.check('relay', () => ({ state: 'ok', ...relay.counts(), published }));
  return [...relay.workers, publication];
});
