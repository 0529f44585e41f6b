import { permits, readable } from '@grantlog/access';
import { type common, findPage, type tokens as wire } from '@grantlog/contracts';
import { type Filter, findGroups, MARK, type StoredDocument } from '@grantlog/event-sourcing';
import { REVOCATIONS_STREAM } from '@grantlog/grants-domain';
import type { Clock } from '@grantlog/service-kit';
import { tokenList } from '@grantlog/grants-read-models';
import { liveGrant, targetOf } from '../commands/manage-token.ts';
import type { Deps } from '../service-deps.ts';
import { tokenName, toToken } from '../translate.ts';

/** The tokens that the actor's lists may show, before what the request narrows. */
const readableTokens = (actor: common.Actor | undefined): Filter =>
  readable(actor, 'token', { owner: 'user', organization: 'organization' });

const SECONDS_A_DAY = 86_400;

/** Lists show what ended since, in seconds. */
const lastUnlistedSecond = (clock: Clock, listedAfterExpiryDays: number): number =>
  Math.floor(Date.parse(clock.now()) / 1000) - listedAfterExpiryDays * SECONDS_A_DAY;

/** A page of tokens from the read model. One that waits for a write also waits for all that was ended by now. */
export const listTokens =
  ({ documents, lastUse, streams, clock }: Deps) =>
  async ({ actor, query, listedAfterExpiryDays }: wire.ListTokensRequest): Promise<wire.ListTokensResponse> => {
    const ended = query?.after.length ? (await streams.revocations.load(REVOCATIONS_STREAM)).version : 0;
    const page = await findPage(documents, tokenList, 'grant', query, readableTokens(actor), {
      alsoShown: [{ id: MARK, version: ended }],
      endingAfter: lastUnlistedSecond(clock, listedAfterExpiryDays),
    });
    const uses = await lastUse.of(page.documents.map(({ id }) => tokenName(id)));
    return { tokens: page.documents.map((one, i) => toListed(one, uses[i])), outcome: page.outcome };
  };

const NEWEST = 10;

/** How many tokens of each application the actor may see, and the newest of them. */
export const summarizeTokens =
  ({ documents, clock }: Deps) =>
  async ({
    actor,
    applications,
    listedAfterExpiryDays,
  }: wire.SummarizeTokensRequest): Promise<wire.SummarizeTokensResponse> => {
    const groups = await findGroups(documents, tokenList, {
      by: 'application',
      values: applications,
      where: readableTokens(actor),
      endingAfter: lastUnlistedSecond(clock, listedAfterExpiryDays),
      newest: NEWEST,
    });
    return {
      applications: groups.map(({ documents: newest, count = 0 }, i) => ({
        application: applications[i] as number,
        count,
        newest: newest.map((one) => toListed(one)),
      })),
    };
  };

/** One token from the write side; absent when it is not live. */
export const getToken =
  (deps: Deps) =>
  async ({ actor, id }: wire.GetTokenRequest): Promise<wire.GetTokenResponse> => {
    const live = await liveGrant(deps, id);
    if (!live || !permits(actor, 'read', 'token', targetOf(live.grant))) return {};
    const [lastUsed] = await deps.lastUse.of([tokenName(id)]);
    return { token: toToken(id, live.grant, live.version, lastUsed) };
  };

const toListed = ({ id, version, fields }: StoredDocument, lastUsed = ''): wire.Token => ({
  id,
  version,
  user: fields['user'] as number,
  application: (fields['application'] as number | null) ?? 0,
  scope: fields['scope'] as string,
  description: fields['description'] as string,
  created: fields['created'] as string,
  modified: fields['modified'] as string,
  expires: fields['expires'] as string,
  hasRefreshToken: fields['has_refresh_token'] as boolean,
  lastUsed,
  parent: fields['parent'] as number,
});
