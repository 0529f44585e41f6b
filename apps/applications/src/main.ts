import { createPeers } from '@grantlog/adapter-grpc';
import {
  createMongoDocuments,
  createMongoEventStore,
  createMongoLastUses,
  openDatabase,
} from '@grantlog/adapter-mongo';
import { definitions } from '@grantlog/contracts';
import { everyMs, probing, runService, RUN_WITHIN_MS } from '@grantlog/service-kit';
import { LAST_USES_WRITTEN_EVERY_MS } from '@grantlog/short-lived';
import { createApplicationsService } from './service.ts';

const ENDINGS_EVERY_MS = 5000;

runService('applications', async (role) => {
  const { own, databases, report } = await openDatabase(role, 'applications');
  const peers = createPeers(role);
  const { service, finishEndings, keepLastUses } = createApplicationsService({
    store: createMongoEventStore(own, report),
    documents: createMongoDocuments(databases.use('read_models')),
    clock: role.clock,
    key: role.key,
    tokens: peers.connect(definitions.tokens, role.config.GRANTLOG_TOKENS_ADDRESS),
    lastUses: createMongoLastUses(own),
  });
  await peers.serve(role.config, definitions.applications, service);
  return [
    probing('store', () => service.getSettings({})),
    // What a process that died left half done is finished by whichever runs.
    everyMs('endings', ENDINGS_EVERY_MS, finishEndings, RUN_WITHIN_MS),
    everyMs('last-uses', LAST_USES_WRITTEN_EVERY_MS, keepLastUses, RUN_WITHIN_MS),
  ];
});
