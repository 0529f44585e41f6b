import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { at, terms, consented, digest, issue, NOON, REDIRECT_URI, redeemed, revoked } from '../../testing/facts.ts';
import { grantDecider } from './index.ts';

const { given } = deciderSpec(grantDecider);
const denied = { events: [{ type: 'AuthorizationDenied', application: 5, user: 7 } as const] };
const issuedTokens = [
  { type: 'AccessTokenIssued', scope: 'read write', expiresAt: at('13:00:00') },
  { type: 'RefreshTokenIssued', scope: 'read write', expiresAt: '2026-01-31T22:00:00.000Z' },
];

const grantAuthorization = {
  type: 'GrantAuthorization',
  terms,
  redirectUri: REDIRECT_URI,
  redirectUriGiven: true,
  codeChallenge: 'challenge',
  codeDigest: digest('code'),
  codeExpiresAt: at('12:10:00'),
} as const;
const deny = { type: 'DenyAuthorization', application: 5, user: 7 } as const;
const clientCredentials = { type: 'GrantClientCredentials', terms, issue, at: NOON } as const;
const password = { type: 'GrantPassword', terms, issue, at: NOON } as const;
const personal = { type: 'GrantToken', terms, description: 'a script', issue, at: NOON } as const;

describe('a grant begins', () => {
  it('with consent: the authorization and its code, whose digest is sealed', () => {
    const { decision, then } = given().when(grantAuthorization);
    then(
      { type: 'AuthorizationGranted', ...terms, redirectUri: REDIRECT_URI, redirectUriGiven: true, codeChallenge: 'challenge' },
      { type: 'AuthorizationCodeIssued', expiresAt: at('12:10:00') },
    ); // prettier-ignore
    expect(decision).toMatchObject({ answer: { kind: 'issued' }, sealed: { code: digest('code') } });
  });
  it('or ends with a refusal of consent, which is a fact too', () => {
    const { decision, then } = given().when(deny);
    then({ type: 'AuthorizationDenied', application: 5, user: 7 });
    expect(decision).toMatchObject({ answer: { kind: 'done' } });
    expect(given(denied).state).toEqual({ status: 'Denied' });
  });
  it.each([
    ['client credentials', clientCredentials, { type: 'ClientCredentialsGranted', ...terms }],
    ["the user's password", password, { type: 'PasswordGranted', ...terms }],
    ['a token made by hand', personal, { type: 'TokenGranted', ...terms, description: 'a script' }],
  ])('with %s: the grant and its tokens at once', (_by, command, granted) => {
    const { decision, then } = given().when(command);
    then(granted, ...issuedTokens);
    expect(decision).toMatchObject({
      answer: { kind: 'issued' },
      sealed: { access: digest('new access'), refresh: digest('new refresh'), requestKey: 'this request' },
    });
  });
  it('without a refresh token, where none is to be issued', () => {
    const { refreshDigest: _none, ...access } = issue;
    const { decision, then } = given().when({ ...clientCredentials, issue: access });
    then({ type: 'ClientCredentialsGranted', ...terms }, issuedTokens[0]);
    expect(decision.sealed).toEqual({ access: digest('new access'), requestKey: 'this request' });
  });
  it.each([grantAuthorization, deny, clientCredentials, password, personal])('once: $type of a taken number is refused', (command) => {
    for (const past of [[consented()], [consented(), redeemed], [consented(), revoked], [denied]])
      given(...past)
        .when(command)
        .thenRefuses('taken', 'this grant number is taken')
        .andRecordsNothing();
  }); // prettier-ignore
});

