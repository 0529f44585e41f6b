import { toCause, type tokens as wire } from '@grantlog/contracts';
import { grantStream } from '@grantlog/grants-domain';
import { parseToken } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';

/** Ends the grants of presented tokens before the reply. An unknown token is not an error. @see RFC 7009 §2.2 */
export const revokeTokens =
  ({ streams, clock }: Deps) =>
  async ({ tokens }: wire.RevokeTokensRequest): Promise<wire.RevokeTokensResponse> => {
    const revoke = async ({ token, application, cause }: wire.RevokeToken): Promise<wire.RevokedToken> => {
      const presented = parseToken(token);
      if (!presented || presented.kind === 'code') return {};
      const stream = grantStream(presented.grant);
      const { digest, version } = presented;
      const handled = await streams.grants.handle(
        stream,
        { type: 'RevokeToken', digest, version, application },
        { cause: toCause(cause), at: clock.now() },
      );
      return handled.recorded ? { position: { stream, version: handled.version } } : {};
    };
    return { revoked: await Promise.all(tokens.map(revoke)) };
  };
