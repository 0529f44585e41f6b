export { createAuditService } from './audit-service.ts';
export { followJournal, type Following } from './follow-journal.ts';
