import { hash } from 'node:crypto';
import { sameDigest } from './secret.ts';

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/** BASE64URL(SHA-256) without padding is 43 characters. @see RFC 7636 §4.2 */
export const isCodeChallenge = (challenge: string): boolean => CHALLENGE.test(challenge);

/** 43 to 128 unreserved characters. @see RFC 7636 §4.1 */
export const isCodeVerifier = (verifier: string): boolean => VERIFIER.test(verifier);

/** @see RFC 7636 §4.6. Only S256: with `plain`, whoever reads the request would have the verifier (§7.2). */
export const verifies = (challenge: string, verifier: string): boolean =>
  isCodeVerifier(verifier) && sameDigest(hash('sha256', verifier, 'base64url'), challenge);
