import type { AccountsClient, tokens } from '@grantlog/contracts';
import { OAuthError } from './http/oauth-error.ts';

/** The users that client-credentials tokens are for. */
export type ServiceIdentities = {
  /** @throws OAuthError when the organization is gone */
  readonly of: (organization: number) => Promise<tokens.Subject>;
  /** Reads it again next time: the token service refused the version that was known. */
  readonly forget: (organization: number) => void;
};

/**
 * An organization's service identity never changes, so it is kept. Nothing is trusted by that: the token service
 * compares the version with the last fact that ended the user's rights.
 */
export const createServiceIdentities = (
  accounts: Pick<AccountsClient, 'getOrganizations' | 'getUsers'>,
): ServiceIdentities => {
  const known = new Map<number, Promise<tokens.Subject>>();
  const find = async (organization: number): Promise<tokens.Subject> => {
    const { organizations } = await accounts.getOrganizations({ ids: [organization] });
    const value = organizations[0]?.organization?.serviceIdentity;
    const { users } =
      value === undefined ? { users: [] } : await accounts.getUsers({ keys: [{ key: { $case: 'id', value } }] });
    const user = users[0]?.user;
    if (!user?.isActive)
      throw new OAuthError(
        400,
        'unauthorized_client',
        "The application's organization has no active service identity.",
      );
    return { user: user.id, version: user.version, username: user.username };
  };
  return {
    of: (organization) => {
      const found = known.get(organization) ?? find(organization);
      known.set(organization, found);
      found.catch(() => known.delete(organization));
      return found;
    },
    forget: (organization) => void known.delete(organization),
  };
};
