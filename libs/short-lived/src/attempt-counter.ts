/** Counts tries in a window of time. Two instances at once never let more through than the limit. */
export type AttemptCounter = {
  /** Adds one and tells the count, one's own try included. */
  readonly count: (key: string, window: string, expiresAt: Date) => Promise<number>;
  /** Takes one back that turned out to be none. */
  readonly uncount: (key: string, window: string) => Promise<void>;
  readonly peek: (key: string, window: string) => Promise<number>;
  readonly forget: (key: string, window: string) => Promise<void>;
};
