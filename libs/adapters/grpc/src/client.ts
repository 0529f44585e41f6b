import type { KeyObject } from 'node:crypto';
import { Client, connectivityState, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { DamagedAnswer, deadlineOf, type MethodDefinition, type Rpc, ServiceUnavailable } from '@grantlog/contracts';
import { ASSERTION, signRequest } from './assertion.ts';
import { coalesced } from './coalesce.ts';
import { clientCredentials, type Identity, SERVICE_NAME } from './identity.ts';
import type { Trust } from './trust.ts';

/** A page has at most a thousand entries, and none is larger than the largest body of a request, 64 KiB. */
const LARGEST_ANSWER = 128 * 1024 * 1024;
/** Sent twice, these would issue twice or be taken for a replay. */
const NEVER_REPEATED = new Set([
  'issueTokens',
  'createToken',
  'beginAuthorizations',
  'approveAuthorization',
  'registerApplication',
  'rotateClientSecret',
  'createUser',
  'createOrganization',
  'verifyPassword',
]);
/** What a service answers to a caller that it does not take for one of its installation. */
const REFUSED = new Set<number>([status.UNAUTHENTICATED, status.PERMISSION_DENIED]);
const AWAY = new Set<number>([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.CANCELLED,
]);

/** How long one that let a deadline pass gets no calls, while another is connected; then one call tries it. */
const SET_ASIDE_MS = 5000;

export type GrpcClient<Definition> = { readonly client: Rpc<Definition>; readonly close: () => void };

/**
 * A generated client interface over gRPC. Calls are spread over all addresses; each has a deadline; hot ones travel
 * together. A call goes to who is connected and answers; one that never reached its service, or may be repeated, is tried
 * elsewhere, at every address.
 * @throws ServiceUnavailable from every call when nobody answered in time
 */
export const createGrpcClient = <Definition extends Record<string, MethodDefinition>>(
  definition: Definition,
  addresses: readonly string[],
  identity: Identity,
  trust?: Trust,
): GrpcClient<Definition> => {
  const channel = clientCredentials(identity);
  const options = {
    'grpc.ssl_target_name_override': SERVICE_NAME,
    'grpc.default_authority': SERVICE_NAME,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.max_receive_message_length': LARGEST_ANSWER,
    // A name is resolved to all of its addresses.
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  };
  const clients = addresses.map((address) => new Client(address, channel, options));
  const mostAttempts = Math.max(2, clients.length);
  const addressOf = (client: Client): string => addresses[clients.indexOf(client)] ?? '';
  let turn = 0;
  /** Those that let a deadline pass, until when: they may be connected and do nothing. */
  const asideUntil = new Map<Client, number>();
  const setAside = (client: Client): void => void asideUntil.set(client, performance.now() + SET_ASIDE_MS);

  /** The next in turn of those that a call was not sent to yet, a connected one before others. */
  const next = (tried: ReadonlySet<Client>): Client => {
    turn = (turn + 1) % clients.length;
    const inTurn = [...clients.slice(turn), ...clients.slice(0, turn)];
    const left = inTurn.filter((client) => !tried.has(client));
    // One address may stand for several instances, of which another is taken the second time.
    const untried = left.length > 0 ? left : inTurn;
    // Asked with `true` so that one which is idle connects meanwhile.
    const connected = untried.filter((client) => client.getChannel().getConnectivityState(true) === connectivityState.READY); // prettier-ignore
    const now = performance.now();
    const answering = connected.find((client) => (asideUntil.get(client) ?? 0) <= now);
    const one = (answering ?? connected[0] ?? untried[0]) as Client;
    if (asideUntil.has(one)) setAside(one);
    return one;
  };

  const send = (client: Client, method: MethodDefinition, request: unknown, deadlineMs: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (error: ServiceError | null, answer?: unknown): void => (error ? reject(error) : resolve(answer));
      const body = (method.requestSerialize as (value: unknown) => Buffer)(request);
      const metadata = new Metadata();
      metadata.set(ASSERTION, signRequest(identity.assertionKeys[0] as KeyObject, method.path, body, identity.now?.()));
      client.makeUnaryRequest(
        method.path,
        (bytes: Buffer) => bytes,
        method.responseDeserialize,
        body,
        metadata,
        { deadline: Date.now() + deadlineMs },
        settle,
      );
    });

  const callOf =
    (name: string, method: MethodDefinition) =>
    async (request: unknown): Promise<unknown> => {
      const { callMs: deadlineMs } = deadlineOf(name);
      const began = performance.now();
      const tried = new Set<Client>();
      let wasAsked = false;
      for (let attempt = 1; ; attempt += 1) {
        const client = next(tried);
        tried.add(client);
        try {
          const answer = await send(client, method, request, deadlineMs - (performance.now() - began));
          asideUntil.delete(client);
          trust?.accepted(addressOf(client));
          return answer;
        } catch (error) {
          const { code, details } = error as ServiceError;
          const left = deadlineMs - (performance.now() - began);
          const isAway = code === status.UNAVAILABLE;
          if (code === status.DEADLINE_EXCEEDED && tried.size === 1) setAside(client);
          const refused = REFUSED.has(code) || (isAway && /certificate|ERR_TLS/i.test(details ?? ''));
          if (refused) trust?.refused(addressOf(client), details);
          // "No connection established" says that the request was never sent; who is refused was not heard.
          const unsent = refused || (isAway && /no connection|ECONNREFUSED/i.test(details ?? ''));
          const again = (refused || isAway) && left > 50 && (unsent || !NEVER_REPEATED.has(name));
          if (again && attempt < mostAttempts) {
            wasAsked ||= !unsent;
            continue;
          }
          if (code === status.DATA_LOSS) throw new DamagedAnswer(`${method.path}: DATA_LOSS`);
          if (refused || AWAY.has(code))
            throw new ServiceUnavailable(`${method.path}: ${status[code]}`, { wasAsked: wasAsked || !unsent });
          throw new Error(`${method.path}: ${status[code] ?? 'fault'}`);
        }
      }
    };

  const calls = Object.entries(definition).map(([name, method]) => [name, coalesced(name, callOf(name, method))]);
  return {
    client: Object.fromEntries(calls) as Rpc<Definition>,
    close: () => clients.forEach((client) => client.close()),
  };
};
