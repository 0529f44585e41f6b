import type { RegisteredApplication } from '@grantlog/applications-domain';
import type { applications as wire } from '@grantlog/contracts';
import type { Version } from '@grantlog/event-sourcing';

/** An application as other services see it; without secrets, which have no field there. */
export const toApplication = (id: number, application: RegisteredApplication, version: Version): wire.Application => ({
  id,
  clientId: application.clientId,
  name: application.name,
  description: application.description,
  user: application.user,
  organization: application.organization,
  clientType: application.clientType,
  authorizationGrantType: application.authorizationGrantType,
  redirectUris: [...application.redirectUris],
  allowedOrigins: [...application.allowedOrigins],
  introspectionClients: [...application.introspectionClients],
  skipAuthorization: application.skipAuthorization,
  created: application.createdAt,
  modified: application.modifiedAt,
  version,
});
