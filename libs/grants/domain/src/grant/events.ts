import type { Instant } from '@grantlog/event-sourcing';
import type { GrantEpochs } from '../revocations/revocations.ts';

/** The terms fixed when a grant is opened: client, user, scope and absolute expiry. Rotation never changes them. */
export type GrantTerms = {
  /** 0 for a personal token. */
  readonly application: number;
  readonly clientId: string;
  /** The application's when the grant was opened: a move to another ends the grant. 0 for a personal token. */
  readonly organization: number;
  readonly user: number;
  readonly username: string;
  /** Version of the user's stream at which that was its name. Absent: opened before changes of names were noted. */
  readonly userVersion?: number;
  readonly scope: string;
  readonly epochs: GrantEpochs;
  /** Absolute end of the grant. */
  readonly grantExpiresAt: Instant;
  /** The personal token that created this one: it ends with that. */
  readonly parent?: number;
};

export type RevocationCause =
  'requested_by_client' | 'requested_by_user' | 'code_refused_too_often' | 'code_replayed' | 'refresh_token_reused';

export type GrantEvent =
  | ({
      type: 'AuthorizationGranted';
      redirectUri: string;
      /** Whether the authorization request named it: then the token request has to as well (RFC 6749 §4.1.3). */
      redirectUriGiven: boolean;
      /** S256; empty when none was sent. */
      codeChallenge: string;
    } & GrantTerms)
  | { type: 'AuthorizationCodeIssued'; expiresAt: Instant }
  | { type: 'AuthorizationDenied'; application: number; user: number }
  | ({ type: 'ClientCredentialsGranted' } & GrantTerms)
  | ({ type: 'PasswordGranted' } & GrantTerms)
  | ({ type: 'TokenGranted'; description: string } & GrantTerms)
  | { type: 'AuthorizationCodeRedeemed' }
  | { type: 'AccessTokenIssued'; scope: string; expiresAt: Instant }
  | { type: 'RefreshTokenIssued'; scope: string; expiresAt: Instant }
  | { type: 'RefreshTokenRotated' }
  /** The right code by the right client, with a wrong verifier or redirect URI. */
  | { type: 'AuthorizationCodeRefused' }
  | { type: 'AuthorizationCodeReplayDetected' }
  | { type: 'RefreshTokenReuseDetected' }
  | { type: 'TokenDescribed'; description: string }
  | { type: 'ScopeChanged'; scope: string }
  /** A personal token created another. */
  | { type: 'ChildTokenGranted' }
  | {
      type: 'GrantRevoked';
      because: RevocationCause;
      /** Where it has children: the user among whose tokens they are. They end with it. */
      endsChildrenOf?: number;
    };

export const grantStream = (grant: number): string => `grant-${grant}`;
