import { createGrpcClient, identityOf, serveGrpc } from '@grantlog/adapter-grpc';
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
  exitWith,
  readConfig,
  runRole,
  untilItWorks,
} from '@grantlog/service-kit';
import { createApplicationsService } from './service.ts';

const ENDINGS_EVERY_MS = 5000;

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(
    process.env,
    ['GRANTLOG_MANAGEMENT_PORT', 'GRANTLOG_GRPC_PORT', 'GRANTLOG_MONGODB_URI', 'GRANTLOG_TOKENS_ADDRESS', 'GRANTLOG_INSTALLATION_KEY', 'GRANTLOG_INSTALLATION_KEY_PREVIOUS', 'GRANTLOG_ACCEPT_NEW_KEY', 'GRANTLOG_TLS_CA', 'GRANTLOG_TLS_CERT', 'GRANTLOG_TLS_KEY', 'GRANTLOG_TEST_CLOCK', 'GRANTLOG_LOG_LEVEL'],
    ['GRANTLOG_MONGODB_URI', 'GRANTLOG_TOKENS_ADDRESS', 'GRANTLOG_INSTALLATION_KEY', 'GRANTLOG_TLS_CA', 'GRANTLOG_TLS_CERT', 'GRANTLOG_TLS_KEY'],
  ); // prettier-ignore
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const identity = identityOf(config, key);
  const options = {
    name: 'applications',
    logLevel: config.GRANTLOG_LOG_LEVEL,
    managementPort: config.GRANTLOG_MANAGEMENT_PORT,
    testClock: config.GRANTLOG_TEST_CLOCK,
    warnings,
  };
  return runRole(options, async ({ logger, clock }, management) => {
    const damage = createDamageReport(logger);
    damage.measure(management.metrics);
    const databases = connectDatabases(config.GRANTLOG_MONGODB_URI);
    const engine = await untilItWorks(logger, 'mongodb', async () => {
      await databases.connect();
      await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY);
      await ensureIndexes(databases);
      await ensureShortLived(databases.use('applications'));
      return probeEngine(databases);
    });
    const tokens = createGrpcClient(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS, identity);
    const { service, finishEndings } = createApplicationsService({
      store: createMongoEventStore(databases.use('applications'), damage.report),
      documents: createMongoDocuments(databases.use('read_models')),
      clock,
      key,
      tokens: tokens.client,
      lastUses: createMongoLastUses(databases.use('applications')),
    });
    const server = await serveGrpc(
      config.GRANTLOG_GRPC_PORT,
      identity,
      [{ definition: definitions.applications, service }],
      (method, error) => logger.warn({ err: error, method }, 'fault'),
    );
    // What a process that died left half done is finished by whoever runs.
    const sweep = (): void =>
      void finishEndings().catch((error: unknown) => logger.warn({ err: error }, 'endings stay open'));
    sweep();
    const sweeper = setInterval(sweep, ENDINGS_EVERY_MS);
    return {
      checks: {
        store: async () => {
          await service.getSettings({});
          return { ok: true, ...engine };
        },
        commits: damage.check,
      },
      close: async () => {
        clearInterval(sweeper);
        await server.close();
        tokens.close();
        await databases.close();
      },
    };
  });
};

start().catch(exitWith('applications'));
