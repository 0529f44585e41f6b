import type { tokens, TokensClient } from '@grantlog/contracts';

/** Who asks for introspection: 0 is the gateway itself, which may know every token. */
const GATEWAY = 0;

/** What a live access token is for; undefined for any other value. @see RFC 6750 §2.1 */
export const liveBearer = async (
  service: Pick<TokensClient, 'introspect'>,
  token: string,
): Promise<tokens.Introspection | undefined> => {
  if (!token.startsWith('gla_')) return undefined;
  const { introspections } = await service.introspect({ tokens: [{ token, askingApplication: GATEWAY }] });
  return introspections[0]?.active ? introspections[0] : undefined;
};
