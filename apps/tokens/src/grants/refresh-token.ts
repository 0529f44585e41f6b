import { refused, type tokens as wire } from '@grantlog/contracts';
import type { Refusal } from '@grantlog/event-sourcing';
import { type Grant, grantStream } from '@grantlog/grants-domain';
import { type PresentedToken, parseToken, sameDigest, type Secret } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';
import { drawIssue } from './draw-issue.ts';
import type { Redeem } from './index.ts';
import { issuedTokens } from './issued-tokens.ts';
import { UNKNOWN_REFRESH_TOKEN } from './refusals.ts';

type Secrets = { readonly access: Secret; readonly refresh: Secret };

/** Rotates a refresh token, idempotently within the grace. @see RFC 6749 §6, RFC 9700 §4.14.2 */
export const redeemRefreshToken = async (
  deps: Deps,
  redeem: Redeem,
  { refreshToken, scope }: wire.RefreshTokenGrant,
): Promise<wire.TokenOutcome> => {
  const { client, lifetimes, requestKey, cause, epochs, at } = redeem;
  const presented = parseToken(refreshToken);
  if (presented?.kind !== 'refresh') return { result: refused(UNKNOWN_REFRESH_TOKEN) };
  const drawn = drawIssue(lifetimes, requestKey, { withRefresh: true });
  const handled = await deps.streams.grants.handle(
    grantStream(presented.grant),
    {
      type: 'Refresh',
      refreshDigest: presented.digest,
      refreshVersion: presented.version,
      application: client.application,
      scope,
      issue: drawn.issue,
      sealedReply: deps.key.seal(refreshToken, JSON.stringify({ access: drawn.access, refresh: drawn.refresh })),
      graceSeconds: lifetimes.refreshGraceSeconds,
      epochs,
      at,
    },
    { cause, at },
  );
  if (handled.refusal)
    return { result: refused(await judged(deps, redeem, presented, handled.state, handled.refusal)) };
  if (handled.state.status !== 'Active')
    throw new Error(`grant ${presented.grant} is ${handled.state.status} after its rotation`);
  if (handled.answer.kind !== 'repeat') {
    return { result: { $case: 'tokens', value: issuedTokens(presented.grant, handled.state, drawn, at) } };
  }
  const secrets = await sealedSecrets(deps, presented.grant, handled.answer.version, refreshToken);
  // The key is gone: nobody can have the successor, which is no reason to revoke.
  if (!secrets) return { result: refused({ error: 'invalid_grant', description: 'refresh token was used before' }) };
  return { result: { $case: 'tokens', value: issuedTokens(presented.grant, handled.state, secrets, at) } };
};

/** An older generation's token is told from a guess by the commit that it names: theft ends the grant, a guess nothing. */
const judged = async (
  { store, streams }: Deps,
  { client, cause, at }: Redeem,
  presented: PresentedToken,
  grant: Grant,
  refusal: Refusal,
): Promise<Refusal> => {
  if (refusal.error !== 'superseded') return refusal;
  if (grant.status !== 'Active' || presented.version >= grant.generation.version) return UNKNOWN_REFRESH_TOKEN;
  const stream = grantStream(presented.grant);
  const [commit] = await store.readAfter(stream, presented.version - 1);
  const issued = commit?.sealed?.['refresh'];
  if (commit?.version !== presented.version || typeof issued !== 'string' || !sameDigest(issued, presented.digest))
    return UNKNOWN_REFRESH_TOKEN;
  const reported = await streams.grants.handle(
    stream,
    { type: 'ReportReuse', application: client.application, refreshVersion: presented.version },
    { cause, at },
  );
  return reported.refusal ?? UNKNOWN_REFRESH_TOKEN;
};

const sealedSecrets = async (
  { store, key }: Deps,
  grant: number,
  version: number,
  predecessor: string,
): Promise<Secrets | undefined> => {
  const [commit] = await store.readAfter(grantStream(grant), version - 1);
  const opened = key.open(predecessor, commit?.sealed?.['reply'] ?? '');
  return opened === undefined ? undefined : (JSON.parse(opened) as Secrets);
};
