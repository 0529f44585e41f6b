import type { applications as wire } from '@grantlog/contracts';
import { numberedStream } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { nameClaim } from '../streams.ts';

/** An application's number by its name in an organization, through the claim on the name; 0: there is none. */
export const findApplication =
  ({ streams }: Deps) =>
  async ({ name, organization }: wire.FindApplicationRequest): Promise<wire.FindApplicationResponse> => {
    const { state } = await streams.claims.load(nameClaim(organization, name));
    return { id: state.status === 'Claimed' ? (numberedStream(state.holder)?.number ?? 0) : 0 };
  };
