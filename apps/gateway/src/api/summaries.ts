import type { accounts, applications } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';

export type Names = {
  readonly users: ReadonlyMap<number, accounts.User>;
  readonly organizations: ReadonlyMap<number, accounts.Organization>;
  readonly applications: ReadonlyMap<number, applications.Application>;
};

/** What `summary_fields` tell of users, organizations and applications, each read once; 0 is none. */
export const namesOf = async (
  gateway: Gateway,
  wanted: { users?: readonly number[]; organizations?: readonly number[]; applications?: readonly number[] },
): Promise<Names> => {
  const [users, ids, applications] = [wanted.users, wanted.organizations, wanted.applications].map((numbers = []) =>
    [...new Set(numbers)].filter((number) => number > 0),
  ) as [number[], number[], number[]];
  const [found, { organizations }, registered] = await Promise.all([
    users.length > 0 ? gateway.accounts.getUsers({ keys: users.map(keyOf) }) : { users: [] },
    ids.length > 0 ? gateway.accounts.getOrganizations({ ids }) : { organizations: [] },
    applications.length > 0
      ? gateway.applications.getApplications({ keys: applications.map(keyOf) })
      : { applications: [] },
  ]);
  return {
    users: byId(found.users.map(({ user }) => user)),
    organizations: byId(organizations.map(({ organization }) => organization)),
    applications: byId(registered.applications.map(({ application }) => application)),
  };
};

const keyOf = (value: number) => ({ key: { $case: 'id' as const, value } });
const byId = <T extends { readonly id: number }>(objects: readonly (T | undefined)[]): ReadonlyMap<number, T> =>
  new Map(objects.flatMap((object) => (object ? [[object.id, object] as const] : [])));

export const userSummary = ({ users }: Names, id: number): Record<string, unknown> => {
  const user = users.get(id);
  return user ? { user: { id, username: user.username, first_name: user.firstName, last_name: user.lastName } } : {};
};

export const organizationSummary = ({ organizations }: Names, id: number): Record<string, unknown> => {
  const organization = organizations.get(id);
  return organization ? { organization: { id, name: organization.name, description: organization.description } } : {};
};

export const applicationSummary = ({ applications }: Names, id: number): Record<string, unknown> => {
  const application = applications.get(id);
  return application ? { application: { id, name: application.name } } : {};
};
