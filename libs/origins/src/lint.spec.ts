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

  it('says so where it cannot look', () =>
    expect(lintPattern('https://app\\.ex(?i)')).toEqual([
      expect.objectContaining({ problem: expect.stringContaining('could not be examined') }),
    ]));
});
