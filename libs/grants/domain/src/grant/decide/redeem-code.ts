import { accept, refuse } from '@grantlog/event-sourcing';
import { sameDigest, verifies } from '@grantlog/oauth';
import { survives } from '../../revocations/revocations.ts';
import type { GrantCommand } from '../commands.ts';
import type { Grant, IssuedCode } from '../state.ts';
import type { GrantDecision } from './index.ts';
import { sealedOf, tokensIssued } from './issue.ts';

type RedeemCode = Extract<GrantCommand, { type: 'RedeemCode' }>;

/** So many wrong verifiers or redirect URIs with the right code end it. */
const MOST_REFUSALS = 10;

/**
 * Exchanges an authorization code for tokens. A code works once: a second use by its client revokes the grant, and so
 * does the tenth wrong try by it before the first use.
 * @returns refusal `invalid_grant` when unknown, expired, used, or bound to another client, redirect URI or verifier
 * @see RFC 6749 §4.1.3, RFC 7636 §4.6
 */
export const redeemCode = (command: RedeemCode, grant: Grant): GrantDecision => {
  const code = grant.status === 'CodeIssued' || grant.status === 'Active' ? grant.code : undefined;
  // First: a guessed value must not touch anything.
  if (grant.status === 'None' || (code && !isPresented(code, command)))
    return refuse('invalid_grant', 'unknown authorization code', { guessed: true });
  if (!code) return refuse('invalid_grant', 'unknown authorization code');
  if (grant.status !== 'CodeIssued' && grant.status !== 'Active')
    return refuse('invalid_grant', 'unknown authorization code');
  if (grant.terms.application !== command.application)
    return refuse('invalid_grant', 'code was issued to another client');
  // RFC 6749 §4.1.3
  if (!sameRedirectUri(code, command.redirectUri))
    return wrongTry(grant, 'redirect_uri differs from the authorization request');
  if (!verifierFits(code, command.codeVerifier))
    return wrongTry(grant, 'code_verifier does not fit the code_challenge');
  if (grant.status === 'Active') return redeemedBefore(command, grant);
  if (!survives({ ...grant.terms }, command.epochs)) return refuse('invalid_grant', 'the authorization was revoked');
  if (command.at >= code.expiresAt) return refuse('invalid_grant', 'authorization code expired');
  const { scope, grantExpiresAt } = grant.terms;
  return accept(
    [
      { type: 'AuthorizationCodeRedeemed' },
      ...tokensIssued(command.issue, { scope, grantScope: scope, grantExpiresAt, at: command.at }),
    ],
    { kind: 'issued' },
    sealedOf(command.issue),
  );
};

const isPresented = (code: IssuedCode, { codeDigest, codeVersion }: RedeemCode): boolean =>
  code.version === codeVersion && sameDigest(code.digest, codeDigest);

/** Named there, named here, byte for byte; not named there: absent or the one that was used. */
const sameRedirectUri = ({ redirectUri, redirectUriGiven }: IssuedCode, presented: string | undefined): boolean =>
  presented === undefined ? !redirectUriGiven : presented === redirectUri;

/** A verifier without a challenge is refused too: it is a stripped challenge (RFC 9700 §4.8.2). */
const verifierFits = ({ codeChallenge }: IssuedCode, verifier: string | undefined): boolean =>
  codeChallenge === '' ? verifier === undefined : verifier !== undefined && verifies(codeChallenge, verifier);

/** Counted while the code can be redeemed: a used code has nothing left to guess. */
const wrongTry = (grant: Extract<Grant, { status: 'CodeIssued' | 'Active' }>, description: string): GrantDecision => {
  if (grant.status === 'Active') return refuse('invalid_grant', description);
  const isLast = grant.code.refusals + 1 >= MOST_REFUSALS;
  return refuse('invalid_grant', description, {
    records: [
      { type: 'AuthorizationCodeRefused' },
      ...(isLast ? [{ type: 'GrantRevoked', because: 'code_refused_too_often' } as const] : []),
    ],
  });
};

const redeemedBefore = ({ issue }: RedeemCode, grant: Extract<Grant, { status: 'Active' }>): GrantDecision => {
  if (grant.generation.requestKey === issue.requestKey)
    return refuse('delivered_twice', 'this very request was carried out before');
  return refuse('invalid_grant', 'authorization code was used before', {
    // RFC 6749 §4.1.2
    records: [{ type: 'AuthorizationCodeReplayDetected' }, { type: 'GrantRevoked', because: 'code_replayed' }],
  });
};
