import type { Request, Response } from 'express';
import type { applications } from '@grantlog/contracts';
import { clientCredentials } from '../http/client-credentials.ts';
import type { FlatForm } from '../http/flat-form.ts';
import { fromRefusal, OAuthError } from '../http/oauth-error.ts';
import type { Gateway } from '../gateway.ts';
import { settingsOf } from '../settings.ts';

/** The client that the request proves to come from. @throws OAuthError 401 `invalid_client` */
export const authenticatedClient = async (
  gateway: Gateway,
  request: Request,
  response: Response,
  form: FlatForm,
): Promise<applications.Application> => {
  const credentials = clientCredentials(request, form);
  const { clients, settings } = await gateway.applications.authenticateClients({ clients: [credentials] });
  const result = clients[0]?.result;
  if (result?.$case === 'application') {
    gateway.cors.allowOwnOrigins(request, response, result.value.allowedOrigins, settingsOf(settings));
    return result.value;
  }
  throw result
    ? fromRefusal(result.value, credentials.clientId)
    : new OAuthError(401, 'invalid_client', 'Client authentication failed.');
};
