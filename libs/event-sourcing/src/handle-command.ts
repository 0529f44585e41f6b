import { LRUCache } from 'lru-cache';
import { type Decider, evolveCommit, type Refusal } from './decider.ts';
import type { Cause, Commit, DomainEvent, Instant, Version } from './event.ts';
import type { EventStore } from './event-store.ts';
import { COMMITS_PER_SNAPSHOT, type SnapshotCodec } from './snapshot.ts';

/** A stream's folded state and the version it was folded to. */
export type Folded<State> = { readonly state: State; readonly version: Version };

/** What became of a command. `version` is the stream's after it; `recorded` says whether anything was appended. */
export type Handled<State, Answer> = Folded<State> & { readonly recorded: boolean } & (
    { readonly answer: Answer; readonly refusal?: undefined } | { readonly refusal: Refusal }
  );

export type Streams<State, Command, Answer> = {
  /** The state as of a moment after the call. */
  readonly load: (stream: string) => Promise<Folded<State>>;
  /**
   * Decides on the current state and appends what was decided; on a conflict loads and decides again. Commands on one
   * stream wait for each other inside this process.
   * @param options.commitId the id to commit under, where a repeated command has to find its own commit
   * @param options.fresh the stream is known not to exist: the first try reads nothing
   */
  readonly handle: (
    stream: string,
    command: Command,
    context: { cause: Cause; at: Instant; commitId?: string; fresh?: boolean },
  ) => Promise<Handled<State, Answer>>;
  /** Decides without appending: the commit to append by {@link Streams.complete}, or why there is none. */
  readonly prepare: (
    stream: string,
    command: Command,
    context: { cause: Cause; at: Instant; commitId?: string },
  ) => Promise<
    Folded<State> & ({ readonly commit: Commit } | { readonly commit?: undefined; readonly refusal?: Refusal })
  >;
  /** Appends exactly this commit, if the stream has not got that far; true when it is there after. */
  readonly complete: (commit: Commit) => Promise<boolean>;
};

/** More lost races than this in a row on one stream are a fault. */
const MOST_ATTEMPTS = 32;

type Options<State, Command, E extends DomainEvent, Answer> = {
  store: EventStore;
  decider: Decider<State, Command, E, Answer>;
  newId: () => string;
  snapshots?: SnapshotCodec;
  /** A snapshot rides on every so many commits; reading a stream costs at most that many. */
  snapshotEvery?: number;
  /** How many streams' states are kept. */
  cached?: number;
  /**
   * Also keeps that a stream does not exist, which costs a check of its head from then on and not a read. For kinds whose
   * names no caller can make up, who would push out what is there.
   */
  keepsAbsent?: boolean;
};

