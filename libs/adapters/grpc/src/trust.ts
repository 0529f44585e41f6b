import type { Check, Logger } from '@grantlog/service-kit';

/** Why a process and a peer do not accept each other, although both are there. */
export type Trust = {
  readonly refused: (peer: string, why: string) => void;
  readonly accepted: (peer: string) => void;
  readonly check: () => Check;
};

/** A refusal that did not come again for so long is over. */
const OVER_AFTER_MS = 30_000;

/** Tells of peers that are refused, or refuse: each once in the log when it begins and when it is over, and in readiness. */
export const createTrust = (logger: Logger): Trust => {
  const refusals = new Map<string, { readonly why: string; readonly since: string; lastAt: number }>();
  const end = (peer: string): void => {
    if (refusals.delete(peer)) logger.info({ peer }, 'requests are accepted again');
  };
  const endOld = (): void => {
    for (const [peer, { lastAt }] of refusals) if (performance.now() - lastAt > OVER_AFTER_MS) end(peer);
  };
  return {
    refused: (peer, why) => {
      endOld();
      const known = refusals.get(peer);
      if (known) known.lastAt = performance.now();
      else {
        refusals.set(peer, { why, since: new Date().toISOString(), lastAt: performance.now() });
        logger.error({ peer, why }, 'requests are refused');
      }
    },
    accepted: (peer) => {
      if (refusals.size > 0) end(peer);
    },
    check: () => {
      endOld();
      const [first] = refusals;
      if (!first) return { state: 'ok' };
      const [peer, { why, since }] = first;
      return { state: 'degraded', since, cause: `${peer}: ${why}` };
    },
  };
};
