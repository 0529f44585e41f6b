import type { GatewayPorts } from './ports.ts';
import { isOurOrigin } from './public-address.ts';
import { type BrowserSessions, createBrowserSessions } from './http/browser-session.ts';
import { type Caller, createAuthenticate } from './http/caller.ts';
import { type Cors, createCors } from './http/cors.ts';
import { createDevices, type Devices } from './http/device-cookie.ts';
import { createPositions, type Positions } from './http/position.ts';
import { createShownWrites } from './api/shown-writes.ts';
import { createServiceIdentities, type ServiceIdentities } from './service-identities.ts';
import type { Request, Response } from 'express';

/** The ports and what is built on them once: what every endpoint is given. */
export type Gateway = GatewayPorts & {
  readonly sessions: BrowserSessions;
  readonly authenticate: (request: Request, response: Response) => Promise<Caller>;
  readonly cors: Cors;
  readonly positions: Positions;
  readonly areShown: ReturnType<typeof createShownWrites>;
  readonly devices: Devices;
  readonly serviceIdentities: ServiceIdentities;
};

export const createGateway = (ports: GatewayPorts): Gateway => {
  const sessions = createBrowserSessions(ports);
  const cors = createCors(ports.applications, ports.confFiles, ports.refusals, (origin) =>
    isOurOrigin(origin, ports.issuer, ports.allowedHosts),
  );
  return {
    ...ports,
    sessions,
    authenticate: createAuthenticate(ports, sessions, cors),
    cors,
    devices: createDevices(ports.key.derive('device'), ports.issuer.startsWith('https:')),
    positions: createPositions(ports.key.derive('position')),
    areShown: createShownWrites(ports),
    serviceIdentities: createServiceIdentities(ports.accounts),
  };
};
