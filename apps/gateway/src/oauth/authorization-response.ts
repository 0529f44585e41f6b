import type { Response } from 'express';
import type { tokens } from '@grantlog/contracts';
import { type OAuthErrorCode, withParameters } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';

/** 302 turns a POST into a GET; 307 would hand the form on (RFC 9700 §4.12). */
const redirect = (response: Response, location: string): void => {
  response
    .status(302)
    .set({
      location,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    .end();
};

/** @see RFC 6749 §4.1.2, RFC 9207 §2 */
export const redirectCode = (
  { issuer }: Gateway,
  response: Response,
  { code, redirectUri, state }: tokens.IssuedCode,
): void => redirect(response, withParameters(redirectUri, { code, state: state || undefined, iss: issuer }));

/** @see RFC 6749 §4.1.2.1 */
export const redirectError = (
  { issuer }: Gateway,
  response: Response,
  { redirectUri, state }: { readonly redirectUri: string; readonly state: string | undefined },
  error: OAuthErrorCode,
  description: string,
): void =>
  redirect(response, withParameters(redirectUri, { error, error_description: description, state, iss: issuer }));
