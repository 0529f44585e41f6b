import { hash } from 'node:crypto';
import type { Commit } from './event.ts';

/** A commit with its number in the journal; numbers run from 1 without a gap. */
export type JournalEntry = {
  readonly sequence: number;
  readonly commit: Omit<Commit, 'sealed' | 'snapshot'>;
};

export type JournalPage = {
  readonly entries: readonly JournalEntry[];
  /** The number after which to go on. */
  readonly next: number;
};

/** Everything that was ever committed, numbered, chained, read by position. */
export type Journal = {
  /**
   * Entries in order; a page never divides a commit.
   * @param after `next` of an earlier page; 0 is the start
   */
  readonly read: (after: number, atMostEvents: number) => Promise<JournalPage>;
  /** The newest number, 0 where there is none. */
  readonly head: () => Promise<number>;
};

export const CHAIN_START = '';

/** What the chain binds of a commit: every byte that is stored, the open part and the sealed one. */
export type ChainedParts = { stream: string; version: number; open: string; sealed: string };

/**
 * The link of one commit to the one before it: SHA-256 over the previous link, its number, its place in its stream and
 * the digests of both its parts. Deleting, changing or reordering a commit breaks every later link.
 * @returns base64url, 43 characters
 */
export const chainLink = (
  previous: string,
  sequence: number,
  { stream, version, open, sealed }: ChainedParts,
): string =>
  hash(
    'sha256',
    `${previous}\n${sequence}\n${stream}\n${version}\n${hash('sha256', open, 'base64url')}\n${hash('sha256', sealed, 'base64url')}`,
    'base64url',
  );

/** The first entry whose link does not fit, or undefined when the chain holds. */
export const firstBrokenLink = (
  entries: Iterable<ChainedParts & { sequence: number; link: string }>,
  start = CHAIN_START,
  after = 0,
): { sequence: number } | undefined => {
  let previous = start;
  let last = after;
  for (const entry of entries) {
    if (entry.sequence !== last + 1 || chainLink(previous, entry.sequence, entry) !== entry.link) {
      return { sequence: last + 1 };
    }
    previous = entry.link;
    last = entry.sequence;
  }
  return undefined;
};
