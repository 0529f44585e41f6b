import type { Commit, DomainEvent, Sealed } from './event.ts';

/** What a program branches on when something is refused; never a text. */
export type RefusalCode =
  // Errors of OAuth and OpenID Connect, which leave as they are. @see RFC 6749 §4.1.2.1 and §5.2
  | 'access_denied'
  | 'consent_required'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'server_error'
  | 'slow_down'
  | 'temporarily_unavailable'
  | 'unauthorized_client'
  // Of the management API: 400, 403, 404.
  | 'invalid'
  | 'forbidden'
  | 'not_found'
  | 'in_use'
  // Between parts of the server; each is answered, or becomes one of the others.
  | 'closed'
  | 'delivered_twice'
  | 'gone'
  | 'name_taken'
  | 'superseded'
  | 'taken';

/** What was asked may not be done. A value, not an exception: `error` and `description` may be shown to whoever asked. */
export type Refusal = {
  readonly error: RefusalCode;
  readonly description: string;
  /** What was presented was never issued: it counts as a wrong try. */
  readonly guessed?: true;
  /** What was wrong with each field, for forms and the management API; `__all__` for the whole. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
};

/** The outcome of a command: an answer or a refusal, and the facts to record with either. */
export type Decision<E extends DomainEvent, Answer = undefined> = {
  readonly events: readonly E[];
  readonly sealed?: Sealed;
} & ({ readonly answer: Answer; readonly refusal?: undefined } | { readonly refusal: Refusal });

/** Pure rules of one kind of stream: no clock, no randomness, no driver. */
export type Decider<State, Command, E extends DomainEvent, Answer = undefined> = {
  readonly initialState: State;
  /** Judges; the command carries all that cannot be known inside, the time included. */
  readonly decide: (command: Command, state: State) => Decision<E, Answer>;
  /** Copies a fact into the state; never judges, never throws. `commit` gives version, time and sealed part. */
  readonly evolve: (state: State, event: E, commit: Commit<E>) => State;
};

/** Accepts, and records `events`; an empty list says that nothing changed. */
export function accept<E extends DomainEvent>(events: readonly E[]): Decision<E>;
export function accept<E extends DomainEvent, Answer>(
  events: readonly E[],
  answer: Answer,
  sealed?: Sealed,
): Decision<E, Answer>;
export function accept<E extends DomainEvent, Answer>(
  events: readonly E[],
  answer?: Answer,
  sealed?: Sealed,
): Decision<E, Answer | undefined> {
  return { events, answer, ...(sealed && { sealed }) };
}

/** Refuses. A refusal may record facts all the same, such as the detection of a replay. */
export const refuse = <E extends DomainEvent = never>(
  error: RefusalCode,
  description: string,
  more: { guessed?: true; fields?: Refusal['fields']; records?: readonly E[] } = {},
): { events: readonly E[]; refusal: Refusal } => ({
  events: more.records ?? [],
  refusal: {
    error,
    description,
    ...(more.guessed && { guessed: true }),
    ...(more.fields && { fields: more.fields }),
  },
});

/** Folds one commit into the state. */
export const evolveCommit = <State, E extends DomainEvent>(
  evolve: (state: State, event: E, commit: Commit<E>) => State,
  state: State,
  commit: Commit<E>,
): State => commit.events.reduce((folded, event) => evolve(folded, event, commit), state);

/** The compiler proves that a union was handled; reaching this is a fault. */
export const unreachable = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};
