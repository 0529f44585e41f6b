import { type handleUnaryCall, Server, type ServiceDefinition, status } from '@grpc/grpc-js';
import type { MethodDefinition, Rpc } from '@grantlog/contracts';
import { type Identity, serverCredentials } from './identity.ts';

const LARGEST_MESSAGE = 4 * 1024 * 1024;
const AWAY = new Set(['ServiceUnavailable', 'StoreUnavailable']);

export type GrpcServer = { readonly close: () => Promise<void> };

/**
 * Serves generated services to callers of this installation only.
 * @param report told of every fault; its text stays here, callers learn a status
 * @throws when the port is taken
 */
export const serveGrpc = async (
  port: number,
  identity: Identity,
  services: readonly { definition: Record<string, MethodDefinition>; service: object }[],
  report: (method: string, error: unknown) => void,
): Promise<GrpcServer> => {
  const server = new Server({
    'grpc.max_receive_message_length': LARGEST_MESSAGE,
    'grpc.max_concurrent_streams': 1000,
  });
  for (const { definition, service } of services) {
    const methods = service as Rpc<Record<string, never>> & Record<string, (request: unknown) => Promise<unknown>>;
    const handlers = Object.entries(definition).map(([name, { path }]) => {
      const handle: handleUnaryCall<unknown, unknown> = (call, callback) => {
        // After the start, so that a fault thrown at once is a rejection like any other.
        Promise.resolve(call.request)
          .then((request) => (methods[name] as (request: unknown) => Promise<unknown>)(request))
          .then(
            (answer) => callback(null, answer),
            (error: unknown) => {
              const away = AWAY.has((error as { name?: string }).name ?? '');
              report(path, error);
              callback({ code: away ? status.UNAVAILABLE : status.INTERNAL, details: away ? 'away' : 'fault' });
            },
          );
      };
      return [name, handle] as const;
    });
    server.addService(withStreams(definition), Object.fromEntries(handlers));
  }
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`0.0.0.0:${port}`, serverCredentials(identity), (error) =>
      error
        ? reject(
            new Error(`port ${port} cannot be listened on (${error.message}); set GRANTLOG_GRPC_PORT to a free one`),
          )
        : resolve(),
    );
  });
  return {
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 5000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
};

const withStreams = (definition: Record<string, MethodDefinition>): ServiceDefinition =>
  definition as unknown as ServiceDefinition;
