export { createAdmission } from './admission.ts';
export { createApp, trustedBy } from './app.ts';
export { followConfDir } from './conf-dir.ts';
export { descriptorLimit, limitConnections } from './connections.ts';
export { createRefusals } from './refusals.ts';
export { createPublicServer } from './server.ts';
export { allowedHosts, publicIssuer } from './public-address.ts';
