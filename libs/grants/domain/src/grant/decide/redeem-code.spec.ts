import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { revocationsDecider } from '../../revocations/revocations.ts';
import {
  at,
  CHALLENGE,
  consented,
  digest,
  redeemCode,
  redeemed,
  revoked,
  untouched,
  VERIFIER,
} from '../../testing/facts.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const REPLAY = [{ type: 'AuthorizationCodeReplayDetected' }, { type: 'GrantRevoked', because: 'code_replayed' }];

describe('redeeming an authorization code', () => {
  it('issues an access token and a refresh token', () =>
    given(consented())
      .when(redeemCode())
      .then(
        { type: 'AuthorizationCodeRedeemed' },
        { type: 'AccessTokenIssued', scope: 'read write', expiresAt: at('13:05:00') },
        { type: 'RefreshTokenIssued', scope: 'read write', expiresAt: '2026-01-31T22:05:00.000Z' },
      ));
  it('seals the digests of what it issues', () =>
    expect(given(consented()).when(redeemCode()).decision.sealed).toEqual({
      access: digest('new access'),
      refresh: digest('new refresh'),
      requestKey: 'this request',
    }));
  it('refuses an unknown code, and a guess changes nothing', () =>
    given(consented(), redeemed)
      .when(redeemCode({ codeDigest: digest('guess') }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses a value that names another commit than the one that issued the code', () =>
    given(consented())
      .when(redeemCode({ codeVersion: 2 }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses a code issued to another client; its own can still redeem it', () =>
    given(consented())
      .when(redeemCode({ application: 6 }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses a redirect_uri that differs from the authorization request', () =>
    given(consented())
      .when(redeemCode({ redirectUri: 'https://app.example/callback/' }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses an absent redirect_uri when the authorization request named one', () =>
    given(consented())
      .when(redeemCode({ redirectUri: undefined }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('accepts an absent redirect_uri when the authorization request had none', () =>
    expect(
      given(consented({ redirectUriGiven: false })).when(redeemCode({ redirectUri: undefined })).decision.refusal,
    ).toBeUndefined());
  it('accepts the verifier of the challenge', () =>
    expect(
      given(consented({ codeChallenge: CHALLENGE })).when(redeemCode({ codeVerifier: VERIFIER })).decision.refusal,
    ).toBeUndefined());
  it('refuses a missing verifier when a challenge was sent', () =>
    given(consented({ codeChallenge: CHALLENGE }))
      .when(redeemCode())
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses a wrong verifier', () =>
    given(consented({ codeChallenge: CHALLENGE }))
      .when(redeemCode({ codeVerifier: VERIFIER.replace('d', 'e') }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('refuses a verifier when no challenge was sent: it may have been stripped', () =>
    given(consented())
      .when(redeemCode({ codeVerifier: VERIFIER }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('is good strictly before the expiry', () =>
    expect(given(consented()).when(redeemCode({ at: '2026-01-01T12:09:59.999Z' })).decision.refusal).toBeUndefined());
  it('is dead from the expiry on', () =>
    given(consented())
      .when(redeemCode({ at: at('12:10:00') }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('revokes the grant when its client uses a code twice', () =>
    given(consented(), redeemed)
      .when(redeemCode())
      .thenRefuses('invalid_grant')
      .andRecords(...REPLAY));
  it('does not take the same request, delivered twice, for a replay', () =>
    given(consented(), redeemed)
      .when(redeemCode({ issue: { ...issueOf(), requestKey: 'request 2' } }))
      .thenRefuses('delivered_twice')
      .andRecordsNothing());
  it('does not revoke for a second use by another client', () =>
    given(consented(), redeemed)
      .when(redeemCode({ application: 6 }))
      .thenRefuses('invalid_grant')
      .andRecordsNothing());
  it('records nothing when the grant is revoked already', () =>
    given(consented(), redeemed, revoked).when(redeemCode()).thenRefuses('invalid_grant').andRecordsNothing());
  it('refuses when all of the application was revoked since', () => {
    const ended = {
      type: 'ApplicationGrantsRevoked',
      application: 5,
      epoch: 1,
      because: 'requested',
      subjectVersion: 0,
      requests: [],
    } as const;
    const epochs = revocationsDecider.evolve(untouched, ended, {} as never);
    given(consented()).when(redeemCode({ epochs })).thenRefuses('invalid_grant').andRecordsNothing();
  });
  it('never lets a token outlive the grant', () => {
    const longer = { ...issueOf(), accessLifetimeSeconds: 10 * 31_536_000 };
    expect(given(consented()).when(redeemCode({ issue: longer })).decision.events[1]).toMatchObject({
      expiresAt: '2027-01-01T12:00:00.000Z',
    });
  });
});

const issueOf = () => (redeemCode() as Extract<ReturnType<typeof redeemCode>, { type: 'RedeemCode' }>).issue;
