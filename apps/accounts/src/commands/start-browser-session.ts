import { userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, toCause, toRefusal } from '@grantlog/contracts';
import { plusSeconds } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';

/** What is kept of a browser session; its key is the digest of the id that the browser has. */
export type SessionRecord = {
  readonly user: number;
  readonly csrfToken: string;
  readonly signedOutAtVersion: number;
  readonly authenticatedAt: string;
  readonly lifetimeSeconds: number;
};

/** Begins a session after a verified password, under a new id; the one it replaces is dead (OWASP ASVS 5.0 §7.2.4). */
export const startBrowserSession =
  ({ streams, sessions, clock }: Deps) =>
  async (request: wire.StartBrowserSessionRequest): Promise<wire.StartBrowserSessionResponse> => {
    const at = clock.now();
    const { state, refusal } = await streams.users.handle(
      userStream(request.user),
      { type: 'RecordLogin' },
      { cause: toCause(request.cause), at },
    );
    if (refusal) return { refusal: toRefusal(refusal) };
    if (state.status !== 'Enabled' || state.signedOutAtVersion > request.userVersion) {
      return { refusal: toRefusal({ error: 'forbidden', description: 'the account changed meanwhile' }) };
    }
    const record: SessionRecord = {
      user: request.user,
      csrfToken: request.csrfToken,
      signedOutAtVersion: state.signedOutAtVersion,
      authenticatedAt: at,
      lifetimeSeconds: request.lifetimeSeconds,
    };
    const expiresAt = plusSeconds(at, request.lifetimeSeconds);
    if (!(await sessions.create(request.sessionDigest, JSON.stringify(record), expiresAt)))
      throw new Error('a session id was drawn twice');
    if (request.replacesDigest !== '') await sessions.end(request.replacesDigest);
    return {};
  };

/** Ends a session on the server. */
export const endBrowserSession =
  ({ streams, sessions, clock }: Deps) =>
  async ({ sessionDigest, ...request }: wire.EndBrowserSessionRequest): Promise<wire.EndBrowserSessionResponse> => {
    const at = clock.now();
    const found = await sessions.get(sessionDigest, at);
    if (!found) return {};
    await sessions.end(sessionDigest);
    const { user } = JSON.parse(found.record) as SessionRecord;
    await streams.users.handle(userStream(user), { type: 'RecordLogout' }, { cause: toCause(request.cause), at });
    return {};
  };
