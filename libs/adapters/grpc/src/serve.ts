import { type handleUnaryCall, Server, type ServiceDefinition, status } from '@grpc/grpc-js';
import { deadlineOf, isUnavailable, type MethodDefinition, type Rpc } from '@grantlog/contracts';
import { DamagedCommit } from '@grantlog/event-sourcing';
import { type Place, placeText } from '@grantlog/service-kit';
import { ASSERTION, assertionProblem } from './assertion.ts';
import { type Identity, serverCredentials } from './identity.ts';
import type { Trust } from './trust.ts';

const LARGEST_MESSAGE = 4 * 1024 * 1024;

export type GrpcServer = { readonly close: () => Promise<void> };

/**
 * Serves generated services to callers of this installation only.
 * @param report told of every fault; its text stays here, callers learn a status
 * @throws when the port is taken
 */
export const serveGrpc = async (
  place: Place,
  identity: Identity,
  services: readonly { definition: Record<string, MethodDefinition>; service: object }[],
  report: (method: string, error: unknown) => void,
  trust?: Trust,
): Promise<GrpcServer> => {
  const server = new Server({
    'grpc.max_receive_message_length': LARGEST_MESSAGE,
    'grpc.max_concurrent_streams': 1000,
  });
  for (const { definition, service } of services) {
    const methods = service as Rpc<Record<string, never>> & Record<string, (request: unknown) => Promise<unknown>>;
    const handlers = Object.entries(definition).map(([name, { path, requestDeserialize }]) => {
      const handle: handleUnaryCall<Buffer, unknown> = (call, callback) => {
        const [assertion] = call.metadata.get(ASSERTION);
        const problem = assertionProblem(identity.assertionKeys, path, call.request, assertion, identity.now?.());
        if (problem !== undefined) {
          trust?.refused(`a caller at ${call.getPeer().replace(/:\d+$/, '')}`, problem);
          callback({ code: status.UNAUTHENTICATED, details: problem });
          return;
        }
        let answered = false;
        const deadline = setTimeout(() => {
          answered = true;
          callback({ code: status.DEADLINE_EXCEEDED, details: 'too slow' });
        }, deadlineOf(name).serviceMs);
        // After the start, so that a fault thrown at once is a rejection like any other.
        Promise.resolve(call.request)
          .then((bytes) => (methods[name] as (request: unknown) => Promise<unknown>)(requestDeserialize(bytes)))
          .finally(() => clearTimeout(deadline))
          .then(
            (answer) => {
              if (!answered) callback(null, answer);
            },
            (error: unknown) => {
              if (answered) return;
              report(path, error);
              callback(refusalOf(error));
            },
          );
      };
      return [name, handle] as const;
    });
    server.addService(withRawRequests(definition), Object.fromEntries(handlers));
  }
  // `::` is every address; a host without IPv6 has only those of IPv4.
  const places = place.address === '::' ? [place, { ...place, address: '0.0.0.0' }] : [place];
  await bound(server, identity, places);
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

const refusalOf = (error: unknown): { code: status; details: string } => {
  if (error instanceof DamagedCommit) return { code: status.DATA_LOSS, details: 'damaged' };
  return isUnavailable(error)
    ? { code: status.UNAVAILABLE, details: 'away' }
    : { code: status.INTERNAL, details: 'fault' };
};

const bound = async (server: Server, identity: Identity, [place, ...others]: readonly Place[]): Promise<void> => {
  if (!place) return;
  const error = await new Promise<Error | null>((resolve) =>
    server.bindAsync(placeText(place), serverCredentials(identity), resolve),
  );
  if (!error) return;
  if (others.length > 0) return bound(server, identity, others);
  throw new Error(
    `cannot listen on ${placeText(place)} (${error.message}); set GRANTLOG_GRPC_PORT to a free port, GRANTLOG_BIND_ADDRESS to an address of this machine`,
  );
};

/** Requests stay bytes until they are known to be ours. */
const withRawRequests = (definition: Record<string, MethodDefinition>): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer): Buffer => bytes },
    ]),
  ) as unknown as ServiceDefinition;
