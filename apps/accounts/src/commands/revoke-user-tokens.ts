import { permits } from '@grantlog/access';
import { type accounts as wire, FORBIDDEN, fromCause, toCause, tokens, toRefusal } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';
import { visibleUser } from './update-user.ts';

/** Revokes every grant of a user: none is live when the reply comes. The user itself and superusers may. */
export const revokeUserTokens =
  (deps: Deps) =>
  async ({ actor, id, cause }: wire.RevokeUserTokensRequest): Promise<wire.RevokeUserTokensResponse> => {
    const found = await visibleUser(deps, id, actor);
    if ('refusal' in found) return { refusal: toRefusal(found.refusal) };
    if (!permits(actor, 'change', 'user', { owner: id })) return { refusal: toRefusal(FORBIDDEN) };
    const { position } = await deps.tokens.revokeGrants({
      cause: fromCause(toCause(cause)),
      subject: { $case: 'user', value: id },
      reason: tokens.RevocationReason.REVOCATION_REASON_REQUESTED,
      subjectVersion: 0,
    });
    return { ...(position && { position }) };
  };
