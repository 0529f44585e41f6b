export { createTokensService } from './service.ts';
