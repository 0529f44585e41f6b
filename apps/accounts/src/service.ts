import type { AccountsClient, TokensClient } from '@grantlog/contracts';
import { type DocumentStore, type EventStore, rememberLargeCounts } from '@grantlog/event-sourcing';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import type { AttemptCounter, SessionStore } from '@grantlog/short-lived';
import { changeMembership } from './commands/change-membership.ts';
import { countAttempts } from './commands/count-attempts.ts';
import { createOrganization } from './commands/create-organization.ts';
import { createUser } from './commands/create-user.ts';
import { revokeUserTokens } from './commands/revoke-user-tokens.ts';
import { endBrowserSession, startBrowserSession } from './commands/start-browser-session.ts';
import { deleteServiceIdentity, getServiceIdentity } from './commands/service-identity.ts';
import { deleteOrganization, updateOrganization } from './commands/update-organization.ts';
import { deleteUser, updateUser } from './commands/update-user.ts';
import { prepareFirstStart } from './first-start.ts';
import { namelessAttempts } from './nameless-attempts.ts';
import { createPasswords } from './passwords.ts';
import { getBrowserSessions } from './queries/get-browser-sessions.ts';
import { findOrganization, getOrganizations } from './queries/get-organizations.ts';
import { getUsers } from './queries/get-users.ts';
import { listOrganizations, listUsers } from './queries/list-users.ts';
import { verifyPassword } from './queries/verify-password.ts';
import { createAccountStreams } from './streams.ts';

export type AccountsPorts = {
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly sessions: SessionStore;
  readonly attempts: AttemptCounter;
  readonly clock: Clock;
  readonly key: InstallationKey;
  readonly tokens: Pick<TokensClient, 'revokeGrants' | 'reopenUser' | 'noteUsername'>;
};

/** The accounts service over its ports, and the work that a start has to do. */
export const createAccountsService = (
  ports: AccountsPorts,
): {
  service: AccountsClient;
  prepareFirstStart: (admin: { username: string; password: string }) => Promise<boolean>;
  finishEndings: () => Promise<void>;
} => {
  const { store, documents, sessions, attempts, clock, key, tokens } = ports;
  const streams = createAccountStreams(store, clock, key, tokens);
  const deps = {
    streams,
    documents: rememberLargeCounts(documents),
    sessions,
    attempts: namelessAttempts(attempts, key.derive('attempt')),
    passwords: createPasswords(),
    clock,
    tokens,
  };
  const verify = verifyPassword(deps);
  return {
    service: {
      createUser: createUser(deps),
      updateUser: updateUser(deps, verify),
      deleteUser: deleteUser(deps),
      revokeUserTokens: revokeUserTokens(deps),
      getUsers: getUsers(deps),
      listUsers: listUsers(deps),
      getServiceIdentity: getServiceIdentity(deps),
      deleteServiceIdentity: deleteServiceIdentity(deps),
      createOrganization: createOrganization(deps),
      updateOrganization: updateOrganization(deps),
      deleteOrganization: deleteOrganization(deps),
      findOrganization: findOrganization(deps),
      changeMembership: changeMembership(deps),
      getOrganizations: getOrganizations(deps),
      listOrganizations: listOrganizations(deps),
      countAttempts: countAttempts(deps),
      verifyPassword: verify,
      startBrowserSession: startBrowserSession(deps),
      getBrowserSessions: getBrowserSessions(deps),
      endBrowserSession: endBrowserSession(deps),
    },
    prepareFirstStart: (admin) => prepareFirstStart(deps, admin),
    finishEndings: streams.endings.finishOpen,
  };
};
