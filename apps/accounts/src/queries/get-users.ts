import { userStream } from '@grantlog/accounts-domain';
import type { accounts as wire } from '@grantlog/contracts';
import { numberedStream } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';
import { type AccountStreams, usernameClaim } from '../streams.ts';
import { toUser } from '../translate.ts';

/** A user's number by its name, through the claim on the name. */
export const userByName = async ({ claims }: AccountStreams, username: string): Promise<number | undefined> => {
  const { state } = await claims.load(usernameClaim(username));
  return state.status === 'Claimed' ? numberedStream(state.holder)?.number : undefined;
};

/** Users by number or name, as they are now; absent where there is none. */
export const getUsers =
  ({ streams }: Deps) =>
  async ({ keys }: wire.GetUsersRequest): Promise<wire.GetUsersResponse> => {
    const find = async ({ key }: wire.UserKey): Promise<wire.FoundUser> => {
      const id = key?.$case === 'id' ? key.value : await userByName(streams, key?.value ?? '');
      if (id === undefined) return {};
      const { state, version } = await streams.users.load(userStream(id));
      return state.status === 'None' || state.status === 'Deleted' ? {} : { user: toUser(id, state, version) };
    };
    return { users: await Promise.all(keys.map(find)) };
  };
