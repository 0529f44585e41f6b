export { FILTERABLE as activityFilters } from '../api/activity-stream.ts';
export { FILTERABLE as applicationFilters } from '../api/applications.ts';
export { FILTERABLE as organizationFilters } from '../api/organizations.ts';
export { FILTERABLE as tokenFilters } from '../api/tokens.ts';
export { FILTERABLE as userFilters } from '../api/users.ts';
export type { Filterable } from '../http/listing.ts';
