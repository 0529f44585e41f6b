import { accept, type Decider, type Decision, refuse, unreachable } from '@grantlog/event-sourcing';
import { isNoWider } from '@grantlog/oauth';
import type { GrantAnswer, GrantCommand } from '../commands.ts';
import type { GrantTerms, GrantEvent } from '../events.ts';
import { evolve, type Grant } from '../state.ts';
import { grantChild } from './child.ts';
import { sealedOf, tokensIssued } from './issue.ts';
import { redeemCode } from './redeem-code.ts';
import { refresh, reportReuse } from './refresh.ts';
import { revokeGrant, revokeToken } from './revoke.ts';

export type GrantDecision = Decision<GrantEvent, GrantAnswer>;

const decide = (command: GrantCommand, grant: Grant): GrantDecision => {
  switch (command.type) {
    case 'GrantAuthorization':
      return grantAuthorization(command, grant);
    case 'DenyAuthorization':
      return denyAuthorization(command, grant);
    case 'GrantClientCredentials':
      return openWithTokens({ type: 'ClientCredentialsGranted', ...command.terms }, command, grant);
    case 'GrantPassword':
      return openWithTokens({ type: 'PasswordGranted', ...command.terms }, command, grant);
    case 'GrantToken':
      return openWithTokens(
        { type: 'TokenGranted', ...command.terms, description: command.description },
        command,
        grant,
      );
    case 'GrantChildToken':
      return grantChild(command, grant);
    case 'RedeemCode':
      return redeemCode(command, grant);
    case 'Refresh':
      return refresh(command, grant);
    case 'ReportReuse':
      return reportReuse(command, grant);
    case 'RevokeToken':
      return revokeToken(command, grant);
    case 'RevokeGrant':
      return revokeGrant(command, grant);
    case 'ChangeToken':
      return changeToken(command, grant);
    default:
      return unreachable(command);
  }
};

/** Every rule about one authorization, its code, its tokens and their end. */
export const grantDecider: Decider<Grant, GrantCommand, GrantEvent, GrantAnswer> = {
  initialState: { status: 'None' },
  decide,
  evolve,
};

const taken = (): GrantDecision => refuse('taken', 'this grant number is taken');

/** Consent was given: a code is issued. @see RFC 6749 §4.1.2 */
const grantAuthorization = (
  {
    terms,
    redirectUri,
    redirectUriGiven,
    codeChallenge,
    codeDigest,
    codeExpiresAt,
  }: Extract<GrantCommand, { type: 'GrantAuthorization' }>,
  grant: Grant,
): GrantDecision => {
  if (grant.status !== 'None') return taken();
  return accept(
    [
      { type: 'AuthorizationGranted', ...terms, redirectUri, redirectUriGiven, codeChallenge },
      { type: 'AuthorizationCodeIssued', expiresAt: codeExpiresAt },
    ],
    { kind: 'issued' },
    { code: codeDigest },
  );
};

const denyAuthorization = (
  { application, user }: Extract<GrantCommand, { type: 'DenyAuthorization' }>,
  grant: Grant,
): GrantDecision =>
  grant.status === 'None' ? accept([{ type: 'AuthorizationDenied', application, user }], { kind: 'done' }) : taken();

const openWithTokens = (
  granted: GrantEvent,
  { terms, issue, at }: { terms: GrantTerms; issue: Parameters<typeof tokensIssued>[0]; at: string },
  grant: Grant,
): GrantDecision => {
  if (grant.status !== 'None') return taken();
  const { scope, grantExpiresAt } = terms;
  return accept(
    [granted, ...tokensIssued(issue, { scope, grantScope: scope, grantExpiresAt, at })],
    { kind: 'issued' },
    sealedOf(issue),
  );
};

const changeToken = (
  { scope, description, mayWiden }: Extract<GrantCommand, { type: 'ChangeToken' }>,
  grant: Grant,
): GrantDecision => {
  if (grant.status !== 'Active') return refuse('not_found', 'no such token');
  if (scope !== undefined && !mayWiden && !isNoWider(scope, grant.terms.scope))
    return refuse('forbidden', 'You do not have permission to perform this action.');
  const events: GrantEvent[] = [];
  if (description !== undefined && description !== grant.description)
    events.push({ type: 'TokenDescribed', description });
  if (scope !== undefined && scope !== grant.generation.scope) events.push({ type: 'ScopeChanged', scope });
  return accept(events, { kind: 'done' });
};
