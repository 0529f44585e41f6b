import { hash } from 'node:crypto';
import { accept, type Decider, type Refusal, refuse } from './decider.ts';
import type { Cause, Commit, Instant } from './event.ts';
import type { Streams } from './handle-command.ts';

/** One name, one holder: the claim's own stream decides, by an insert. */
export type NameClaimEvent = { type: 'NameClaimed'; holder: string } | { type: 'NameReleased'; holder: string };

/** A claim carries the commit that it stands for, so that whoever meets a claim of a dead writer can finish its work. */
export type NameClaim =
  { readonly status: 'Free' } | { readonly status: 'Claimed'; readonly holder: string; readonly standsFor: Commit };

export type NameClaimCommand =
  | { readonly type: 'ClaimName'; readonly holder: string; readonly standsFor: Commit }
  | { readonly type: 'ReleaseName'; readonly holder: string; readonly commitId: string };

export const nameClaimDecider: Decider<NameClaim, NameClaimCommand, NameClaimEvent> = {
  initialState: { status: 'Free' },
  decide: (command, claim) => {
    if (command.type === 'ReleaseName') {
      const held =
        claim.status === 'Claimed' && claim.holder === command.holder && claim.standsFor.id === command.commitId;
      return accept(held ? [{ type: 'NameReleased', holder: command.holder }] : []);
    }
    if (claim.status === 'Claimed' && claim.holder !== command.holder) return refuse('name_taken', 'the name is taken');
    return accept([{ type: 'NameClaimed', holder: command.holder }], undefined, {
      standsFor: JSON.stringify(command.standsFor),
    });
  },
  evolve: (_claim, event, commit) =>
    event.type === 'NameReleased'
      ? { status: 'Free' }
      : {
          status: 'Claimed',
          holder: event.holder,
          standsFor: JSON.parse(commit.sealed?.['standsFor'] ?? 'null') as Commit,
        },
};

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** The blank Braille pattern shows like a space. */
const BLANK = /[\s\u2800]+/u;

/**
 * How a name is stored: in NFC, without white space at its ends, one space where there is any inside, no word of nothing
 * that shows, and nothing invisible where that keeps letters and marks from composing. Letters of other scripts that look
 * alike stay different names.
 */
export const writtenName = (name: string): string => {
  const written = name
    .normalize('NFC')
    .split(BLANK)
    .filter((word) => word.replace(INVISIBLE, '') !== '')
    .join(' ');
  const folded = foldedName(written);
  return folded === folded.normalize('NFKC') ? written : written.replace(INVISIBLE, '').normalize('NFC');
};

/** How two spellings that look alike to a reader or a case-blind system become one. */
export const foldedName = (name: string): string => name.normalize('NFKC').replace(INVISIBLE, '').toLowerCase();

/** Stream names are published and cannot be erased, so a claim's has the digest of the folded name, not the name. */
export const claimStream = (kind: string, name: string): string =>
  `${kind}-${hash('sha256', foldedName(name), 'hex').slice(0, 40)}`;

type Holders<State> = Pick<Streams<State, never, unknown>, 'load' | 'complete'>;

export type NameReservations = {
  /**
   * Claims a name for the holder whose `commit` gives it that name, then appends the commit.
   * A claim of a dead writer is finished for it; one that its holder has left is released.
   * @returns `taken` when another holds the name, `outrun` when the holder's stream went on meanwhile: decide again
   */
  readonly take: (claim: string, commit: Commit, cause: Cause) => Promise<'done' | 'taken' | 'outrun'>;
  /** Claims the new name, appends the commit, then gives the old name up; only appends where it is the same name. */
  readonly move: (change: NamedChange, cause: Cause) => Promise<'done' | 'taken' | 'outrun'>;
  /** Gives a name up, if the holder has it. */
  readonly release: (claim: string, holder: string, cause: Cause) => Promise<void>;
  /**
   * {@link NameReservations.move}, decided again as often as it is outrun.
   * @param prepare decides on the stream as it is; asked again when that went on meanwhile
   * @param taken the refusal when another holds the new name
   */
  readonly change: (
    prepare: () => Promise<NamedChange | Unchanged>,
    taken: Refusal,
    cause: Cause,
  ) => Promise<Refusal | undefined>;
};

/** A commit with the claims of its holder's name before and after it. */
export type NamedChange = { readonly commit: Commit; readonly from: string; readonly to: string };
type Unchanged = { readonly commit?: undefined; readonly refusal?: Refusal };

/**
 * @param holds whether a holder's state has the name of this claim stream
 */
export const createNames = <State>(
  claims: Streams<NameClaim, NameClaimCommand, undefined>,
  holders: Holders<State>,
  holds: (state: State, claim: string) => boolean,
  now: () => Instant,
): NameReservations => {
  const release: NameReservations['release'] = async (claim, holder, cause) => {
    const { state } = await claims.load(claim);
    if (state.status !== 'Claimed' || state.holder !== holder) return;
    await claims.handle(claim, { type: 'ReleaseName', holder, commitId: state.standsFor.id }, { cause, at: now() });
  };

  const take: NameReservations['take'] = async (claim, commit, cause) => {
    for (;;) {
      const command = { type: 'ClaimName', holder: commit.stream, standsFor: commit } as const;
      const { refusal } = await claims.handle(claim, command, { cause, at: now() });
      if (!refusal) return (await holders.complete(commit)) ? 'done' : 'outrun';
      const { state: found } = await claims.load(claim);
      if (found.status !== 'Claimed') continue;
      await holders.complete(found.standsFor);
      const { state } = await holders.load(found.holder);
      if (holds(state, claim)) return 'taken';
      await claims.handle(
        claim,
        { type: 'ReleaseName', holder: found.holder, commitId: found.standsFor.id },
        { cause, at: now() },
      );
    }
  };

  const move: NameReservations['move'] = async ({ commit, from, to }, cause) => {
    if (from === to) return (await holders.complete(commit)) ? 'done' : 'outrun';
    const outcome = await take(to, commit, cause);
    if (outcome === 'done') await release(from, commit.stream, cause);
    return outcome;
  };

  const change: NameReservations['change'] = async (prepare, taken, cause) => {
    for (;;) {
      const next = await prepare();
      if (!next.commit) return next.refusal;
      const outcome = await move(next, cause);
      if (outcome !== 'outrun') return outcome === 'taken' ? taken : undefined;
    }
  };

  return { take, move, release, change };
};
