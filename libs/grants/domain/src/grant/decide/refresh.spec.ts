import { deciderSpec, type Past } from '@grantlog/event-sourcing/testing';
import { at, terms, consented, digest, issue, redeemed, refresh, revoked, rotated } from '../../testing/facts.ts';
import type { GrantEvent } from '../events.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const ENDED_5 = {
  installation: 0,
  applications: { 5: { epoch: 1, closed: false, endedAtVersion: 0 } },
  users: {},
  usernames: {},
};
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
      .thenRefuses('superseded')
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
  it.each(['12:30:00', '12:29:59'])(
    'with a grace of 0 every second use is theft, also one that began before (%s)',
    (time) =>
      given(consented(), redeemed, rotated)
        .when(refresh({ at: at(time), graceSeconds: 0 }))
        .thenRefuses('invalid_grant')
        .andRecords(...REUSE),
  );
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

describe('what a client is told', () => {
  const live = [consented(), redeemed] as const;
  it.each<[string, readonly Past<GrantEvent>[], Parameters<typeof refresh>[0], string]>([
    ['nothing was granted', [], {}, 'unknown refresh token'],
    ['there is a code only', [consented()], {}, 'unknown refresh token'],
    ['revoked', [...live, revoked], {}, 'unknown refresh token'],
    ['a guess', [...live], { refreshDigest: digest('guess') }, 'unknown refresh token'],
    ['another commit', [...live], { refreshVersion: 3 }, 'unknown refresh token'],
    ["another client's", [...live], { application: 6 }, 'refresh token was issued to another client'],
    ["another client's predecessor", [...live, rotated], { application: 6 }, 'refresh token was issued to another client'],
    ['all was revoked', [...live], { epochs: ENDED_5 }, 'the grant was revoked'],
    ['all was revoked since the rotation', [...live, rotated], { epochs: ENDED_5 }, 'the grant was revoked'],
    ['expired', [...live], { at: '2026-02-01T12:00:00.000Z' }, 'refresh token expired'],
    ['scope', [...live], { scope: 'read admin' }, 'scope must be within what was granted: read write'],
    ['another scope', [...live, rotated], { scope: 'read', at: at('12:30:29') }, 'this refresh token was exchanged for scope read write before'],
    ['theft', [...live, rotated], { at: at('12:31:00') }, 'refresh token was used before; the grant is revoked'],
    ['twice', [...live, rotated], { issue: { ...issue, requestKey: 'request 3' } }, 'this very request was carried out before'],
  ])('%s', (_case, past, more, description) =>
    expect(given(...past).when(refresh(more)).decision.refusal?.description).toBe(description)); // prettier-ignore
  it('only what was never issued is a guess; another generation may be a stolen one', () => {
    expect(given().when(refresh()).decision.refusal?.guessed).toBe(true);
    expect(given(...live).when(refresh({ refreshVersion: 3 })).decision.refusal).toMatchObject({ error: 'superseded' });
  });
  it('is good strictly before the expiry', () =>
    expect(given(...live).when(refresh({ at: '2026-02-01T11:59:59.999Z' })).decision.refusal).toBeUndefined());
  it('the same scope, said again, is no other', () =>
    expect(given(...live, rotated).when(refresh({ scope: 'read write', at: at('12:30:29') })).decision).toEqual({
      events: [],
      answer: { kind: 'repeat', version: 3 },
    }));
  it('a grant without refresh token has none to refresh, and no predecessor', () => {
    const { refreshDigest: _r, ...access } = issue;
    const cc = given().when({ type: 'GrantClientCredentials', terms, issue: access, at: at('12:00:00') }).decision;
    const past = { events: cc.events, sealed: cc.sealed ?? {} };
    for (const refreshVersion of [0, 1])
      given(past)
        .when(refresh({ refreshDigest: '', refreshVersion }))
        .thenRefuses('superseded')
        .andRecordsNothing();
  });
  it('a report of reuse ends nothing that it does not prove', () => {
    const report = (application: number, refreshVersion: number) => ({ type: 'ReportReuse', application, refreshVersion }) as const;
    for (const { thenRefuses } of [
      given(...live, rotated).when(report(6, 2)),
      given(...live, rotated).when(report(5, 3)),
      given(...live, revoked).when(report(5, 1)),
      given(consented()).when(report(5, 0)),
    ])
      thenRefuses('invalid_grant', 'unknown refresh token').andRecordsNothing();
  }); // prettier-ignore
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
  it('each value counts with the commit that it names', () => {
    for (const command of [revoke('access 2', 3), revoke('refresh 2', 3), revoke('access 3', 2), revoke('access 2', 2), revoke('refresh 2', 0)])
      given(consented(), redeemed, rotated).when(command).thenNothing();
    for (const command of [revoke('access 3', 3), revoke('refresh 3', 3)])
      given(consented(), redeemed, rotated).when(command).then(ENDED);
  }); // prettier-ignore
  it('answers the same whatever it found', () =>
    expect(
      [given(consented(), redeemed), given(consented()), given()].map(
        (state) => (state.when(revoke('access 2', 2)).decision as { answer: unknown }).answer,
      ),
    ).toEqual(Array(3).fill({ kind: 'done' })));
  it('a code is no token', () => given(consented()).when(revoke('code', 1)).thenNothing());
  it('leaves an unknown token alone, and that is no error', () =>
    given(consented(), redeemed).when(revoke('guess', 2)).thenNothing());
  it('records nothing when a revoked grant is revoked again', () =>
    given(consented(), redeemed, revoked).when({ type: 'RevokeGrant', because: 'requested_by_user' }).thenNothing());
});
