import { toCause, type tokens as wire } from '@grantlog/contracts';
import type { Cause } from '@grantlog/event-sourcing';
import { type EndingCause, REVOCATIONS_STREAM, type SubjectKind } from '@grantlog/grants-domain';
import { required } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';

type Waiting = {
  readonly cause: Cause;
  readonly resolve: (version: number) => void;
  readonly reject: (fault: unknown) => void;
};

/**
 * Ends every grant of an application or a user by one event, whatever their number. Requests that mean the same and
 * wait while an append is under way become one event that names them all.
 */
export const revokeAll = ({
  streams,
  clock,
}: Deps): ((request: wire.RevokeAllRequest) => Promise<wire.RevokeAllResponse>) => {
  const waiting = new Map<string, Waiting[]>();
  let underWay: Promise<unknown> = Promise.resolve();

  const end = (
    kind: SubjectKind,
    id: number,
    because: EndingCause,
    subjectVersion: number,
    requests: readonly Cause[],
  ) =>
    streams.revocations.handle(
      REVOCATIONS_STREAM,
      { type: 'EndGrants', subject: { kind, id }, because, subjectVersion, requests },
      { cause: requests[0] as Cause, at: clock.now() },
    );

  /** Whoever comes while others wait for the same joins them; nobody joins an event that was sent. */
  const endWithOthers = (kind: SubjectKind, id: number, cause: Cause): Promise<number> =>
    new Promise((resolve, reject) => {
      const key = `${kind} ${id}`;
      const others = waiting.get(key);
      if (others) return void others.push({ cause, resolve, reject });
      const group: Waiting[] = [{ cause, resolve, reject }];
      waiting.set(key, group);
      underWay = underWay.then(async () => {
        waiting.delete(key);
        try {
          const { version } = await end(kind, id, 'requested', 0, group.map((one) => one.cause)); // prettier-ignore
          group.forEach((one) => one.resolve(version));
        } catch (error) {
          group.forEach((one) => one.reject(error));
        }
      });
    });

  return async ({ subject, because, subjectVersion, cause }) => {
    const { $case: kind, value: id } = required(subject, 'subject');
    const position = (version: number): wire.RevokeAllResponse => ({
      position: { stream: REVOCATIONS_STREAM, version },
    });
    if (because === 'requested') return position(await endWithOthers(kind, id, toCause(cause)));
    if (because === 'reopened') {
      const command = { type: 'ReopenUser', user: id, subjectVersion } as const;
      return position(
        (await streams.revocations.handle(REVOCATIONS_STREAM, command, { cause: toCause(cause), at: clock.now() }))
          .version,
      );
    }
    if (because !== 'closed' && because !== 'ended') throw new TypeError(`no such cause: ${because}`);
    return position((await end(kind, id, because, subjectVersion, [toCause(cause)])).version);
  };
};
