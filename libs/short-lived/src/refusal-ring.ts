/** A refusal that changed no state: telemetry, not a fact. */
export type RecordedRefusal = {
  readonly at: string;
  readonly reason: string;
  readonly requestId: string;
  readonly clientId: string;
  readonly address: string;
  readonly path: string;
  readonly detail: string;
};

/** Bounded by count and age; what no longer fits is dropped and counted, so that an attacker cannot fill the store. */
export type RefusalRing = {
  readonly add: (refusals: readonly RecordedRefusal[], dropped: number) => Promise<void>;
  /** @param after number of the last one seen; 0 is the start */
  readonly read: (
    after: number,
    atMost: number,
  ) => Promise<{ refusals: readonly RecordedRefusal[]; next: number; dropped: number }>;
};
