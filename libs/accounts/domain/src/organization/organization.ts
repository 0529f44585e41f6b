import { accept, type Decider, type Decision, type Instant, refuse } from '@grantlog/event-sourcing';

/** What of an organization may be changed. */
export type OrganizationFields = { readonly name: string; readonly description: string };

export type OrganizationEvent =
  | {
      type: 'OrganizationCreated';
      name: string;
      description: string;
      /** In facts from before each application had one of its own. */
      serviceIdentity?: number;
    }
  | { type: 'OrganizationChanged'; changes: Partial<OrganizationFields>; previous: Partial<OrganizationFields> }
  | { type: 'OrganizationDeleted' };

export type Organization =
  | { readonly status: 'None' }
  | { readonly status: 'Deleted'; readonly name: string }
  | {
      readonly status: 'Existing';
      readonly name: string;
      readonly description: string;
      /** The user of client-credentials tokens from before each application had one of its own. */
      readonly serviceIdentity?: number;
      readonly createdAt: Instant;
      readonly modifiedAt: Instant;
    };

export type OrganizationCommand =
  | {
      readonly type: 'CreateOrganization';
      readonly name: string;
      readonly description: string;
    }
  | { readonly type: 'ChangeOrganization'; readonly changes: Partial<OrganizationFields> }
  | { readonly type: 'DeleteOrganization' };

const decide = (command: OrganizationCommand, organization: Organization): Decision<OrganizationEvent> => {
  if (command.type === 'CreateOrganization') {
    const { name, description } = command;
    return organization.status === 'None'
      ? accept([{ type: 'OrganizationCreated', name, description }])
      : refuse('taken', 'this organization number is taken');
  }
  if (organization.status !== 'Existing') return refuse('not_found', 'No Organization matches the given query.');
  if (command.type === 'DeleteOrganization') return accept([{ type: 'OrganizationDeleted' }]);
  const { changes } = command;
  const names = (['name', 'description'] as const).filter(
    (name) => changes[name] !== undefined && changes[name] !== organization[name],
  );
  if (names.length === 0) return accept([]);
  const pick = (from: Partial<OrganizationFields>): Partial<OrganizationFields> =>
    Object.fromEntries(names.map((name) => [name, from[name]]));
  return accept([{ type: 'OrganizationChanged', changes: pick(changes), previous: pick(organization) }]);
};

/** Creation, change and end of one organization. */
export const organizationDecider: Decider<Organization, OrganizationCommand, OrganizationEvent> = {
  initialState: { status: 'None' },
  decide,
  evolve: (organization, event, commit) => {
    if (event.type === 'OrganizationCreated') {
      const { type: _type, ...fields } = event;
      return { status: 'Existing', ...fields, createdAt: commit.at, modifiedAt: commit.at };
    }
    if (organization.status !== 'Existing') return organization;
    if (event.type === 'OrganizationChanged') return { ...organization, ...event.changes, modifiedAt: commit.at };
    return event.type === 'OrganizationDeleted' ? { status: 'Deleted', name: organization.name } : organization;
  },
};

export const organizationStream = (id: number): string => `organization-${id}`;
