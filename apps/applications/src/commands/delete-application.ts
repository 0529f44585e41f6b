import { applicationStream } from '@grantlog/applications-domain';
import { type applications as wire, toCause, toRefusal } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';
import { nameClaim } from '../streams.ts';
import { changeable } from './update-application.ts';

/** Deletes an application; every grant of it is dead before the reply. */
export const deleteApplication =
  (deps: Deps) =>
  async (request: wire.DeleteApplicationRequest): Promise<wire.DeleteApplicationResponse> => {
    const { streams, clock } = deps;
    const { id } = request;
    const found = await changeable(deps, request);
    if ('refusal' in found) return { refusal: toRefusal(found.refusal), version: 0 };
    const cause = toCause(request.cause);
    const stream = applicationStream(id);
    const { refusal, version } = await streams.endings.run(id, cause, () =>
      streams.applications.handle(stream, { type: 'DeleteApplication' }, { cause, at: clock.now() }),
    );
    if (refusal) return { refusal: toRefusal(refusal), version };
    const { organization, name } = found.application;
    await streams.names.release(nameClaim(organization, name), stream, cause);
    await streams.intake.left(organization, id, { cause, at: clock.now() });
    return { version };
  };
