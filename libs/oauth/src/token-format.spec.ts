import { applicationOfClientId, newClientId } from './client-id.ts';
import { isCodeChallenge, verifies } from './pkce.ts';
import { matchesRedirectUri, redirectUriProblem, withParameters } from './redirect-uri.ts';
import { isWithin, parseScope } from './scope.ts';
import { formatToken, newTokenSecret, parseToken } from './token-format.ts';

describe('a token', () => {
  it('names its kind, its grant and the commit that issued it', () => {
    const { secret, digest } = newTokenSecret('refresh');
    const grant = 2 ** 53 - 1;
    expect(parseToken(formatToken('refresh', grant, 12, secret))).toEqual({
      kind: 'refresh',
      grant,
      version: 12,
      digest,
    });
  });
  it('is told from what was mistyped by its checksum', () => {
    const token = formatToken('access', 5, 1, newTokenSecret('access').secret);
    for (const other of [
      token.slice(0, -1),
      `${token}0`,
      token.replace('gla', 'glr'),
      token.toUpperCase(),
      '',
      'x'.repeat(15_000),
    ])
      expect(parseToken(other)).toBeUndefined();
  });
});

describe('a client id', () => {
  it('begins with the number of its application', () => {
    expect(newClientId(1234)).toMatch(/^[0-9A-Za-z]{40}$/);
    expect(applicationOfClientId(newClientId(1234))).toBe(1234);
    expect(applicationOfClientId('short')).toBeUndefined();
  });
});

describe('PKCE', () => {
  it("verifies RFC 7636's example of appendix B", () => {
    expect(verifies('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      true,
    );
    expect(verifies('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK')).toBe(
      false,
    );
  });
  it('PK-06 knows what cannot be a challenge', () =>
    expect(['', 'x'.repeat(42), `${'x'.repeat(43)}=`, `${'x'.repeat(42)}+`].some(isCodeChallenge)).toBe(false));
});

describe('scope', () => {
  it.each([['read', true], ['write read', true], ['', false], ['read read', false], ['read  write', false], ['read\twrite', false], ['read rainbow', false]])('%j: %s', (scope, good) =>
    expect(parseScope(scope) !== undefined).toBe(good)); // prettier-ignore
  it('write includes read, read not write', () =>
    expect([isWithin('read', 'write'), isWithin('write', 'read')]).toEqual([true, false]));
});

describe('redirect URIs', () => {
  const registered = 'https://app.ex/cb';
  it.each([
    'https://app.ex/cb/evil',
    'https://app.ex/cbx',
    'https://app.ex.evil.com/cb',
    'https://app.ex@evil.com/cb',
    'HTTPS://app.ex/cb',
    'https://APP.ex/cb',
    'https://app.ex:443/cb',
    'http://app.ex/cb',
    'https://app.ex/cb?next=1',
    'https://app.ex/cb#x',
  ])('RU-01 RU-02 RU-03 RU-07 RU-08 RU-12 %s is not the registered one', (presented) =>
    expect(matchesRedirectUri(registered, presented)).toBe(false),
  );
  it('RU-10 a loopback address without a port matches any port', () => {
    expect(matchesRedirectUri('http://127.0.0.1/cb', 'http://127.0.0.1:51004/cb')).toBe(true);
    expect(matchesRedirectUri('http://127.0.0.1/cb', 'http://127.0.0.1:51004/other')).toBe(false);
    expect(matchesRedirectUri('http://localhost/cb', 'http://localhost:51004/cb')).toBe(false);
  });
  it.each([
    'javascript:alert(1)',
    ' https://a.ex/',
    'https://a.ex/#x',
    'https://u:p@a.ex/',
    'https://*.ex/',
    'https://a.ex/*',
    '*',
    '',
    'http://<controller>/api/v2',
    'https://a.ex/\\evil',
    'https:a.ex',
    'data:text/html,x',
    'https://A.ex/',
  ])('RU-06 RU-13 RU-14 %j cannot be registered', (uri) =>
    expect(redirectUriProblem(uri, 'confidential', 'all')).toBeDefined(),
  );
  it('RU-09 plain http is for confidential applications and loopback addresses', () => {
    expect(redirectUriProblem('http://a.ex/', 'confidential', 'confidential')).toBeUndefined();
    expect(redirectUriProblem('http://a.ex/', 'public', 'confidential')).toBeDefined();
    expect(redirectUriProblem('http://a.ex/', 'confidential', 'none')).toBeDefined();
    expect(redirectUriProblem('http://127.0.0.1/cb', 'public', 'none')).toBeUndefined();
    expect(redirectUriProblem('https://a.ex:8443/cb?x=1', 'public', 'none')).toBeUndefined();
  });
  it('keeps a query that it has byte for byte', () =>
    expect(withParameters('https://a.ex/?a=%2F&b', { code: 'x', state: 'a b&', nothing: undefined })).toBe(
      'https://a.ex/?a=%2F&b&code=x&state=a%20b%26',
    ));
});
