import { permits } from '@grantlog/access';
import { randomUUID } from 'node:crypto';
import { organizationStream } from '@grantlog/accounts-domain';
import { type accounts as wire, FORBIDDEN, invalidField, refused, toCause } from '@grantlog/contracts';
import type { Cause, Commit } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { ORGANIZATION_NUMBERS_STREAM, organizationNameClaim } from '../streams.ts';
import { toOrganization } from '../translate.ts';

/** The commit of a new organization. */
export const prepareOrganization = async (
  { streams, clock }: Deps,
  id: number,
  { name, description }: { name: string; description: string },
  cause: Cause,
): Promise<Commit> => {
  const { commit } = await streams.organizations.prepare(
    organizationStream(id),
    { type: 'CreateOrganization', name, description },
    { cause, at: clock.now(), commitId: randomUUID() },
  );
  if (!commit) throw new Error(`organization number ${id} is in use`);
  return commit;
};

/** Creates an organization. Only a superuser may. */
export const createOrganization =
  (deps: Deps) =>
  async (request: wire.CreateOrganizationRequest): Promise<wire.CreateOrganizationResponse> => {
    const { streams, clock } = deps;
    if (!permits(request.actor, 'create', 'organization')) return { result: refused(FORBIDDEN) };
    const cause = toCause(request.cause);
    const { version: id } = await streams.numbers.handle(ORGANIZATION_NUMBERS_STREAM, null, { cause, at: clock.now() });
    const commit = await prepareOrganization(deps, id, request, cause);
    if ((await streams.organizationNames.take(organizationNameClaim(request.name), commit, cause)) !== 'done') {
      return { result: refused(invalidField('name', 'Organization with this Name already exists.')) };
    }
    const { state, version } = await streams.organizations.load(organizationStream(id));
    if (state.status !== 'Existing') throw new Error(`organization ${id} was not created`);
    return { result: { $case: 'organization', value: toOrganization(id, state, version) } };
  };
