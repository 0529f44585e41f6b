import { accept, type Decider } from './decider.ts';
import type { Cause, Instant } from './event.ts';
import type { Streams } from './handle-command.ts';

/** Work over two streams that was begun: first noted, then done, then struck off, so that a crash leaves it noted. */
export type EndingEvent = { type: 'EndingBegun'; subject: number } | { type: 'EndingFinished'; subject: number };
export type EndingCommand = { readonly type: 'Begin' | 'Finish'; readonly subject: number };
/** Subjects whose ending is under way. */
export type OpenEndings = readonly number[];

export const endingsDecider: Decider<OpenEndings, EndingCommand, EndingEvent> = {
  initialState: [],
  decide: ({ type, subject }, open) => {
    if (type === 'Begin') return accept(open.includes(subject) ? [] : [{ type: 'EndingBegun', subject }]);
    return accept(open.includes(subject) ? [{ type: 'EndingFinished', subject }] : []);
  },
  evolve: (open, event) =>
    event.type === 'EndingBegun' ? [...open, event.subject] : open.filter((subject) => subject !== event.subject),
};

export type EndingSaga = {
  /**
   * Runs a fact in the subject's own stream (`first`) and what has to follow it elsewhere (`second`), which must be
   * repeatable. When the process dies between them, {@link EndingSaga.finishOpen} does the second.
   */
  readonly run: <T>(subject: number, cause: Cause, first: () => Promise<T>) => Promise<T>;
  readonly finishOpen: () => Promise<void>;
};

/**
 * @param stream where what is under way is noted
 * @param second reads the subject's stream and repeats what follows from its last ending fact, if there is one
 */
export const createEndingSaga = (
  streams: Streams<OpenEndings, EndingCommand, undefined>,
  stream: string,
  second: (subject: number, cause: Cause) => Promise<void>,
  now: () => Instant,
): EndingSaga => ({
  run: async (subject, cause, first) => {
    await streams.handle(stream, { type: 'Begin', subject }, { cause, at: now() });
    const outcome = await first();
    await second(subject, cause);
    await streams.handle(stream, { type: 'Finish', subject }, { cause, at: now() });
    return outcome;
  },
  finishOpen: async () => {
    const { state: open } = await streams.load(stream);
    for (const subject of open) {
      const cause = { requestId: 'finish-endings' };
      await second(subject, cause);
      await streams.handle(stream, { type: 'Finish', subject }, { cause, at: now() });
    }
  },
});
