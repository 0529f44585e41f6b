export { openGateway, type OpenGateway } from './open-gateway.ts';
