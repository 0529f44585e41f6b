import type { KeyObject } from 'node:crypto';
import { macOf } from '@grantlog/service-kit';
import type { AttemptCounter } from '@grantlog/short-lived';

/**
 * Counts under MACs of the keys, so that the store shows neither names nor addresses: what is typed as a username is now
 * and then a password. With a new installation key the counts begin anew.
 */
export const namelessAttempts = ({ count, uncount, peek, forget }: AttemptCounter, key: KeyObject): AttemptCounter => ({
  count: (name, window, expiresAt) => count(macOf(key, name), window, expiresAt),
  uncount: (name, window) => uncount(macOf(key, name), window),
  peek: (name, window) => peek(macOf(key, name), window),
  forget: (name, window) => forget(macOf(key, name), window),
});
