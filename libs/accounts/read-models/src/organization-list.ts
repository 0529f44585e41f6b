import type { Projection, ReadModel } from '@grantlog/event-sourcing';
import type { OrganizationEvent } from '@grantlog/accounts-domain';

/** The organizations; the organization's number is the document's id. */
export const organizationList: ReadModel = {
  name: 'organization_list',
  fields: { name: 'text', description: 'text', created: 'text', modified: 'text' },
  indexes: [['name'], ['description'], ['created'], ['modified']],
  searched: ['name', 'description'],
};

export const organizationListProjection: Projection = {
  model: organizationList,
  category: 'organization',
  project: (fields, recorded) => {
    const event = recorded.event as OrganizationEvent;
    if (event.type === 'OrganizationDeleted') return null;
    if (event.type === 'OrganizationChanged') return fields && { ...fields, ...event.changes, modified: recorded.at };
    if (event.type !== 'OrganizationCreated') return fields;
    return {
      name: event.name,
      description: event.description,
      created: recorded.at,
      modified: recorded.at,
    };
  },
};
