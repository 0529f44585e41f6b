import type { Commit, Instant } from '@grantlog/event-sourcing';
import type { GrantTerms, GrantEvent, RevocationCause } from './events.ts';

/** An authorization code as the grant remembers it, for its one use and for telling a replay. */
export type IssuedCode = {
  readonly digest: string;
  /** The commit that issued it; the presented value has to name it. */
  readonly version: number;
  readonly expiresAt: Instant;
  readonly redirectUri: string;
  readonly redirectUriGiven: boolean;
  readonly codeChallenge: string;
  /** How often its own client presented it with a wrong verifier or redirect URI. */
  readonly refusals: number;
};

/** The tokens that are out: one access token, at most one refresh token, and the refresh token they replaced. */
export type Generation = {
  readonly version: number;
  readonly issuedAt: Instant;
  /** Of the request that caused it, to tell a delivery twice from a replay. */
  readonly requestKey: string;
  readonly scope: string;
  readonly accessDigest: string;
  readonly accessExpiresAt: Instant;
  /** Empty: none. */
  readonly refreshDigest: string;
  readonly refreshExpiresAt: Instant;
  /** Empty: this generation is not the fruit of a rotation. */
  readonly predecessorDigest: string;
  readonly predecessorVersion: number;
};

type Opened = { readonly terms: GrantTerms; readonly createdAt: Instant; readonly description: string };

export type Grant =
  | { readonly status: 'None' }
  | { readonly status: 'Denied' }
  | (Opened & { readonly status: 'CodeIssued'; readonly code: IssuedCode })
  | (Opened & {
      readonly status: 'Active';
      readonly code?: IssuedCode;
      readonly generation: Generation;
      readonly modifiedAt: Instant;
      readonly hasChildren?: true;
    })
  | { readonly status: 'Revoked'; readonly because: RevocationCause };

export type ActiveGrant = Extract<Grant, { status: 'Active' }>;

const opened = (terms: GrantTerms, at: Instant, description = ''): Opened => ({ terms, createdAt: at, description });

const digest = (commit: Commit, name: string): string => commit.sealed?.[name] ?? '';

/** Copies a fact into the grant. */
export const evolve = (grant: Grant, event: GrantEvent, commit: Commit<GrantEvent>): Grant => {
  switch (event.type) {
    case 'AuthorizationGranted': {
      const { type: _type, redirectUri, redirectUriGiven, codeChallenge, ...terms } = event;
      const code = { digest: '', version: 0, expiresAt: commit.at, redirectUri, redirectUriGiven, codeChallenge, refusals: 0 }; // prettier-ignore
      return { status: 'CodeIssued', ...opened(terms, commit.at), code };
    }
    case 'AuthorizationCodeIssued':
      if (grant.status !== 'CodeIssued') return grant;
      return {
        ...grant,
        code: { ...grant.code, digest: digest(commit, 'code'), version: commit.version, expiresAt: event.expiresAt },
      };
    case 'AuthorizationCodeRefused':
      return grant.status === 'CodeIssued'
        ? { ...grant, code: { ...grant.code, refusals: grant.code.refusals + 1 } }
        : grant;
    case 'AuthorizationDenied':
      return { status: 'Denied' };
    case 'ClientCredentialsGranted':
    case 'PasswordGranted': {
      const { type: _type, ...terms } = event;
      return { status: 'Active', ...opened(terms, commit.at), generation: NO_GENERATION, modifiedAt: commit.at };
    }
    case 'TokenGranted': {
      const { type: _type, description, ...terms } = event;
      return {
        status: 'Active',
        ...opened(terms, commit.at, description),
        generation: NO_GENERATION,
        modifiedAt: commit.at,
      };
    }
    case 'AuthorizationCodeRedeemed':
      return grant.status === 'CodeIssued'
        ? { ...grant, status: 'Active', generation: NO_GENERATION, modifiedAt: commit.at }
        : grant;
    case 'RefreshTokenRotated':
      if (grant.status !== 'Active') return grant;
      return {
        ...grant,
        generation: {
          ...NO_GENERATION,
          predecessorDigest: grant.generation.refreshDigest,
          predecessorVersion: grant.generation.version,
        },
      };
    case 'AccessTokenIssued':
      if (grant.status !== 'Active') return grant;
      return {
        ...grant,
        modifiedAt: commit.at,
        generation: {
          ...grant.generation,
          version: commit.version,
          issuedAt: commit.at,
          requestKey: digest(commit, 'requestKey'),
          scope: event.scope,
          accessDigest: digest(commit, 'access'),
          accessExpiresAt: event.expiresAt,
        },
      };
    case 'RefreshTokenIssued':
      if (grant.status !== 'Active') return grant;
      return {
        ...grant,
        generation: {
          ...grant.generation,
          refreshDigest: digest(commit, 'refresh'),
          refreshExpiresAt: event.expiresAt,
        },
      };
    case 'TokenDescribed':
      return grant.status === 'Active' ? { ...grant, description: event.description, modifiedAt: commit.at } : grant;
    case 'ScopeChanged':
      if (grant.status !== 'Active') return grant;
      return {
        ...grant,
        terms: { ...grant.terms, scope: event.scope },
        generation: { ...grant.generation, scope: event.scope },
        modifiedAt: commit.at,
      };
    case 'ChildTokenGranted':
      return grant.status === 'Active' ? { ...grant, hasChildren: true } : grant;
    case 'GrantRevoked':
      return { status: 'Revoked', because: event.because };
    default:
      return grant;
  }
};

const NO_GENERATION: Generation = {
  version: 0,
  issuedAt: '',
  requestKey: '',
  scope: '',
  accessDigest: '',
  accessExpiresAt: '',
  refreshDigest: '',
  refreshExpiresAt: '',
  predecessorDigest: '',
  predecessorVersion: 0,
};
