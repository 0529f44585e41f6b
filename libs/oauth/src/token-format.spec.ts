import { crc32 } from 'node:zlib';
import { digestOf, numberToBase62 } from './secret.ts';
import { formatToken, newTokenSecret, parseToken, type TokenKind } from './token-format.ts';

/** With a right checksum, so that nothing but what a test is about is wrong. */
const signed = (body: string): string => body + numberToBase62(crc32(body), 6);
const SECRET = 'S'.repeat(43);

describe('a token', () => {
  it.each<TokenKind>(['code', 'access', 'refresh'])('names its kind (%s), its grant and the commit that issued it', (kind) => {
    const { secret, digest } = newTokenSecret(kind);
    const grant = 2 ** 53 - 1;
    const version = 62 ** 6 - 1;
    expect(parseToken(formatToken(kind, grant, version, secret))).toEqual({ kind, grant, version, digest });
  }); // prettier-ignore
  it('has a prefix that scanners for leaked secrets find', () =>
    expect(
      (['code', 'access', 'refresh'] as const).map((kind) => formatToken(kind, 5, 1, newTokenSecret(kind).secret).slice(0, 8)),
    ).toEqual(['glc_5-1.', 'gla_5-1.', 'glr_5-1.'])); // prettier-ignore
  it('is proven by the digest of its kind and its secret', () => {
    const { secret, digest } = newTokenSecret('code');
    expect(secret).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(digest).toBe(digestOf('code', secret));
    expect(digest).not.toBe(digestOf('access', secret));
  });
  it('is told from what was mistyped by its checksum', () => {
    const token = formatToken('access', 5, 1, newTokenSecret('access').secret);
    for (const other of [token.slice(0, -1), `${token}0`, token.replace('gla', 'glr'), token.toUpperCase(), '', 'x'.repeat(15_000)])
      expect(parseToken(other)).toBeUndefined(); // prettier-ignore
  });
  it.each([
    ['another prefix', `glx_5-1.${SECRET}`],
    ['grant 0', `gla_0-1.${SECRET}`],
    ['version 0', `gla_5-0.${SECRET}`],
    ['a grant above 2^53', `gla_zzzzzzzzz-1.${SECRET}`],
    ['a grant of ten characters', `gla_0000000005-1.${SECRET}`],
    ['a version of seven characters', `gla_5-0000001.${SECRET}`],
    ['no grant', `gla_-1.${SECRET}`],
    ['no version', `gla_5-.${SECRET}`],
    ['a shorter secret', `gla_5-1.${SECRET.slice(1)}`],
    ['a longer secret', `gla_5-1.${SECRET}S`],
    ['a dot in its secret', `gla_5-1.${SECRET.slice(1)}.`],
    ['something before it', ` gla_5-1.${SECRET}`],
  ])('with %s is none, even with a right checksum', (_what, body) => expect(parseToken(signed(body))).toBeUndefined());
  it('with something behind it is none', () => {
    const token = signed(`gla_5-1.${SECRET}`);
    expect(parseToken(token)).toBeDefined();
    for (const more of ['\n', ' ', '=']) expect(parseToken(token + more)).toBeUndefined();
  });
});
