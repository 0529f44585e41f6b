import type { Request, Response } from 'express';
import type { applications } from '@grantlog/contracts';
import { clientCredentials } from '../http/client-credentials.ts';
import type { FlatForm } from '../http/flat-form.ts';
import { answered } from '../http/answered.ts';
import { fromRefusal } from '../http/oauth-error.ts';
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
  const application = answered(clients[0]?.result, 'application', (refusal) =>
    fromRefusal(refusal, credentials.clientId),
  );
  gateway.cors.allowOwnOrigins(request, response, application.allowedOrigins, settingsOf(settings));
  return application;
};
