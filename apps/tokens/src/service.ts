import type { TokensClient } from '@grantlog/contracts';
import { type DocumentStore, type EventStore, rememberLargeCounts } from '@grantlog/event-sourcing';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import { createLastUse, type LastUseStore, type SessionStore } from '@grantlog/short-lived';
import {
  approveAuthorization,
  beginAuthorizations,
  denyAuthorization,
  getAuthorization,
} from './commands/authorize.ts';
import { issueTokens } from './commands/issue-tokens.ts';
import { createToken, deleteToken, updateToken } from './commands/manage-token.ts';
import { noteUsername } from './commands/note-username.ts';
import { reopenUser, revokeGrants } from './commands/revoke-grants.ts';
import { revokeTokens } from './commands/revoke-tokens.ts';
import { introspect } from './queries/introspect.ts';
import { listActivity } from './queries/list-activity.ts';
import { getToken, listTokens, summarizeTokens } from './queries/list-tokens.ts';
import { createGrantStreams } from './streams.ts';

export type TokensPorts = {
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly sessions: SessionStore;
  /** When tokens were used. */
  readonly lastUses: LastUseStore;
  readonly clock: Clock;
  readonly key: InstallationKey;
};

/** The tokens service over its ports. */
export const createTokensService = ({
  lastUses,
  ...ports
}: TokensPorts): { service: TokensClient; keepLastUses: () => Promise<void> } => {
  const deps = {
    ...ports,
    lastUse: createLastUse(lastUses),
    documents: rememberLargeCounts(ports.documents),
    streams: createGrantStreams(ports.store, ports.key),
  };
  return {
    service: {
      beginAuthorizations: beginAuthorizations(deps),
      getAuthorization: getAuthorization(deps),
      approveAuthorization: approveAuthorization(deps),
      denyAuthorization: denyAuthorization(deps),
      issueTokens: issueTokens(deps),
      introspect: introspect(deps),
      revokeTokens: revokeTokens(deps),
      revokeGrants: revokeGrants(deps),
      reopenUser: reopenUser(deps),
      noteUsername: noteUsername(deps),
      createToken: createToken(deps),
      updateToken: updateToken(deps),
      deleteToken: deleteToken(deps),
      getToken: getToken(deps),
      listTokens: listTokens(deps),
      summarizeTokens: summarizeTokens(deps),
      listActivity: listActivity(deps),
    },
    keepLastUses: deps.lastUse.flush,
  };
};
