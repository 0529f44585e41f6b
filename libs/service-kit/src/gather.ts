/** Rounds of more than this many items on average: others come at the same time, and are worth waiting for. */
const SHARED_SIZE = 1.5;
/** How long a round waits for others: this share of what rounds take, so that nobody is held up by much. */
const LINGER_SHARE = 1 / 4;
const LONGEST_LINGER_MS = 10;
/** What an average of sizes and durations takes from each new one. */
const NEWEST_SHARE = 1 / 8;

type Limits = {
  /** Rounds under way at once. */
  readonly atOnce: number;
  /** Items of one round; more go with the next. */
  readonly together?: number;
  /** What waits is sent after so many milliseconds though no round has ended: one that hangs holds nothing up. */
  readonly longestMs?: number;
};

/**
 * What waits at the same moment travels together. An item alone is sent at the end of the turn of the event loop; while
 * as many rounds are under way as may be, others gather and go when one has ended. Where rounds are shared and slow, one
 * waits for a quarter of its usual time first, at most 10 ms: the answers to a round bring the next items one by one.
 * @param send one round; it answers its items itself, and resolves when it has ended, well or badly
 * @returns takes an item, and tells how many wait
 */
export const createGather = <Item>(
  { atOnce, together = Infinity, longestMs }: Limits,
  send: (items: readonly Item[]) => Promise<void>,
): { readonly add: (item: Item) => void; readonly waiting: () => number } => {
  let waiting: Item[] = [];
  let underWay = 0;
  let scheduled: NodeJS.Immediate | NodeJS.Timeout | undefined;
  let usualSize = 1;
  let usualMs = 0;

  const round = (): void => {
    const items = waiting.slice(0, together);
    waiting = waiting.slice(items.length);
    underWay += 1;
    usualSize += (items.length - usualSize) * NEWEST_SHARE;
    const began = performance.now();
    void send(items).finally(() => {
      usualMs += (performance.now() - began - usualMs) * NEWEST_SHARE;
      underWay -= 1;
      rounds();
    });
  };
  const rounds = (): void => {
    while (underWay < atOnce && waiting.length > 0) round();
    if (waiting.length > 0) return schedule();
    // One that comes next is alone: it must not wait for what was scheduled for others.
    clearTimeout(scheduled as NodeJS.Timeout);
    clearImmediate(scheduled as NodeJS.Immediate);
    scheduled = undefined;
  };
  const due = (): void => {
    scheduled = undefined;
    if (waiting.length > 0 && underWay >= atOnce && longestMs !== undefined) round();
    rounds();
  };
  const lingerMs = (): number => (usualSize < SHARED_SIZE ? 0 : Math.min(usualMs * LINGER_SHARE, LONGEST_LINGER_MS));
  const schedule = (): void => {
    if (scheduled) return;
    if (underWay < atOnce) scheduled = lingerMs() < 1 ? setImmediate(due) : setTimeout(due, lingerMs());
    else if (longestMs !== undefined) scheduled = setTimeout(due, longestMs);
  };

  return {
    add: (item) => {
      waiting.push(item);
      schedule();
    },
    waiting: () => waiting.length,
  };
};
