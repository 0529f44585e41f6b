import { plusSeconds } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { getBrowserSessions } from './get-browser-sessions.ts';

const NOON = '2026-01-01T12:00:00.000Z';

/** The end of a session of this life that is used after so many seconds. */
const endAfterUse = async (lifetimeSeconds: number, usedAfterSeconds: number): Promise<string> => {
  let expiresAt = plusSeconds(NOON, lifetimeSeconds);
  const record = JSON.stringify({ user: 1, csrfToken: 'c', signedOutAtVersion: 0, authenticatedAt: NOON, lifetimeSeconds }); // prettier-ignore
  const roles = { member: [], admin: [], auditor: [] };
  const user = { state: { status: 'Enabled', signedOutAtVersion: 0, roles }, version: 1 };
  await getBrowserSessions({
    clock: { now: () => plusSeconds(NOON, usedAfterSeconds) },
    streams: { users: { load: () => Promise.resolve(user) } },
    sessions: {
      get: () => Promise.resolve({ record, expiresAt }),
      renew: (_key: string, until: string) => Promise.resolve(void (expiresAt = until)),
    },
  } as unknown as Deps)({ sessionDigests: ['digest'] });
  return expiresAt;
};

describe('a browser session that is used', () => {
  it.each([[60, 6], [90, 9], [1800, 60]])('of %d seconds is renewed once %d have passed', async (life, after) => {
    expect(await endAfterUse(life, after - 1)).toBe(plusSeconds(NOON, life));
    expect(await endAfterUse(life, after)).toBe(plusSeconds(NOON, after + life));
  }); // prettier-ignore
});
