import { createPeers } from '@grantlog/adapter-grpc';
import {
  createMongoDocuments,
  createMongoEventStore,
  createMongoLastUses,
  createMongoSessions,
  openDatabase,
} from '@grantlog/adapter-mongo';
import { definitions } from '@grantlog/contracts';
import { everyMs, probing, runService, RUN_WITHIN_MS } from '@grantlog/service-kit';
import { LAST_USES_WRITTEN_EVERY_MS } from '@grantlog/short-lived';
import { createTokensService } from './service.ts';

runService('tokens', async (role) => {
  const { own, databases, report } = await openDatabase(role, 'tokens');
  const { service, keepLastUses } = createTokensService({
    store: createMongoEventStore(own, report),
    documents: createMongoDocuments(databases.use('read_models')),
    sessions: createMongoSessions(own),
    lastUses: createMongoLastUses(own),
    clock: role.clock,
    key: role.key,
  });
  await createPeers(role).serve(role.config, definitions.tokens, service);
  return [
    probing('store', () => service.introspect({ tokens: [] })),
    everyMs('last-uses', LAST_USES_WRITTEN_EVERY_MS, keepLastUses, RUN_WITHIN_MS),
  ];
});
