/** One message to a topic. Messages of one key stay in order. */
export type Message = {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  /** Of a message that came in: whether this installation published it, where that is asked. */
  readonly genuine?: boolean;
};

/** Sends to every subscriber outside; at least once, in order for each key. */
export type EventPublisher = {
  /** Resolves when the broker has acknowledged all of them; a rejected batch may have been sent in part and is repeated. */
  readonly publish: (messages: readonly Message[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type EventSubscription = {
  /**
   * Hands over messages in the order of each key; a batch is done with only when the handler has resolved, and comes
   * again after a crash before that.
   */
  readonly run: (handler: (messages: readonly Message[]) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type TopicAdmin = {
  /** Makes what is missing; leaves what is there as it is. */
  readonly ensure: (topics: readonly string[], partitions: number) => Promise<void>;
  readonly close: () => Promise<void>;
};
