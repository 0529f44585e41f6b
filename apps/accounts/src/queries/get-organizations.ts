import { organizationStream } from '@grantlog/accounts-domain';
import type { accounts as wire } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';
import { toOrganization } from '../translate.ts';

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
