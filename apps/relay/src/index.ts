export { createAuditService } from './audit-service.ts';
export { publishJournal } from './publish-journal.ts';
