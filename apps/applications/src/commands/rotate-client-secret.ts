import { applicationStream } from '@grantlog/applications-domain';
import { actsInPerson, type applications as wire, NOT_IN_PERSON, refused, toCause } from '@grantlog/contracts';
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
    const { refusal, version } = await deps.streams.applications.handle(
      applicationStream(request.id),
      {
        type: 'RotateClientSecret',
        secretDigest: digestOf('client', clientSecret),
        previousExpiresAt: previousSecretExpires,
      },
      { cause: toCause(request.cause), at },
    );
    if (refusal) return { result: refused(refusal) };
    const { clientId } = found.application;
    return { result: { $case: 'rotated', value: { clientId, clientSecret, previousSecretExpires, version } } };
  };
