/** Shed last is what ends rights and what resource servers and running clients need; everything else is shed first. */
export type Shed = 'first' | 'last';

/**
 * A burst of fifty requests, cold, on a slow machine is read in a turn of 250 ms and is no overload. Clients wait some
 * seconds; at full load some tens of requests are in flight.
 */
export const LIMITS: Readonly<Record<Shed, { readonly ageMs: number; readonly inFlight: number }>> = {
  first: { ageMs: 500, inFlight: 256 },
  last: { ageMs: 1500, inFlight: 1024 },
};

export type Admission = {
  readonly admits: (shed: Shed) => boolean;
  /** Counts a handler while it works, that is until its promise is settled. */
  readonly working: <T>(work: () => Promise<T>) => Promise<T>;
  /** Within a handler: does not count while it waits for its client, or for what costs this process nothing. */
  readonly waiting: <T>(wait: () => Promise<T>) => Promise<T>;
};

/** So many of one turn are answered long before the first limit of age; at full load some tens are in flight. */
export const AGE_COUNTS_FROM = 64;

/**
 * Judges early whether a request can be answered in time. A burst is read in one turn of the event loop: how long that
 * turn has lasted is how long this request has waited, at least.
 */
export const createAdmission = (
  refused: (shed: Shed) => void,
  now: () => number = () => performance.now(),
): Admission => {
  let inFlight = 0;
  let turnBegan: number | undefined;
  const ageOfTurn = (): number => {
    if (turnBegan === undefined) {
      turnBegan = now();
      setImmediate(() => (turnBegan = undefined));
    }
    return now() - turnBegan;
  };
  const during = async <T>(change: 1 | -1, work: () => Promise<T>): Promise<T> => {
    inFlight += change;
    try {
      return await work();
    } finally {
      inFlight -= change;
    }
  };
  return {
    admits: (shed) => {
      const { ageMs, inFlight: most } = LIMITS[shed];
      const admitted = inFlight < AGE_COUNTS_FROM || (inFlight < most && ageOfTurn() <= ageMs);
      if (!admitted) refused(shed);
      return admitted;
    },
    working: (work) => during(1, work),
    waiting: (wait) => during(-1, wait),
  };
};

const SHED_LAST = /^\/api\/o\/(?:introspect|revoke_token|token)(?:[/?]|$)/;

/** By the address alone; of token requests only refreshes stay in their class once the form is read. */
export const shedOf = (url: string): Shed => (SHED_LAST.test(url) ? 'last' : 'first');
