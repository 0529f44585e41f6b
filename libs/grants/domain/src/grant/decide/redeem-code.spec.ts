import { deciderSpec, type Past } from '@grantlog/event-sourcing/testing';
import { revocationsDecider } from '../../revocations/revocations.ts';
import {
  at,
  terms,
  CHALLENGE,
  codeRefused,
  consented,
  digest,
  issue,
  redeemCode,
  redeemed,
  revoked,
  untouched,
  VERIFIER,
} from '../../testing/facts.ts';
import type { GrantEvent } from '../events.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const REFUSED = { type: 'AuthorizationCodeRefused' } as const;
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
      .andRecords(REFUSED));
  it('refuses an absent redirect_uri when the authorization request named one', () =>
    given(consented())
      .when(redeemCode({ redirectUri: undefined }))
      .thenRefuses('invalid_grant')
      .andRecords(REFUSED));
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
      .andRecords(REFUSED));
  it('refuses a wrong verifier', () =>
    given(consented({ codeChallenge: CHALLENGE }))
      .when(redeemCode({ codeVerifier: VERIFIER.replace('d', 'e') }))
      .thenRefuses('invalid_grant')
      .andRecords(REFUSED));
  it('refuses a verifier when no challenge was sent: it may have been stripped', () =>
    given(consented())
      .when(redeemCode({ codeVerifier: VERIFIER }))
      .thenRefuses('invalid_grant')
      .andRecords(REFUSED));
  it('stays good through nine wrong tries of its client, and ends with the tenth', () => {
    const wrong = redeemCode({ codeVerifier: VERIFIER.replace('d', 'e') });
    const before = [consented({ codeChallenge: CHALLENGE }), ...Array.from({ length: 8 }, () => codeRefused)];
    given(...before)
      .when(wrong)
      .thenRefuses('invalid_grant')
      .andRecords(REFUSED);
    expect(given(...before, codeRefused).when(redeemCode({ codeVerifier: VERIFIER })).decision.refusal).toBeUndefined();
    given(...before, codeRefused)
      .when(wrong)
      .thenRefuses('invalid_grant')
      .andRecords(REFUSED, { type: 'GrantRevoked', because: 'code_refused_too_often' });
  });
  it('a guess of the code and another client end nothing, however often they try', () => {
    const before = [consented(), ...Array.from({ length: 9 }, () => codeRefused)];
    for (const stranger of [{ codeDigest: digest('guess') }, { codeVersion: 2 }, { application: 6 }])
      given(...before)
        .when(redeemCode({ ...stranger, codeVerifier: VERIFIER }))
        .thenRefuses('invalid_grant')
        .andRecordsNothing();
  });
  it('a wrong verifier with a code that was used changes nothing', () =>
    given(consented({ codeChallenge: CHALLENGE }), redeemed)
      .when(redeemCode())
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
      .when(redeemCode({ issue: { ...issue, requestKey: 'request 2' } }))
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
    const longer = { ...issue, accessLifetimeSeconds: 10 * 31_536_000 };
    expect(given(consented()).when(redeemCode({ issue: longer })).decision.events[1]).toMatchObject({
      expiresAt: '2027-01-01T12:00:00.000Z',
    });
  });
});

describe('what a client is told of its code', () => {
  const ended = { ...untouched, applications: { 5: { epoch: 1, closed: false, endedAtVersion: 0 } } };
  it.each<[string, readonly Past<GrantEvent>[], Parameters<typeof redeemCode>[0], string]>([
    ['nothing was granted', [], {}, 'unknown authorization code'],
    ['a guess', [consented()], { codeDigest: digest('guess') }, 'unknown authorization code'],
    ['another commit', [consented()], { codeVersion: 2 }, 'unknown authorization code'],
    ['denied', [{ events: [{ type: 'AuthorizationDenied', application: 5, user: 7 }] }], {}, 'unknown authorization code'],
    ['revoked', [consented(), revoked], {}, 'unknown authorization code'],
    ["another client's", [consented()], { application: 6 }, 'code was issued to another client'],
    ['redirect_uri', [consented()], { redirectUri: 'x' }, 'redirect_uri differs from the authorization request'],
    ['redirect_uri, not named before', [consented({ redirectUriGiven: false })], { redirectUri: 'x' }, 'redirect_uri differs from the authorization request'],
    ['verifier', [consented()], { codeVerifier: VERIFIER }, 'code_verifier does not fit the code_challenge'],
    ['all was revoked', [consented()], { epochs: ended }, 'the authorization was revoked'],
    ['expired', [consented()], { at: at('12:10:00') }, 'authorization code expired'],
    ['twice', [consented(), redeemed], {}, 'authorization code was used before'],
    ['delivered twice', [consented(), redeemed], { issue: { ...issue, requestKey: 'request 2' } }, 'this very request was carried out before'],
  ])('%s', (_case, past, more, description) =>
    expect(given(...past).when(redeemCode(more)).decision.refusal?.description).toBe(description)); // prettier-ignore
  it('only what was never issued is a guess', () => {
    for (const past of [[], [consented()]])
      expect(
        given(...past).when(redeemCode({ codeDigest: digest('guess') })).decision.refusal?.guessed,
      ).toBe(true); // prettier-ignore
    expect(given(consented(), revoked).when(redeemCode()).decision.refusal).not.toHaveProperty('guessed');
  });
  it('answers that tokens were issued', () =>
    expect(given(consented()).when(redeemCode()).decision).toMatchObject({ answer: { kind: 'issued' } }));
  it('the redirect URI that was used may be named where it was left out before', () =>
    expect(given(consented({ redirectUriGiven: false })).when(redeemCode()).decision.refusal).toBeUndefined());
  it('a token that was made without a code has none', () => {
    const granted = { type: 'TokenGranted', ...terms, description: '' } as const;
    given({ events: [granted] })
      .when(redeemCode())
      .thenRefuses('invalid_grant', 'unknown authorization code')
      .andRecordsNothing();
  });
});
