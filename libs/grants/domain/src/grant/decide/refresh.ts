import { accept, plusSeconds, refuse } from '@grantlog/event-sourcing';
import { isWithin, parseScope, sameDigest } from '@grantlog/oauth';
import { survives } from '../../revocations/revocations.ts';
import type { GrantCommand } from '../commands.ts';
import type { ActiveGrant, Grant } from '../state.ts';
import type { GrantDecision } from './index.ts';
import { sealedOf, tokensIssued } from './issue.ts';

type Refresh = Extract<GrantCommand, { type: 'Refresh' }>;

/**
 * Rotates the tokens of a grant. Idempotent: the direct predecessor, presented again within the grace while its
 * successor is unused, is answered with that very successor, so that a lost reply logs nobody out.
 * @returns refusal `invalid_grant` when unknown, expired, revoked or another client's; reuse of a rotated token beyond
 * the grace revokes the grant. `invalid_scope` when more is asked than was granted.
 * @see RFC 6749 §6, RFC 9700 §4.14.2, FAPI 2.0 §5.3.2.1
 */
export const refresh = (command: Refresh, grant: Grant): GrantDecision => {
  if (grant.status === 'None') return refuse('invalid_grant', 'unknown refresh token', { guessed: true });
  if (grant.status !== 'Active') return refuse('invalid_grant', 'unknown refresh token');
  if (isPredecessor(grant, command)) return presentedAgain(command, grant);
  if (!isCurrent(grant, command)) return refuse('superseded', 'unknown refresh token');
  if (grant.terms.application !== command.application)
    return refuse('invalid_grant', 'refresh token was issued to another client');
  if (!survives(grant.terms, command.epochs)) return refuse('invalid_grant', 'the grant was revoked');
  if (command.at >= grant.generation.refreshExpiresAt) return refuse('invalid_grant', 'refresh token expired');
  const { scope: grantScope, grantExpiresAt } = grant.terms;
  const scope = command.scope ?? grantScope;
  if (!parseScope(scope) || !isWithin(scope, grantScope)) {
    return refuse('invalid_scope', `scope must be within what was granted: ${grantScope}`);
  }
  return accept(
    [
      { type: 'RefreshTokenRotated' },
      ...tokensIssued(command.issue, { scope, grantScope, grantExpiresAt, at: command.at }),
    ],
    { kind: 'issued' },
    { ...sealedOf(command.issue), reply: command.sealedReply },
  );
};

/** An older generation's token is stolen property, or its owner was robbed: nobody keeps anything. */
export const reportReuse = (
  { application, refreshVersion }: Extract<GrantCommand, { type: 'ReportReuse' }>,
  grant: Grant,
): GrantDecision => {
  if (
    grant.status !== 'Active' ||
    grant.terms.application !== application ||
    grant.generation.version === refreshVersion
  ) {
    return refuse('invalid_grant', 'unknown refresh token');
  }
  return reused();
};

const isCurrent = ({ generation }: ActiveGrant, { refreshDigest, refreshVersion }: Refresh): boolean =>
  generation.refreshDigest !== '' &&
  generation.version === refreshVersion &&
  sameDigest(generation.refreshDigest, refreshDigest);

const isPredecessor = ({ generation }: ActiveGrant, { refreshDigest, refreshVersion }: Refresh): boolean =>
  generation.predecessorDigest !== '' &&
  generation.predecessorVersion === refreshVersion &&
  sameDigest(generation.predecessorDigest, refreshDigest);

const presentedAgain = (command: Refresh, grant: ActiveGrant): GrantDecision => {
  const { terms, generation } = grant;
  if (terms.application !== command.application)
    return refuse('invalid_grant', 'refresh token was issued to another client');
  if (generation.requestKey === command.issue.requestKey)
    return refuse('delivered_twice', 'this very request was carried out before');
  if (!survives(terms, command.epochs)) return refuse('invalid_grant', 'the grant was revoked');
  // Of two at once the one that lost may carry the earlier time, on another instance's clock too: it is late all the same.
  const isLate = command.graceSeconds === 0 || command.at >= plusSeconds(generation.issuedAt, command.graceSeconds);
  if (isLate) return reused();
  if ((command.scope ?? terms.scope) !== generation.scope) {
    return refuse('invalid_scope', `this refresh token was exchanged for scope ${generation.scope} before`);
  }
  return accept([], { kind: 'repeat', version: generation.version });
};

const reused = (): GrantDecision =>
  refuse('invalid_grant', 'refresh token was used before; the grant is revoked', {
    records: [{ type: 'RefreshTokenReuseDetected' }, { type: 'GrantRevoked', because: 'refresh_token_reused' }],
  });
