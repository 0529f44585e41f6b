import { type Instant, plusSeconds, type Sealed } from '@grantlog/event-sourcing';
import type { Issue } from '../commands.ts';
import type { GrantEvent } from '../events.ts';

/** The earlier of two instants. */
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** The facts of issuing: nothing outlives the grant, however it is narrowed or rotated. */
export const tokensIssued = (
  { accessLifetimeSeconds, refreshDigest, refreshLifetimeSeconds }: Issue,
  {
    scope,
    grantScope,
    grantExpiresAt,
    at,
  }: { scope: string; grantScope: string; grantExpiresAt: Instant; at: Instant },
): GrantEvent[] => {
  const access: GrantEvent = {
    type: 'AccessTokenIssued',
    scope,
    expiresAt: earlier(plusSeconds(at, accessLifetimeSeconds), grantExpiresAt),
  };
  if (refreshDigest === undefined) return [access];
  const expiresAt = earlier(plusSeconds(at, refreshLifetimeSeconds), grantExpiresAt);
  // A new refresh token has the scope of the grant, also when the access token is narrower (RFC 6749 §6).
  return [access, { type: 'RefreshTokenIssued', scope: grantScope, expiresAt }];
};

/** What a commit that issues keeps to itself. */
export const sealedOf = ({ accessDigest, refreshDigest, requestKey }: Issue): Sealed => ({
  access: accessDigest,
  requestKey,
  ...(refreshDigest !== undefined && { refresh: refreshDigest }),
});
