import { type common, findPage, type tokens as wire } from '@grantlog/contracts';
import { equals, everything, type Filter, nothing, type StoredDocument } from '@grantlog/event-sourcing';
import { tokenList } from '@grantlog/grants-read-models';
import { liveGrant, toToken } from '../commands/manage-token.ts';
import type { Deps } from '../service-deps.ts';

/** The tokens that the actor's lists may show, before what the request narrows. */
const readable = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  if (actor.superuser || actor.systemAuditor) return everything;
  return equals('user', actor.user);
};

/** A page of tokens from the read model. */
export const listTokens =
  ({ documents }: Deps) =>
  async ({ actor, query }: wire.ListTokensRequest): Promise<wire.ListTokensResponse> => {
    const visible: Filter = { all: [readable(actor), equals('issued', true)] };
    const page = await findPage(documents, tokenList, 'grant', query, visible);
    return { tokens: page.documents.map(toListed), outcome: page.outcome };
  };

/** One token from the write side; absent when it is not live. */
export const getToken =
  (deps: Deps) =>
  async ({ id }: wire.GetTokenRequest): Promise<wire.GetTokenResponse> => {
    const live = await liveGrant(deps, id);
    return live ? { token: toToken(id, live.grant, live.version) } : {};
  };

const toListed = ({ id, version, fields }: StoredDocument): wire.Token => ({
  id,
  version,
  user: fields['user'] as number,
  application: fields['application'] as number,
  scope: fields['scope'] as string,
  description: fields['description'] as string,
  created: fields['created'] as string,
  modified: fields['modified'] as string,
  expires: fields['expires'] as string,
  hasRefreshToken: fields['has_refresh_token'] as boolean,
});
