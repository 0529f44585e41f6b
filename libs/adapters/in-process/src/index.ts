export { inProcessClient } from './client.ts';
