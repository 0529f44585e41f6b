export { createAuditService } from './audit-service.ts';
export { followJournal } from './follow-journal.ts';
