import { organizationList, roleKey, userList } from '@grantlog/accounts-read-models';
import { applicationList } from '@grantlog/applications-read-models';
import { equals, type Filter, type Lookup, oneOf, type ReadModel } from '@grantlog/event-sourcing';
import { activityStream, tokenList } from '@grantlog/grants-read-models';
import {
  activityFilters,
  applicationFilters,
  type Filterable,
  organizationFilters,
  tokenFilters,
  userFilters,
} from '@grantlog/gateway/testing';

/** A list of the management API: its read model, what it may be asked, and the parts of it that paths and rights cut out. */
export type List = {
  readonly model: ReadModel;
  readonly filterable: Filterable;
  readonly defaultOrder: readonly string[];
  readonly parts: Readonly<Record<string, Filter>>;
};

export const LISTS: Readonly<Record<string, List>> = {
  tokens: {
    model: tokenList,
    filterable: tokenFilters,
    defaultOrder: ['id'],
    parts: {
      'of an application': equals('application', 5),
      'of a user': equals('user', 7),
      'personal ones of a user': { all: [equals('user', 7), equals('application', null)] },
      'seen by an administrator of organizations': { any: [equals('user', 7), oneOf('organization', [1, 2])] },
    },
  },
  applications: {
    model: applicationList,
    filterable: applicationFilters,
    defaultOrder: ['organization', 'name'],
    parts: {
      'of a user': equals('user', 7),
      'of an organization': equals('organization', 3),
      'seen by a member of organizations': oneOf('organization', [1, 2, 3]),
    },
  },
  users: {
    model: userList,
    filterable: userFilters,
    defaultOrder: ['username'],
    parts: {
      'with a role in an organization': { field: 'roles', lookup: 'has', value: roleKey(3, 'member') },
      'seen by an administrator': { any: [equals('id', 7), { field: 'roles', lookup: 'has', value: roleKey(3, 'member') }] }, // prettier-ignore
    },
  },
  organizations: {
    model: organizationList,
    filterable: organizationFilters,
    defaultOrder: ['name'],
    parts: { 'seen by a member': oneOf('id', [1, 2]) },
  },
  activity_stream: {
    model: activityStream,
    filterable: activityFilters,
    defaultOrder: ['id'],
    parts: {
      'of an object': { all: [equals('object1', 'o_auth2_access_token'), equals('object1_id', 12)] },
      'of an application': equals('application', 5),
      'of a user': equals('user', 7),
      'of an organization': equals('organization', 3),
    },
  },
};

const INDEXABLE: readonly Lookup[] = ['exact', 'in', 'gt', 'gte', 'lt', 'lte', 'startswith'];
const SAMPLES = { text: 'abc', integer: 5, boolean: true, time: '2026-01-01T00:00:00.000Z' } as const;

/** Every filter that one name and one lookup give, of those that an index can serve. */
export const singleFilters = ({ filterable }: List): (readonly [string, Filter])[] =>
  Object.values(filterable)
    // A related field's filter is resolved to numbers first: a filter on those numbers.
    .map(({ field, kind }) =>
      field.includes(':') ? { field: field.split(':')[0] ?? '', kind: 'integer' as const } : { field, kind },
    ) // prettier-ignore
    .flatMap(({ field, kind }) =>
      INDEXABLE.filter((lookup) => lookup !== 'startswith' || kind === 'text').map((lookup) => {
        const value = lookup === 'in' ? [SAMPLES[kind]] : SAMPLES[kind];
        return [`${field}__${lookup}`, { field, lookup, value }] as const;
      }),
    );
