import type { common } from '@grantlog/contracts';
import { actor, cause, client, open } from '../testing/open.ts';

const other = (more: Partial<common.Actor>): common.Actor => ({ ...actor, user: 9, memberOf: [], ...more });
const ACTORS: Readonly<Record<string, common.Actor | undefined>> = {
  owner: actor,
  superuser: other({ superuser: true }),
  'system auditor': other({ systemAuditor: true }),
  admin: other({ adminOf: [1] }),
  auditor: other({ auditorOf: [1] }),
  member: other({ memberOf: [1] }),
  'admin elsewhere': other({ adminOf: [2] }),
  'nobody who is known': undefined,
};
type Verdict = 'done' | 'forbidden' | 'not_found';
const APPLICATION_TOKEN: readonly (readonly [string, Verdict])[] = [
  ['owner', 'done'],
  ['superuser', 'done'],
  ['admin', 'done'],
  ['system auditor', 'forbidden'],
  ['auditor', 'forbidden'],
  ['member', 'not_found'],
  ['admin elsewhere', 'not_found'],
  ['nobody who is known', 'not_found'],
];
const by = (name: string) => {
  const one = ACTORS[name];
  return one ? { actor: one } : {};
};

describe("a token of an application, by the token service's own judgement", () => {
  it.each(APPLICATION_TOKEN)('%s reads it, or is told that there is none', async (name, verdict) => {
    const { service, create } = open();
    const { id } = await create({ client });
    const { token } = await service.getToken({ id, ...by(name) });
    expect(token !== undefined).toBe(verdict !== 'not_found');
  });

  it.each(APPLICATION_TOKEN)('%s deletes it: %s', async (name, verdict) => {
    const { service, create, introspect } = open();
    const { id, accessToken } = await create({ client });
    const { refusal, position } = await service.deleteToken({ cause, id, ...by(name) });
    expect(refusal?.error ?? 'done').toBe(verdict);
    expect([position !== undefined, (await introspect(accessToken))?.active]).toEqual([verdict === 'done', verdict !== 'done']); // prettier-ignore
  });

  it.each(APPLICATION_TOKEN)('%s describes it: %s', async (name, verdict) => {
    const { service, create } = open();
    const { id } = await create({ client });
    const { result } = await service.updateToken({ cause, id, description: 'new', ...by(name) });
    expect(result?.$case === 'refusal' ? result.value.error : 'done').toBe(verdict);
    expect((await service.getToken({ actor, id })).token?.description).toBe(verdict === 'done' ? 'new' : '');
  });
});

describe('a personal token', () => {
  it.each<[string, Verdict]>([
    ['owner', 'done'],
    ['superuser', 'done'],
    ['system auditor', 'forbidden'],
    ['admin', 'not_found'],
    ['auditor', 'not_found'],
  ])('belongs to no organization: %s deletes it: %s', async (name, verdict) => {
    const { service, create } = open();
    const { id } = await create();
    expect((await service.deleteToken({ cause, id, ...by(name) })).refusal?.error ?? 'done').toBe(verdict);
  });

  it('that is gone is not found, by anybody', async () => {
    const { service, create } = open();
    const { id } = await create();
    await service.deleteToken({ cause, actor, id });
    expect((await service.deleteToken({ cause, actor, id })).refusal?.error).toBe('not_found');
    expect((await service.getToken({ actor, id })).token).toBeUndefined();
  });
});
