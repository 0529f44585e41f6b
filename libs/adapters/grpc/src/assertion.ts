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

export const isSigned = (
  key: KeyObject,
  path: string,
  body: Uint8Array,
  assertion: unknown,
  now = Date.now(),
): boolean => {
  const [version, expires = '', given = ''] = typeof assertion === 'string' ? assertion.split('.') : [];
  // Not longer than ours either: clocks of one installation may be apart by some seconds.
  if (version !== 'v1' || !/^\d{13}$/.test(expires) || Number(expires) < now || Number(expires) > now + 2 * LIVES_MS)
    return false;
  return sameMac(mac(key, path, Number(expires), body), given);
};
