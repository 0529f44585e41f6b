import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import type { ApplicationsClient, audit, AuditClient } from '@grantlog/contracts';
import { applicationOfClientId } from '@grantlog/oauth';
import { type Clock, everyMs, type Logger, type WorkerSpec } from '@grantlog/service-kit';
import { addressOf, requestId } from './http/request-context.ts';

/** What operators count and search by. Telemetry, not facts: an attacker makes as many as he likes. */
export type RefusalReason =
  | 'failed_client_authentication'
  | 'failed_login'
  | 'too_many_attempts'
  | 'refused_authorization'
  | 'refused_grant'
  | 'refused_token'
  | 'refused_scope'
  | 'refused_form'
  | 'refused_origin';

export type Refusals = {
  /** Notes a refusal for `/api/v2/refusals/`; never waits and never fails. The detail is fit to be shown to operators. */
  readonly record: (request: Request, reason: RefusalReason, detail: string, clientId?: string) => void;
  /** Sends what was noted, together. */
  readonly worker: WorkerSpec;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
};

const SENT_EVERY_MS = 200;
const SENT_WITHIN_MS = 8000;
const LAST_SENT_WITHIN_MS = 2000;
/** In one interval; more are dropped and counted. */
const MOST_AT_ONCE = 200;
const LONGEST_DETAIL = 300;
const LONGEST_CLIENT_ID = 100;

/**
 * @param applications knows which client ids there are
 * @param count adds one to the metric of a reason
 */
export const createRefusals = (
  service: Pick<AuditClient, 'recordRefusals'>,
  applications: Pick<ApplicationsClient, 'getApplications'>,
  clock: Clock,
  logger: Logger,
  count: (reason: RefusalReason) => void,
): Refusals => {
  let waiting: audit.RefusalRecord[] = [];
  let dropped = 0;

  /** Leaves out what is no client id: in its place may be a secret. Only imported ones cannot be told by their form. */
  const withKnownClients = async (refusals: readonly audit.RefusalRecord[]): Promise<audit.RefusalRecord[]> => {
    const unsure = [...new Set(refusals.map(({ clientId }) => clientId))].filter(
      (id) => id !== '' && applicationOfClientId(id) === undefined,
    );
    if (unsure.length === 0) return [...refusals];
    const { applications: found } = await applications.getApplications({
      keys: unsure.map((value) => ({ key: { $case: 'clientId', value } })),
    });
    const unknown = new Set(unsure.filter((_, i) => found[i]?.application === undefined));
    return refusals.map((one) => (unknown.has(one.clientId) ? { ...one, clientId: '' } : one));
  };

  const send = async (): Promise<void> => {
    if (waiting.length === 0 && dropped === 0) return;
    const [refusals, lost] = [waiting, dropped];
    [waiting, dropped] = [[], 0];
    try {
      await service.recordRefusals({ refusals: await withKnownClients(refusals), dropped: lost });
    } catch (error) {
      // Counted, and told with the next ones; keeping them would let an outage fill the memory.
      dropped += refusals.length + lost;
      throw error;
    }
  };

  return {
    record: (request, reason, detail, clientId = '') => {
      count(reason);
      if (waiting.length >= MOST_AT_ONCE) dropped += 1;
      else
        waiting.push({
          at: clock.now(),
          reason,
          requestId: requestId(request),
          clientId: clientId.length > LONGEST_CLIENT_ID ? '' : clientId,
          address: addressOf(request),
          path: request.path.slice(0, 200),
          detail: detail.slice(0, LONGEST_DETAIL),
        });
    },
    worker: everyMs('refusals', SENT_EVERY_MS, send, SENT_WITHIN_MS),
    close: () =>
      Promise.race([send(), pause(LAST_SENT_WITHIN_MS)]).catch((error: unknown) =>
        logger.warn({ err: error }, 'refusals were lost'),
      ),
  };
};
