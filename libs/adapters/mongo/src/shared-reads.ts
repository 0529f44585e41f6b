import { createBatcher } from '@grantlog/service-kit';

const READS_AT_ONCE = 2;
/** A read that hangs on a broken connection holds up no others. */
const LONGEST_WAIT_MS = 5;

type Waiting<Answer> = {
  readonly id: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
};

/**
 * Point reads by key that wait at the same moment share one, which starts after all of them came: each sees what was
 * acknowledged before it was asked.
 * @param read answers for any of these keys
 */
export const sharedReads = <Answer>(
  read: (ids: readonly string[]) => Promise<(id: string) => Answer>,
): ((id: string) => Promise<Answer>) => {
  const { add } = createBatcher<Waiting<Answer>>({ atOnce: READS_AT_ONCE, longestMs: LONGEST_WAIT_MS }, (asked) =>
    read([...new Set(asked.map(({ id }) => id))]).then(
      (answerOf) => asked.forEach(({ id, resolve }) => resolve(answerOf(id))),
      (fault: unknown) => asked.forEach(({ reject }) => reject(fault)),
    ),
  );
  return (id) => new Promise((resolve, reject) => add({ id, resolve, reject }));
};
