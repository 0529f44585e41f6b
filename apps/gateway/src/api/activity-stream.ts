import { permits } from '@grantlog/access';
import type { common, tokens as wire } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { notFound } from '../http/api-error.ts';
import { exactly } from '../http/listing.ts';
import { visible } from './applications.ts';
import type { Answer, Call, Methods } from './endpoint.ts';
import { answerPage, applicationsOf, queryOf } from './list-query.ts';
import { visibleOrganization } from './organizations.ts';
import { defineResource } from './resource.ts';
import { namesOf, type Names } from './summaries.ts';
import { visibleToken } from './tokens.ts';
import { visibleUser } from './users.ts';

const OPERATIONS = ['create', 'update', 'delete', 'associate', 'disassociate'];

const namedObjects = ({ object1, object1Id, object2, object2Id }: wire.Activity): (readonly [string, number])[] =>
  ([[object1, object1Id], [object2, object2Id]] as const).filter(([type]) => Object.hasOwn(COLLECTIONS, type)); // prettier-ignore

export const ACTIVITY = defineResource<wire.Activity, Names>()({
  type: 'activity_stream',
  model: 'ActivityStream',
  collection: 'activity_stream',
  word: 'activity stream',
  searched: [],
  order: ['id'],
  isRecord: true,
  related: (activity) => ({
    ...(activity.actor > 0 && { actor: `/api/v2/users/${activity.actor}/` }),
    ...Object.fromEntries(namedObjects(activity).map(([type, id]) => [type, [`/api/v2/${COLLECTIONS[type]}/${id}/`]])),
  }),
  summary: (activity, names) => ({
    ...(activity.actor > 0 && { actor: personOf(names, activity.actor) }),
    ...Object.fromEntries(namedObjects(activity).map(([type, id]) => [type, [summaryOf(names, activity, type, id)]])),
  }),
  fields: {
    timestamp: { type: 'datetime', filter: 'time', label: 'Timestamp' },
    operation: {
      type: 'choice',
      filter: 'text',
      choices: Object.fromEntries(OPERATIONS.map((one) => [one, one])),
      label: 'Operation',
      help: 'The action taken with respect to the given object(s).',
    },
    changes: {
      type: 'json',
      read: ({ changes }: wire.Activity) => JSON.parse(changes) as unknown,
      label: 'Changes',
      help: 'A summary of the new and changed values when an object is created, updated, or deleted',
    },
    object1: {
      type: 'string',
      filter: 'text',
      label: 'Object1',
      help: 'For create, update, and delete events this is the object type that was affected. For associate and disassociate events this is the object type associated or disassociated with object2.',
    },
    object2: {
      type: 'string',
      filter: 'text',
      label: 'Object2',
      help: 'Unpopulated for create, update, and delete events. For associate and disassociate events this is the object type that object1 is being associated with.',
    },
    object_association: {
      type: 'field',
      label: 'Object association',
      help: 'When present, shows the field name of the role or relationship that changed.',
    },
    action_node: {
      type: 'string',
      read: () => '',
      label: 'Action node',
      help: 'The cluster node the activity took place on.',
    },
    object_type: {
      type: 'field',
      read: ({ objectAssociation }: wire.Activity) => (objectAssociation.endsWith('_role') ? 'organization' : ''),
      label: 'Object type',
      help: 'When present, shows the model on which the role or relationship was defined.',
    },
    actor: {
      type: 'id',
      hidden: true,
      filter: 'integer',
      related: { username: 'text' },
      label: 'Actor',
      help: 'Who did it.',
    },
    request_id: { type: 'string', label: 'Request id', help: 'The request that did it.' },
    client_id: {
      type: 'string',
      nullable: true,
      read: ({ clientId }: wire.Activity) => clientId || null,
      label: 'Client id',
      help: 'The client that did it, where one was proven.',
    },
  },
});

