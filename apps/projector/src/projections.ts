import { organizationListProjection, userListProjection } from '@grantlog/accounts-read-models';
import { applicationListProjection } from '@grantlog/applications-read-models';
import type { EntryProjection, Projection } from '@grantlog/event-sourcing';
import { activityStreamProjection, tokenListProjection } from '@grantlog/grants-read-models';

/** Every read model with a document for each of its objects. */
export const projections: readonly Projection[] = [
  applicationListProjection,
  userListProjection,
  organizationListProjection,
  tokenListProjection,
];

/** Every read model with a document for each commit. */
export const entryProjections: readonly EntryProjection[] = [activityStreamProjection];
