import type { tokens as wire } from '@grantlog/contracts';
import type { ActiveGrant } from '@grantlog/grants-domain';

/** What the uses of a token are noted under: never anything of the token itself. */
export const tokenName = (grant: number): string => `token:${grant}`;

/** A token as the management API shows it; without its value, which nobody has any more. */
export const toToken = (
  id: number,
  { terms, createdAt, modifiedAt, description, generation }: ActiveGrant,
  version: number,
  lastUsed = '',
): wire.Token => ({
  id,
  user: terms.user,
  application: terms.application,
  scope: generation.scope,
  description,
  created: createdAt,
  modified: modifiedAt,
  expires: generation.accessExpiresAt,
  hasRefreshToken: generation.refreshDigest !== '',
  version,
  lastUsed,
  parent: terms.parent ?? 0,
});
