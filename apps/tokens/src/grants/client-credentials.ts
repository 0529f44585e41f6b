import { refused, type tokens as wire } from '@grantlog/contracts';
import { plusSeconds, type Refusal } from '@grantlog/event-sourcing';
import { grantEpochs } from '@grantlog/grants-domain';
import { parseScope } from '@grantlog/oauth';
import { required, subjectProblem } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';
import { drawIssue } from './draw-issue.ts';
import type { Redeem } from './index.ts';
import { issuedTokens } from './issued-tokens.ts';
import { openGrant } from './open-grant.ts';

const INVALID_SCOPE: Refusal = { error: 'invalid_scope', description: 'scope must be words of: read write' };

/** A token for the client itself, as its organization's service identity; no refresh token. @see RFC 6749 §4.4 */
export const redeemClientCredentials = (
  deps: Deps,
  redeem: Redeem,
  grant: wire.ClientCredentialsGrant,
): Promise<wire.TokenOutcome> =>
  issueAtOnce(deps, redeem, 'GrantClientCredentials', required(grant.subject, 'subject'), grant.scope, false);

/** Tokens for a user whose password the gateway had verified. @see RFC 6749 §4.3, off by default: RFC 9700 §2.4 */
export const redeemPassword = (deps: Deps, redeem: Redeem, grant: wire.PasswordGrant): Promise<wire.TokenOutcome> =>
  issueAtOnce(deps, redeem, 'GrantPassword', required(grant.subject, 'subject'), grant.scope, true);

const issueAtOnce = async (
  deps: Deps,
  { client, lifetimes, requestKey, cause, epochs, at }: Redeem,
  type: 'GrantClientCredentials' | 'GrantPassword',
  subject: wire.Subject,
  scope: string,
  withRefresh: boolean,
): Promise<wire.TokenOutcome> => {
  if (!parseScope(scope)) return { result: refused(INVALID_SCOPE) };
  const problem = subjectProblem(epochs, subject);
  if (problem) return { result: refused(problem) };
  const drawn = drawIssue(lifetimes, requestKey, { withRefresh });
  const terms = {
    application: client.application,
    clientId: client.clientId,
    organization: client.organization,
    user: subject.user,
    username: subject.username,
    userVersion: subject.version,
    scope,
    epochs: grantEpochs(epochs, client.application, subject.user),
    grantExpiresAt: plusSeconds(at, lifetimes.grantSeconds),
  };
  const { grant, state, refusal } = await openGrant(deps, { type, terms, issue: drawn.issue, at }, { cause, at });
  if (refusal) return { result: refused(refusal) };
  if (state.status !== 'Active') throw new Error(`grant ${grant} is ${state.status} after it was opened`);
  return { result: { $case: 'tokens', value: issuedTokens(grant, state, drawn, at) } };
};
