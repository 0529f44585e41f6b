import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import { pause } from './supervise.ts';

/** One line of readiness, from memory. `failed`: send requests to another instance; `degraded`: that would not help. */
export type Check = {
  readonly state: 'ok' | 'degraded' | 'failed';
  /** ISO 8601. */
  readonly since?: string;
  readonly cause?: string;
  readonly [detail: string]: unknown;
};

export type Management = {
  readonly metrics: Registry;
  /** Adds a line to readiness; asked on every call of `/health/ready`, so it asks nobody else. */
  readonly check: (name: string, check: () => Check) => void;
  /** Begins to answer `ready` by the checks; before, and while stopping, it is not ready. */
  readonly started: () => void;
  readonly stopping: () => void;
  readonly close: () => Promise<void>;
};

const MOST_CONNECTIONS = 64;

/**
 * Health and metrics, on a port of their own that is never public. Both liveness and readiness answer from memory.
 * @throws when the port is taken
 */
export const startManagement = async (place: Place, service: string, clock: Clock): Promise<Management> => {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metrics });
  let phase: 'starting' | 'started' | 'stopping' = 'starting';
  const checks = new Map<string, () => Check>();

  const readiness = () => {
    const results = [...checks].map(([name, check]) => ({ name, ...check() }));
    const has = (state: Check['state']): boolean => results.some((one) => one.state === state);
    const ready = has('degraded') ? 'degraded' : 'ready';
    const started = phase === 'started' && !has('failed') ? ready : 'not ready';
    return { status: phase === 'stopping' ? 'draining' : started, checks: results };
  };

  const answer = async (path: string): Promise<[number, string, string]> => {
    const json = (status: number, body: unknown): [number, string, string] => [
      status,
      'application/json',
      JSON.stringify(body),
    ];
    switch (path) {
      case '/health/live':
        return json(200, { status: 'live', service });
      case '/health/started':
        return json(phase === 'starting' ? 503 : 200, { status: phase, service });
      case '/health/ready': {
        const { status, checks: results } = readiness();
        const isReady = status === 'ready' || status === 'degraded';
        return json(isReady ? 200 : 503, { status, service, pid: process.pid, checks: results });
      }
      case '/metrics':
        return [200, metrics.contentType, await metrics.metrics()];
      case '/test/clock':
        return clock.setting() === undefined
          ? json(404, { detail: 'Not found.' })
          : json(200, { setting: clock.setting(), now: clock.now() });
      default:
        return json(404, { detail: 'Not found.' });
    }
  };

  const server = createServer((request, response) => {
    void answer(request.url ?? '').then(
      ([status, type, body]) =>
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, place, 'GRANTLOG_MANAGEMENT_PORT');
  return {
    metrics,
    check: (name, check) => void checks.set(name, check),
    started: () => (phase = 'started'),
    stopping: () => (phase = 'stopping'),
    close: () => closeServer(server),
  };
};

/** As many as Linux lets wait; the usual 511 are fewer than come at once after a stall. */
const WAITING_CONNECTIONS = 4096;

/** Where a server listens: `::` is every address, IPv4 too, also on a host without IPv6. */
export type Place = { readonly port: number; readonly address: string };

/**
 * @param variable of the port; `..._PORT` has a `..._BIND_ADDRESS` beside it
 * @throws an error that names the variable when the port is taken, or is no address of this machine
 */
export const listen = (server: Server, { port, address }: Place, variable: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} is taken; set ${variable} to a free one`)
          : new Error(`cannot listen on ${placeText({ port, address })} (${error.code}); set ${variable} or ${variable.replace(/PORT$/, 'BIND_ADDRESS')} to what this process may listen on`, { cause: error }),
      ),
    );
    server.listen(port, address === '::' ? undefined : address, WAITING_CONNECTIONS, () => resolve());
  }); // prettier-ignore

export const placeText = ({ port, address }: Place): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

const IDLE_CLOSED_EVERY_MS = 100;
/** Longer than any request may take. */
const REQUESTS_END_WITHIN_MS = 8000;

/**
 * Ends a server without cutting a request: it goes on accepting for the delay, then takes no new connection, lets
 * requests under way finish and closes what is idle.
 * @param delaySeconds in which idle connections stay open, so that nobody's next request meets a closed one
 */
export const closeServer = async (server: Server, delaySeconds = 0): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, delaySeconds * 1000));
  const closed = new AbortController();
  const force = setTimeout(() => server.closeAllConnections(), REQUESTS_END_WITHIN_MS);
  server.close(() => closed.abort());
  // A connection falls idle whenever its last reply is sent.
  while (!closed.signal.aborted) {
    server.closeIdleConnections();
    await pause(IDLE_CLOSED_EVERY_MS, closed.signal);
  }
  clearTimeout(force);
};
