import { crc32 } from 'node:zlib';
import { type Digest, digestOf, newSecret, numberFromBase62, numberToBase62, type Secret } from './secret.ts';

/** One prefix a kind, so that scanners for leaked secrets find them. */
const TOKEN_PREFIXES = { code: 'glc', access: 'gla', refresh: 'glr' } as const;
export type TokenKind = keyof typeof TOKEN_PREFIXES;

/** A presented value, taken apart. It names its grant's stream and the commit that issued it; the digest proves it. */
export type PresentedToken = {
  readonly kind: TokenKind;
  readonly grant: number;
  readonly version: number;
  readonly digest: Digest;
};

const KINDS = new Map<string, TokenKind>(
  Object.entries(TOKEN_PREFIXES).map(([kind, prefix]) => [prefix, kind as TokenKind]),
);
const CHECKSUM_LENGTH = 6;
const FORM = /^(gl[acr])_([0-9A-Za-z]{1,9})-([0-9A-Za-z]{1,6})\.([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

const checksum = (text: string): string => numberToBase62(crc32(text), CHECKSUM_LENGTH);

export const newTokenSecret = (kind: TokenKind): { secret: Secret; digest: Digest } => {
  const secret = newSecret();
  return { secret, digest: digestOf(kind, secret) };
};

/** `<prefix>_<grant>-<version>.<secret><checksum>`; grant and version in base62. */
export const formatToken = (kind: TokenKind, grant: number, version: number, secret: Secret): string => {
  const body = `${TOKEN_PREFIXES[kind]}_${numberToBase62(grant)}-${numberToBase62(version)}.${secret}`;
  return body + checksum(body);
};

/** @returns undefined for anything that was not made by {@link formatToken} */
export const parseToken = (presented: string): PresentedToken | undefined => {
  const parts = FORM.exec(presented);
  if (!parts) return undefined;
  const [, prefix, grantText, versionText, secret, sum] = parts as unknown as string[] & { length: 6 };
  if (checksum(presented.slice(0, -CHECKSUM_LENGTH)) !== sum) return undefined;
  const kind = KINDS.get(prefix as string);
  const grant = numberFromBase62(grantText as string);
  const version = numberFromBase62(versionText as string);
  if (!kind || !grant || !version) return undefined;
  return { kind, grant, version, digest: digestOf(kind, secret as string) };
};
