import { Counter, Histogram, type Registry } from 'prom-client';

/** Counts requests and their time by route, method and status; no client, user or token is ever a label. */
export const requestMetrics = (
  registry: Registry,
): ((route: string, method: string, status: number, seconds: number) => void) => {
  const requests = new Counter({
    name: 'grantlog_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'grantlog_http_request_seconds',
    help: 'Time until the answer was sent',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return (route, method, status, seconds) => {
    requests.inc({ route, method, status: String(status) });
    duration.observe({ route }, seconds);
  };
};
