import { organizationStream } from '@grantlog/accounts-domain';
import type { accounts as wire } from '@grantlog/contracts';
import { numberedStream } from '@grantlog/event-sourcing';
import { organizationNameClaim } from '../streams.ts';
import type { Deps } from '../service-deps.ts';
import { toOrganization } from '../translate.ts';

/** An organization's number by its name, through the claim on the name; 0: there is none. */
export const findOrganization =
  ({ streams }: Deps) =>
  async ({ name }: wire.FindOrganizationRequest): Promise<wire.FindOrganizationResponse> => {
    const { state } = await streams.claims.load(organizationNameClaim(name));
    return { id: state.status === 'Claimed' ? (numberedStream(state.holder)?.number ?? 0) : 0 };
  };

/** Organizations by number, as they are now; absent where there is none. */
export const getOrganizations =
  ({ streams }: Deps) =>
  async ({ ids }: wire.GetOrganizationsRequest): Promise<wire.GetOrganizationsResponse> => {
    const find = async (id: number): Promise<wire.FoundOrganization> => {
      const { state, version } = await streams.organizations.load(organizationStream(id));
      return state.status === 'Existing' ? { organization: toOrganization(id, state, version) } : {};
    };
    return { organizations: await Promise.all(ids.map(find)) };
  };
