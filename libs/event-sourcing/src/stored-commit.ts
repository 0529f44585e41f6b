import type { Commit } from './event.ts';
import type { JournalEntry } from './journal.ts';

/** A commit as stores keep it: its two parts as text. */
export type StoredParts = {
  readonly stream: string;
  readonly version: number;
  readonly open: string;
  readonly sealed: string;
  readonly snapshot?: string;
};

/** Where a commit cannot be read, and what of it. */
export type Damage = {
  readonly stream: string;
  readonly version: number;
  readonly part: 'open part' | 'sealed part' | 'whole commit';
};

/** A stream has a commit that cannot be read: nothing can be decided on it, and nothing else is affected. */
export class DamagedCommit extends Error {
  override readonly name = 'DamagedCommit';
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(`the ${damage.part} of ${damage.stream}:${damage.version} is damaged`);
    this.damage = damage;
  }
}

/** The event that stands in the journal for a commit that cannot be read. It is in no stream, and nothing follows from it. */
const COMMIT_DAMAGED = 'CommitDamaged';
const UNKNOWN_TIME = '1970-01-01T00:00:00.000Z';

type OpenPart = Pick<Commit, 'id' | 'at' | 'cause' | 'events'>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const isOpenPart = (value: unknown): value is OpenPart => {
  const { id, at, cause, events } = (value ?? {}) as Partial<OpenPart>;
  return (
    typeof id === 'string' &&
    typeof at === 'string' &&
    typeof cause === 'object' &&
    cause !== null &&
    Array.isArray(events) &&
    events.length > 0 &&
    events.every((event: unknown) => typeof (event as { type?: unknown } | null)?.type === 'string')
  );
};

/**
 * A commit of a stream that is folded.
 * @throws DamagedCommit when either part is not what was written
 */
export const storedCommit = ({ stream, version, open, sealed, snapshot }: StoredParts): Commit => {
  const opened = parsed(open);
  if (!isOpenPart(opened)) throw new DamagedCommit({ stream, version, part: 'open part' });
  const kept = parsed(sealed) as Commit['sealed'] | null | undefined;
  if (typeof kept !== 'object') throw new DamagedCommit({ stream, version, part: 'sealed part' });
  return { stream, version, ...opened, ...(kept && { sealed: kept }), ...(snapshot !== undefined && { snapshot }) };
};

/**
 * A commit as the journal gives it. In the place of one that cannot be read stands an event that says so, and the
 * journal goes on.
 * @param open undefined when the whole commit is gone
 */
export const journalCommit = (
  stream: string,
  version: number,
  open: string | undefined,
  onDamage: (damage: Damage) => void,
): JournalEntry['commit'] => {
  const opened = open === undefined ? undefined : parsed(open);
  if (isOpenPart(opened)) return { stream, version, ...opened };
  const part = open === undefined ? 'whole commit' : 'open part';
  onDamage({ stream, version, part });
  const events = [{ type: COMMIT_DAMAGED, part }];
  return { id: '', stream, version, at: UNKNOWN_TIME, cause: { requestId: '' }, events };
};
