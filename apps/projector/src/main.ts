import { connectKafka, consumeTopics, ensureTopics } from '@grantlog/adapter-kafka';
import {
  createMongoDocuments,
  createMongoEventStore,
  createMongoJournal,
  openDatabases,
} from '@grantlog/adapter-mongo';
import { BACKGROUND_ENGINE_MS, TOPIC_NAMES, topicOf } from '@grantlog/contracts';
import type { EventStore, RecordedEvent } from '@grantlog/event-sourcing';
import {
  createLagReport,
  everyMs,
  runService,
  type Service,
  unusableMetric,
  type WorkerSpec,
} from '@grantlog/service-kit';
import { applyFitting, createApplyEvents, shownBy } from './apply-events.ts';
import { consumerGroupOf } from './consumer-group.ts';
import { createHandleMessages } from './handle-messages.ts';
import { entryProjections, projections } from './projections.ts';
import { projectJournal } from './rebuild.ts';
import { createUnfitStreams } from './unfit-streams.ts';

const NOT_EVENTS = 'grantlog.refusals';
const STALL_AFTER_MS = 8000;
const WORKERS_END_WITHIN_MS = 4000;
const LOOKED_FOR_MODELS_EVERY_MS = 1000;
const UNUSABLE_LOGGED_EVERY_MS = 1000;

const run = async (role: Service<'projector'>): Promise<readonly WorkerSpec[]> => {
  const { config, key, logger, management } = role;
  const models = [...projections, ...entryProjections].map(({ model }) => model);
  const opened = await openDatabases(
    role,
    async (databases) => {
      const documents = createMongoDocuments(databases.use('read_models'));
      return { documents, unbuilt: await documents.ensure(models) };
    },
    BACKGROUND_ENGINE_MS,
  );
  const { databases, report } = opened;
  const { documents } = opened.prepared;
  let { unbuilt } = opened.prepared;
  const stores: Readonly<Record<string, EventStore>> = {
    'grantlog.applications': createMongoEventStore(databases.use('applications'), report),
    'grantlog.settings': createMongoEventStore(databases.use('applications'), report),
    'grantlog.accounts': createMongoEventStore(databases.use('accounts'), report),
    'grantlog.grants': createMongoEventStore(databases.use('tokens'), report),
  };
  const storeOf = (stream: string): EventStore => stores[topicOf(stream)] as EventStore;
  const applyEvents = createApplyEvents(projections, entryProjections, documents, storeOf);
  const unfit = createUnfitStreams(logger, management.metrics);
  const lag = createLagReport(management.metrics);
  let applied = 0;
  let unusable = 0;
  let unlogged = 0;
  let loggedAt = -Infinity;
  const countUnusable = unusableMetric(management.metrics);
  const handle = createHandleMessages(
    applyEvents,
    storeOf,
    shownBy(projections, documents),
    ({ topic, partition, offset, key: stream }, problem, detail) => {
      unusable += 1;
      countUnusable(problem);
      unlogged += 1;
      // Whole topics may be unusable: after a change of keys, for one.
      if (performance.now() - loggedAt < UNUSABLE_LOGGED_EVERY_MS) return;
      logger.error({ topic, partition, offset, stream, problem, detail, messages: unlogged }, 'messages cannot be used; their streams are read from the store'); // prettier-ignore
      loggedAt = performance.now();
      unlogged = 0;
    },
    unfit.report,
  );
  const connect = () => connectKafka(config.GRANTLOG_KAFKA_BROKERS, 'grantlog-projector');
  const consume = consumeTopics(
    connect,
    {
      groupId: consumerGroupOf(models),
      topics: TOPIC_NAMES.filter((topic) => topic !== NOT_EVENTS),
      secrets: key.deriveAll('publication'),
      lag,
    },
    async (messages, step) => {
      await handle(messages, step);
      applied += messages.length;
    },
  );
  const consumer: WorkerSpec = {
    name: 'event-consumer',
    needs: 'self',
    mend: 'replace',
    stallAfterMs: STALL_AFTER_MS,
    live: async (life) => {
      await ensureTopics(connect(), TOPIC_NAMES, config.GRANTLOG_KAFKA_PARTITIONS);
      life.progress();
      await consume(life);
    },
  };

  // Beside the events that come in: lists show what is there, and more as it is read.
  let rebuilt = 0;
  const build = everyMs('rebuild', LOOKED_FOR_MODELS_EVERY_MS, async ({ progress, signal }) => {
      if (unbuilt.length === 0) return;
      const apply = (events: readonly RecordedEvent[]): Promise<void> =>
        applyFitting(applyEvents, events, progress, (stream) => {
          unfit.report(stream);
          return [];
        });
      rebuilt = await projectJournal(createMongoJournal(databases, report), apply, (commits) => {
        rebuilt = commits;
        progress();
      }, signal);
      await documents.markBuilt(unbuilt);
      logger.info({ models: unbuilt.map(({ name }) => name), commits: rebuilt }, 'built read models from the journal');
      unbuilt = [];
    }, STALL_AFTER_MS); // prettier-ignore
  management.check('unfit_streams', unfit.check);
  management.check('projections', () => ({
    ...lag.check(),
    applied,
    unusable,
    models: projections.map(({ model }) => model.name),
    ...(unbuilt.length > 0 && { rebuilding: { models: unbuilt.map(({ name }) => name), commits: rebuilt } }),
  }));
  return [consumer, build];
};

runService('projector', run, { workersEndWithinMs: WORKERS_END_WITHIN_MS });
