import type { Request } from 'express';
import { LONGEST_CLIENT_ID, LONGEST_CLIENT_SECRET } from '@grantlog/service-kit';
import { decodeBasic } from './authorization-header.ts';
import type { FlatForm } from './flat-form.ts';
import { OAuthError } from './oauth-error.ts';

/** What a client presents; without a secret it is a public one. */
export type ClientCredentials = { readonly clientId: string; readonly clientSecret?: string };

const failed = (): OAuthError => new OAuthError(401, 'invalid_client', 'Client authentication failed.');

/**
 * The client's credentials, by exactly one method: HTTP Basic, or `client_id` and `client_secret` in the body.
 * @throws OAuthError `invalid_request` for two methods or a malformed header, `invalid_client` for none
 * @see RFC 6749 §2.3.1
 */
export const clientCredentials = (request: Request, form: FlatForm): ClientCredentials => {
  const bodyId = form.get('client_id');
  const bodySecret = form.get('client_secret');
  const header = request.headers.authorization;
  // Another scheme, such as a bearer token that a library sends everywhere, authenticates no client.
  if (header === undefined || !/^basic\b/i.test(header)) {
    if (bodyId === undefined) throw failed();
    return credentials(bodyId, bodySecret);
  }
  if (bodySecret !== undefined)
    throw new OAuthError(400, 'invalid_request', 'Use one method of client authentication, not two.');
  const basic = decodeBasic(header);
  if (!basic) throw failed();
  const clientId = formDecoded(basic.name);
  const clientSecret = formDecoded(basic.password);
  if (clientId === undefined || clientSecret === undefined) throw failed();
  if (bodyId !== undefined && bodyId !== clientId)
    throw new OAuthError(400, 'invalid_request', 'The body names another client than the Authorization header.');
  return credentials(clientId, clientSecret);
};

/** An empty secret counts as omitted, as what a public client has to send by Basic. */
const credentials = (clientId: string, clientSecret = ''): ClientCredentials => {
  if (clientId.length > LONGEST_CLIENT_ID || clientSecret.length > LONGEST_CLIENT_SECRET) throw failed();
  return clientSecret === '' ? { clientId } : { clientId, clientSecret };
};

const formDecoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};
