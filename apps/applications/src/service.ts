import type { ApplicationsClient, TokensClient } from '@grantlog/contracts';
import { type DocumentStore, type EventStore, rememberLargeCounts } from '@grantlog/event-sourcing';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import { createLastUse, type LastUseStore } from '@grantlog/short-lived';
import { changeSettings } from './commands/change-settings.ts';
import { closeOrganization } from './commands/close-organization.ts';
import { deleteApplication } from './commands/delete-application.ts';
import { registerApplication } from './commands/register-application.ts';
import { revokeApplicationTokens } from './commands/revoke-application-tokens.ts';
import { rotateClientSecret } from './commands/rotate-client-secret.ts';
import { updateApplication } from './commands/update-application.ts';
import { authenticateClients } from './queries/authenticate-clients.ts';
import { findApplication } from './queries/find-application.ts';
import { getApplications } from './queries/get-applications.ts';
import { getSecretUses } from './queries/get-secret-uses.ts';
import { currentSettings } from './queries/get-settings.ts';
import { listAllowedOrigins } from './queries/list-allowed-origins.ts';
import { listApplications } from './queries/list-applications.ts';
import { createApplicationStreams } from './streams.ts';

export type ApplicationsPorts = {
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  /** When secrets were used. */
  readonly lastUses: LastUseStore;
  readonly key: InstallationKey;
  readonly tokens: Pick<TokensClient, 'revokeGrants'>;
};

/** The applications service over its ports, and the work that a start has to finish. */
export const createApplicationsService = ({
  store,
  documents,
  clock,
  lastUses,
  key,
  tokens,
}: ApplicationsPorts): {
  service: ApplicationsClient;
  finishEndings: () => Promise<void>;
  keepLastUses: () => Promise<void>;
} => {
  const streams = createApplicationStreams(store, clock, key, documents, tokens);
  const deps = { streams, documents: rememberLargeCounts(documents), clock, tokens, lastUse: createLastUse(lastUses) };
  return {
    service: {
      registerApplication: registerApplication(deps),
      updateApplication: updateApplication(deps),
      deleteApplication: deleteApplication(deps),
      closeOrganization: closeOrganization(deps),
      rotateClientSecret: rotateClientSecret(deps),
      revokeApplicationTokens: revokeApplicationTokens(deps),
      authenticateClients: authenticateClients(deps),
      getApplications: getApplications(deps),
      findApplication: findApplication(deps),
      listApplications: listApplications(deps),
      getSecretUses: getSecretUses(deps),
      listAllowedOrigins: listAllowedOrigins(deps),
      changeSettings: changeSettings(deps),
      getSettings: async () => ({ settings: await currentSettings(streams) }),
    },
    finishEndings: streams.endings.finishOpen,
    keepLastUses: deps.lastUse.flush,
  };
};
