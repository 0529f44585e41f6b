import { actor, cause, client, open } from '../testing/open.ts';

describe('introspection', () => {
  it('is active for an access token only: a refresh token of the same grant is no bearer token (RFC 7662 §2.2)', async () => {
    const { create, introspect } = open();
    const { accessToken, refreshToken } = await create({ client });
    expect(refreshToken).toMatch(/^glr_/);
    expect([(await introspect(accessToken))?.active, (await introspect(refreshToken))?.active]).toEqual([true, false]);
  });
  it("tells the user's present name", async () => {
    const { service, create, introspect } = open();
    const { accessToken } = await create({ client });
    expect((await introspect(accessToken))?.username).toBe('alice');
    await service.noteUsername({ cause, user: 7, username: 'alicia', userVersion: 4 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
    await service.noteUsername({ cause, user: 7, username: 'late', userVersion: 3 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
  });
  it('AP-49 names nobody by a grant from before changes of names were noted, until one is', async () => {
    const { service, store, create, introspect } = open();
    const { id, accessToken } = await create({ client });
    for (const [key, commit] of store.commits)
      if (commit.stream === `grant-${id}`) {
        const events = commit.events.map((event) => ({ ...event, userVersion: undefined }));
        store.commits.set(key, { ...commit, events });
      }
    const old = open(store);
    expect(await old.introspect(accessToken)).toMatchObject({ active: true, username: '' });
    await old.service.noteUsername({ cause, user: 7, username: 'alicia', userVersion: 4 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
    expect(await service.getToken({ actor, id })).toHaveProperty('token');
  });
});

describe('a token that a token created', () => {
  it('ends with its parent, also where that is revoked, and never later', async () => {
    const { service, create, createBy, introspect, at } = open();
    const parent = await create({ expiresIn: 600 });
    const child = await createBy(parent.id);
    expect(child.token).toMatchObject({ parent: parent.id, expires: parent.token?.expires });
    expect((await introspect(child.accessToken))?.active).toBe(true);
    at('2026-01-01T12:10:00.000Z');
    expect((await introspect(child.accessToken))?.active).toBe(false);

    const other = await create();
    const ofOther = await createBy(other.id);
    await service.deleteToken({ cause, actor, id: other.id });
    expect((await introspect(ofOther.accessToken))?.active).toBe(false);
    expect((await service.getToken({ actor, id: ofOther.id })).token).toBeUndefined();
    await expect(createBy(other.id)).rejects.toThrow('ended');
  });
  it('is narrowed with its parent, and creates none', async () => {
    const { service, create, createBy, introspect } = open();
    const parent = await create();
    const child = await createBy(parent.id);
    await service.updateToken({ cause, actor, id: parent.id, scope: 'read' });
    expect((await introspect(child.accessToken))?.scope).toBe('read');
    const { token } = await service.getToken({ actor, id: child.id });
    const described = await service.updateToken({ cause, actor, id: child.id, description: 'x' });
    expect([token?.scope, described.result]).toMatchObject(['read', { $case: 'token', value: { scope: 'read' } }]);
    await expect(createBy(child.id)).rejects.toThrow('creates none');
    await expect(createBy(parent.id)).rejects.toThrow('within the scope');
  });
});
