const READS_AT_ONCE = 2;

type Waiting<Answer> = {
  readonly id: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
};

/**
 * Point reads by key that wait at the same moment share one. A read starts after all that share it came, so that each
 * sees what was acknowledged before it was asked; while two are under way, others gather.
 * @param read answers for any of these keys
 */
export const gathered = <Answer>(
  read: (ids: readonly string[]) => Promise<(id: string) => Answer>,
): ((id: string) => Promise<Answer>) => {
  let waiting: Waiting<Answer>[] = [];
  let underWay = 0;
  let scheduled = false;
  const send = (): void => {
    scheduled = false;
    if (underWay >= READS_AT_ONCE || waiting.length === 0) return;
    const asked = waiting;
    waiting = [];
    underWay += 1;
    read([...new Set(asked.map(({ id }) => id))])
      .then(
        (answerOf) => asked.forEach(({ id, resolve }) => resolve(answerOf(id))),
        (fault: unknown) => asked.forEach(({ reject }) => reject(fault)),
      )
      .finally(() => {
        underWay -= 1;
        send();
      });
  };
  return (id) =>
    new Promise((resolve, reject) => {
      waiting.push({ id, resolve, reject });
      if (scheduled || underWay >= READS_AT_ONCE) return;
      scheduled = true;
      setImmediate(send);
    });
};
