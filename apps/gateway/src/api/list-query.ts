import type { common } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { ApiError } from '../http/api-error.ts';
import { type Filterable, pageOf, parseListing } from '../http/listing.ts';
import type { Answer, Call } from './endpoint.ts';

const MOST_RELATED = 1000;
const PER_READ = 200;

/** Sees everything: what a filter on a related name narrows is narrowed to what the caller may see afterwards. */
export const OURSELVES: common.Actor = {
  user: 0,
  superuser: true,
  systemAuditor: false,
  adminOf: [],
  memberOf: [],
  auditorOf: [],
  means: 0,
  grant: 0,
};

/** What a list may be filtered by, and its order where a request names none. */
type Listed = { readonly filterable: Filterable; readonly order: readonly string[] };

/**
 * Answers with the page of a list that a request asks for.
 * @param only conditions of the path
 * @param ask the service's list, and its objects as they are represented
 * @throws ApiError 400, 403, 404 for a query that cannot be
 */
export const answerPage = async (
  gateway: Gateway,
  { request, response }: Call,
  { filterable, order }: Listed,
  only: readonly common.Condition[],
  ask: (
    query: common.ListQuery,
  ) => Promise<{ readonly outcome: common.ListOutcome | undefined; readonly results: readonly unknown[] }>,
): Promise<Answer> => {
  const listing = parseListing(request, filterable, order, gateway.positions.read(request));
  const asked = await Promise.all(
    listing.query.conditions.map((condition) =>
      condition.field.includes(':') ? related(gateway, condition) : Promise.resolve(condition),
    ),
  );
  const { outcome, results } = await ask({ ...listing.query, conditions: [...asked, ...only] });
  if (outcome?.stale) response.set('grantlog-stale', 'true');
  return { body: pageOf(request, listing, outcome, results) };
};

/** A query of ours: by number, without a count. */
export const queryOf = (conditions: common.Condition[], page = 1, pageSize = 1): common.ListQuery => ({
  conditions,
  search: '',
  orderBy: ['id'],
  page,
  pageSize,
  count: false,
  after: [],
});

/** `organization:name` becomes `organization in (…)`. */
const related = async (gateway: Gateway, condition: common.Condition): Promise<common.Condition> => {
  const [field = '', name = ''] = condition.field.split(':');
  // Every object has the names that can be filtered by, so what lacks one is what names no object.
  if (condition.lookup === 'isnull') return { ...condition, field };
  const ids: number[] = [];
  for (let page = 1; ; page += 1) {
    const query = queryOf([{ ...condition, field: name, negated: false, alternative: false }], page, PER_READ);
    const some = await numbersOf(gateway, field, query);
    ids.push(...some);
    if (some.length < PER_READ) break;
    if (ids.length >= MOST_RELATED)
      throw new ApiError(400, {
        detail: `${field}__${name}: more than ${MOST_RELATED} objects match; narrow the filter.`,
      });
  }
  return { ...condition, field, lookup: 'in', value: JSON.stringify(ids) };
};

const numbersOf = async (gateway: Gateway, field: string, query: common.ListQuery): Promise<number[]> => {
  const asked = { actor: OURSELVES, query };
  switch (field) {
    case 'organization':
      return (await gateway.accounts.listOrganizations({ ...asked, user: 0 })).organizations.map(({ id }) => id);
    case 'user':
    case 'actor':
      return (await gateway.accounts.listUsers({ ...asked, organization: 0, role: '' })).users.map(({ id }) => id);
    case 'application':
      return (await gateway.applications.listApplications(asked)).applications.map(({ id }) => id);
    default:
      throw new Error(`no related object ${field}`);
  }
};

const MOST_PAGES = 50;

/** Numbers of the applications in some organizations. */
export const applicationsOf = async (gateway: Gateway, organizations: readonly number[]): Promise<number[]> => {
  if (organizations.length === 0) return [];
  const ids: number[] = [];
  const condition = { field: 'organization', lookup: 'in', value: JSON.stringify(organizations), negated: false, alternative: false }; // prettier-ignore
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = queryOf([condition], page, PER_READ);
    const { applications } = await gateway.applications.listApplications({ actor: OURSELVES, query });
    ids.push(...applications.map(({ id }) => id));
    if (applications.length < PER_READ) break;
  }
  return ids;
};
