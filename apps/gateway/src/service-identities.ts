import { LRUCache } from 'lru-cache';
import type { AccountsClient, applications, common, tokens } from '@grantlog/contracts';
import { answered } from './http/answered.ts';
import { fromRefusal } from './http/oauth-error.ts';

/** The users that client-credentials tokens are for, one for each application. */
export type ServiceIdentities = {
  /** @throws OAuthError when the application may have none */
  readonly of: (application: applications.Application, cause: common.Cause) => Promise<tokens.Subject>;
  /** Reads it again next time: the token service refused the version that was known. */
  readonly forget: (application: applications.Application) => void;
};

const MOST_KNOWN = 10_000;

/**
 * A service identity changes with its application, so it is kept for the version of the application that it was asked for.
 * Nothing is trusted by that: the token service compares the version with the last fact that ended the user's rights.
 */
export const createServiceIdentities = (accounts: Pick<AccountsClient, 'getServiceIdentity'>): ServiceIdentities => {
  const known = new LRUCache<number, { version: number; subject: Promise<tokens.Subject> }>({ max: MOST_KNOWN });
  const find = async (application: applications.Application, cause: common.Cause): Promise<tokens.Subject> => {
    const { id, organization } = application;
    const { result } = await accounts.getServiceIdentity({ cause, application: id, organization });
    const user = answered(result, 'user', (refusal) => fromRefusal(refusal, application.clientId));
    return { user: user.id, version: user.version, username: user.username };
  };
  return {
    of: (application, cause) => {
      const { id, version } = application;
      const kept = known.get(id);
      if (kept?.version === version) return kept.subject;
      const subject = find(application, cause);
      known.set(id, { version, subject });
      subject.catch(() => known.delete(id));
      return subject;
    },
    forget: ({ id }) => void known.delete(id),
  };
};
