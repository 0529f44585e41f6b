import { organizationListProjection, userListProjection } from '@grantlog/accounts-read-models';
import { applicationListProjection } from '@grantlog/applications-read-models';
import type { Projection } from '@grantlog/event-sourcing';
import { tokenListProjection } from '@grantlog/grants-read-models';

/** Every read model there is. */
export const projections: readonly Projection[] = [
  applicationListProjection,
  userListProjection,
  organizationListProjection,
  tokenListProjection,
];
