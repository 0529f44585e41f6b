import { lintPattern } from './lint.ts';
import { matchesWhole } from './pattern.ts';

describe('lint of a pattern', () => {
  it.each([
    // an unescaped dot
    ['https://app.ex', 'https://appxex'],
    ['^https://www.example\\.com$', 'https://wwwxexample.com'],
    ['^https://(www.)?example\\.com$', 'https://wwwxexample.com'],
    ['^https://[^.]*.example\\.com$', 'https://axexample.com'],
    ['https://(one|two.)\\.example', 'https://twox.example'],
    ['https://([a-z]+.)*example\\.com', 'https://axexample.com'],
    ['(?i)https://APP.Example\\.com', 'https://appxexample.com'],
    // an optional dot, a letter that is repeated alone
    ['https://(www\\.?)?example\\.com', 'https://wwwexample.com'],
    ['https://.*\\.?example\\.com', 'https://appexample.com'],
    ['http://www.example.com*', 'http://www.example.co'],
    ['http://django-oauth-toolkit.herokuapp.com*', 'http://django-oauth-toolkitxherokuapp.com'],
    ['https*://app\\.example', 'http://app.example'],
    // room before a name
    ['.*example.com', 'https://evilexample.com'],
    ['^https://.*example\\.com$', 'https://evilexample.com'],
    ['^https://[^/]*example\\.com$', 'https://evilexample.com'],
    ['^https://[a-z0-9.-]*example\\.com(:\\d+)?$', 'https://evilexample.com'],
    ['^https://[[:alnum:].-]*example\\.com$', 'https://evilexample.com'],
    ['^https://.*\\Qexample.com\\E$', 'https://evilexample.com'],
    ['^https://([^@/]*@)?[^/]*example\\.com$', 'https://evilexample.com'],
    ['^https://.*@?example\\.com.*$', 'https://evilexample.com'],
    ['^https://(.*)?example\\.com:.*$', 'https://evilexample.com:8080'],
    ['^https://.*example\\.com/?$', 'https://evilexample.com'],
    ['^https://([a-z]+-)*example\\.com$', 'https://evil-example.com'],
    ['^https://[a-z-]*app\\.example$', 'https://evilapp.example'],
    ['^https://.*-example\\.com$', 'https://evil-example.com'],
    ['^https://.*myapp\\.vercel\\.app$', 'https://evilmyapp.vercel.app'],
    ['^https://app.*example\\.com$', 'https://appevilexample.com'],
    ['^https://.*\\.example.*\\.com$', 'https://app.exampleevil.com'],
    ['^https://.*\\.com$', 'https://evil.com'],
    // room after a name
    ['https://example.com.*', 'https://example.com.evil.example'],
    ['^https://example\\.com[^/]*$', 'https://example.com.evil.example'],
    ['^https://example\\.com(\\..*)?$', 'https://example.com.evil.example'],
    ['^https://.*\\.example\\.com.*$', 'https://app.example.com.evil.example'],
    ['^https://example\\.com(:\\d+)?/?.*$', 'https://example.com.evil.example'],
    ['^https://example\\.com:?.*$', 'https://example.com.evil.example'],
    ['^https://example\\.[a-z]+$', 'https://example.evil'],
    ['^http://localhost.*$', 'http://localhost.evil.example'],
    ['^http://192\\.168\\..*$', 'http://192.168.evil.example'],
    // room for a whole host
    ['.*', 'https://evil.example'],
    ['https?://.*', 'https://evil.example'],
    ['^http.*$', 'https://evil.example'],
    ['^https:.*$', 'https://evil.example'],
    ['^https://[^/]+:8443$', 'https://evil.example:8443'],
    ['^https://app\\.example\\.com|https://.*$', 'https://evil.example'],
    ['^https://(app\\.example\\.com|.*)$', 'https://evil.example'],
    // the scheme
    ['.*://example\\.com', 'http://example.com'],
    ['^\\w+://example\\.com$', 'http://example.com'],
    ['^.*\\.example\\.com$', 'http://app.example.com'],
    ['^https://a\\.example\\.com|.*\\.b\\.example$', 'http://app.b.example'],
  ])('CO-02 %s: shows that it lets in %s', (pattern, origin) => {
    const warnings = lintPattern(pattern);
    expect(warnings.map((warning) => warning.origin)).toContain(origin);
    for (const warning of warnings) expect(matchesWhole(pattern, warning.origin ?? '')).toBe(true);
  });

  it.each([
    // one host; the match is whole with or without anchors
    'https://app\\.ex',
    '^https://app\\.ex$',
    '\\Ahttps://app\\.ex\\z',
    '^https://app[.]ex$',
    '(?i)https://app\\.ex',
    '^(?i)https://App\\.Example\\.com$',
    '^\\Qhttps://app.example.com\\E$',
    '^https://example\\.com\\.?$',
    '^https://example\\.com/?$',
    // plain http, spelled out
    'http://app\\.example',
    '^https?://app\\.example$',
    '^(http|https)://app\\.example\\.com$',
    // subdomains
    '^https://.*\\.example\\.com$',
    'https://.+\\.example\\.com',
    '^https://.+?\\.example\\.com$',
    '^https?://.*\\.example\\.com$',
    '^https://.*[.]example[.]com$',
    '^https://.*\\.example\\.co\\.uk$',
    '^https://.{1,20}\\.example\\.com$',
    '^https://.{1,63}\\.example\\.com$',
    '^https://(.)+\\.example\\.com$',
    '^https://[a-z0-9-]+\\.example\\.com$',
    '^https://[[:alnum:]-]+\\.example\\.com$',
    '^https://[\\w-]+\\.example\\.com$',
    '^https://[^/]*\\.example\\.com$',
    '^https://[^.]+\\.example\\.com$',
    '^https://\\S+\\.example\\.com$',
    '^https://(.*\\.)?example\\.com$',
    '^https://(?:.+\\.)?example\\.com$',
    '^https://([^.]+\\.)*example\\.com$',
    '^https://([\\w-]+\\.)+example\\.com$',
    '^https://(?P<tenant>[a-z0-9-]+)\\.example\\.com$',
    '^https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)*example\\.com$',
    '^https://[a-z0-9]+-app\\.example\\.com$',
    '^https://app-.*\\.example\\.com$',
    '^https://pr-\\d+\\.preview\\.example\\.com$',
    '^https://.*\\.internal$',
    // optional and alternative parts
    '^https://(www\\.)?example\\.com$',
    '^https://(www\\.)*example\\.com$',
    '^https://(app|admin)\\.example\\.com$',
    '^https://.*\\.(?:example|test)\\.(?:com|org)$',
    '^https://a\\.example\\.com$|^https://b\\.example\\.com$',
    '^(https://a\\.example\\.com|https://.*\\.b\\.example\\.com)$',
    // ports and addresses
    'https://(app|admin)\\.ex(:\\d+)?',
    '^https://example\\.com(:[0-9]{1,5})?$',
    '^https://example\\.com:.*$',
    '^https://.*\\.example\\.com(:.*)?$',
    '^https://.*\\.example\\.com:\\d+$',
    '^https://example\\.com(/.*)?$',
    'http://localhost:\\d+',
    '^https?://localhost(:\\d+)?$',
    '^http://.*\\.localhost:3000$',
    '^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:(3000|8080))?$',
    '^http://192\\.168\\.\\d+\\.\\d+$',
    '^http://10(\\.\\d{1,3}){3}:8080$',
  ])('CO-14 has nothing to say about %s, which lets in what its reader expects', (pattern) =>
    expect(lintPattern(pattern)).toEqual([]),
  );

  const DOT = 'an unescaped dot stands for any character; write \\.';
  const ROOM = 'leaves room for anything, a foreign host included';
  const HTTP = 'leaves the scheme open: lets in plain http, which anybody on the way can speak for';
  const alone = (letter: string): string => `"${letter}" alone is optional or repeated, not what stands before it`;
  it.each<[string, readonly (readonly [string, string])[]]>([
    ['https://app.ex', [[DOT, 'https://appxex']]],
    ['http://www.example.com*', [
      [DOT, 'http://wwwxexample.com'],
      [DOT, 'http://www.examplexcom'],
      [alone('m'), 'http://www.example.co'],
    ]],
    ['.*', [[ROOM, 'https://evil.example'], [HTTP, 'http://evil.example']]],
    ['https?://.*', [[ROOM, 'https://evil.example']]],
    ['(?i)https://app.ex', [[DOT, 'https://appxex']]],
    ['\\Ahttps://app.ex\\z', [[DOT, 'https://appxex']]],
    ['^https://app.ex\\Z', []],
    ['https://(?P<a>x.)\\.ex', [[DOT, 'https://xx.ex']]],
    ['https://(x|y.z)?\\.ex', [[DOT, 'https://yxz.ex']]],
    ['https://(?:x|y.z)\\.ex', [[DOT, 'https://yxz.ex']]],
    ['https://ap{1,30}\\.ex', [[alone('p'), 'https://appp.ex']]],
    ['https://ap{0,2}\\.ex', [[alone('p'), 'https://a.ex']]],
    ['https://ap{1,20}\\.ex', []],
    ['https://a+\\.ex', [[alone('a'), 'https://aaa.ex']]],
    ['https://ab{3}\\.ex', []],
    ['https://ab?\\.ex', []],
    ['https://app.{2}\\.ex', [[DOT, 'https://appxx.ex']]],
    ['https://app.{3,}\\.ex', [[ROOM, 'https://appevil.ex']]],
    ['https://[^.]+', [[ROOM, 'https://evil']]],
    ['https://[a-z]{2}.ex', [[DOT, 'https://aaxex']]],
    ['https://[\\d]{2}.ex', [[DOT, 'https://00xex']]],
    ['https://[^\\d]{2}.ex', [[DOT, 'https://aaxex']]],
    ['https://[^a-z\\d]{2}.ex', [[DOT, 'https://--xex']]],
    ['https://[\\D].ex', [[DOT, 'https://axex']]],
    ['https://[\\W].ex', [[DOT, 'https://-xex']]],
    ['https://[\\w].ex', [[DOT, 'https://axex']]],
    ['https://[xyz].ex', [[DOT, 'https://xxex']]],
    ['https://[x-z].ex', [[DOT, 'https://xxex']]],
    ['https://\\d.ex', [[DOT, 'https://1xex']]],
    ['https://\\w.ex', [[DOT, 'https://axex']]],
    ['https://(?:a|b)*\\.ex', []],
    ['http://127\\.0\\.0\\.1:\\d+', []],
    ['http://\\[::1\\]', []],
    ['http://localhost\\.ex', []],
    ['http://127\\.ex', []],
    ['https://x?app\\.ex', []],
    ['', []],
  ])('warns of %s once for each hole', (pattern, warnings) =>
    expect(lintPattern(pattern)).toEqual(warnings.map(([problem, origin]) => ({ pattern, problem, origin })))); // prettier-ignore
  it('gives ten warnings at most', () => expect(lintPattern('https://a.b.c.d.e.f.g.h.i.j.k.l.m.n')).toHaveLength(10));

  it('says so where it cannot look', () =>
    expect(lintPattern('https://app\\.ex(?i)')).toEqual([
      expect.objectContaining({ problem: expect.stringContaining('could not be examined') }),
    ]));
});
