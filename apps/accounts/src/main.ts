import { createPeers } from '@grantlog/adapter-grpc';
import {
  createMongoAttempts,
  createMongoDocuments,
  createMongoEventStore,
  createMongoSessions,
  openDatabase,
} from '@grantlog/adapter-mongo';
import { definitions } from '@grantlog/contracts';
import {
  everyMs,
  PASSWORD_WITHOUT_EFFECT,
  probing,
  runService,
  RUN_WITHIN_MS,
  untilItWorks,
} from '@grantlog/service-kit';
import { createAccountsService } from './service.ts';

const ENDINGS_EVERY_MS = 5000;

runService('accounts', async (role) => {
  const { config, clock, key, logger } = role;
  const { own, databases, report } = await openDatabase(role, 'accounts');
  const peers = createPeers(role);
  const { service, prepareFirstStart, finishEndings } = createAccountsService({
    store: createMongoEventStore(own, report),
    documents: createMongoDocuments(databases.use('read_models')),
    sessions: createMongoSessions(own),
    attempts: createMongoAttempts(own),
    clock,
    key,
    tokens: peers.connect(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS),
  });
  const admin = { username: config.GRANTLOG_ADMIN_USERNAME, password: config.GRANTLOG_ADMIN_PASSWORD };
  const isFirstStart = await untilItWorks(logger, 'first start', () => prepareFirstStart(admin));
  if (isFirstStart) process.send?.('first start');
  else logger.info(PASSWORD_WITHOUT_EFFECT);
  await peers.serve(config, definitions.accounts, service);
  return [
    probing('store', () => service.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] })),
    // What a process that died left half done is finished by whichever runs.
    everyMs('endings', ENDINGS_EVERY_MS, finishEndings, RUN_WITHIN_MS),
  ];
});
