import { accept } from '@grantlog/event-sourcing';
import { sameDigest } from '@grantlog/oauth';
import type { GrantCommand } from '../commands.ts';
import type { Grant } from '../state.ts';
import type { GrantDecision } from './index.ts';

/**
 * Ends the whole grant that a presented access or refresh token belongs to. A client revokes its own only; what is
 * unknown, revoked already or another client's is left alone, and that is no error.
 * @see RFC 7009 §2.1 and §2.2
 */
export const revokeToken = (
  { application, digest, version }: Extract<GrantCommand, { type: 'RevokeToken' }>,
  grant: Grant,
): GrantDecision => {
  if (grant.status !== 'Active' || grant.terms.application !== application) return accept([], { kind: 'done' });
  const { generation } = grant;
  const isCurrent =
    generation.version === version &&
    (sameDigest(generation.accessDigest, digest) || sameDigest(generation.refreshDigest, digest));
  // Within the grace the predecessor still opens the successor, so whoever gives it up gives up the grant.
  const isPredecessor = generation.predecessorVersion === version && sameDigest(generation.predecessorDigest, digest);
  const presented = isCurrent || isPredecessor;
  return accept(presented ? [{ type: 'GrantRevoked', because: 'requested_by_client' }] : [], { kind: 'done' });
};

/** Ends the grant, and with it what its token created. A repeated command records nothing. */
export const revokeGrant = (
  { because }: Extract<GrantCommand, { type: 'RevokeGrant' }>,
  grant: Grant,
): GrantDecision => {
  if (grant.status !== 'Active' && grant.status !== 'CodeIssued') return accept([], { kind: 'done' });
  const hasChildren = grant.status === 'Active' && grant.hasChildren === true;
  return accept([{ type: 'GrantRevoked', because, ...(hasChildren && { endsChildrenOf: grant.terms.user }) }], {
    kind: 'done',
  });
};
