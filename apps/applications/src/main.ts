import { createGrpcClient, createTrust, identityOf, serveGrpc } from '@grantlog/adapter-grpc';
import {
  connectDatabases,
  createMongoDocuments,
  createMongoEventStore,
  createMongoLastUses,
  ensureIndexes,
  ensureShortLived,
  keyOfStoreIn,
  probeEngine,
} from '@grantlog/adapter-mongo';
import { definitions } from '@grantlog/contracts';
import {
  createDamageReport,
  checkKeyOfStore,
  createInstallationKey,
  everyMs,
  exitWith,
  readConfig,
  runRole,
  supervise,
  untilItWorks,
} from '@grantlog/service-kit';
import { LAST_USES_WRITTEN_EVERY_MS } from '@grantlog/short-lived';
import { createApplicationsService } from './service.ts';

const ENDINGS_EVERY_MS = 5000;
const STORE_ASKED_EVERY_MS = 2000;
const RUN_WITHIN_MS = 8000;
const WORKERS_END_WITHIN_MS = 3000;

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'applications');
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const identity = identityOf(config, key);
  const options = {
    name: 'applications',
    logLevel: config.GRANTLOG_LOG_LEVEL,
    management: { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS },
    testClock: config.GRANTLOG_TEST_CLOCK,
    warnings,
  };
  return runRole(options, async ({ logger, clock }, management) => {
    const damage = createDamageReport(logger);
    const trust = createTrust(logger);
    damage.measure(management.metrics);
    const databases = connectDatabases(config.GRANTLOG_MONGODB_URI);
    const engine = await untilItWorks(logger, 'mongodb', async () => {
      await databases.connect();
      await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY, (text) =>
        logger.warn(text),
      );
      await ensureIndexes(databases);
      await ensureShortLived(databases.use('applications'));
      return probeEngine(databases);
    });
    const tokens = createGrpcClient(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS, identity, trust);
    const { service, finishEndings, keepLastUses } = createApplicationsService({
      store: createMongoEventStore(databases.use('applications'), damage.report),
      documents: createMongoDocuments(databases.use('read_models')),
      clock,
      key,
      tokens: tokens.client,
      lastUses: createMongoLastUses(databases.use('applications')),
    });
    const server = await serveGrpc(
      { port: config.GRANTLOG_GRPC_PORT, address: config.GRANTLOG_BIND_ADDRESS },
      identity,
      [{ definition: definitions.applications, service }],
      (method, error) => logger.warn({ err: error, method }, 'fault'),
      trust,
    );
    const workers = supervise(
      [
        everyMs(
          'store',
          STORE_ASKED_EVERY_MS,
          async () => void (await service.getSettings({})),
          RUN_WITHIN_MS,
          'shared',
        ),
        // What a process that died left half done is finished by whichever runs.
        everyMs('endings', ENDINGS_EVERY_MS, finishEndings, RUN_WITHIN_MS),
        everyMs('last-uses', LAST_USES_WRITTEN_EVERY_MS, keepLastUses, RUN_WITHIN_MS),
      ],
      logger,
      management,
    );
    management.check('engine', () => engine);
    management.check('commits', damage.check);
    management.check('trust', trust.check);
    return {
      close: async () => {
        await server.close();
        await workers.close(WORKERS_END_WITHIN_MS);
        tokens.close();
        await databases.close();
      },
    };
  });
};

start().catch(exitWith('applications'));
