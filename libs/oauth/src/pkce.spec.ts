import { hash } from 'node:crypto';
import { isCodeChallenge, verifies } from './pkce.ts';

const challengeOf = (verifier: string): string => hash('sha256', verifier, 'base64url');

describe('PKCE', () => {
  it("verifies RFC 7636's example of appendix B", () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    expect(verifies(challenge, 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(true);
    expect(verifies(challenge, 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK')).toBe(false);
  });
  it.each([43, 128])('a verifier of %d characters may be one (RFC 7636 §4.1)', (length) => {
    const verifier = '-._~'.padEnd(length, 'aA0');
    expect(verifies(challengeOf(verifier), verifier)).toBe(true);
  });
  it.each(['', 'a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)}+`, `${'a'.repeat(43)}\n`, ` ${'a'.repeat(43)}`])(
    '%j is no verifier, even if its hash is the challenge', (verifier) =>
      expect(verifies(challengeOf(verifier), verifier)).toBe(false)); // prettier-ignore
  it('a verifier is never compared with the challenge itself, as `plain` would (§7.2)', () =>
    expect(verifies('a'.repeat(43), 'a'.repeat(43))).toBe(false));
  it('PK-06 knows what cannot be a challenge', () =>
    expect(
      ['', 'x'.repeat(42), 'x'.repeat(44), `${'x'.repeat(43)}=`, `${'x'.repeat(42)}+`, ` ${'x'.repeat(43)}`, `${'x'.repeat(43)}\n`].some(isCodeChallenge),
    ).toBe(false)); // prettier-ignore
  it('and what can be one', () => expect(isCodeChallenge(`${'x'.repeat(40)}_-0`)).toBe(true));
});
