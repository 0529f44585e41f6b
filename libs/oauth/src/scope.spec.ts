import { isNoWider, isWithin, parseScope, permits, SCOPES } from './scope.ts';

describe('scope', () => {
  it('has two words', () => expect(SCOPES).toEqual(['read', 'write']));
  it.each([
    ['read', ['read']],
    ['write read', ['write', 'read']],
    ['', undefined],
    ['read read', undefined],
    ['read  write', undefined],
    [' read', undefined],
    ['read\twrite', undefined],
    ['read rainbow', undefined],
    ['READ', undefined],
  ])('%j: %j', (scope, words) => expect(parseScope(scope)).toEqual(words));
  it.each([
    ['read', 'write', true],
    ['write', 'read', false],
    ['read', 'read', true],
    ['read write', 'write', true],
    ['read write', 'read', false],
    ['rainbow', 'write', false],
    ['', 'read', false],
  ])('%j within %j: %s; write includes read, read not write', (asked, granted, within) =>
    expect(isWithin(asked, granted)).toBe(within),
  );
  it('no wider is within, and no more words', () =>
    expect([isNoWider('read', 'write'), isNoWider('read write', 'write'), isNoWider('write', 'read')]).toEqual([
      true,
      false,
      false,
    ]));
  it('a token of scope write may read, one of scope read may not write', () => {
    expect([permits('write', 'read'), permits('read', 'read'), permits('read', 'write')]).toEqual([true, true, false]);
  });
});
