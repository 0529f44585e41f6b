import { userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, isUnavailable } from '@grantlog/contracts';
import { plusSeconds, secondsUntil } from '@grantlog/event-sourcing';
import type { SessionRecord } from '../commands/start-browser-session.ts';
import type { Deps } from '../service-deps.ts';
import { toUser } from '../translate.ts';

/** A renewal is a write: at most one a minute, and ten in a session's life. */
const renewedEverySeconds = (lifetimeSeconds: number): number => Math.min(60, lifetimeSeconds / 10);

/** Live sessions with their users as they are now. A session ends with its time, or with a sign-out fact of its user. */
export const getBrowserSessions =
  ({ streams, sessions, clock }: Deps) =>
  async ({ sessionDigests }: wire.GetBrowserSessionsRequest): Promise<wire.GetBrowserSessionsResponse> => {
    const at = clock.now();
    /** A store that takes no writes does not keep out who is logged in. */
    const renew = (digest: string, expiresAt: string): Promise<void> =>
      sessions.renew(digest, expiresAt).catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
      });
    const find = async (digest: string): Promise<wire.FoundBrowserSession> => {
      const found = await sessions.get(digest, at);
      if (!found) return {};
      const { user, csrfToken, signedOutAtVersion, authenticatedAt, lifetimeSeconds } = JSON.parse(
        found.record,
      ) as SessionRecord;
      const { state, version } = await streams.users.load(userStream(user));
      if (state.status !== 'Enabled' || state.signedOutAtVersion !== signedOutAtVersion) return {};
      if (secondsUntil(found.expiresAt, at) + renewedEverySeconds(lifetimeSeconds) <= lifetimeSeconds)
        await renew(digest, plusSeconds(at, lifetimeSeconds));
      return { session: { user: toUser(user, state, version), csrfToken, authenticatedAt } };
    };
    return { sessions: await Promise.all(sessionDigests.map(find)) };
  };
