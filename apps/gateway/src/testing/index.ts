import { ACTIVITY } from '../api/activity-stream.ts';
import { APPLICATION } from '../api/applications.ts';
import { ORGANIZATION } from '../api/organizations.ts';
import { TOKEN } from '../api/tokens.ts';
import { USER } from '../api/users.ts';

export type { Filterable } from '../http/listing.ts';
/** What each list can be filtered and ordered by. */
export const activityFilters = ACTIVITY.filterable;
export const applicationFilters = APPLICATION.filterable;
export const organizationFilters = ORGANIZATION.filterable;
export const tokenFilters = TOKEN.filterable;
export const userFilters = USER.filterable;