/** `/api/v2/activity_stream/` */
export const activityList = (gateway: Gateway): Methods => ({ GET: (call) => list(gateway, call, []) });

/** `/api/v2/activity_stream/N/` */
export const activityDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { activities } = await ask(gateway, call, queryOf([exactly('id', call.id)]));
    const [found] = activities;
    if (!found) throw notFound(ACTIVITY.model);
    return { body: ACTIVITY.represent(found, await namesFor(gateway, activities)) };
  },
});

type Owner = 'applications' | 'tokens' | 'users' | 'organizations';

/** What an object's own stream is of, after the check that the caller may see the object. */
const about = (type: string, id: number): common.Condition[] => [exactly('object1', type), exactly('object1_id', id)];

const OBJECT: Readonly<Record<Owner, (gateway: Gateway, call: Call) => Promise<common.Condition[]>>> = {
  applications: async (gateway, call) => about('o_auth2_application', (await visible(gateway, call)).id),
  tokens: async (gateway, call) => about('o_auth2_access_token', (await visibleToken(gateway, call)).id),
  users: async (gateway, call) => about('user', (await visibleUser(gateway, call)).id),
  organizations: async (gateway, call) => about('organization', (await visibleOrganization(gateway, call)).id),
};

/** `/api/v2/{applications,tokens,users,organizations}/N/activity_stream/` */
export const activityOf = (gateway: Gateway, owner: Owner): Methods => ({
  GET: async (call) => list(gateway, call, await OBJECT[owner](gateway, call)),
});

const ask = async (gateway: Gateway, { caller }: Call, query: common.ListQuery): Promise<wire.ListActivityResponse> => {
  const { actor } = caller;
  const sees = permits(actor, 'read', 'installation');
  return gateway.tokens.listActivity({
    actor,
    query,
    visibleOrganizations: sees ? [] : actor.adminOf,
    visibleApplications: sees ? [] : await applicationsOf(gateway, actor.adminOf),
  });
};

const list = (gateway: Gateway, call: Call, only: common.Condition[]): Promise<Answer> =>
  answerPage(gateway, call, ACTIVITY, only, async (query) => {
    const { activities, outcome } = await ask(gateway, call, query);
    const names = await namesFor(gateway, activities);
    return { outcome, results: activities.map((activity) => ACTIVITY.represent(activity, names)) };
  });

const numbersOf = (activities: readonly wire.Activity[], type: string): number[] =>
  activities.flatMap(({ object1, object1Id, object2, object2Id }) => [
    ...(object1 === type ? [object1Id] : []),
    ...(object2 === type ? [object2Id] : []),
  ]);

const namesFor = (gateway: Gateway, activities: readonly wire.Activity[]): Promise<Names> =>
  namesOf(gateway, {
    users: [...numbersOf(activities, 'user'), ...activities.map(({ actor }) => actor)],
    organizations: numbersOf(activities, 'organization'),
    applications: [
      ...numbersOf(activities, 'o_auth2_application'),
      ...activities.map(({ application }) => application),
    ],
  });

const COLLECTIONS: Readonly<Record<string, string>> = {
  o_auth2_application: 'applications',
  o_auth2_access_token: 'tokens',
  user: 'users',
  organization: 'organizations',
};

const personOf = (names: Names, id: number): Record<string, unknown> => {
  const user = names.users.get(id);
  return user
    ? { id, username: user.username, first_name: user.firstName, last_name: user.lastName }
    : { id, username: '', first_name: '', last_name: '' };
};

const summaryOf = (names: Names, { user, application, scope }: wire.Activity, type: string, id: number): unknown => {
  switch (type) {
    case 'o_auth2_access_token':
      return { id, user_id: user, description: '', application_id: application === 0 ? null : application, scope };
    case 'o_auth2_application':
      return { id, name: names.applications.get(id)?.name ?? '' };
    case 'organization':
      return { id, name: names.organizations.get(id)?.name ?? '' };
    default:
      return personOf(names, id);
  }
};
