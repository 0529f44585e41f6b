import { type applications as wire, fromCause, toCause, tokens, toRefusal } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';
import { changeable } from './update-application.ts';

/** Revokes every grant of an application: none is live when the reply comes. Who may change it may. */
export const revokeApplicationTokens =
  (deps: Deps) =>
  async (request: wire.RevokeApplicationTokensRequest): Promise<wire.RevokeApplicationTokensResponse> => {
    const found = await changeable(deps, request);
    if ('refusal' in found) return { refusal: toRefusal(found.refusal) };
    const { position } = await deps.tokens.revokeGrants({
      cause: fromCause(toCause(request.cause)),
      subject: { $case: 'application', value: request.id },
      reason: tokens.RevocationReason.REVOCATION_REASON_REQUESTED,
      subjectVersion: 0,
    });
    return { ...(position && { position }) };
  };
