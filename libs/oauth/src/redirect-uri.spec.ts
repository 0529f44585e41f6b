import { isLoopback, matchesRedirectUri, redirectOrigin, redirectUriProblem, withParameters } from './redirect-uri.ts';

describe('a redirect URI at the authorization endpoint', () => {
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
    expect(matchesRedirectUri('https://app.ex/cb', presented)).toBe(false),
  );
  it('the registered one is the registered one', () =>
    expect(matchesRedirectUri('https://app.ex/cb', 'https://app.ex/cb')).toBe(true));
  it.each([
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51004/cb', true],
    ['http://127.0.0.1', 'http://127.0.0.1:1', true],
    ['http://[::1]/cb', 'http://[::1]:51004/cb', true],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51004/other', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:510044/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:65535/cb', true],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:65536/cb', false],
    ['http://[::1]/cb', 'http://[::1]:99999/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51004@evil.ex/cb', false],
    ['http://127.0.0.1:1000/cb', 'http://127.0.0.1:51004/cb', false],
    ['http://127.0.0.1/cb', 'https://127.0.0.1:51004/cb', false],
    ['https://127.0.0.1/cb', 'https://127.0.0.1:51004/cb', false],
    ['http://localhost/cb', 'http://localhost:51004/cb', false],
    ['http://127.0.0.2/cb', 'http://127.0.0.2:51004/cb', false],
    ['http://127.0.0.1.evil.ex/cb', 'http://127.0.0.1.evil.ex:51004/cb', false],
    ['https://app.ex/?x=http://127.0.0.1/', 'https://app.ex/?x=http://127.0.0.1:1/', false],
    ['http://127.0.0.1/?x=http://127.0.0.1:1/', 'http://127.0.0.1/?x=http://127.0.0.1/', false],
  ])('RU-10 registered %s, presented %s: %s (RFC 8252 §7.3)', (registered, presented, matches) =>
    expect(matchesRedirectUri(registered, presented)).toBe(matches),
  );
});

const MALFORMED = 'is malformed, or has user information or a wildcard.';

