import type { Check, Logger } from '@grantlog/service-kit';
import { Gauge, type Registry } from 'prom-client';
import type { UnfitEvents } from './apply-events.ts';

const MOST_REMEMBERED = 1000;

/** Tells of streams that the lists lack: each once in the log, all of them in a gauge and in readiness. */
export const createUnfitStreams = (
  logger: Logger,
  registry: Registry,
): { readonly report: (unfit: UnfitEvents) => void; readonly check: () => Check } => {
  const met = new Set<string>();
  let since = '';
  new Gauge({
    name: 'grantlog_unfit_streams',
    help: 'Streams that this process met and no read model can show',
    registers: [registry],
    collect() {
      this.set(met.size);
    },
  });
  return {
    report: (unfit) => {
      if (met.has(unfit.stream) || met.size >= MOST_REMEMBERED) return;
      if (met.size === 0) since = new Date().toISOString();
      met.add(unfit.stream);
      logger.error({ err: unfit, stream: unfit.stream }, 'no read model can show a stream: lists lack it');
    },
    check: () => ({
      state: met.size > 0 ? 'degraded' : 'ok',
      ...(met.size > 0 && { since, cause: `lists lack: ${[...met].slice(0, 10).join(', ')}` }),
    }),
  };
};
