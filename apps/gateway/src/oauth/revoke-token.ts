import type { Request, Response } from 'express';
import type { FlatForm } from '../http/flat-form.ts';
import { noStore, OAuthError } from '../http/oauth-error.ts';
import { causeOf } from '../http/request-context.ts';
import type { Gateway } from '../gateway.ts';
import { authenticatedClient } from './authenticated-client.ts';

/** `POST /api/o/revoke_token/`: either token ends its whole grant before the 200. The type hint is only a hint. @see RFC 7009 §2 */
export const revokeToken =
  (gateway: Gateway) =>
  async (request: Request, response: Response, form: FlatForm): Promise<void> => {
    const { id, clientId } = await authenticatedClient(gateway, request, response, form);
    const token = form.get('token');
    if (token === undefined || token === '') throw new OAuthError(400, 'invalid_request', 'Missing token parameter.');
    const { revoked } = await gateway.tokens.revokeTokens({
      tokens: [{ cause: causeOf(request, { clientId }), token, application: id }],
    });
    gateway.positions.send(response, revoked[0]?.position);
    noStore(response).status(200).end();
  };
