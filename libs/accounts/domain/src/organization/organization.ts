import { accept, type Decider, type Instant, refuse } from '@grantlog/event-sourcing';

export type OrganizationEvent =
  | { type: 'OrganizationCreated'; name: string; description: string; serviceIdentity: number }
  | { type: 'OrganizationDeleted' };

export type Organization =
  | { readonly status: 'None' | 'Deleted' }
  | {
      readonly status: 'Existing';
      readonly name: string;
      readonly description: string;
      /** The user of its client-credentials tokens. */
      readonly serviceIdentity: number;
      readonly createdAt: Instant;
      readonly modifiedAt: Instant;
    };

export type OrganizationCommand = {
  readonly type: 'CreateOrganization';
  readonly name: string;
  readonly description: string;
  readonly serviceIdentity: number;
};

export const organizationDecider: Decider<Organization, OrganizationCommand, OrganizationEvent> = {
  initialState: { status: 'None' },
  decide: ({ name, description, serviceIdentity }, organization) =>
    organization.status === 'None'
      ? accept([{ type: 'OrganizationCreated', name, description, serviceIdentity }])
      : refuse('taken', 'this organization number is taken'),
  evolve: (organization, event, commit) => {
    if (event.type === 'OrganizationCreated') {
      const { type: _type, ...fields } = event;
      return { status: 'Existing', ...fields, createdAt: commit.at, modifiedAt: commit.at };
    }
    return event.type === 'OrganizationDeleted' ? { status: 'Deleted' } : organization;
  },
};

export const organizationStream = (id: number): string => `organization-${id}`;
