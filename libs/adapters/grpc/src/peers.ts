import type { MethodDefinition, Rpc } from '@grantlog/contracts';
import type { InstallationKey, Logger, Management } from '@grantlog/service-kit';
import { createGrpcClient } from './client.ts';
import { type Identity, identityOf } from './identity.ts';
import { serveGrpc } from './serve.ts';
import { createTrust } from './trust.ts';

type Service = {
  readonly config: Parameters<typeof identityOf>[0];
  readonly key: InstallationKey;
  readonly logger: Logger;
  readonly management: Pick<Management, 'check'>;
  readonly onDrain: (end: () => Promise<void>) => void;
  readonly onClose: (end: () => void) => void;
};
type Methods = Record<string, MethodDefinition>;

export type Peers = {
  /** A service of another role, until this one ends. */
  readonly connect: <Definition extends Methods>(
    definition: Definition,
    addresses: readonly string[],
  ) => Rpc<Definition>;
  /** Serves this role's own, until it ends. @throws when the port is taken */
  readonly serve: (
    place: { readonly GRANTLOG_GRPC_PORT: number; readonly GRANTLOG_BIND_ADDRESS: string },
    definition: Methods,
    service: object,
  ) => Promise<void>;
};

/** The other roles of the installation, for one that has its identity from its configuration. */
export const createPeers = ({ config, key, logger, management, onDrain, onClose }: Service): Peers => {
  const identity: Identity = identityOf(config, key);
  const trust = createTrust(logger);
  management.check('trust', trust.check);
  return {
    connect: (definition, addresses) => {
      const { client, close } = createGrpcClient(definition, addresses, identity, trust);
      onClose(close);
      return client;
    },
    serve: async ({ GRANTLOG_GRPC_PORT: port, GRANTLOG_BIND_ADDRESS: address }, definition, service) => {
      const report = (method: string, error: unknown): void => logger.warn({ err: error, method }, 'fault');
      const server = await serveGrpc({ port, address }, identity, [{ definition, service }], report, trust);
      onDrain(server.close);
    },
  };
};
