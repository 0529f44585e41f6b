/** The closed set of error codes of the OAuth endpoints. @see RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6 */
const OAUTH_ERROR_CODES = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'invalid_scope',
  'access_denied',
  'temporarily_unavailable',
  'server_error',
  'login_required',
  'consent_required',
  'request_not_supported',
  'request_uri_not_supported',
  'slow_down',
] as const;
export type OAuthErrorCode = (typeof OAUTH_ERROR_CODES)[number];
export const isOAuthErrorCode = (code: string): code is OAuthErrorCode =>
  (OAUTH_ERROR_CODES as readonly string[]).includes(code);

export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', 'password'] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** What an application is registered for, in AWX's words. */
export const APPLICATION_GRANT_TYPES = ['authorization-code', 'password', 'client-credentials'] as const;
export const CLIENT_TYPES = ['confidential', 'public'] as const;

/** Whether an application registered for `applicationGrantType` may use a grant at the token endpoint. @see RFC 6749 §5.2 */
export const mayUse = (applicationGrantType: string, grantType: GrantType): boolean =>
  grantType === 'refresh_token'
    ? applicationGrantType !== 'client-credentials'
    : applicationGrantType.replaceAll('-', '_') === grantType;
