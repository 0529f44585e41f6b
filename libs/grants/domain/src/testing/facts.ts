import { hash } from 'node:crypto';
import type { Past } from '@grantlog/event-sourcing/testing';
import { digestOf } from '@grantlog/oauth';
import type { GrantCommand, Issue } from '../grant/commands.ts';
import type { GrantTerms, GrantEvent } from '../grant/events.ts';
import { type Epochs, revocationsDecider } from '../revocations/revocations.ts';

/** Whole, named facts; a test overrides one field. Times: the code is issued at 12:00 and lives ten minutes. */
export const NOON = '2026-01-01T12:00:00.000Z';
export const at = (time: string): string => `2026-01-01T${time}.000Z`;

export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = hash('sha256', VERIFIER, 'base64url');
export const REDIRECT_URI = 'https://app.example/callback';
export const digest = (name: string): string => digestOf('test', name);
export const untouched: Epochs = revocationsDecider.initialState;

export const terms: GrantTerms = {
  application: 5,
  clientId: 'client-of-5',
  organization: 1,
  user: 7,
  username: 'alice',
  scope: 'read write',
  epochs: { installation: 0, application: 0, user: 0 },
  grantExpiresAt: '2027-01-01T12:00:00.000Z',
};

export const consented = (more: { codeChallenge?: string; redirectUriGiven?: boolean } = {}): Past<GrantEvent> => ({
  at: NOON,
  events: [
    {
      type: 'AuthorizationGranted',
      ...terms,
      redirectUri: REDIRECT_URI,
      redirectUriGiven: true,
      codeChallenge: '',
      ...more,
    },
    { type: 'AuthorizationCodeIssued', expiresAt: at('12:10:00') },
  ],
  sealed: { code: digest('code') },
});

/** Its client sent a wrong verifier. */
export const codeRefused: Past<GrantEvent> = { at: at('12:00:30'), events: [{ type: 'AuthorizationCodeRefused' }] };

export const redeemed: Past<GrantEvent> = {
  at: at('12:01:00'),
  events: [
    { type: 'AuthorizationCodeRedeemed' },
    { type: 'AccessTokenIssued', scope: 'read write', expiresAt: at('13:01:00') },
    { type: 'RefreshTokenIssued', scope: 'read write', expiresAt: '2026-02-01T12:00:00.000Z' },
  ],
  sealed: { access: digest('access 2'), refresh: digest('refresh 2'), requestKey: 'request 2' },
};

export const rotated: Past<GrantEvent> = {
  at: at('12:30:00'),
  events: [
    { type: 'RefreshTokenRotated' },
    { type: 'AccessTokenIssued', scope: 'read write', expiresAt: at('13:30:00') },
    { type: 'RefreshTokenIssued', scope: 'read write', expiresAt: '2026-02-01T12:30:00.000Z' },
  ],
  sealed: { access: digest('access 3'), refresh: digest('refresh 3'), requestKey: 'request 3', reply: 'sealed' },
};

export const revoked: Past<GrantEvent> = { events: [{ type: 'GrantRevoked', because: 'requested_by_client' }] };

export const issue: Issue = {
  requestKey: 'this request',
  accessDigest: digest('new access'),
  accessLifetimeSeconds: 3600,
  refreshDigest: digest('new refresh'),
  refreshLifetimeSeconds: 2_628_000,
};

export const redeemCode = (more: Partial<Extract<GrantCommand, { type: 'RedeemCode' }>> = {}): GrantCommand => ({
  type: 'RedeemCode',
  codeDigest: digest('code'),
  codeVersion: 1,
  application: terms.application,
  redirectUri: REDIRECT_URI,
  codeVerifier: undefined,
  issue,
  epochs: untouched,
  at: at('12:05:00'),
  ...more,
});

export const refresh = (more: Partial<Extract<GrantCommand, { type: 'Refresh' }>> = {}): GrantCommand => ({
  type: 'Refresh',
  refreshDigest: digest('refresh 2'),
  refreshVersion: 2,
  application: terms.application,
  scope: undefined,
  issue,
  sealedReply: 'sealed',
  graceSeconds: 30,
  epochs: untouched,
  at: at('12:30:10'),
  ...more,
});