/** Command handling for one kind of stream: load, fold, decide, append, again on conflict. */
export const createStreams = <State, Command, E extends DomainEvent, Answer>({
  store,
  decider,
  newId,
  snapshots,
  snapshotEvery = COMMITS_PER_SNAPSHOT,
  cached = 20_000,
  keepsAbsent = false,
}: Options<State, Command, E, Answer>): Streams<State, Command, Answer> => {
  const { decide, evolve, initialState } = decider;
  // By size, not by count: a cache by count takes the room of all its entries at once.
  const cache = new LRUCache<string, Folded<State>>({ maxSize: cached, sizeCalculation: () => 1 });
  const tails = new Map<string, Promise<unknown>>();
  const start: Folded<State> = { state: initialState, version: 0 };

  const foldOnto = (base: Folded<State>, commits: readonly Commit[]): Folded<State> =>
    commits.reduce<Folded<State>>(
      ({ state }, commit) => ({ state: evolveCommit(evolve, state, commit as Commit<E>), version: commit.version }),
      base,
    );

  /** Folds from the newest usable snapshot, or from the start. */
  const read = async (stream: string): Promise<Folded<State>> => {
    const newest = await store.readNewest(stream, snapshotEvery);
    for (let i = newest.length - 1; i >= 0; i -= 1) {
      const { snapshot, version } = newest[i] as Commit;
      const state =
        snapshot === undefined ? undefined : (snapshots?.open(stream, version, snapshot) as State | undefined);
      if (state !== undefined) return foldOnto({ state, version }, newest.slice(i + 1));
    }
    const complete = newest.length === 0 || newest[0]?.version === 1;
    return foldOnto(start, complete ? newest : await store.readAfter(stream, 0));
  };

  const keep = (stream: string, folded: Folded<State>): Folded<State> => {
    const known = cache.get(stream);
    if (known && known.version >= folded.version) return known;
    if (folded.version > 0 || keepsAbsent) cache.set(stream, folded);
    return folded;
  };

  const catchUp = async (stream: string, known: Folded<State> | undefined): Promise<Folded<State>> =>
    keep(stream, known ? foldOnto(known, await store.readAfter(stream, known.version)) : await read(stream));

  const load = async (stream: string): Promise<Folded<State>> => {
    const known = cache.get(stream);
    if (!known) return catchUp(stream, undefined);
    const current = store.isCurrent(stream, known.version);
    return (typeof current === 'boolean' ? current : await current) ? known : catchUp(stream, known);
  };

  /** Runs `work` after everything that was queued on the stream before. */
  const queued = <T>(stream: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(stream);
    const mine = before ? before.then(work, work) : work();
    tails.set(stream, mine);
    const forget = (): void => {
      if (tails.get(stream) === mine) tails.delete(stream);
    };
    mine.then(forget, forget);
    return mine;
  };

  /** Whether the commit at this version is the one we tried to append: an unknown outcome became known. */
  const landed = async (commit: Commit): Promise<boolean> => {
    const [found] = await store.readAfter(commit.stream, commit.version - 1);
    return found?.id === commit.id;
  };

  const append = async (commit: Commit): Promise<'appended' | 'conflict'> => {
    let fault: Error | undefined;
    try {
      if ((await store.append(commit)) === 'appended') return 'appended';
    } catch (error) {
      cache.delete(commit.stream);
      fault = error as Error;
    }
    if (await landed(commit)) return 'appended';
    // Nothing may be concluded from its absence after a fault: it may still be on its way.
    if (fault !== undefined) throw fault;
    return 'conflict';
  };

  const toCommit = (
    stream: string,
    { state, version }: Folded<State>,
    { events, sealed }: { events: readonly E[]; sealed?: Commit['sealed'] },
    { cause, at, commitId }: { cause: Cause; at: Instant; commitId?: string },
  ): Commit<E> => {
    const next = version + 1;
    const bare: Commit<E> = {
      id: commitId ?? newId(),
      stream,
      version: next,
      at,
      cause,
      events,
      ...(sealed && { sealed }),
    };
    if (!snapshots || next % snapshotEvery !== 0) return bare;
    return { ...bare, snapshot: snapshots.seal(stream, next, evolveCommit(evolve, state, bare)) };
  };

  const handle: Streams<State, Command, Answer>['handle'] = (stream, command, { cause, at, commitId, fresh }) =>
    queued(stream, async () => {
      let known: Folded<State> | undefined = fresh ? start : cache.get(stream);
      let proven = false;
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
        if (!known) {
          known = await catchUp(stream, undefined);
          proven = true;
        }
        const decision = decide(command, known.state);
        const outcome = decision.refusal ? { refusal: decision.refusal } : { answer: decision.answer };
        if (decision.events.length === 0) {
          if (!proven) {
            const checked = await load(stream);
            proven = true;
            if (checked.version !== known.version) {
              known = checked;
              continue;
            }
          }
          return { ...known, ...outcome, recorded: false };
        }
        const commit = toCommit(stream, known, decision, { cause, at, ...(commitId !== undefined && { commitId }) });
        const { version } = commit;
        const state = evolveCommit(evolve, known.state, commit);
        if ((await append(commit)) === 'appended') {
          return { ...keep(stream, { state, version }), ...outcome, recorded: true };
        }
        known = await catchUp(stream, attempt === 0 && fresh ? undefined : known);
        proven = true;
      }
      throw new Error(`stream ${stream}: ${MOST_ATTEMPTS} appends in a row lost their race`);
    });

  const prepare: Streams<State, Command, Answer>['prepare'] = async (stream, command, context) => {
    const known = await load(stream);
    const decision = decide(command, known.state);
    if (decision.events.length === 0 || decision.refusal) {
      return { ...known, ...(decision.refusal && { refusal: decision.refusal }) };
    }
    return { ...known, commit: toCommit(stream, known, decision, context) };
  };

  const complete: Streams<State, Command, Answer>['complete'] = (commit) =>
    queued(commit.stream, async () => {
      const found = await store.readAfter(commit.stream, commit.version - 1);
      const there = found.length > 0 ? found[0]?.id === commit.id : (await append(commit)) === 'appended';
      await catchUp(commit.stream, cache.get(commit.stream));
      return there;
    });

  return { load, handle, prepare, complete };
};
