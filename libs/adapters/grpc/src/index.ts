export { createGrpcClient, type GrpcClient } from './client.ts';
export { type Identity, identityOf, SERVICE_NAME } from './identity.ts';
export { createPeers } from './peers.ts';
export { type GrpcServer, serveGrpc } from './serve.ts';
export { createTrust } from './trust.ts';
