import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { type Asked, consentDecider, consentStream, covers } from './consent.ts';

const { given } = deciderSpec(consentDecider);
const EPOCHS = { installation: 0, application: 0, user: 0 };
const GOOD = 'https://good.example';
const asked = (scope: string, more: Partial<Asked> = {}): Asked => ({ scope, origin: GOOD, epochs: EPOCHS, ...more });
const fact = (scope: string, more: Partial<Asked> = {}) =>
  ({ type: 'ConsentRemembered', ...asked(scope, more) }) as const;
const remembered = (scope: string, more: Partial<Asked> = {}) => ({ events: [fact(scope, more)] });
const remember = (scope: string, more: Partial<Asked> = {}) =>
  ({ type: 'RememberConsent', ...asked(scope, more) }) as const;
const withdrawn = { events: [{ type: 'ConsentWithdrawn' } as const] };

describe('consent', () => {
  it('is remembered by user and application', () => expect(consentStream(7, 5)).toBe('consent-7-5'));
  it('is remembered once', () => {
    given().when(remember('read')).then(fact('read'));
    given(remembered('read')).when(remember('read')).thenNothing();
    given(remembered('read write')).when(remember('write')).thenNothing();
  });
  it('grows by what is asked for beyond it', () => {
    given(remembered('read')).when(remember('read write')).then(fact('read write'));
    expect(given(remembered('read'), remembered('write')).state).toEqual({
      given: [{ origin: GOOD, epochs: EPOCHS, words: ['read', 'write'] }],
    });
  });
  it('covers what was consented to and nothing else: the page is shown again when the scope grows', () => {
    const { state } = given(remembered('read'));
    expect(['read', 'write', 'read write', ''].map((scope) => covers(state, asked(scope)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(covers(given().state, asked('read'))).toBe(false);
  });
  it('is for the origin that the answer went to: another one is asked for, and has its own', () => {
    const evil = { origin: 'https://evil.example' };
    const { state, when } = given(remembered('read write'));
    expect(covers(state, asked('read', evil))).toBe(false);
    when(remember('read', evil)).then(fact('read', evil));
    const both = given(remembered('read write'), remembered('read', evil)).state;
    expect([covers(both, asked('write')), covers(both, asked('write', evil))]).toEqual([true, false]);
  });
  it.each(['installation', 'application', 'user'] as const)('ends when every grant of the %s is revoked', (subject) => {
    const after = { epochs: { ...EPOCHS, [subject]: 1 } };
    const { state, when } = given(remembered('read'));
    expect(covers(state, asked('read', after))).toBe(false);
    when(remember('read', after)).then(fact('read', after));
    expect(given(remembered('read write'), remembered('read', after)).state).toEqual({
      given: [{ origin: GOOD, ...after, words: ['read'] }],
    });
  });
  it('keeps the twenty newest origins', () => {
    const origin = (i: number) => ({ origin: `https://${i}.example` });
    const { state } = given(...Array.from({ length: 21 }, (_, i) => remembered('read', origin(i))));
    expect([0, 1, 20].map((i) => covers(state, asked('read', origin(i))))).toEqual([false, true, true]);
  });
  it('from before origins were noted is asked for again', () => {
    const before = { events: [{ type: 'ConsentRemembered', scope: 'read' } as const] };
    expect(given(before).state).toEqual({ given: [] });
    given(before).when(remember('read')).then(fact('read'));
  });
  it('can be withdrawn, and is asked for again after', () => {
    given(remembered('read')).when({ type: 'WithdrawConsent' }).then({ type: 'ConsentWithdrawn' });
    expect(given(remembered('read'), withdrawn).state).toEqual({ given: [] });
    given(remembered('read'), withdrawn).when(remember('read')).then(fact('read'));
  });
  it('is withdrawn once', () => {
    given().when({ type: 'WithdrawConsent' }).thenNothing();
    given(remembered('read'), withdrawn).when({ type: 'WithdrawConsent' }).thenNothing();
  });
  it('passes over facts that it does not know', () => {
    const { state } = given(remembered('read'), { events: [{ type: 'SomethingNewer' } as never] });
    expect(covers(state, asked('read'))).toBe(true);
  });
});
