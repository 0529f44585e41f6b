import type { KeyObject } from 'node:crypto';
import { macOf, sameMac } from '@grantlog/service-kit';

/** The header of a message that says who published it. */
export const ORIGIN_HEADER = 'grantlog-mac';

/** Topic, key and value together, so that nothing is moved to another stream. @returns base64url */
export const macOfMessage = (secret: KeyObject, topic: string, key: string, value: string): string =>
  macOf(secret, `${topic}\n${key}\n${value}`);

/** Whether a message was published by a holder of one of these keys. */
export const isGenuine = (
  secrets: readonly KeyObject[],
  topic: string,
  key: string,
  value: string,
  given: string,
): boolean => secrets.some((secret) => sameMac(macOfMessage(secret, topic, key, value), given));
