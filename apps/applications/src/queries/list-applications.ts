import { readable } from '@grantlog/access';
import { applicationList } from '@grantlog/applications-read-models';
import { type applications as wire, findPage } from '@grantlog/contracts';
import type { StoredDocument } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';

/** A page of the applications that the actor may see, from the read model. */
export const listApplications =
  ({ documents }: Deps) =>
  async ({ actor, query }: wire.ListApplicationsRequest): Promise<wire.ListApplicationsResponse> => {
    const page = await findPage(
      documents,
      applicationList,
      'application',
      query,
      readable(actor, 'application', { organization: 'organization' }),
    );
    return { applications: page.documents.map(toApplication), outcome: page.outcome };
  };

const toApplication = ({ id, version, fields }: StoredDocument): wire.Application => ({
  id,
  version,
  clientId: fields['client_id'] as string,
  name: fields['name'] as string,
  description: fields['description'] as string,
  user: fields['user'] as number,
  organization: fields['organization'] as number,
  clientType: fields['client_type'] as string,
  authorizationGrantType: fields['authorization_grant_type'] as string,
  redirectUris: fields['redirect_uris'] as string[],
  allowedOrigins: fields['allowed_origins'] as string[],
  introspectionClients: fields['introspection_clients'] as number[],
  skipAuthorization: fields['skip_authorization'] as boolean,
  created: fields['created'] as string,
  modified: fields['modified'] as string,
});
