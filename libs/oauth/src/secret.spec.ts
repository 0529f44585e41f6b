import { digestOf, newSecret, numberFromBase62, numberToBase62, randomBase62, sameDigest } from './secret.ts';

describe('a secret', () => {
  it('is 256 random bits in base62, always of one length', () => {
    const some = Array.from({ length: 2000 }, newSecret);
    for (const secret of some) expect(secret).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(new Set(some).size).toBe(some.length);
    // 62^43 is about 2^256 · 1.02: a first character above the alphabet's middle would mean fewer bits.
    expect(some.some((secret) => secret > 'l')).toBe(true);
  });
  it('random characters are all of the alphabet, none favoured', () => {
    expect(randomBase62(0)).toBe('');
    const text = randomBase62(62_000);
    expect(text).toHaveLength(62_000);
    const counts = Map.groupBy(text, (character) => character);
    expect(counts.size).toBe(62);
    // Expected 1,000 each, standard deviation 32. Bytes taken modulo 62 would give the first eight 1,211 each.
    for (const [, { length }] of counts) expect(Math.abs(length - 1000)).toBeLessThan(200);
  });
});

describe('numbers in base62', () => {
  it.each([
    [0, '0'],
    [9, '9'],
    [10, 'A'],
    [35, 'Z'],
    [36, 'a'],
    [61, 'z'],
    [62, '10'],
    [Number.MAX_SAFE_INTEGER, 'fFgnDxSe7'],
  ])('%d is %s, and back', (value, text) => {
    expect(numberToBase62(value)).toBe(text);
    expect(numberFromBase62(text)).toBe(value);
  });
  it('is padded with zeros', () => expect(numberToBase62(62, 4)).toBe('0010'));
  it.each(['', '-1', '1 ', 'ä', 'fFgnDxSe8', 'z'.repeat(300)])('%j is no number', (text) =>
    expect(numberFromBase62(text)).toBeUndefined(),
  );
});

describe('a digest', () => {
  it('is SHA-256 of kind and secret in base64url', () => {
    expect(digestOf('access', 'secret')).toBe('-bJXSMVVA70VZ33rjO13TiT7AIbu1ohXD_UNBwABzoU');
    expect(digestOf('access', 'secret')).not.toBe(digestOf('refresh', 'secret'));
  });
  it('is compared as a whole', () => {
    expect(sameDigest('abc', 'abc')).toBe(true);
    for (const other of ['abd', 'ab', 'abcd', '']) expect(sameDigest('abc', other)).toBe(false);
  });
});
