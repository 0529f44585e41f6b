import { hash, type KeyObject } from 'node:crypto';
import { macOf, sameMac } from '@grantlog/service-kit';

/** Metadata that carries it. */
export const ASSERTION = 'grantlog-assertion';
const LIVES_MS = 30_000;

const mac = (key: KeyObject, path: string, expires: number, body: Uint8Array): string =>
  macOf(key, `${path}\n${expires}\n${hash('sha256', body, 'base64url')}`);

/**
 * Proves that a request comes from a process of this installation, as it is: who acts is in the request, so nobody who
 * only has a certificate can name an actor. Binds method, body and an end thirty seconds away.
 */
export const signRequest = (key: KeyObject, path: string, body: Uint8Array, now = Date.now()): string => {
  const expires = now + LIVES_MS;
  return `v1.${expires}.${mac(key, path, expires, body)}`;
};

/**
 * Why a request is not taken for one of this installation; undefined when it is. How far clocks are apart is told only to
 * who has the key.
 */
export const assertionProblem = (
  keys: readonly KeyObject[],
  path: string,
  body: Uint8Array,
  assertion: unknown,
  now = Date.now(),
): string | undefined => {
  const [version, expires = '', given = ''] = typeof assertion === 'string' ? assertion.split('.') : [];
  if (version !== 'v1' || !/^\d{13}$/.test(expires)) return 'the request is not signed';
  if (!keys.some((key) => sameMac(mac(key, path, Number(expires), body), given)))
    return 'the request is signed by a key that is not known here (GRANTLOG_INSTALLATION_KEY)';
  const aheadMs = Number(expires) - LIVES_MS - now;
  // Clocks of one installation may be apart by some seconds.
  if (Math.abs(aheadMs) <= LIVES_MS) return undefined;
  return `the caller's clock is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the service's`;
};
