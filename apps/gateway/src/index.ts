export { createApp } from './app.ts';
export { followConfDir } from './conf-dir.ts';
export { createRefusals } from './refusals.ts';
export { createPublicServer } from './server.ts';
export { allowedHosts, publicIssuer } from './public-address.ts';
