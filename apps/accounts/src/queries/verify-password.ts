import { createSecretKey, randomBytes } from 'node:crypto';
import { type ExistingUser, userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, refused } from '@grantlog/contracts';
import { foldedName } from '@grantlog/event-sourcing';
import { LONGEST_PASSWORD_BYTES, LONGEST_USERNAME, macOf, sameMac } from '@grantlog/service-kit';
import { LRUCache } from 'lru-cache';
import type { Deps } from '../service-deps.ts';
import { currentWindow, secondsUntilEnd } from '../attempt-window.ts';
import { userByName } from './get-users.ts';
import { toUser } from '../translate.ts';

/** Wrong passwords within an hour: at one account from one address, from one address, at one account from anywhere. */
const MOST_AT_ACCOUNT_FROM_ADDRESS = 10;
const MOST_FROM_ADDRESS = 50;
const MOST_AT_ACCOUNT = 100;
/** In a browser that has logged into the account before: its tries are counted apart, so nobody else uses them up. */
const MOST_ON_DEVICE = 10;
const ADDRESS_REMEMBERED_MS = 30 * 86_400_000;

/** Right passwords that are remembered: MACs under a key of this process, over the hash that they fitted. */
const MOST_REMEMBERED = 1000;

const WRONG: wire.VerifyPasswordResponse = {
  result: refused({ error: 'invalid_grant', description: 'Invalid credentials given.' }),
  retryAfterSeconds: 0,
};

/**
 * Verifies a password. Unknown user, disabled user and wrong password are alike in answer and time. A try is counted
 * before the password is looked at, so that parallel tries get no more looks than the limit, and taken back when it was
 * right; the very same try, made many times at once, is one. Once an account's own limit is reached, only a browser or an
 * address that it was used from before is listened to: a thousand strangers' addresses cannot guess on, and cannot lock
 * its user out. A password that fitted this very hash before, sent from the same address, is not hashed again: that saves
 * 20 ms of processor for each call of a script that sends Basic. It is forgotten as soon as that place is slowed down.
 */
export const verifyPassword = ({ streams, attempts, passwords }: Deps) => {
  const remembered = new LRUCache<string, string>({ max: MOST_REMEMBERED });
  const underWay = new Map<string, Promise<wire.VerifyPasswordResponse>>();
  const processKey = createSecretKey(randomBytes(32));
  const macOfParts = (...parts: string[]): string => macOf(processKey, JSON.stringify(parts));

  const verify = async (
    { username, password, address, deviceUser, deviceId }: wire.VerifyPasswordRequest,
    found: Found,
  ): Promise<wire.VerifyPasswordResponse> => {
    const name = foldedName(username);
    const place = placeOf({ username, address });
    const { window, endsAt } = currentWindow();
    const onDevice = deviceUser !== 0 && deviceUser === found?.id;
    const limits: readonly (readonly [key: string, most: number])[] = onDevice
      ? [[`password-device:${deviceId}`, MOST_ON_DEVICE]]
      : [
          [`password:${name}:${address}`, MOST_AT_ACCOUNT_FROM_ADDRESS],
          [`password-address:${address}`, MOST_FROM_ADDRESS],
          [`password-account:${name}`, MOST_AT_ACCOUNT],
        ];
    const counts = await Promise.all(limits.map(([key]) => attempts.count(key, window, endsAt)));
    const exceeded = limits.filter(([, most], i) => (counts[i] ?? 0) > most).map(([key]) => key);
    const known = `known-address:${found?.id ?? 0}:${address}`;
    const onlyAccount = exceeded.length > 0 && exceeded.every((key) => key === `password-account:${name}`);
    if (exceeded.length > 0 && !(onlyAccount && found && (await attempts.peek(known, 'ever')) > 0)) {
      // A guess must not be tried against what is remembered either.
      remembered.delete(place);
      return {
        result: refused({ error: 'slow_down', description: 'Too many wrong passwords. Try again later.' }),
        retryAfterSeconds: secondsUntilEnd(endsAt),
      };
    }
    const passwordHash = found?.user.passwordHash ?? '';
    if (!(await passwords.fits(passwordHash, password)) || !found) {
      return WRONG;
    }
    remembered.set(place, macOfParts(passwordHash, password));
    await Promise.all([
      ...limits.map(([key], i) => (i === 0 ? attempts.forget(key, window) : attempts.uncount(key, window))),
      attempts.count(known, 'ever', new Date(Date.now() + ADDRESS_REMEMBERED_MS)),
    ]);
    return { result: { $case: 'user', value: toUser(found.id, found.user, found.version) }, retryAfterSeconds: 0 };
  };

  return async (request: wire.VerifyPasswordRequest): Promise<wire.VerifyPasswordResponse> => {
    // Nobody has such a name or password: no work, and no try that counts.
    if (request.username.length > LONGEST_USERNAME || Buffer.byteLength(request.password) > LONGEST_PASSWORD_BYTES)
      return WRONG;
    const found = await enabledUser(streams, request.username);
    const passwordHash = found?.user.passwordHash ?? '';
    const known = remembered.get(placeOf(request));
    if (
      found &&
      passwordHash !== '' &&
      known !== undefined &&
      sameMac(known, macOfParts(passwordHash, request.password))
    ) {
      return { result: { $case: 'user', value: toUser(found.id, found.user, found.version) }, retryAfterSeconds: 0 };
    }
    const same = macOfParts(
      request.username,
      request.password,
      request.address,
      request.deviceId,
      passwordHash,
      String(found?.version),
    );
    const verdict = underWay.get(same) ?? verify(request, found).finally(() => underWay.delete(same));
    underWay.set(same, verdict);
    return verdict;
  };
};

/** An account and where it is used from. */
const placeOf = ({ username, address }: Pick<wire.VerifyPasswordRequest, 'username' | 'address'>): string =>
  `${foldedName(username)} ${address}`;

type Found = { readonly id: number; readonly user: ExistingUser; readonly version: number } | undefined;

/** The account, if it is one that can log in. */
const enabledUser = async (streams: Deps['streams'], username: string): Promise<Found> => {
  const id = await userByName(streams, username);
  if (id === undefined) return undefined;
  const { state, version } = await streams.users.load(userStream(id));
  return state.status === 'Enabled' && state.externalAccount === '' ? { id, user: state, version } : undefined;
};
