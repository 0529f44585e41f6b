import type { Request, Response } from 'express';
import type { FlatForm } from '../http/flat-form.ts';
import { noStore, OAuthError } from '../http/oauth-error.ts';
import type { Gateway } from '../gateway.ts';
import { authenticatedClient } from './authenticated-client.ts';

const GATEWAY = 0;

const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

/** `POST /api/o/introspect/`: confidential clients learn about their own live tokens; everything else is inactive. @see RFC 7662 §2 */
export const introspect =
  (gateway: Gateway) =>
  async (request: Request, response: Response, form: FlatForm): Promise<void> => {
    const { id, clientType } = await authenticatedClient(gateway, request, response, form);
    if (clientType !== 'confidential') throw new OAuthError(401, 'invalid_client', 'Client authentication failed.');
    const token = form.get('token');
    if (token === undefined || token === '') throw new OAuthError(400, 'invalid_request', 'Missing token parameter.');
    // Asked by the gateway for itself, which may know every token; who asks it is judged here.
    const { introspections } = await gateway.tokens.introspect({ tokens: [{ token, askingApplication: GATEWAY }] });
    const found = introspections[0];
    const mayKnow = found?.active === true && (await mayIntrospect(gateway, id, found.application));
    noStore(response).status(200);
    if (!found?.active || !mayKnow) {
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

/** A client knows its own tokens, and those of applications whose administrator listed it. Personal tokens nobody does. */
const mayIntrospect = async ({ applications }: Gateway, asking: number, owner: number): Promise<boolean> => {
  if (owner === asking) return true;
  if (owner === 0) return false;
  const { applications: found } = await applications.getApplications({
    keys: [{ key: { $case: 'id', value: owner } }],
  });
  return found[0]?.application?.introspectionClients.includes(asking) === true;
};
