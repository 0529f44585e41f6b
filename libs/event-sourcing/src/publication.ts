/** One message to a topic. Messages of one key stay in order. */
export type Message = {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
};

/** A message that came in, with its place. */
export type ReceivedMessage = Message & {
  readonly partition: number;
  readonly offset: string;
  /** Whether this installation published it, where that is asked. */
  readonly genuine?: boolean;
};

/** Sends to every subscriber outside; at least once, in order for each key. */
export type EventPublisher = {
  /**
   * Resolves when the broker has acknowledged all of them; a rejected batch may have been sent in part and is repeated.
   * @param progress called after each part that was acknowledged
   */
  readonly publish: (messages: readonly Message[], progress?: () => void) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type TopicAdmin = {
  /** Makes what is missing; leaves what is there as it is. */
  readonly ensure: (topics: readonly string[], partitions: number) => Promise<void>;
  readonly close: () => Promise<void>;
};