describe('what a grant remembers', () => {
  it('of consent: to whom and what for, and how its code is bound', () =>
    expect(given(consented({ codeChallenge: 'challenge', redirectUriGiven: false })).state).toEqual({
      status: 'CodeIssued',
      terms,
      createdAt: NOON,
      description: '',
      code: {
        digest: digest('code'),
        version: 1,
        expiresAt: at('12:10:00'),
        redirectUri: REDIRECT_URI,
        redirectUriGiven: false,
        codeChallenge: 'challenge',
        refusals: 0,
      },
    }));
  it('of an issue: digests and ends; the code stays known, to tell a replay', () =>
    expect(given(consented(), redeemed).state).toMatchObject({
      status: 'Active',
      createdAt: NOON,
      modifiedAt: at('12:01:00'),
      code: { digest: digest('code') },
      generation: {
        version: 2,
        issuedAt: at('12:01:00'),
        requestKey: 'request 2',
        scope: 'read write',
        accessDigest: digest('access 2'),
        accessExpiresAt: at('13:01:00'),
        refreshDigest: digest('refresh 2'),
        refreshExpiresAt: '2026-02-01T12:00:00.000Z',
        predecessorDigest: '',
        predecessorVersion: 0,
      },
    }));
  it.each([
    [{ type: 'ClientCredentialsGranted', ...terms } as const, ''],
    [{ type: 'PasswordGranted', ...terms } as const, ''],
    [{ type: 'TokenGranted', ...terms, description: 'a script' } as const, 'a script'],
  ])('of a grant without a code ($0.type)', (granted, description) =>
    expect(
      given({ at: NOON, events: [granted, { type: 'AccessTokenIssued', scope: 'read', expiresAt: at('13:00:00') }] }).state,
    ).toEqual({
      status: 'Active',
      terms,
      createdAt: NOON,
      modifiedAt: NOON,
      description,
      generation: {
        version: 1,
        issuedAt: NOON,
        requestKey: '',
        scope: 'read',
        accessDigest: '',
        accessExpiresAt: at('13:00:00'),
        refreshDigest: '',
        refreshExpiresAt: '',
        predecessorDigest: '',
        predecessorVersion: 0,
      },
    })); // prettier-ignore
  it('of a revoked grant: why, and nothing else', () =>
    expect(given(consented(), redeemed, revoked).state).toEqual({ status: 'Revoked', because: 'requested_by_client' }));
  it('nothing of facts that come after its end', () => {
    const end = given(consented(), redeemed, revoked).state;
    const late = [
      { type: 'AuthorizationCodeIssued', expiresAt: NOON },
      { type: 'AuthorizationCodeRedeemed' },
      { type: 'RefreshTokenRotated' },
      { type: 'AccessTokenIssued', scope: 'read', expiresAt: NOON },
      { type: 'RefreshTokenIssued', scope: 'read', expiresAt: NOON },
      { type: 'TokenDescribed', description: 'x' },
      { type: 'ScopeChanged', scope: 'read' },
      { type: 'RefreshTokenReuseDetected' },
      { type: 'AuthorizationCodeReplayDetected' },
    ] as const;
    for (const event of late) expect(given(consented(), redeemed, revoked, { events: [event] }).state).toEqual(end);
  });
});

describe('changing a token', () => {
  const change = (more: { scope?: string; description?: string; mayWiden?: boolean }) =>
    ({ type: 'ChangeToken', scope: undefined, description: undefined, mayWiden: false, ...more }) as const;
  it('describes it and changes its scope, by a fact each', () => {
    const { decision, then } = given(consented(), redeemed).when(change({ scope: 'read', description: 'new' }));
    then({ type: 'TokenDescribed', description: 'new' }, { type: 'ScopeChanged', scope: 'read' });
    expect(decision).toMatchObject({ answer: { kind: 'done' } });
  });
  it('records nothing for what stays as it is', () =>
    given(consented(), redeemed)
      .when(change({ scope: 'read write', description: '' }))
      .thenNothing());
  it('widens it for who may, in view of what it was narrowed to meanwhile', () => {
    const narrowed = { events: [{ type: 'ScopeChanged', scope: 'read' } as const] };
    const widen = given(consented(), redeemed, narrowed);
    widen
      .when(change({ scope: 'read write' }))
      .thenRefuses('forbidden')
      .andRecordsNothing();
    widen.when(change({ scope: 'read write', mayWiden: true })).then({ type: 'ScopeChanged', scope: 'read write' });
  });
  it('records nothing for what is not named', () => given(consented(), redeemed).when(change({})).thenNothing());
  it('acts on the live token and on what is refreshed from it', () => {
    const later = { at: at('14:00:00'), events: [{ type: 'ScopeChanged', scope: 'read' } as const, { type: 'TokenDescribed', description: 'new' } as const] }; // prettier-ignore
    const { state } = given(consented(), redeemed, later);
    expect(state).toMatchObject({
      terms: { scope: 'read' },
      generation: { scope: 'read', accessDigest: digest('access 2') },
      description: 'new',
      modifiedAt: at('14:00:00'),
    });
  });
  it.each([[[]], [[consented()]], [[consented(), redeemed, revoked]]])('refuses where no token is live', (past) =>
    given(...past)
      .when(change({ description: 'x' }))
      .thenRefuses('not_found', 'no such token')
      .andRecordsNothing(),
  );
});

describe('ending a grant', () => {
  const end = { type: 'RevokeGrant', because: 'requested_by_user' } as const;
  const ENDED = { type: 'GrantRevoked', because: 'requested_by_user' };
  it('ends its tokens', () => given(consented(), redeemed).when(end).then(ENDED));
  it('ends a code that nobody redeemed', () => given(consented()).when(end).then(ENDED));
  it('records nothing where there is nothing to end', () => {
    given().when(end).thenNothing();
    given(denied).when(end).thenNothing();
    given(consented(), redeemed, revoked).when(end).thenNothing();
    expect(given().when(end).decision).toMatchObject({ answer: { kind: 'done' } });
  });
});
