import type { common, tokens as wire } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { notFound } from '../http/api-error.ts';
import { exactly, type Filterable, pageOf } from '../http/listing.ts';
import { visible } from './applications.ts';
import type { Answer, Call, Methods } from './endpoint.ts';
import type { Fields } from './field.ts';
import { applicationsOf, listQuery } from './list-query.ts';
import { visibleOrganization } from './organizations.ts';
import { namesOf, type Names } from './summaries.ts';
import { visibleToken } from './tokens.ts';
import { visibleUser } from './users.ts';

export const FILTERABLE: Filterable = {
  id: { field: 'id', kind: 'integer' },
  timestamp: { field: 'timestamp', kind: 'time' },
  operation: { field: 'operation', kind: 'text' },
  object1: { field: 'object1', kind: 'text' },
  object2: { field: 'object2', kind: 'text' },
  actor: { field: 'actor', kind: 'integer' },
  actor__id: { field: 'actor', kind: 'integer' },
  actor__username: { field: 'actor:username', kind: 'text' },
};

const readOnly = { filterable: true } as const;

/** How an entry describes itself. */
export const ACTIVITY_FIELDS: Fields = {
  id: { ...readOnly, type: 'integer', label: 'ID', help_text: 'Database ID for this activity stream.' },
  type: { type: 'choice', label: 'Type', help_text: 'Data type for this activity stream.', filterable: false },
  url: { type: 'string', label: 'Url', help_text: 'URL for this activity stream.', filterable: false },
  related: { type: 'field', label: 'Related', help_text: 'Data structure with URLs of related resources.', filterable: false },
  summary_fields: { type: 'field', label: 'Summary fields', help_text: 'Data structure with name/description for related resources.', filterable: false },
  timestamp: { ...readOnly, type: 'datetime', label: 'Timestamp', help_text: '' },
  operation: { ...readOnly, type: 'choice', label: 'Operation', help_text: 'The action taken with respect to the given object(s).', choices: ['create', 'update', 'delete', 'associate', 'disassociate'].map((one) => [one, one] as const) },
  changes: { type: 'json', label: 'Changes', help_text: 'A summary of the new and changed values when an object is created, updated, or deleted', filterable: false },
  object1: { ...readOnly, type: 'string', label: 'Object1', help_text: 'For create, update, and delete events this is the object type that was affected. For associate and disassociate events this is the object type associated or disassociated with object2.' },
  object2: { ...readOnly, type: 'string', label: 'Object2', help_text: 'Unpopulated for create, update, and delete events. For associate and disassociate events this is the object type that object1 is being associated with.' },
  object_association: { type: 'field', label: 'Object association', help_text: 'When present, shows the field name of the role or relationship that changed.', filterable: false },
  action_node: { type: 'string', label: 'Action node', help_text: 'The cluster node the activity took place on.', filterable: false },
  object_type: { type: 'field', label: 'Object type', help_text: 'When present, shows the model on which the role or relationship was defined.', filterable: false },
}; // prettier-ignore

/** `/api/v2/activity_stream/` */
export const activityList = (gateway: Gateway): Methods => ({ GET: (call) => list(gateway, call, []) });

/** `/api/v2/activity_stream/N/` */
export const activityDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { activities } = await ask(gateway, call, {
      conditions: [exactly('id', call.id)],
      search: '',
      orderBy: ['id'],
      page: 1,
      pageSize: 1,
      count: false,
      after: [],
    });
    const [found] = activities;
    if (!found) throw notFound('ActivityStream');
    return { body: represent(await namesFor(gateway, activities), found) };
  },
});

type Owner = 'applications' | 'tokens' | 'users' | 'organizations';

/** What an object's own stream is of, after the check that the caller may see the object. */
const about = (type: string, id: number): common.Condition[] => [exactly('object1', type), exactly('object1_id', id)];

const OBJECT: Readonly<Record<Owner, (gateway: Gateway, call: Call) => Promise<common.Condition[]>>> = {
  applications: async (gateway, call) => about('o_auth2_application', (await visible(gateway, call)).id),
  tokens: async (gateway, call) => about('o_auth2_access_token', (await visibleToken(gateway, call)).token.id),
  users: async (gateway, call) => about('user', (await visibleUser(gateway, call)).id),
  organizations: async (gateway, call) => about('organization', (await visibleOrganization(gateway, call)).id),
};

/** `/api/v2/{applications,tokens,users,organizations}/N/activity_stream/` */
export const activityOf = (gateway: Gateway, owner: Owner): Methods => ({
  GET: async (call) => list(gateway, call, await OBJECT[owner](gateway, call)),
});

