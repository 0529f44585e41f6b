import { userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, refused } from '@grantlog/contracts';
import { foldedName } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { userByName } from './get-users.ts';
import { toUser } from '../translate.ts';

const WINDOW_MS = 3_600_000;
/** Wrong passwords within an hour at one account from one address. */
const MOST_WRONG_TRIES = 10;

/**
 * Verifies a password. Unknown user, disabled user and wrong password are alike in answer and time. Wrong tries at one
 * account from one address are counted before the password is looked at, so that parallel tries get no more.
 */
export const verifyPassword =
  ({ streams, attempts, passwords }: Deps) =>
  async ({ username, password, address }: wire.VerifyPasswordRequest): Promise<wire.VerifyPasswordResponse> => {
    const window = String(Math.floor(Date.now() / WINDOW_MS));
    const endsAt = new Date((Number(window) + 1) * WINDOW_MS);
    const key = `password:${foldedName(username)}:${address}`;
    if ((await attempts.count(key, window, endsAt)) > MOST_WRONG_TRIES) {
      return {
        result: refused({ error: 'slow_down', description: 'Too many wrong passwords. Try again later.' }),
        retryAfterSeconds: Math.ceil((endsAt.getTime() - Date.now()) / 1000),
      };
    }
    const id = await userByName(streams, username);
    const { state, version } = id === undefined ? NOBODY : await streams.users.load(userStream(id));
    const enabled = state.status === 'Enabled' ? state : undefined;
    const fits = await passwords.fits(enabled?.passwordHash ?? '', password);
    if (!fits || !enabled || id === undefined) {
      return { result: refused({ error: 'invalid_grant', description: 'Invalid credentials given.' }), retryAfterSeconds: 0 };
    }
    await attempts.forget(key, window);
    return { result: { $case: 'user', value: toUser(id, enabled, version) }, retryAfterSeconds: 0 };
  };

const NOBODY = { state: { status: 'None' }, version: 0 } as const;
