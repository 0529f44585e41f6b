import type { Instant } from '@grantlog/event-sourcing';
import type { Epochs } from '../revocations/revocations.ts';
import type { GrantTerms, RevocationCause } from './events.ts';

/** What a commit that issues tokens needs: digests of secrets drawn before, and ends computed from the settings. */
export type Issue = {
  readonly requestKey: string;
  readonly accessDigest: string;
  readonly accessLifetimeSeconds: number;
  /** Absent: no refresh token. */
  readonly refreshDigest?: string;
  readonly refreshLifetimeSeconds: number;
};

export type GrantCommand =
  | {
      readonly type: 'GrantAuthorization';
      readonly terms: GrantTerms;
      readonly redirectUri: string;
      readonly redirectUriGiven: boolean;
      readonly codeChallenge: string;
      readonly codeDigest: string;
      readonly codeExpiresAt: Instant;
    }
  | { readonly type: 'DenyAuthorization'; readonly application: number; readonly user: number }
  | { readonly type: 'GrantClientCredentials'; readonly terms: GrantTerms; readonly issue: Issue; readonly at: Instant }
  | { readonly type: 'GrantPassword'; readonly terms: GrantTerms; readonly issue: Issue; readonly at: Instant }
  | {
      readonly type: 'GrantToken';
      readonly terms: GrantTerms;
      readonly description: string;
      readonly issue: Issue;
      readonly at: Instant;
    }
  /** To the grant of a personal token: may it create another? */
  | { readonly type: 'GrantChildToken'; readonly scope: string; readonly epochs: Epochs; readonly at: Instant }
  | {
      readonly type: 'RedeemCode';
      readonly codeDigest: string;
      readonly codeVersion: number;
      readonly application: number;
      readonly redirectUri: string | undefined;
      readonly codeVerifier: string | undefined;
      readonly issue: Issue;
      readonly epochs: Epochs;
      readonly at: Instant;
    }
  | {
      readonly type: 'Refresh';
      readonly refreshDigest: string;
      readonly refreshVersion: number;
      readonly application: number;
      readonly scope: string | undefined;
      readonly issue: Issue;
      /** The successor's secrets, to be opened with the presented token only. */
      readonly sealedReply: string;
      readonly graceSeconds: number;
      readonly epochs: Epochs;
      readonly at: Instant;
    }
  /** An older refresh token of this grant, proven by the commit that issued it, was presented. */
  | { readonly type: 'ReportReuse'; readonly application: number; readonly refreshVersion: number }
  | {
      readonly type: 'RevokeToken';
      readonly digest: string;
      readonly version: number;
      readonly application: number;
    }
  | { readonly type: 'RevokeGrant'; readonly because: RevocationCause }
  | {
      readonly type: 'ChangeToken';
      readonly scope: string | undefined;
      readonly description: string | undefined;
      readonly mayWiden: boolean;
    };

/** What a command answers when it is accepted. */
export type GrantAnswer =
  | { readonly kind: 'issued' }
  /** The rotation happened before; its reply lies sealed in the commit of this version. */
  | { readonly kind: 'repeat'; readonly version: number }
  | { readonly kind: 'done' };
