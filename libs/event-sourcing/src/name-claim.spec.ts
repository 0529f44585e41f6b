import { accept, type Decider, type Refusal } from './decider.ts';
import { createStreams } from './handle-command.ts';
import { claimStream, createNames, foldedName, nameClaimDecider, writtenName } from './name-claim.ts';
import { createScriptedStore, type ScriptedStore } from './testing/scripted-store.ts';
import { createEndingSaga, endingsDecider } from './ending-saga.ts';

type Named = { type: 'Named'; name: string };
const thing: Decider<string, { name: string }, Named> = {
  initialState: '',
  decide: ({ name }) => accept([{ type: 'Named', name }]),
  evolve: (_name, event) => event.name,
};
const cause = { requestId: 'request' };
const at = '2026-01-01T00:00:00.000Z';
const claim = (name: string): string => claimStream('thing-name', name);

const instance = (store: ScriptedStore) => {
  const newId = (): string => crypto.randomUUID();
  const things = createStreams({ store, decider: thing, newId });
  const claims = createStreams({ store, decider: nameClaimDecider, newId });
  const names = createNames(
    claims,
    things,
    (name, stream) => name !== '' && claim(name) === stream,
    () => at,
  );
  const commit = async (stream: string, name: string) => {
    const prepared = await things.prepare(stream, { name }, { cause, at, commitId: newId() });
    if (!prepared.commit) throw new Error('nothing to commit');
    return prepared.commit;
  };
  return { things, claims, names, commit };
};

describe('a name that looks like another', () => {
  it.each(['ADMIN ', ' admin', '\u00a0admin\u2003', 'ad\u200bmin', 'admin\u200b', 'admin \u200b', '\u2060 admin', 'ａｄｍｉｎ', 'admin\t', '\u3000admin\u3164', 'admin\u2800', '\u2800 admin'])(
    '%j is "admin"',
    (name) => expect(foldedName(writtenName(name))).toBe('admin'),
  ); // prettier-ignore
  it('has one space inside, however wide it was', () =>
    expect(writtenName('  Ann \u00a0\u200b \u2003 Ox ')).toBe('Ann Ox'));
  it('is nothing when nothing of it shows', () => expect(writtenName(' \u200b\u2060\u3164 ')).toBe(''));
  it.each(['jose\u034f\u0301', 'jose\u200d\u0301', 'jos\u00e9', 'JOSE\u200c\u0301'])('%j is "jos\u00e9"', (name) =>
    expect(foldedName(writtenName(name))).toBe('jos\u00e9')); // prettier-ignore
  it('keeps what joins letters', () => expect(writtenName('می\u200cخواهم')).toBe('می\u200cخواهم'));
});

describe('claiming a name', () => {
  it('twenty at once over two instances: one holder', async () => {
    const store = createScriptedStore();
    const both = [instance(store), instance(store)];
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const { names, commit } = both[i % 2] as ReturnType<typeof instance>;
        return names.take(claim('Blue'), await commit(`thing-${i}`, i % 3 === 0 ? 'BLUE' : 'blue'), cause);
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(19);
  });

  it('a claim of a writer that was killed is finished by whoever meets it, who is then refused', async () => {
    const store = createScriptedStore();
    const dead = instance(store);
    const standsFor = await dead.commit('thing-1', 'blue');
    await dead.claims.handle(claim('blue'), { type: 'ClaimName', holder: 'thing-1', standsFor }, { cause, at });
    // Here it dies: the claim is there, what it stands for is not.
    const { names, things, commit } = instance(store);
    expect(await names.take(claim('blue'), await commit('thing-2', 'blue'), cause)).toBe('taken');
    expect((await things.load('thing-1')).state).toBe('blue');
  });

  it('a renamed holder has the new name, the old one is free, and a taken one changes nothing', async () => {
    const { names, things, commit } = instance(createScriptedStore());
    const taken: Refusal = { error: 'taken', description: 'somebody has it' };
    await names.take(claim('blue'), await commit('thing-1', 'blue'), cause);
    await names.take(claim('red'), await commit('thing-2', 'red'), cause);
    const rename = (to: string) =>
      names.change(
        async () => ({ commit: await commit('thing-1', to), from: claim('blue'), to: claim(to) }),
        taken,
        cause,
      );
    expect(await rename('red')).toBe(taken);
    expect((await things.load('thing-1')).state).toBe('blue');
    expect(await rename('green')).toBeUndefined();
    expect((await things.load('thing-1')).state).toBe('green');
    expect(await names.take(claim('green'), await commit('thing-3', 'green'), cause)).toBe('taken');
    expect(await names.take(claim('blue'), await commit('thing-3', 'blue'), cause)).toBe('done');
  });

  it('a claim that its holder has left is released by whoever meets it', async () => {
    const store = createScriptedStore();
    const one = instance(store);
    await one.names.take(claim('blue'), await one.commit('thing-1', 'blue'), cause);
    await one.names.take(claim('red'), await one.commit('thing-1', 'red'), cause);
    // The release of "blue" was never reached.
    const other = instance(store);
    expect(await other.names.take(claim('blue'), await other.commit('thing-2', 'blue'), cause)).toBe('done');
  });

  it('a claim whose holder went on meanwhile gives the name up, and the claimant decides again', async () => {
    const store = createScriptedStore();
    const one = instance(store);
    await one.names.take(claim('blue'), await one.commit('thing-1', 'blue'), cause);
    const rename = await one.commit('thing-1', 'red');
    await instance(store).things.handle('thing-1', { name: 'blue' }, { cause, at });
    expect(await one.names.take(claim('red'), rename, cause)).toBe('outrun');
    expect(await one.names.take(claim('red'), await one.commit('thing-1', 'red'), cause)).toBe('done');
  });
});

describe('work over two streams', () => {
  it('that died between its steps is finished at the next start, once', async () => {
    const store = createScriptedStore();
    const streams = () => createStreams({ store, decider: endingsDecider, newId: () => crypto.randomUUID() });
    let ended = 0;
    const dying = createEndingSaga(
      streams(),
      'thing-endings',
      () => Promise.reject(new Error('killed')),
      () => at,
    );
    await expect(dying.run(1, cause, () => Promise.resolve())).rejects.toThrow('killed');
    const next = createEndingSaga(
      streams(),
      'thing-endings',
      () => Promise.resolve(void (ended += 1)),
      () => at,
    );
    await next.finishOpen();
    await next.finishOpen();
    expect(ended).toBe(1);
  });
});
