import { evolveCommit, type Decider } from '../decider.ts';
import type { Commit, DomainEvent, Sealed } from '../event.ts';

/** One commit of the past: its events, and what it keeps to itself. */
export type Past<E extends DomainEvent> = {
  readonly events: readonly E[];
  readonly sealed?: Sealed;
  readonly at?: string;
};

/** Given a past, when a command comes, then this is decided. */
export const deciderSpec = <State, Command, E extends DomainEvent, Answer>({
  initialState,
  decide,
  evolve,
}: Decider<State, Command, E, Answer>) => ({
  given: (...past: readonly Past<E>[]) => {
    const commits = past.map<Commit<E>>(({ events, sealed, at = '2026-01-01T00:00:00.000Z' }, i) => ({
      id: `commit-${i + 1}`,
      stream: 'stream-1',
      version: i + 1,
      at,
      cause: { requestId: 'request' },
      events,
      ...(sealed && { sealed }),
    }));
    const state = commits.reduce((folded, commit) => evolveCommit(evolve, folded, commit), initialState);
    return {
      state,
      when: (command: Command) => {
        const decision = decide(command, state);
        return {
          decision,
          then: (...events: readonly unknown[]) => {
            expect(decision.refusal).toBeUndefined();
            expect(decision.events).toEqual(events);
          },
          thenNothing: () => {
            expect(decision.refusal).toBeUndefined();
            expect(decision.events).toEqual([]);
          },
          /** @param description where what the refused one is told matters */
          thenRefuses: (error: string, description?: string) => {
            expect(decision.refusal?.error).toBe(error);
            if (description !== undefined) expect(decision.refusal?.description).toBe(description);
            return {
              andRecords: (...events: readonly unknown[]) => expect(decision.events).toEqual(events),
              andRecordsNothing: () => expect(decision.events).toEqual([]),
            };
          },
        };
      },
    };
  },
});
