import { type accounts, common } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { applicationDetail } from './applications.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { userRoles } from './roles.ts';
import { apiRoutes } from './routes.ts';
import { userDetail } from './users.ts';

const { MEANS_BASIC, MEANS_BROWSER_SESSION, MEANS_APPLICATION_TOKEN } = common.Means;
const actor: common.Actor = {
  user: 7,
  superuser: false,
  systemAuditor: false,
  adminOf: [1],
  memberOf: [],
  auditorOf: [],
  means: MEANS_BASIC,
  grant: 0,
};
const call = (more: Partial<Call> & { readonly actor?: common.Actor } = {}): Call =>
  ({ request: { app: { get: () => () => false }, socket: {}, headers: {} }, caller: { actor: more.actor ?? actor, user: { id: 7 } }, cause: {}, wrote: () => undefined, ...more }) as unknown as Call; // prettier-ignore
const settings = { settings: { version: 1, values: '{}' } };

describe('what a caller is shown', () => {
  it('of the roles of a user: those in organizations that it may see', async () => {
    const bob = { id: 8, adminOf: [9], memberOf: [1], auditorOf: [] } as unknown as accounts.User;
    const getOrganizations: Gateway['accounts']['getOrganizations'] = ({ ids }) =>
      Promise.resolve({ organizations: ids.map((id) => ({ organization: { id, name: `organization ${id}` } as accounts.Organization })) }); // prettier-ignore
    const accounts = { getUsers: () => Promise.resolve({ users: [{ user: bob }] }), getOrganizations };
    const roles = userRoles({ accounts } as unknown as Gateway).GET as Endpoint;
    expect((await roles(call({ id: 8 }))).body).toMatchObject({ count: 1, results: [{ summary_fields: { resource_id: 1 } }] }); // prettier-ignore
    expect((await roles(call({ id: 8, actor: { ...actor, superuser: true } }))).body).toMatchObject({ count: 2 });
  });

  it.each(['/api/v2/users/', '/api/v2/users/:id/roles/', '/api/v2/applications/', '/api/v2/tokens/'])(
    "of %s: no POST with an application's token, which may not",
    (path) => {
      const mayWrite = apiRoutes({} as Gateway)[path]?.mayWrite;
      const offered = (means: common.Means) => mayWrite?.({ ...actor, superuser: true, means });
      expect([offered(MEANS_BASIC), offered(MEANS_APPLICATION_TOKEN)]).toEqual([true, false]);
    },
  );
});

describe('a guess at the current password', () => {
  it.each([
    [undefined, 'failed_login', 400],
    [60, 'too_many_attempts', 429],
  ])('is recorded as a wrong login (slowed down for %s s)', async (retryAfterSeconds, reason, status) => {
    const recorded: string[] = [];
    const refusal = { error: 'invalid', description: '', reason: '', fields: { current_password: { messages: ['no'] } } }; // prettier-ignore
    const gateway = {
      accounts: { updateUser: () => Promise.resolve({ result: { $case: 'refusal', value: refusal }, retryAfterSeconds }) },
      applications: { getSettings: () => Promise.resolve(settings) },
      refusals: { record: (_request: unknown, why: string, detail: string) => recorded.push(`${why}: ${detail}`) },
    } as unknown as Gateway;
    const patch = userDetail(gateway).PATCH as Endpoint;
    const body = { password: 'another password' };
    const by = { id: 7, actor: { ...actor, means: MEANS_BROWSER_SESSION } };
    await expect(patch(call({ ...by, body: () => Promise.resolve(body) }))).rejects.toMatchObject({ status });
    expect(recorded).toEqual([]);
    const guess = () => Promise.resolve({ ...body, current_password: 'a guess' });
    await expect(patch(call({ ...by, body: guess }))).rejects.toMatchObject({ status });
    expect(recorded).toEqual([`${reason}: the current password`]);
  }); // prettier-ignore
});

describe('the deletion of an application', () => {
  it.each([
    ['is gone already, as a failure left it', [], [5]],
    ['the caller may only not see', [{ application: {} }], []],
  ])('that %s: its service identity', async (_case, applications, ended) => {
    const deleted: number[] = [];
    const refusal = { error: 'not_found', description: '', reason: '', fields: {} };
    const gateway = {
      accounts: { deleteServiceIdentity: ({ application }: { application: number }) => Promise.resolve(void deleted.push(application)) },
      applications: {
        deleteApplication: () => Promise.resolve({ refusal, version: 0 }),
        getApplications: () => Promise.resolve({ applications }),
      },
    } as unknown as Gateway;
    const remove = applicationDetail(gateway).DELETE as Endpoint;
    await expect(remove(call({ id: 5 }))).rejects.toMatchObject({ status: 404 });
    expect(deleted).toEqual(ended);
  }); // prettier-ignore
});
