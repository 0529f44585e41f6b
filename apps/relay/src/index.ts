export { createAuditService } from './audit-service.ts';
