import { permits } from '@grantlog/access';
import { applicationStream } from '@grantlog/applications-domain';
import {
  actsInPerson,
  type applications as wire,
  FORBIDDEN,
  NOT_IN_PERSON,
  refused,
  toCause,
} from '@grantlog/contracts';
import { plusSeconds } from '@grantlog/event-sourcing';
import { digestOf, newClientSecret } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';
import { changeable } from './update-application.ts';

/** Gives a new secret; the one before works for `overlap_seconds` more, then never again. At most two are alive. */
export const rotateClientSecret =
  (deps: Deps) =>
  async (request: wire.RotateClientSecretRequest): Promise<wire.RotateClientSecretResponse> => {
    const found = await changeable(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    if (!actsInPerson(request.actor)) return { result: refused(NOT_IN_PERSON) };
    const at = deps.clock.now();
    const clientSecret = newClientSecret();
    const previousSecretExpires = plusSeconds(at, request.overlapSeconds);
    const command = {
      type: 'RotateClientSecret',
      secretDigest: digestOf('client', clientSecret),
      previousExpiresAt: previousSecretExpires,
    } as const;
    const { applications } = deps.streams;
    for (;;) {
      const next = await applications.prepare(applicationStream(request.id), command, { cause: toCause(request.cause), at }); // prettier-ignore
      if (!next.commit) return { result: refused(next.refusal ?? FORBIDDEN) };
      // It may have moved since it was looked at, and the secret would be for what is somebody else's.
      if (
        next.state.status !== 'Registered' ||
        !permits(request.actor, 'change', 'application', { organizations: [next.state.organization] })
      )
        return { result: refused(FORBIDDEN) };
      if (!(await applications.complete(next.commit))) continue;
      const { clientId } = next.state;
      const { version } = next.commit;
      return { result: { $case: 'rotated', value: { clientId, clientSecret, previousSecretExpires, version } } };
    }
  };
