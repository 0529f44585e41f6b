import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

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

/** Counts what was not taken because there was too much of it: requests by class, connections by limit. */
export const overloadMetrics = (
  registry: Registry,
): { shed: (shed: string) => void; dropped: (limit: string) => void } => {
  const requests = new Counter({
    name: 'grantlog_http_requests_shed_total',
    help: 'Requests answered 503 because they could not be answered in time',
    labelNames: ['shed'] as const,
    registers: [registry],
  });
  const connections = new Counter({
    name: 'grantlog_http_connections_dropped_total',
    help: 'Connections beyond a limit, in all or of one sender',
    labelNames: ['limit'] as const,
    registers: [registry],
  });
  return { shed: (shed) => requests.inc({ shed }), dropped: (limit) => connections.inc({ limit }) };
};

/** Counts what was refused, by reason. */
export const refusalMetric = (registry: Registry): ((reason: string) => void) => {
  const refusals = new Counter({
    name: 'grantlog_refusals_total',
    help: 'Security-relevant refusals',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  return (reason) => refusals.inc({ reason });
};

/** 1 while the store's disk is full, or fails. */
export const diskMetric = (registry: Registry, cause: () => 'full' | 'failing' | undefined): void => {
  new Gauge({
    name: 'grantlog_store_disk_fault',
    help: 'Whether the disk of the store takes no writes, by cause',
    labelNames: ['cause'] as const,
    registers: [registry],
    collect() {
      for (const one of ['full', 'failing'] as const) this.set({ cause: one }, cause() === one ? 1 : 0);
    },
  });
};

/** Tells which settings files are in force, by their hashes, and how often they changed. */
export const settingsFileMetric = (registry: Registry): ((file: string, sha256: string) => void) => {
  const changes = new Counter({
    name: 'grantlog_settings_file_changes_total',
    help: 'Settings files read or read again',
    registers: [registry],
  });
  const inForce = new Gauge({
    name: 'grantlog_settings_file',
    help: 'Settings files in force',
    labelNames: ['file', 'sha256'] as const,
    registers: [registry],
  });
  const known = new Map<string, string>();
  return (file, sha256) => {
    changes.inc();
    const before = known.get(file);
    if (before !== undefined) inForce.remove({ file, sha256: before });
    known.set(file, sha256);
    inForce.set({ file, sha256 }, 1);
  };
};

/** Counts messages from Kafka that could not be used, by problem: origin, shape or data. */
export const unusableMetric = (registry: Registry): ((problem: string) => void) => {
  const unusable = new Counter({
    name: 'grantlog_unusable_messages_total',
    help: 'Messages whose streams were read from the store instead',
    labelNames: ['problem'] as const,
    registers: [registry],
  });
  return (problem) => unusable.inc({ problem });
};
