import { permits } from '@grantlog/access';
import { type applications as wire, FORBIDDEN, toCause, toRefusal } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';

/** Takes no application into an organization any more, before it is deleted; may be repeated. Only a superuser may. */
export const closeOrganization =
  ({ streams, clock }: Deps) =>
  async ({ actor, id, ...request }: wire.CloseOrganizationRequest): Promise<wire.CloseOrganizationResponse> => {
    if (!permits(actor, 'delete', 'organization', { organizations: [id] })) return { refusal: toRefusal(FORBIDDEN) };
    const refusal = await streams.intake.close(id, { cause: toCause(request.cause), at: clock.now() });
    return { ...(refusal && { refusal: toRefusal(refusal) }) };
  };
