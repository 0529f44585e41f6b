import { accept, type Decider } from './decider.ts';

/** A sequence of small numbers: the number is the version of an append. One whose taker died stays unused. */
export type NumberTaken = { type: 'NumberTaken' };

export const numberSequenceDecider: Decider<null, null, NumberTaken> = {
  initialState: null,
  decide: () => accept([{ type: 'NumberTaken' }]),
  evolve: () => null,
};
