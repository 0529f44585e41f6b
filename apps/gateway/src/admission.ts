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
  /** Takes note of a request, however it is answered. @returns what is to be called when its reply is over */
  readonly arrived: () => () => void;
  readonly admits: (shed: Shed) => boolean;
};

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
  return {
    arrived: () => {
      inFlight += 1;
      if (turnBegan === undefined) {
        turnBegan = now();
        setImmediate(() => (turnBegan = undefined));
      }
      return () => (inFlight -= 1);
    },
    admits: (shed) => {
      const age = turnBegan === undefined ? 0 : now() - turnBegan;
      const admitted = age <= LIMITS[shed].ageMs && inFlight <= LIMITS[shed].inFlight;
      if (!admitted) refused(shed);
      return admitted;
    },
  };
};

const SHED_LAST = /^\/api\/o\/(?:introspect|revoke_token|token)(?:[/?]|$)/;

/** By the address alone; of token requests only refreshes stay in their class once the form is read. */
export const shedOf = (url: string): Shed => (SHED_LAST.test(url) ? 'last' : 'first');
