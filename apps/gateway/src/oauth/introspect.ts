import type { Request, Response } from 'express';
import { noStore, OAuthError } from '../http/oauth-error.ts';
import { readForm } from '../http/read-body.ts';
import type { Gateway } from '../gateway.ts';
import { authenticatedClient } from './authenticated-client.ts';

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

/** `POST /api/o/introspect/`: confidential clients learn about their own live tokens; everything else is inactive. @see RFC 7662 §2 */
export const introspect =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    const form = await readForm(request, response);
    const { id, clientType } = await authenticatedClient(gateway, request, response, form);
    if (clientType !== 'confidential') throw new OAuthError(401, 'invalid_client', 'Client authentication failed.');
    const token = form.get('token');
    if (token === undefined || token === '') throw new OAuthError(400, 'invalid_request', 'Missing token parameter.');
    const { introspections } = await gateway.tokens.introspect({ tokens: [{ token, askingApplication: id }] });
    const found = introspections[0];
    noStore(response).status(200);
    if (!found?.active) {
      response.json({ active: false });
      return;
    }
    response.json({
      active: true,
      scope: found.scope,
      client_id: found.clientId,
      ...(found.username !== '' && { username: found.username }),
      sub: String(found.user),
      token_type: 'Bearer',
      iat: seconds(found.issuedAt),
      exp: seconds(found.expiresAt),
      iss: gateway.issuer,
    });
  };
