import {
  LONGEST_CLIENT_ID,
  LONGEST_CLIENT_SECRET,
  LONGEST_PASSWORD_BYTES,
  LONGEST_USERNAME,
} from '@grantlog/service-kit';
import type { OAuthErrorCode } from '@grantlog/oauth';
import type { FlatForm } from './flat-form.ts';
import { LONGEST_WORD } from './limits.ts';

/** Of a parameter that is one of a few words. */
const LONGEST_KEYWORD = 100;

/**
 * Characters that a parameter of the OAuth endpoints may have. `token` has no bound but the body's: what is no token is
 * inactive, or revoked already (RFC 7009 §2.2, RFC 7662 §2.2).
 */
export const LONGEST_PARAMETERS = {
  grant_type: LONGEST_KEYWORD,
  response_type: LONGEST_KEYWORD,
  client_id: LONGEST_CLIENT_ID,
  client_secret: LONGEST_CLIENT_SECRET,
  redirect_uri: LONGEST_WORD,
  scope: LONGEST_KEYWORD,
  state: 2048,
  code: 200,
  refresh_token: 200,
  code_challenge: 43,
  code_challenge_method: LONGEST_KEYWORD,
  code_verifier: 128,
  token_type_hint: LONGEST_KEYWORD,
  prompt: LONGEST_KEYWORD,
  max_age: 9,
  login_hint: LONGEST_USERNAME,
  username: LONGEST_USERNAME,
  password: LONGEST_PASSWORD_BYTES,
} as const satisfies Readonly<Record<string, number>>;

const BOUNDS = Object.entries(LONGEST_PARAMETERS);

/** What a value is that cannot be one, where that is not `invalid_request`. @see RFC 6749 §5.2 */
const CODES: Readonly<Record<string, OAuthErrorCode>> = {
  client_id: 'invalid_client',
  client_secret: 'invalid_client',
  scope: 'invalid_scope',
  code: 'invalid_grant',
  refresh_token: 'invalid_grant',
  code_verifier: 'invalid_grant',
};

/** The first parameter that is too long, as an error that names it and its bound; undefined where none is. */
export const tooLong = (form: FlatForm): readonly [OAuthErrorCode, string] | undefined => {
  for (const [name, most] of BOUNDS)
    if ((form.get(name)?.length ?? 0) > most)
      return [CODES[name] ?? 'invalid_request', `The ${name} parameter is longer than ${most} characters.`];
  return undefined;
};
