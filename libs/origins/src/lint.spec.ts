import { lintPattern } from './lint.ts';
import { matchesWhole } from './pattern.ts';

describe('lint of a pattern', () => {
  it.each([
    ['https://app.ex', 'https://appxex'],
    ['http://www.example.com*', 'http://www.example.co'],
    ['http://django-oauth-toolkit.herokuapp.com*', 'http://django-oauth-toolkitxherokuapp.com'],
    ['.*', 'https://evil.example'],
    ['https?://.*', 'https://evil.example'],
    ['https://app\\.ex.*', 'https://app.exevil.example'],
    ['https://.*\\.example\\.com', 'https://evil.example.example.com'],
    ['https://[a-z-]*app\\.example', 'https://evil-app.example'],
    ['http://app\\.example', 'http://app.example'],
    ['https?://app\\.example', 'http://app.example'],
    ['https://(one|two.)\\.example', 'https://twox.example'],
  ])('CO-02 %s: shows that it lets in %s', (pattern, origin) => {
    const warnings = lintPattern(pattern);
    expect(warnings.map((warning) => warning.origin)).toContain(origin);
    for (const warning of warnings) expect(matchesWhole(pattern, warning.origin ?? '')).toBe(true);
  });

  it.each([
    'https://app\\.ex',
    '^https://app\\.ex$',
    'https://[a-z0-9-]+\\.example\\.com',
    'https://(app|admin)\\.ex(:\\d+)?',
    'http://localhost:\\d+',
    '(?i)https://app\\.ex',
  ])('has nothing to say about %s', (pattern) => expect(lintPattern(pattern)).toEqual([]));

  const DOT = 'an unescaped dot stands for any character; write \\.';
  const ROOM = 'leaves room for anything, a foreign host included';
  const HTTP = 'lets in plain http, which anybody on the way can speak for';
  const alone = (letter: string): string => `"${letter}" alone is optional or repeated, not what stands before it`;
  it.each<[string, readonly (readonly [string, string])[]]>([
    ['https://app.ex', [[DOT, 'https://appxex']]],
    ['http://www.example.com*', [
      [DOT, 'http://wwwxexample.com'],
      [DOT, 'http://www.examplexcom'],
      [alone('m'), 'http://www.example.co'],
      [HTTP, 'http://www.example.com'],
    ]],
    ['.*', [[ROOM, 'https://evil.example'], [HTTP, 'http://evil.example']]],
    ['https?://.*', [[ROOM, 'https://evil.example'], [HTTP, 'http://app']]],
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
    ['https://app.{3,}\\.ex', [[ROOM, 'https://appevil.example.ex']]],
    ['https://[^.]+', [[ROOM, 'https://evil-']]],
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
    ['http://localhost\\.ex', [[HTTP, 'http://localhost.ex']]],
    ['http://127\\.ex', [[HTTP, 'http://127.ex']]],
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
