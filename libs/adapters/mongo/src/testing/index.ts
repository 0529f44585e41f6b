export { listQuery } from '../mongo-document-store.ts';
