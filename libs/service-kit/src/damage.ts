import { Gauge, type Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Check } from './management.ts';

type Damage = { readonly stream: string; readonly version: number; readonly part: string };

export type DamageReport = {
  /** Takes a commit that was met and cannot be read; may be called with one again and again. */
  readonly report: (damage: Damage) => void;
  /** Degraded once there is one: other instances read the same. */
  readonly check: () => Check;
  readonly measure: (registry: Registry) => void;
};

const MOST_REMEMBERED = 1000;

/** Tells of commits that cannot be read: each once in the log, all of them in a gauge and in readiness. */
export const createDamageReport = (logger: Logger): DamageReport => {
  const met = new Set<string>();
  let since = '';
  return {
    report: ({ stream, version, part }) => {
      const place = `${stream}:${version}`;
      if (met.has(place) || met.size >= MOST_REMEMBERED) return;
      if (met.size === 0) since = new Date().toISOString();
      met.add(place);
      logger.error({ stream, version, part }, 'a commit is damaged: its stream is not served, everything else is');
    },
    measure: (registry) =>
      void new Gauge({
        name: 'grantlog_damaged_commits',
        help: 'Commits that this process met and could not read',
        registers: [registry],
        collect() {
          this.set(met.size);
        },
      }),
    check: () => ({
      state: met.size > 0 ? 'degraded' : 'ok',
      ...(met.size > 0 && { since, cause: `damaged commits: ${[...met].slice(0, 10).join(', ')}` }),
    }),
  };
};
