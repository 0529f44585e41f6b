import { hash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import baseX from 'base-x';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** In clear; exists in the one reply that creates it and in the request that presents it. */
export type Secret = Branded<string, 'Secret'>;
/** SHA-256 of a secret and its kind, base64url. Kept in the sealed part of a commit only. */
export type Digest = Branded<string, 'Digest'>;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base62 = baseX(ALPHABET);

const SECRET_BYTES = 32;
/** 256 random bits in base62, padded to one length. */
const SECRET_LENGTH = 43;

// Asking the operating system for 64 secrets at once costs what asking for one does.
const pool = Buffer.alloc(64 * SECRET_BYTES);
let used = pool.length;

export const newSecret = (): Secret => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, (used += SECRET_BYTES));
  const secret = base62.encode(bytes).padStart(SECRET_LENGTH, '0') as Secret;
  // What is in the memory of this process tells nothing about secrets given out before.
  bytes.fill(0);
  return secret;
};

/** `length` random characters of the base62 alphabet (5.95 bits each). */
export const randomBase62 = (length: number): string => {
  let text = '';
  while (text.length < length) {
    // Bytes of 248 and above would favour the alphabet's first characters.
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
  }
  return text;
};

/** A number in base62, padded with zeros to `length`. */
export const numberToBase62 = (value: number, length = 1): string => {
  let rest = value;
  let text = '';
  do {
    text = (ALPHABET[rest % 62] as string) + text;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return text.padStart(length, '0');
};

/** @returns undefined when the text is not base62 or the number is not a safe integer */
export const numberFromBase62 = (text: string): number | undefined => {
  let value = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = value * 62 + digit;
  }
  return text.length > 0 && Number.isSafeInteger(value) ? value : undefined;
};

/** Digest of a random secret. A fast hash is right here: there is nothing to guess (passwords get argon2id instead). */
export const digestOf = (kind: string, secret: string): Digest =>
  hash('sha256', `${kind}:${secret}`, 'base64url') as Digest;

/** Constant time for digests of one length. */
export const sameDigest = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};
