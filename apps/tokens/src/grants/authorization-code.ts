import { refused, type tokens as wire } from '@grantlog/contracts';
import { grantStream } from '@grantlog/grants-domain';
import { parseToken } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';
import { drawIssue } from './draw-issue.ts';
import type { Redeem } from './index.ts';
import { issuedTokens } from './issued-tokens.ts';
import { UNKNOWN_CODE } from './refusals.ts';

/** Exchanges an authorization code. @see RFC 6749 §4.1.3 */
export const redeemAuthorizationCode = async (
  { streams }: Deps,
  { client, lifetimes, requestKey, cause, epochs, at }: Redeem,
  { code, redirectUri, codeVerifier }: wire.AuthorizationCodeGrant,
): Promise<wire.TokenOutcome> => {
  const presented = parseToken(code);
  if (presented?.kind !== 'code') return { result: refused(UNKNOWN_CODE) };
  const drawn = drawIssue(lifetimes, requestKey, { withRefresh: true });
  const handled = await streams.grants.handle(
    grantStream(presented.grant),
    {
      type: 'RedeemCode',
      codeDigest: presented.digest,
      codeVersion: presented.version,
      application: client.application,
      redirectUri,
      codeVerifier,
      issue: drawn.issue,
      epochs,
      at,
    },
    { cause, at },
  );
  if (handled.refusal) return { result: refused(handled.refusal) };
  if (handled.state.status !== 'Active')
    throw new Error(`grant ${presented.grant} is ${handled.state.status} after its redemption`);
  return { result: { $case: 'tokens', value: issuedTokens(presented.grant, handled.state, drawn, at) } };
};
