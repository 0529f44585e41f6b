import type { accounts } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';

export type Names = {
  readonly users: ReadonlyMap<number, accounts.User>;
  readonly organizations: ReadonlyMap<number, accounts.Organization>;
};

/** What `summary_fields` tell of users and organizations, each read once. */
export const namesOf = async (
  gateway: Gateway,
  wanted: { users?: readonly number[]; organizations?: readonly number[] },
): Promise<Names> => {
  const userIds = [...new Set(wanted.users ?? [])];
  const ids = [...new Set(wanted.organizations ?? [])];
  const [{ users }, { organizations }] = await Promise.all([
    userIds.length > 0
      ? gateway.accounts.getUsers({ keys: userIds.map((value) => ({ key: { $case: 'id' as const, value } })) })
      : { users: [] },
    ids.length > 0 ? gateway.accounts.getOrganizations({ ids }) : { organizations: [] },
  ]);
  return {
    users: new Map(users.flatMap(({ user }) => (user ? [[user.id, user] as const] : []))),
    organizations: new Map(
      organizations.flatMap(({ organization }) => (organization ? [[organization.id, organization] as const] : [])),
    ),
  };
};

export const userSummary = (names: Names, id: number): Record<string, unknown> => {
  const user = names.users.get(id);
  return user ? { user: { id, username: user.username, first_name: user.firstName, last_name: user.lastName } } : {};
};
