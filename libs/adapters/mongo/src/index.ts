export { type EngineProbe, ensureIndexes, type JournalDocument, probeEngine } from './collections.ts';
export { connectDatabases, type Databases } from './connect.ts';
export { keyOfStoreIn } from './key-of-store.ts';
export { createMongoDocuments, type MongoDocuments } from './mongo-document-store.ts';
export { createMongoEventStore } from './mongo-event-store.ts';
export {
  createJournalWriter,
  createMongoJournal,
  type JournalWriter,
  type PendingCommit,
  verifyChain,
} from './mongo-journal.ts';
export { openDatabase, openDatabases } from './open-mongo.ts';
export {
  createMongoAttempts,
  createMongoLastUses,
  createMongoRefusals,
  createMongoSessions,
  ensureShortLived,
} from './mongo-short-lived.ts';
