import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { consentDecider, consentStream, covers } from './consent.ts';

const { given } = deciderSpec(consentDecider);
const remembered = (scope: string) => ({ events: [{ type: 'ConsentRemembered', scope } as const] });
const withdrawn = { events: [{ type: 'ConsentWithdrawn' } as const] };

describe('consent', () => {
  it('is remembered by user and application', () => expect(consentStream(7, 5)).toBe('consent-7-5'));
  it('is remembered once', () => {
    given().when({ type: 'RememberConsent', scope: 'read' }).then({ type: 'ConsentRemembered', scope: 'read' });
    given(remembered('read')).when({ type: 'RememberConsent', scope: 'read' }).thenNothing();
    given(remembered('read write')).when({ type: 'RememberConsent', scope: 'write' }).thenNothing();
  });
  it('grows by what is asked for beyond it', () => {
    given(remembered('read'))
      .when({ type: 'RememberConsent', scope: 'read write' })
      .then({ type: 'ConsentRemembered', scope: 'read write' });
    expect(given(remembered('read'), remembered('read write')).state).toEqual({ words: ['read', 'write'] });
  });
  it('covers what was consented to and nothing else: the page is shown again when the scope grows', () => {
    const { state } = given(remembered('read'));
    expect(['read', 'write', 'read write', ''].map((scope) => covers(state, scope))).toEqual([true, false, false, false]);
    expect(covers(given().state, 'read')).toBe(false);
  }); // prettier-ignore
  it('can be withdrawn, and is asked for again after', () => {
    given(remembered('read')).when({ type: 'WithdrawConsent' }).then({ type: 'ConsentWithdrawn' });
    expect(given(remembered('read'), withdrawn).state).toEqual({ words: [] });
    given(remembered('read'), withdrawn)
      .when({ type: 'RememberConsent', scope: 'read' })
      .then({ type: 'ConsentRemembered', scope: 'read' });
  });
  it('is withdrawn once', () => {
    given().when({ type: 'WithdrawConsent' }).thenNothing();
    given(remembered('read'), withdrawn).when({ type: 'WithdrawConsent' }).thenNothing();
  });
  it('passes over facts that it does not know', () =>
    expect(given(remembered('read'), { events: [{ type: 'SomethingNewer' } as never] }).state).toEqual({
      words: ['read'],
    }));
});
