import { Gauge, type Registry } from 'prom-client';
import type { Check } from './management.ts';

const DEGRADED_AFTER_MS = 30_000;

/** How far one partition is applied. */
export type Applied = {
  readonly partition: string;
  /** Messages that are there and not applied yet. */
  readonly left: number;
  /** When the last one that was applied was published, in milliseconds. */
  readonly publishedAt: number;
};

/** Tells how far read models are behind what is published: in a gauge, and in readiness beyond 30 s. */
export const createLagReport = (
  registry: Registry,
): { readonly applied: (applied: Applied) => void; readonly forget: () => void; readonly check: () => Check } => {
  const partitions = new Map<string, Applied>();
  const left = (): number => [...partitions.values()].reduce((sum, one) => sum + one.left, 0);
  lagMetric(registry, left);
  return {
    applied: (applied) => void partitions.set(applied.partition, applied),
    /** Others may have the partitions now. */
    forget: () => partitions.clear(),
    check: () => {
      const oldest = Math.min(...[...partitions.values()].flatMap((one) => (one.left > 0 ? [one.publishedAt] : [])));
      const isLate = Date.now() - oldest > DEGRADED_AFTER_MS;
      const since = isLate
        ? { since: new Date(oldest).toISOString(), cause: 'lists are behind by more than 30 s' }
        : {};
      return { state: isLate ? 'degraded' : 'ok', ...since, lag: left() };
    },
  };
};

/** @param left how many messages, or commits in the embedded profile, the read models lack */
export const lagMetric = (registry: Registry, left: () => number): void =>
  void new Gauge({
    name: 'grantlog_projection_lag',
    help: 'Messages, or commits in the embedded profile, that the read models lack',
    registers: [registry],
    collect() {
      this.set(left());
    },
  });
