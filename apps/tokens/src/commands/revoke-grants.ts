import { toCause, tokens as wire } from '@grantlog/contracts';
import { type RevocationReason, REVOCATIONS_STREAM } from '@grantlog/grants-domain';
import { required } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';

const REASONS: Readonly<Partial<Record<wire.RevocationReason, RevocationReason>>> = {
  [wire.RevocationReason.REVOCATION_REASON_REQUESTED]: 'requested',
  [wire.RevocationReason.REVOCATION_REASON_CLOSED]: 'closed',
  [wire.RevocationReason.REVOCATION_REASON_ENDED]: 'ended',
};

/** Revokes every grant of an application or a user by one event, whatever their number. */
export const revokeGrants =
  ({ streams, clock }: Deps) =>
  async (request: wire.RevokeGrantsRequest): Promise<wire.RevokeGrantsResponse> => {
    const { $case: kind, value: id } = required(request.subject, 'subject');
    const because = required(REASONS[request.reason], 'reason');
    const cause = toCause(request.cause);
    const { version } = await streams.revocations.handle(
      REVOCATIONS_STREAM,
      {
        type: 'RevokeGrants',
        subject: { kind, id },
        because,
        subjectVersion: request.subjectVersion,
        requests: [cause],
      },
      { cause, at: clock.now() },
    );
    return { position: { stream: REVOCATIONS_STREAM, version } };
  };

/** Lets grants be issued again for a user that was disabled; those from before stay dead. */
export const reopenUser =
  ({ streams, clock }: Deps) =>
  async ({ user, subjectVersion, cause }: wire.ReopenUserRequest): Promise<wire.ReopenUserResponse> => {
    const { version } = await streams.revocations.handle(
      REVOCATIONS_STREAM,
      { type: 'ReopenUser', user, subjectVersion },
      { cause: toCause(cause), at: clock.now() },
    );
    return { position: { stream: REVOCATIONS_STREAM, version } };
  };
