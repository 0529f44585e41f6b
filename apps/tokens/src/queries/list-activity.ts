import { permits } from '@grantlog/access';
import { findPage, type tokens as wire } from '@grantlog/contracts';
import { equals, everything, type Filter, nothing, oneOf, type StoredDocument } from '@grantlog/event-sourcing';
import { activityStream } from '@grantlog/grants-read-models';
import type { Deps } from '../service-deps.ts';

/** Entries are about objects that the actor administers, or about its own tokens. */
const visibleTo = ({ actor, visibleApplications, visibleOrganizations }: wire.ListActivityRequest): Filter => {
  if (!actor) return nothing;
  if (permits(actor, 'read', 'installation')) return everything;
  return {
    any: [
      { all: [equals('user', actor.user), equals('object1', 'o_auth2_access_token')] },
      ...(visibleApplications.length > 0 ? [oneOf('application', visibleApplications)] : []),
      ...(visibleOrganizations.length > 0 ? [oneOf('organization', visibleOrganizations)] : []),
    ],
  };
};

/** A page of the activity stream, from the read model. */
export const listActivity =
  ({ documents }: Deps) =>
  async (request: wire.ListActivityRequest): Promise<wire.ListActivityResponse> => {
    // Its documents are commits, which no position names: there is no write to wait for.
    const page = await findPage(documents, activityStream, '', request.query, visibleTo(request));
    return { activities: page.documents.map(toActivity), outcome: page.outcome };
  };

const toActivity = ({ id, fields }: StoredDocument): wire.Activity => ({
  id,
  timestamp: fields['timestamp'] as string,
  operation: fields['operation'] as string,
  object1: fields['object1'] as string,
  object1Id: fields['object1_id'] as number,
  object2: fields['object2'] as string,
  object2Id: fields['object2_id'] as number,
  objectAssociation: fields['object_association'] as string,
  changes: JSON.stringify(fields['changes'] ?? {}),
  actor: (fields['actor'] as number | null) ?? 0,
  application: fields['application'] as number,
  user: fields['user'] as number,
  scope: fields['scope'] as string,
  requestId: fields['request_id'] as string,
  clientId: fields['client_id'] as string,
});
