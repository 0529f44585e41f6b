export { createAccountsService } from './service.ts';
