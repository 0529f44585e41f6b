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
 * as many rounds are under way as may be, others gather and go when one has ended.
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

  const round = (): void => {
    const items = waiting.slice(0, together);
    waiting = waiting.slice(items.length);
    underWay += 1;
    void send(items).finally(() => {
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
  const schedule = (): void => {
    if (scheduled) return;
    if (underWay < atOnce) scheduled = setImmediate(due);
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