describe('a redirect URI at registration', () => {
  it.each([
    ['javascript:alert(1)', 'Unauthorized redirect scheme: javascript'],
    ['data:text/html,x', 'Unauthorized redirect scheme: data'],
    [
      'https://a.ex/cb,https://b.ex/cb',
      'Enter a valid URL. "https://a.ex/cb,https://b.ex/cb" has a comma: white space separates redirect URIs, and a comma in one is written %2C.',
    ],
    [
      'https://a.ex/cb,',
      'Enter a valid URL. "https://a.ex/cb," has a comma: white space separates redirect URIs, and a comma in one is written %2C.',
    ],
    ['HTTPS://a.ex/', 'Unauthorized redirect scheme: HTTPS'],
    ['https://a.ex/#x', 'Redirect URIs must not contain fragments'],
    ['https://a.ex/#', 'Redirect URIs must not contain fragments'],
    ['', 'Enter a valid URL. "" is none.'],
    ['*', 'Enter a valid URL. "*" is none.'],
    ['/cb', 'Enter a valid URL. "/cb" is none.'],
    [' https://a.ex/', 'Enter a valid URL. " https://a.ex/" is none.'],
    ['https://a.ex/\u0007', 'Enter a valid URL. "https://a.ex/?" is none.'],
    ['https://ä.ex/', 'Enter a valid URL. "https://?.ex/" is none.'],
    ['x\nhttps://a.ex/', 'Enter a valid URL. "x?https://a.ex/" is none.'],
    ['https://a.ex/ b', 'Enter a valid URL. "https://a.ex/ b" is none.'],
    ['https://u:p@a.ex/', `Enter a valid URL. "https://u:p@a.ex/" ${MALFORMED}`],
    ['https://@a.ex/', `Enter a valid URL. "https://@a.ex/" ${MALFORMED}`],
    ['https://*.ex/', `Enter a valid URL. "https://*.ex/" ${MALFORMED}`],
    ['https://a.ex/*', `Enter a valid URL. "https://a.ex/*" ${MALFORMED}`],
    ['https://a.ex/?x=*', `Enter a valid URL. "https://a.ex/?x=*" ${MALFORMED}`],
    ['http://<controller>/api/v2', `Enter a valid URL. "http://<controller>/api/v2" ${MALFORMED}`],
    ['https://a.ex/<x>', `Enter a valid URL. "https://a.ex/<x>" ${MALFORMED}`],
    ['https://a.ex/\\evil', `Enter a valid URL. "https://a.ex/\\evil" ${MALFORMED}`],
    ['https:a.ex', `Enter a valid URL. "https:a.ex" ${MALFORMED}`],
    ['https:/a.ex', `Enter a valid URL. "https:/a.ex" ${MALFORMED}`],
    ['https://', `Enter a valid URL. "https://" ${MALFORMED}`],
    ['https://A.ex/', `Enter a valid URL. "https://A.ex/" ${MALFORMED}`],
    ['https://a.ex:99999/', `Enter a valid URL. "https://a.ex:99999/" ${MALFORMED}`],
    ['https://a.ex:/', `Enter a valid URL. "https://a.ex:/" ${MALFORMED}`],
    ['https://a.ex:08443/', `Enter a valid URL. "https://a.ex:08443/" ${MALFORMED}`],
    ['https://a.ex:80443/', `Enter a valid URL. "https://a.ex:80443/" ${MALFORMED}`],
    ['https://0x7f.1/', `Enter a valid URL. "https://0x7f.1/" ${MALFORMED}`],
    ['http://127.1/', `Enter a valid URL. "http://127.1/" ${MALFORMED}`],
  ])('RU-06 RU-13 RU-14 %j: %s', (uri, problem) =>
    expect(redirectUriProblem(uri, 'confidential', 'all', 'none')).toBe(problem),
  );
  it.each([
    ['com.example.app:/cb', undefined],
    ['com.example.app:/oauth2redirect/example-provider', undefined],
    ['com.example.app://callback', undefined],
    ['com.googleusercontent.apps.123-abc:/cb?x=1', undefined],
    ['com.example.app:cb', 'is malformed'],
    ['com.example.app:/cb#x', 'fragments'],
    ['com.example.app:/*', 'is malformed'],
    ['com.example.app://u@host/cb', 'is malformed'],
    ['com.example.app:/<x>', 'is malformed'],
    ['Com.example.app:/cb', 'Unauthorized redirect scheme: Com.example.app'],
    ['myapp:/cb', 'Unauthorized redirect scheme: myapp'],
    ['javascript:/cb', 'Unauthorized redirect scheme: javascript'],
    ['com.:/cb', 'Unauthorized redirect scheme: com.'],
  ])('RU-25 a public application registers %s: %s (RFC 8252 §7.1)', (uri, problem) => {
    const found = redirectUriProblem(uri, 'public', 'none', 'reverse-domain');
    expect(found).toEqual(problem === undefined ? undefined : expect.stringContaining(problem));
  });
  it('RU-25 schemes of native applications are for public ones, and may be switched off', () => {
    const problem = 'Unauthorized redirect scheme: com.example.app (schemes of native applications';
    expect(redirectUriProblem('com.example.app:/cb', 'confidential', 'all', 'reverse-domain')).toContain(problem);
    expect(redirectUriProblem('com.example.app:/cb', 'public', 'all', 'none')).toContain(problem);
  });
  it('shows no more than 200 characters of it', () =>
    expect(redirectUriProblem('x'.repeat(5000), 'confidential', 'all', 'none')).toBe(
      `Enter a valid URL. "${'x'.repeat(200)}" is none.`,
    ));
  it.each([
    'https://a.ex',
    'https://a.ex/cb',
    'https://a.ex?x=1',
    'https://a.ex:8443/cb?x=1&y=%20',
    'https://a.ex:443/cb',
    'https://a.ex:80/cb',
    'http://a.ex:80/cb',
    'http://a.ex:443/cb',
    'https://[2001:db8::1]/cb',
    'https://xn--4ca.ex/cb',
    'https://a.ex/?next=https://B.ex/@x',
  ])('%s can be registered', (uri) => expect(redirectUriProblem(uri, 'confidential', 'all', 'none')).toBeUndefined());

  const loopback = ['http://127.0.0.1/cb', 'http://127.5.5.5/cb', 'http://localhost:3000/cb', 'http://[::1]:3000/cb'];
  it.each([
    ['none', 'confidential', false],
    ['none', 'public', false],
    ['confidential', 'confidential', true],
    ['confidential', 'public', false],
    ['all', 'confidential', true],
    ['all', 'public', true],
  ] as const)('RU-09 plain http with setting %s for a %s application: %s', (setting, clientType, allowed) => {
    expect(redirectUriProblem('http://a.ex/cb', clientType, setting, 'none')).toBe(
      allowed ? undefined : `Plain http is allowed for loopback addresses only: "http://a.ex/cb" (setting HTTP_REDIRECT_URIS is "${setting}")`,
    ); // prettier-ignore
    expect(redirectUriProblem('https://a.ex/cb', clientType, setting, 'none')).toBeUndefined();
    for (const uri of loopback) expect(redirectUriProblem(uri, clientType, setting, 'none')).toBeUndefined();
  });
  it.each([
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['128.0.0.1', false],
    ['127.0.0.1.evil.ex', false],
    ['x127.0.0.1', false],
    ['127.0.0', false],
    ['127.0.0.1234', false],
    ['localhost.evil.ex', false],
    ['[::2]', false],
  ])('%s is a loopback address: %s', (hostname, loops) => expect(isLoopback(hostname)).toBe(loops));
});

describe("the answer's parameters", () => {
  it.each([
    ['https://a.ex/?a=%2F&b', 'https://a.ex/?a=%2F&b&code=x&state=a%20b%26'],
    ['https://a.ex/cb', 'https://a.ex/cb?code=x&state=a%20b%26'],
  ])('stand behind %s; a query that it has is kept byte for byte', (uri, answer) =>
    expect(withParameters(uri, { code: 'x', state: 'a b&', nothing: undefined })).toBe(answer),
  );
  it('a plus in a value is not taken for a space', () =>
    expect(withParameters('https://a.ex/', { state: 'a+b' })).toBe('https://a.ex/?state=a%2Bb'));
});

describe('the origin of a redirect URI', () => {
  it.each([
    ['https://app.ex/cb?a=b', 'https://app.ex'],
    ['https://app.ex:8443/cb', 'https://app.ex:8443'],
    ['http://127.0.0.1:51004/cb', 'http://127.0.0.1:51004'],
    ['com.example.app:/cb', 'com.example.app:'],
  ])('of %s is %s', (uri, origin) => expect(redirectOrigin(uri)).toBe(origin));
});
