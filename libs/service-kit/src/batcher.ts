/** Above this many items a batch on average, others come at the same time and are worth waiting for. */
const SHARED_SIZE = 1.5;
/** How long a batch waits for more items: this share of the usual round trip. */
const LINGER_SHARE = 1 / 4;
const LONGEST_LINGER_MS = 10;
/** Weight of the newest batch in the moving averages of size and duration. */
const NEWEST_SHARE = 1 / 8;

type Limits = {
  /** Batches in flight at once. */
  readonly atOnce: number;
  /** Items of one batch; more go with the next. */
  readonly together?: number;
  /** What waits is sent after so many milliseconds though no batch has ended: one that hangs delays no others. */
  readonly longestMs?: number;
};

/**
 * Sends items that wait at the same moment as one batch. An item alone is sent at the end of the turn of the event loop;
 * while as many batches are in flight as are allowed, items wait and are sent when one of them has ended. Where batches
 * are shared and slow, the next lingers for a quarter of the usual round trip, at most 10 ms: the answers to a batch bring
 * the next items one by one.
 * @param send one batch; it answers its items itself, and resolves when it has ended, well or badly
 * @returns `add` takes an item; `waiting` says how many are not sent yet
 */
export const createBatcher = <Item>(
  { atOnce, together = Infinity, longestMs }: Limits,
  send: (items: readonly Item[]) => Promise<void>,
): { readonly add: (item: Item) => void; readonly waiting: () => number } => {
  let waiting: Item[] = [];
  let inFlight = 0;
  let scheduled: NodeJS.Immediate | NodeJS.Timeout | undefined;
  let usualSize = 1;
  let usualMs = 0;

  const sendOne = (): void => {
    const items = waiting.slice(0, together);
    waiting = waiting.slice(items.length);
    inFlight += 1;
    usualSize += (items.length - usualSize) * NEWEST_SHARE;
    const began = performance.now();
    void send(items).finally(() => {
      usualMs += (performance.now() - began - usualMs) * NEWEST_SHARE;
      inFlight -= 1;
      sendAll();
    });
  };
  const sendAll = (): void => {
    while (inFlight < atOnce && waiting.length > 0) sendOne();
    if (waiting.length > 0) return schedule();
    // An item that comes next is alone: it must not wait for what was scheduled for others.
    clearTimeout(scheduled as NodeJS.Timeout);
    clearImmediate(scheduled as NodeJS.Immediate);
    scheduled = undefined;
  };
  const due = (): void => {
    scheduled = undefined;
    if (waiting.length > 0 && inFlight >= atOnce && longestMs !== undefined) sendOne();
    sendAll();
  };
  const lingerMs = (): number => (usualSize < SHARED_SIZE ? 0 : Math.min(usualMs * LINGER_SHARE, LONGEST_LINGER_MS));
  const schedule = (): void => {
    if (scheduled) return;
    if (inFlight < atOnce) scheduled = lingerMs() < 1 ? setImmediate(due) : setTimeout(due, lingerMs());
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
