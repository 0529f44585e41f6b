import { accept, type Decider, refuse } from './decider.ts';
import { createStreams } from './handle-command.ts';
import { claimStream, createNames, nameClaimDecider } from './name-claim.ts';
import { everyInterleaving, scheduledStore } from './testing/interleavings.ts';
import { createScriptedStore } from './testing/scripted-store.ts';

type Spent = { type: 'Spent' };
/** Something that exactly one may have. */
const single: Decider<boolean, null, Spent> = {
  initialState: false,
  decide: (_command, spent) => (spent ? refuse('in_use', 'spent') : accept([{ type: 'Spent' }])),
  evolve: () => true,
};
type Named = { type: 'Named'; name: string };
const thing: Decider<string, { name: string }, Named> = {
  initialState: '',
  decide: ({ name }) => accept([{ type: 'Named', name }]),
  evolve: (_name, event) => event.name,
};
const cause = { requestId: 'request' };
const at = '2026-01-01T00:00:00.000Z';
const newId = (): string => crypto.randomUUID();

describe('in every order that there is', () => {
  it('I3 of three instances that spend the same thing exactly one does', async () => {
    const schedules = await everyInterleaving((step) => {
      const store = createScriptedStore();
      const outcomes: boolean[] = [];
      const actor = () => async () => {
        const streams = createStreams({ store: scheduledStore(step, store), decider: single, newId, cached: 16 });
        outcomes.push(!(await streams.handle('s-1', null, { cause, at })).refusal);
      };
      return {
        actors: [actor(), actor(), actor()],
        check: async () => {
          expect(outcomes.filter(Boolean)).toHaveLength(1);
          expect(store.commits.size).toBe(1);
        },
      };
    });
    expect(schedules).toBeGreaterThan(100);
  });

  it('I3 two writers want one name and one may be killed anywhere: never two holders, and no name is lost', async () => {
    const claim = claimStream('thing-name', 'blue');
    const schedules = await everyInterleaving(
      (step) => {
        const store = createScriptedStore();
        const writer = (scheduled: boolean) => {
          const over = scheduled ? scheduledStore(step, store) : store;
          const things = createStreams({ store: over, decider: thing, newId, cached: 16 });
          const names = createNames(
            createStreams({ store: over, decider: nameClaimDecider, newId, cached: 16 }),
            things,
            (name, stream) => name !== '' && claimStream('thing-name', name) === stream,
            () => at,
          );
          const take = async (stream: string): Promise<string> => {
            const { commit } = await things.prepare(stream, { name: 'blue' }, { cause, at, commitId: newId() });
            return commit ? names.take(claim, commit, cause) : 'nothing';
          };
          return { things, take };
        };
        const outcomes: string[] = [];
        const actor = (stream: string) => async () => void outcomes.push(await writer(true).take(stream));
        return {
          actors: [actor('thing-1'), actor('thing-2')],
          check: async () => {
            expect(outcomes.filter((outcome) => outcome === 'done').length).toBeLessThanOrEqual(1);
            // Whoever comes later finds one holder that knows of it, or takes the name.
            const later = writer(false);
            const outcome = await later.take('thing-3');
            const named = await Promise.all(
              ['thing-1', 'thing-2', 'thing-3'].map(async (stream) => (await later.things.load(stream)).state),
            );
            expect(named.filter((name) => name === 'blue')).toHaveLength(1);
            expect(outcome).toBe(named[2] === 'blue' ? 'done' : 'taken');
          },
        };
      },
      { mayDie: true, preemptions: 2 },
    );
    expect(schedules).toBeGreaterThan(100);
  }, 60_000);

  it('I8 a command that is told to be done is in the store, whichever instance dies when', async () => {
    await everyInterleaving(
      (step) => {
        const store = createScriptedStore();
        const told: number[] = [];
        const actor = (by: number) => async () => {
          const streams = createStreams({ store: scheduledStore(step, store), decider: thing, newId, cached: 16 });
          await streams.handle('thing-1', { name: String(by) }, { cause, at });
          told.push(by);
        };
        return {
          actors: [actor(1), actor(2)],
          check: async () => {
            const names = [...store.commits.values()].flatMap(({ events }) =>
              events.map((event) => (event as Named).name),
            );
            for (const by of told) expect(names.filter((name) => name === String(by))).toHaveLength(1);
            expect(new Set(names).size).toBe(names.length);
          },
        };
      },
      { mayDie: true, preemptions: 3 },
    );
  });
});
