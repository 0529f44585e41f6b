import type { Fields, Projection, ReadModel } from '@grantlog/event-sourcing';
import {
  type ApplicationEvent,
  type ChangeableFields,
  skipsAfter,
  wasBySuperuser,
} from '@grantlog/applications-domain';

/** The registered applications; the application's number is the document's id. */
export const applicationList: ReadModel = {
  name: 'application_list',
  fields: {
    client_id: 'text',
    name: 'text',
    description: 'text',
    user: 'integer',
    organization: 'integer',
    client_type: 'text',
    authorization_grant_type: 'text',
    redirect_uris: 'json',
    allowed_origins: 'json',
    has_allowed_origins: 'boolean',
    introspection_clients: 'json',
    skip_authorization: 'boolean',
    created: 'text',
    modified: 'text',
  },
  indexes: [
    ['organization', 'name'],
    ['organization'],
    ['name'],
    ['description'],
    ['user'],
    ['client_type'],
    ['authorization_grant_type'],
    ['skip_authorization'],
    ['created'],
    ['modified'],
    ['has_allowed_origins'],
  ],
  // 2: who set skip_authorization counts.
  rule: 2,
  searched: ['name', 'description'],
};

/** Feeds the application list. Secrets are in no event, so they cannot be in here. */
export const applicationListProjection: Projection = {
  model: applicationList,
  category: 'application',
  project: (fields, recorded) => {
    const event = recorded.event as ApplicationEvent;
    switch (event.type) {
      case 'ApplicationRegistered':
        return {
          client_id: event.clientId,
          user: event.user,
          client_type: event.clientType,
          authorization_grant_type: event.authorizationGrantType,
          ...columns(event),
          skip_authorization: event.skipAuthorization && wasBySuperuser(event, recorded.cause),
          has_allowed_origins: event.allowedOrigins.length > 0,
          created: recorded.at,
          modified: recorded.at,
        };
      case 'ApplicationChanged':
        return (
          fields && {
            ...fields,
            ...columns(event.changes),
            skip_authorization: skipsAfter(
              {
                skipAuthorization: fields['skip_authorization'] === true,
                redirectUris: fields['redirect_uris'] as string[],
              },
              event.changes,
              wasBySuperuser(event, recorded.cause),
            ),
            ...(event.changes.allowedOrigins && { has_allowed_origins: event.changes.allowedOrigins.length > 0 }),
            modified: recorded.at,
          }
        );
      case 'ClientSecretRotated':
        return fields && { ...fields, modified: recorded.at };
      case 'ApplicationDeleted':
        return null;
      default:
        return fields;
    }
  },
};

const COLUMNS: { readonly [Name in keyof ChangeableFields]: string } = {
  name: 'name',
  description: 'description',
  organization: 'organization',
  redirectUris: 'redirect_uris',
  allowedOrigins: 'allowed_origins',
  introspectionClients: 'introspection_clients',
  skipAuthorization: 'skip_authorization',
};

const columns = (changes: Partial<ChangeableFields>): Fields =>
  Object.fromEntries(
    (Object.keys(COLUMNS) as (keyof ChangeableFields)[])
      .filter((name) => changes[name] !== undefined)
      .map((name) => [COLUMNS[name], changes[name] as Fields[string]]),
  );
