import { createHmac, randomBytes } from 'node:crypto';
import { type ExistingUser, userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, refused } from '@grantlog/contracts';
import { foldedName } from '@grantlog/event-sourcing';
import { LRUCache } from 'lru-cache';
import type { Deps } from '../service-deps.ts';
import { userByName } from './get-users.ts';
import { toUser } from '../translate.ts';

const WINDOW_MS = 3_600_000;
/** Wrong passwords within an hour at one account from one address. */
const MOST_WRONG_TRIES = 10;

/** Right passwords that are remembered: MACs under a key of this process, over the hash that they fitted. */
const MOST_REMEMBERED = 1000;

/**
 * Verifies a password. Unknown user, disabled user and wrong password are alike in answer and time. A try at one
 * account from one address is counted before the password is looked at, so that parallel tries get no more looks than
 * the limit; the very same try, made many times at once, is one. A password that fitted this very hash before is not
 * hashed again: that saves 20 ms of processor for each call of a script that sends Basic.
 */
export const verifyPassword = ({ streams, attempts, passwords }: Deps) => {
  const remembered = new LRUCache<string, true>({ max: MOST_REMEMBERED });
  const underWay = new Map<string, Promise<wire.VerifyPasswordResponse>>();
  const processKey = randomBytes(32);
  const macOf = (...parts: string[]): string =>
    createHmac('sha256', processKey).update(JSON.stringify(parts)).digest('base64url');

  const verify = async (
    { username, password, address }: wire.VerifyPasswordRequest,
    found: Found,
  ): Promise<wire.VerifyPasswordResponse> => {
    const window = String(Math.floor(Date.now() / WINDOW_MS));
    const endsAt = new Date((Number(window) + 1) * WINDOW_MS);
    const key = `password:${foldedName(username)}:${address}`;
    if ((await attempts.count(key, window, endsAt)) > MOST_WRONG_TRIES) {
      return {
        result: refused({ error: 'slow_down', description: 'Too many wrong passwords. Try again later.' }),
        retryAfterSeconds: Math.ceil((endsAt.getTime() - Date.now()) / 1000),
      };
    }
    const passwordHash = found?.user.passwordHash ?? '';
    if (!(await passwords.fits(passwordHash, password)) || !found) {
      return {
        result: refused({ error: 'invalid_grant', description: 'Invalid credentials given.' }),
        retryAfterSeconds: 0,
      };
    }
    remembered.set(macOf(passwordHash, password), true);
    await attempts.forget(key, window);
    return { result: { $case: 'user', value: toUser(found.id, found.user, found.version) }, retryAfterSeconds: 0 };
  };

  return async (request: wire.VerifyPasswordRequest): Promise<wire.VerifyPasswordResponse> => {
    const found = await enabledUser(streams, request.username);
    const passwordHash = found?.user.passwordHash ?? '';
    if (found && passwordHash !== '' && remembered.has(macOf(passwordHash, request.password))) {
      return { result: { $case: 'user', value: toUser(found.id, found.user, found.version) }, retryAfterSeconds: 0 };
    }
    const same = macOf(request.username, request.password, request.address, passwordHash, String(found?.version));
    const verdict = underWay.get(same) ?? verify(request, found).finally(() => underWay.delete(same));
    underWay.set(same, verdict);
    return verdict;
  };
};

type Found = { readonly id: number; readonly user: ExistingUser; readonly version: number } | undefined;

const enabledUser = async (streams: Deps['streams'], username: string): Promise<Found> => {
  const id = await userByName(streams, username);
  if (id === undefined) return undefined;
  const { state, version } = await streams.users.load(userStream(id));
  return state.status === 'Enabled' ? { id, user: state, version } : undefined;
};
