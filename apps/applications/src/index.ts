export { createApplicationsService } from './service.ts';
