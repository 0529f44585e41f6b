import type { tokens as wire } from '@grantlog/contracts';
import { secondsUntil } from '@grantlog/event-sourcing';
import { type ActiveGrant, grantStream } from '@grantlog/grants-domain';
import { formatToken, type Secret } from '@grantlog/oauth';

/** The reply of an issue: tokens in clear, this once. `expires_in` is the rest of the life in whole seconds. */
export const issuedTokens = (
  grant: number,
  { generation }: ActiveGrant,
  secrets: { access: Secret; refresh: Secret | undefined },
  at: string,
): wire.IssuedTokens => ({
  accessToken: formatToken('access', grant, generation.version, secrets.access),
  expiresIn: secondsUntil(generation.accessExpiresAt, at),
  scope: generation.scope,
  refreshToken: secrets.refresh === undefined ? '' : formatToken('refresh', grant, generation.version, secrets.refresh),
  position: { stream: grantStream(grant), version: generation.version },
});