const ask = async (gateway: Gateway, { caller }: Call, query: common.ListQuery): Promise<wire.ListActivityResponse> => {
  const { actor } = caller;
  const sees = actor.superuser || actor.systemAuditor;
  return gateway.tokens.listActivity({
    actor,
    query,
    visibleOrganizations: sees ? [] : actor.adminOf,
    visibleApplications: sees ? [] : await applicationsOf(gateway, actor.adminOf),
  });
};

const list = async (gateway: Gateway, call: Call, only: common.Condition[]): Promise<Answer> => {
  const listing = await listQuery(gateway, call, FILTERABLE, ['id'], only);
  const { activities, outcome } = await ask(gateway, call, listing.query);
  const names = await namesFor(gateway, activities);
  return { body: pageOf(call.request, listing, outcome, activities.map((activity) => represent(names, activity))) }; // prettier-ignore
};

type ActivityNames = Names & { readonly applications: ReadonlyMap<number, string> };

const numbersOf = (activities: readonly wire.Activity[], type: string): number[] =>
  activities.flatMap(({ object1, object1Id, object2, object2Id }) => [
    ...(object1 === type ? [object1Id] : []),
    ...(object2 === type ? [object2Id] : []),
  ]);

const namesFor = async (gateway: Gateway, activities: readonly wire.Activity[]): Promise<ActivityNames> => {
  const ids = [...new Set([...numbersOf(activities, 'o_auth2_application'), ...activities.map(({ application }) => application)])].filter((id) => id > 0); // prettier-ignore
  const [names, { applications }] = await Promise.all([
    namesOf(gateway, {
      users: [...numbersOf(activities, 'user'), ...activities.map(({ actor }) => actor)].filter((id) => id > 0),
      organizations: numbersOf(activities, 'organization'),
    }),
    gateway.applications.getApplications({ keys: ids.map((value) => ({ key: { $case: 'id', value } })) }),
  ]);
  return {
    ...names,
    applications: new Map(applications.flatMap(({ application }) => (application ? [[application.id, application.name] as const] : []))),
  }; // prettier-ignore
};

const COLLECTIONS: Readonly<Record<string, string>> = {
  o_auth2_application: 'applications',
  o_auth2_access_token: 'tokens',
  user: 'users',
  organization: 'organizations',
};

const represent = (names: ActivityNames, activity: wire.Activity): Record<string, unknown> => {
  const url = `/api/v2/activity_stream/${activity.id}/`;
  const objects = [
    [activity.object1, activity.object1Id],
    [activity.object2, activity.object2Id],
  ] as const;
  const named = objects.filter(([type]) => Object.hasOwn(COLLECTIONS, type));
  return {
    id: activity.id,
    type: 'activity_stream',
    url,
    related: {
      ...(activity.actor > 0 && { actor: `/api/v2/users/${activity.actor}/` }),
      ...Object.fromEntries(named.map(([type, id]) => [type, [`/api/v2/${COLLECTIONS[type]}/${id}/`]])),
    },
    summary_fields: {
      ...actorSummary(names, activity.actor),
      ...Object.fromEntries(named.map(([type, id]) => [type, [summaryOf(names, activity, type, id)]])),
    },
    timestamp: activity.timestamp,
    operation: activity.operation,
    changes: JSON.parse(activity.changes) as unknown,
    object1: activity.object1,
    object2: activity.object2,
    object_association: activity.objectAssociation,
    action_node: '',
    object_type: activity.objectAssociation.endsWith('_role') ? 'organization' : '',
    request_id: activity.requestId,
    client_id: activity.clientId === '' ? null : activity.clientId,
  };
};

const personOf = (names: Names, id: number): Record<string, unknown> => {
  const user = names.users.get(id);
  return user
    ? { id, username: user.username, first_name: user.firstName, last_name: user.lastName }
    : { id, username: '', first_name: '', last_name: '' };
};

const actorSummary = (names: Names, actor: number): Record<string, unknown> =>
  actor > 0 ? { actor: personOf(names, actor) } : {};

const summaryOf = (
  names: ActivityNames,
  { user, application, scope }: wire.Activity,
  type: string,
  id: number,
): unknown => {
  switch (type) {
    case 'o_auth2_access_token':
      return { id, user_id: user, description: '', application_id: application === 0 ? null : application, scope };
    case 'o_auth2_application':
      return { id, name: names.applications.get(id) ?? '' };
    case 'organization':
      return { id, name: names.organizations.get(id)?.name ?? '' };
    default:
      return personOf(names, id);
  }
};
