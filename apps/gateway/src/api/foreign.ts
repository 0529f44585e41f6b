import type { Gateway } from '../gateway.ts';
import { type Methods, type Route, VERSION } from './endpoint.ts';

/**
 * Collections that AWX 24.6.1 has and Grantlog lacks, by their keys in `/api/v2/`. Its command line exports each, and
 * asks some for the roles of their objects before any command about users; it takes a 404 for the end of the world.
 */
export const FOREIGN_COLLECTIONS: Readonly<Record<string, string>> = {
  teams: '/api/v2/teams/',
  credential_types: '/api/v2/credential_types/',
  credentials: '/api/v2/credentials/',
  notification_templates: '/api/v2/notification_templates/',
  projects: '/api/v2/projects/',
  inventory: '/api/v2/inventories/',
  inventory_sources: '/api/v2/inventory_sources/',
  job_templates: '/api/v2/job_templates/',
  workflow_job_templates: '/api/v2/workflow_job_templates/',
  execution_environments: '/api/v2/execution_environments/',
  schedules: '/api/v2/schedules/',
  system_job_templates: '/api/v2/system_job_templates/',
  instance_groups: '/api/v2/instance_groups/',
};

const EMPTY = { count: 0, next: null, previous: null, results: [] };

/** A collection without objects, which have no roles. */
export const foreignCollection = (name: string): Route => ({
  name,
  methods: { GET: () => Promise.resolve({ body: EMPTY }) },
  fields: {},
  searched: ['name'],
  objectRoles: [],
});

/** `/api/v2/ping/`, for anybody: AWX's reply without what is about its cluster. */
export const PING = { ha: false, version: VERSION, active_node: 'grantlog', instances: [], instance_groups: [] };
export const ping = (): Methods => ({ GET: () => Promise.resolve({ body: PING }) });

/** `/api/v2/config/`: AWX's reply without what is about licences and playbooks. */
export const config = ({ clock }: Gateway): Methods => ({
  GET: () =>
    Promise.resolve({
      body: {
        version: VERSION,
        time_zone: 'UTC',
        analytics_status: 'off',
        license_info: { license_type: 'open', valid_key: true, subscription_name: 'OPEN', product_name: 'Grantlog' },
        eula: '',
        current_time: clock.now(),
      },
    }),
});
