const LOOPBACK_WITHOUT_PORT = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?=\/|$)/;
const LOOPBACK_WITH_PORT = /^(http:\/\/(?:127\.0\.0\.1|\[::1\])):([0-9]{1,5})(?=\/|$)/;
/** The name of a domain that its owner controls, turned round. @see RFC 8252 §7.1 */
const REVERSE_DOMAIN = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * Byte for byte; the only exception is a loopback address registered without a port, which matches any port.
 * @see RFC 9700 §2.1, RFC 8252 §7.3
 */
export const matchesRedirectUri = (registered: string, presented: string): boolean =>
  registered === presented ||
  (LOOPBACK_WITHOUT_PORT.test(registered) && withoutPort(presented) === registered && URL.canParse(presented));

const withoutPort = (uri: string): string => uri.replace(LOOPBACK_WITH_PORT, '$1');

/** Which non-TLS redirect URIs may be registered, apart from loopback ones. */
export type HttpRedirectUris = 'none' | 'confidential' | 'all';

/** Whether native applications may use schemes of their own. @see RFC 8252 §7.1 */
export type PrivateUseRedirectSchemes = 'none' | 'reverse-domain';

/**
 * Why a redirect URI cannot be registered; undefined when it can.
 * @see RFC 6749 §3.1.2, RFC 9700 §2.6
 */
export const redirectUriProblem = (
  uri: string,
  clientType: string,
  httpAllowed: HttpRedirectUris,
  privateUse: PrivateUseRedirectSchemes,
): string | undefined => {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1];
  if (scheme === undefined || !VISIBLE_ASCII.test(uri)) return `Enter a valid URL. "${printable(uri)}" is none.`;
  const isPrivateUse = REVERSE_DOMAIN.test(scheme);
  if (!isPrivateUse && scheme !== 'http' && scheme !== 'https')
    return `Unauthorized redirect scheme: ${printable(scheme)}`;
  if (uri.includes(','))
    return `Enter a valid URL. "${printable(uri)}" has a comma: white space separates redirect URIs, and a comma in one is written %2C.`;
  if (isPrivateUse) return privateUseProblem(uri, scheme, clientType, privateUse);
  if (uri.includes('#')) return 'Redirect URIs must not contain fragments';
  const url = URL.parse(uri);
  const authority = uri.slice(scheme.length + 3).split(/[/?]/)[0] ?? '';
  const wellFormed =
    url !== null && uri.startsWith(`${scheme}://`) && authority === authority.toLowerCase() && !UNSAFE.test(uri);
  if (
    !wellFormed ||
    authority.includes('@') ||
    uri.includes('*') ||
    url.host !== authority.replace(/:(?:80|443)$/, defaultPort(scheme))
  ) {
    return `Enter a valid URL. "${printable(uri)}" is malformed, or has user information or a wildcard.`;
  }
  if (
    scheme === 'http' &&
    !isLoopback(url.hostname) &&
    !(httpAllowed === 'all' || (httpAllowed === 'confidential' && clientType === 'confidential'))
  ) {
    return `Plain http is allowed for loopback addresses only: "${printable(uri)}" (setting HTTP_REDIRECT_URIS is "${httpAllowed}")`;
  }
  return undefined;
};

const UNSAFE = /[<>"\\^`{|}]/;

/** @see RFC 8252 §7.1 */
const privateUseProblem = (
  uri: string,
  scheme: string,
  clientType: string,
  allowed: PrivateUseRedirectSchemes,
): string | undefined => {
  if (allowed === 'none' || clientType !== 'public')
    return `Unauthorized redirect scheme: ${printable(scheme)} (schemes of native applications are for public applications, setting PRIVATE_USE_REDIRECT_SCHEMES is "${allowed}")`;
  if (uri.includes('#')) return 'Redirect URIs must not contain fragments';
  const wellFormed = uri.startsWith(`${scheme}:/`) && URL.canParse(uri) && !UNSAFE.test(uri) && !/[*@]/.test(uri);
  return wellFormed
    ? undefined
    : `Enter a valid URL. "${printable(uri)}" is malformed; a native application's is like com.example.app:/callback.`;
};

const defaultPort =
  (scheme: string) =>
  (port: string): string =>
    (scheme === 'http' && port === ':80') || (scheme === 'https' && port === ':443') ? '' : port;

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);

/** `127.0.0.0/8`, `::1` and `localhost`, as a URL's hostname has them. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname);

/**
 * What of a redirect URI tells whose it is: scheme, host and port; of a private-use one the scheme (RFC 8252 §7.1).
 */
export const redirectOrigin = (redirectUri: string): string => {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
};

/** The answer's parameters behind the redirect URI; a query that it has is kept byte for byte. @see RFC 6749 §4.1.2 */
export const withParameters = (
  redirectUri: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query.toString().replaceAll('+', '%20')}`;
};
