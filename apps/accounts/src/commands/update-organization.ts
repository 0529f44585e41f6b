import { permits } from '@grantlog/access';
import { organizationStream, type OrganizationFields, userStream } from '@grantlog/accounts-domain';
import { type accounts as wire, FORBIDDEN, invalidField, refused, toCause, toRefusal } from '@grantlog/contracts';
import type { Refusal } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { organizationNameClaim } from '../streams.ts';
import { toOrganization } from '../translate.ts';

const NOT_FOUND: Refusal = { error: 'not_found', description: 'No Organization matches the given query.' };
const BUILT_IN = 1;

/** Changes name or description; its admins and superusers may. A new name is claimed before the old one is released. */
export const updateOrganization =
  ({ streams, clock }: Deps) =>
  async (request: wire.UpdateOrganizationRequest): Promise<wire.UpdateOrganizationResponse> => {
    const { actor, id, name, description } = request;
    const stream = organizationStream(id);
    const cause = toCause(request.cause);
    const changes: Partial<OrganizationFields> = {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    };
    const { state: found } = await streams.organizations.load(stream);
    if (found.status !== 'Existing' || !permits(actor, 'read', 'organization', { organizations: [id] }))
      return { result: refused(NOT_FOUND) };
    if (!permits(actor, 'change', 'organization', { organizations: [id] })) return { result: refused(FORBIDDEN) };
    const prepare = async () => {
      const command = { type: 'ChangeOrganization', changes } as const;
      const prepared = await streams.organizations.prepare(stream, command, { cause, at: clock.now() });
      if (!prepared.commit) return prepared;
      const { state, commit } = prepared;
      if (state.status !== 'Existing') return { refusal: NOT_FOUND };
      return { commit, from: organizationNameClaim(state.name), to: organizationNameClaim(name ?? state.name) };
    };
    const taken = invalidField('name', 'Organization with this Name already exists.');
    const refusal = await streams.organizationNames.change(prepare, taken, cause);
    if (refusal) return { result: refused(refusal) };
    const { state, version } = await streams.organizations.load(stream);
    if (state.status !== 'Existing') return { result: refused(NOT_FOUND) };
    return { result: { $case: 'organization', value: toOrganization(id, state, version) } };
  };

/** Deletes an organization. Only a superuser may. */
export const deleteOrganization =
  ({ streams, clock }: Deps) =>
  async ({ actor, id, ...request }: wire.DeleteOrganizationRequest): Promise<wire.DeleteOrganizationResponse> => {
    const stream = organizationStream(id);
    const cause = toCause(request.cause);
    const { state } = await streams.organizations.load(stream);
    if (state.status !== 'Existing' || !permits(actor, 'read', 'organization', { organizations: [id] }))
      return { refusal: toRefusal(NOT_FOUND), version: 0 };
    if (!permits(actor, 'delete', 'organization', { organizations: [id] }))
      return { refusal: toRefusal(FORBIDDEN), version: 0 };
    if (id === BUILT_IN)
      return {
        refusal: toRefusal(invalidField('__all__', 'The built-in organization cannot be deleted.')),
        version: 0,
      };
    const { serviceIdentity } = state;
    // First: a repeated request finishes what a crash left.
    if (serviceIdentity !== undefined)
      await streams.endings.run(serviceIdentity, cause, () =>
        streams.users.handle(userStream(serviceIdentity), { type: 'DeleteUser' }, { cause, at: clock.now() }),
      );
    const { refusal, version } = await streams.organizations.handle(
      stream,
      { type: 'DeleteOrganization' },
      { cause, at: clock.now() },
    );
    if (refusal) return { refusal: toRefusal(refusal), version };
    await streams.organizationNames.release(organizationNameClaim(state.name), stream, cause);
    return { version };
  };
