import { createGrpcClient, createTrust, identityOf, serveGrpc } from '@grantlog/adapter-grpc';
import {
  connectDatabases,
  createMongoAttempts,
  createMongoDocuments,
  createMongoEventStore,
  createMongoSessions,
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
  PASSWORD_WITHOUT_EFFECT,
  readConfig,
  runRole,
  supervise,
  untilItWorks,
} from '@grantlog/service-kit';
import { createAccountsService } from './service.ts';

const ENDINGS_EVERY_MS = 5000;
const STORE_ASKED_EVERY_MS = 2000;
const RUN_WITHIN_MS = 8000;
const WORKERS_END_WITHIN_MS = 3000;

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'accounts');
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const identity = identityOf(config, key);
  const options = {
    name: 'accounts',
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
    const own = databases.use('accounts');
    const engine = await untilItWorks(logger, 'mongodb', async () => {
      await databases.connect();
      await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY, (text) =>
        logger.warn(text),
      );
      await ensureIndexes(databases);
      await ensureShortLived(own);
      return probeEngine(databases);
    });
    const tokens = createGrpcClient(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS, identity, trust);
    const { service, prepareFirstStart, finishEndings } = createAccountsService({
      store: createMongoEventStore(own, damage.report),
      documents: createMongoDocuments(databases.use('read_models')),
      sessions: createMongoSessions(own),
      attempts: createMongoAttempts(own),
      clock,
      key,
      tokens: tokens.client,
    });
    const admin = { username: config.GRANTLOG_ADMIN_USERNAME, password: config.GRANTLOG_ADMIN_PASSWORD };
    const isFirstStart = await untilItWorks(logger, 'first start', () => prepareFirstStart(admin));
    if (isFirstStart) process.send?.('first start');
    else logger.info(PASSWORD_WITHOUT_EFFECT);
    const server = await serveGrpc(
      { port: config.GRANTLOG_GRPC_PORT, address: config.GRANTLOG_BIND_ADDRESS },
      identity,
      [{ definition: definitions.accounts, service }],
      (method, error) => logger.warn({ err: error, method }, 'fault'),
      trust,
    );
    const workers = supervise(
      [
        everyMs(
          'store',
          STORE_ASKED_EVERY_MS,
          async () => void (await service.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] })),
          RUN_WITHIN_MS,
          'shared',
        ),
        // What a process that died left half done is finished by whichever runs.
        everyMs('endings', ENDINGS_EVERY_MS, finishEndings, RUN_WITHIN_MS),
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

start().catch(exitWith('accounts'));
