import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { at, consented, digest, issue, redeemed, refresh, revoked, rotated } from '../../testing/facts.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const REUSE = [{ type: 'RefreshTokenReuseDetected' }, { type: 'GrantRevoked', because: 'refresh_token_reused' }];

describe('refreshing', () => {
  it('rotates: new access and refresh token, the old of both stop', () =>
    given(consented(), redeemed)
      .when(refresh())
      .then(
        { type: 'RefreshTokenRotated' },
        { type: 'AccessTokenIssued', scope: 'read write', expiresAt: at('13:30:10') },
        { type: 'RefreshTokenIssued', scope: 'read write', expiresAt: '2026-01-31T22:30:10.000Z' },
      ));
  it('seals the reply with the rotation', () =>
    expect(given(consented(), redeemed).when(refresh()).decision.sealed).toMatchObject({ reply: 'sealed' }));
  it('narrows the access token, never the grant', () =>
    given(consented(), redeemed)
      .when(refresh({ scope: 'read' }))
      .then(
        { type: 'RefreshTokenRotated' },
        expect.objectContaining({ scope: 'read' }),
        expect.objectContaining({ scope: 'read write' }),
      ));
  it('refuses an empty or unknown scope', () => {
    given(consented(), redeemed)
      .when(refresh({ scope: '' }))
      .thenRefuses('invalid_scope')
      .andRecordsNothing();
    given(consented(), redeemed)
      .when(refresh({ scope: 'admin' }))
      .thenRefuses('invalid_scope')
      .andRecordsNothing();
  });
  it('refuses a guess, which ends nothing', () =>
    given(consented(), redeemed)
      .when(refresh({ refreshDigest: digest('guess') }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it("refuses another client's token and leaves the grant untouched", () => {
    given(consented(), redeemed)
      .when(refresh({ application: 6 }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing();
    given(consented(), redeemed, rotated)
      .when(refresh({ application: 6, at: at('14:00:00') }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing();
  });
  it('refuses an expired token without revoking', () =>
    given(consented(), redeemed)
      .when(refresh({ at: '2026-02-01T12:00:00.000Z' }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('answers the predecessor within the grace with the same successor', () => {
    const { decision } = given(consented(), redeemed, rotated).when(refresh({ at: at('12:30:29') }));
    expect(decision).toEqual({ events: [], answer: { kind: 'repeat', version: 3 } });
  });
  it('refuses another scope for the repeated request, and nothing more', () =>
    given(consented(), redeemed, rotated)
      .when(refresh({ at: at('12:30:29'), scope: 'read' }))
      .thenRefuses('invalid_scope')
      .andRecordsNothing());
  it('takes the predecessor after the grace for theft', () =>
    given(consented(), redeemed, rotated)
      .when(refresh({ at: at('12:30:30') }))
      .thenRefuses('invalid_grant')
      .andRecords(...REUSE));
  it('with a grace of 0 every second use is theft', () =>
    given(consented(), redeemed, rotated)
      .when(refresh({ at: at('12:30:00'), graceSeconds: 0 }))
      .thenRefuses('invalid_grant')
      .andRecords(...REUSE));
  it('does not take the same request, delivered twice, for a repeat', () =>
    given(consented(), redeemed, rotated)
      .when(refresh({ issue: { ...issue, requestKey: 'request 3' } }))
      .thenRefuses('delivered_twice')
      .andRecordsNothing());
  it('ends the grant when a proven older token is reported', () =>
    given(consented(), redeemed, rotated)
      .when({ type: 'ReportReuse', application: 5, refreshVersion: 2 })
      .thenRefuses('invalid_grant')
      .andRecords(...REUSE));
  it('records nothing for a revoked grant', () =>
    given(consented(), redeemed, revoked).when(refresh()).thenRefuses('invalid_grant').andRecordsNothing());
});

describe('revoking a token', () => {
  const revoke = (name: string, version: number, application = 5) =>
    ({ type: 'RevokeToken', digest: digest(name), version, application }) as const;
  const ENDED = { type: 'GrantRevoked', because: 'requested_by_client' };
  it('ends the whole grant by its access token', () =>
    given(consented(), redeemed).when(revoke('access 2', 2)).then(ENDED));
  it('ends the whole grant by its refresh token', () =>
    given(consented(), redeemed).when(revoke('refresh 2', 2)).then(ENDED));
  it('ends it by the predecessor, which still opens the successor', () =>
    given(consented(), redeemed, rotated).when(revoke('refresh 2', 2)).then(ENDED));
  it("leaves another client's token untouched", () =>
    given(consented(), redeemed)
      .when(revoke('access 2', 2, 6))
      .thenNothing());
  it('leaves an unknown token alone, and that is no error', () =>
    given(consented(), redeemed).when(revoke('guess', 2)).thenNothing());
  it('records nothing when a revoked grant is revoked again', () =>
    given(consented(), redeemed, revoked).when({ type: 'RevokeGrant', because: 'requested_by_user' }).thenNothing());
});
