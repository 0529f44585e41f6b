import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { at, terms, consented, digest, NOON, redeemed, revoked, untouched } from '../../testing/facts.ts';
import { revocationsDecider } from '../../revocations/revocations.ts';
import type { ActiveGrant } from '../state.ts';
import { scopeUnder } from './child.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const ofEpochs = deciderSpec(revocationsDecider);
const token = (scope: string, parent?: number) => ({
  at: NOON,
  events: [
    { type: 'TokenGranted', ...terms, application: 0, scope, description: '', ...(parent !== undefined && { parent }) },
    { type: 'AccessTokenIssued', scope, expiresAt: at('13:00:00') },
  ] as const,
  sealed: { access: digest('access 1') },
});
const note = { events: [{ type: 'ChildTokenGranted' } as const] };
const grantChild = { type: 'GrantChildToken', scope: 'read', epochs: untouched, at: at('12:59:59') } as const;
const userEnded = ofEpochs.given({
  events: [{ type: 'UserGrantsRevoked', user: terms.user, epoch: 1, because: 'requested', subjectVersion: 0, requests: [] }],
}).state; // prettier-ignore

describe('a personal token that creates another', () => {
  it.each([
    ['write', 'read'],
    ['write', 'write'],
    ['read write', 'write read'],
  ])('of scope %j may create one of scope %j, and remembers that it did', (scope, asked) => {
    given(token(scope))
      .when({ ...grantChild, scope: asked })
      .then({ type: 'ChildTokenGranted' });
  });
  it.each([
    ['read', 'write'],
    ['write', 'read write'],
  ])('of scope %j may create none of scope %j', (scope, asked) => {
    const { decision, thenRefuses } = given(token(scope)).when({ ...grantChild, scope: asked });
    thenRefuses('forbidden').andRecordsNothing();
    expect(decision.refusal?.fields).toHaveProperty('scope');
  });
  it('creates none once it has ended, by its time or by anybody', () => {
    given(token('write')).when({ ...grantChild, at: at('13:00:00') }).thenRefuses('forbidden').andRecordsNothing();
    given(token('write'), revoked).when(grantChild).thenRefuses('forbidden').andRecordsNothing();
    given(token('write')).when({ ...grantChild, epochs: userEnded }).thenRefuses('forbidden').andRecordsNothing();
    given().when(grantChild).thenRefuses('forbidden').andRecordsNothing();
  }); // prettier-ignore
  it("creates none when it was created so itself, or is an application's", () => {
    given(token('write', 12)).when(grantChild).thenRefuses('forbidden').andRecordsNothing();
    given(consented(), redeemed).when(grantChild).thenRefuses('forbidden').andRecordsNothing();
  });
  it('ends them with itself: its end says whose tokens they are among', () => {
    const revoke = { type: 'RevokeGrant', because: 'requested_by_user' } as const;
    given(token('write'), note)
      .when(revoke)
      .then({ type: 'GrantRevoked', because: 'requested_by_user', endsChildrenOf: terms.user });
    given(token('write')).when(revoke).then({ type: 'GrantRevoked', because: 'requested_by_user' });
  });
});

describe('a token that a token created', () => {
  const child = given(token('write', 12)).state as ActiveGrant;
  it('has its scope while its parent lives, and no more than the parent', () => {
    expect(scopeUnder(child, given(token('write'), note).state, untouched)).toBe('write');
    expect(scopeUnder(child, given(token('read'), note).state, untouched)).toBe('read');
  });
  it('has none once its parent was revoked, was ended with its user, or is not there', () => {
    expect(scopeUnder(child, given(token('write'), note, revoked).state, untouched)).toBeUndefined();
    expect(scopeUnder(child, given(token('write'), note).state, userEnded)).toBeUndefined();
    expect(scopeUnder(child, undefined, untouched)).toBeUndefined();
  });
  it('is nothing special where no token created it', () =>
    expect(scopeUnder(given(token('write')).state as ActiveGrant, undefined, untouched)).toBe('write'));
});
