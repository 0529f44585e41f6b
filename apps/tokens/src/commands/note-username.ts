import { toCause, type tokens as wire } from '@grantlog/contracts';
import { REVOCATIONS_STREAM } from '@grantlog/grants-domain';
import type { Deps } from '../service-deps.ts';

/**
 * Notes a user's new name where every check looks anyway: introspection tells the present name, not the one that somebody
 * else may have by now, without asking another service.
 */
export const noteUsername =
  ({ streams, clock }: Deps) =>
  async ({ cause, user, username, userVersion }: wire.NoteUsernameRequest): Promise<wire.NoteUsernameResponse> => {
    await streams.revocations.handle(
      REVOCATIONS_STREAM,
      { type: 'NoteUsername', user, username, userVersion },
      { cause: toCause(cause), at: clock.now() },
    );
    return {};
  };
