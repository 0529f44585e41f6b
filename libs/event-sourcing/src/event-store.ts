import type { Commit, Version } from './event.ts';

/** A store is away, full, or did not answer in time: nothing is known about what it did. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Insert-only streams of commits. The one guarantee everything rests on: of two appends at one version exactly one wins. */
export type EventStore = {
  /** The newest commits of a stream, at most `atMost`, oldest first. Empty: the stream does not exist. */
  readonly readNewest: (stream: string, atMost: number) => Promise<readonly Commit[]>;
  /** All commits with a version above `after`, oldest first. */
  readonly readAfter: (stream: string, after: Version) => Promise<readonly Commit[]>;
  /**
   * Stores the commit durably if its stream is at `commit.version - 1`.
   * @returns `conflict` when that version exists already
   * @throws StoreUnavailable when the outcome is not known or the store is away; a commit of this id may have landed
   */
  readonly append: (commit: Commit) => Promise<'appended' | 'conflict'>;
  /** Whether `version` is the stream's newest, by a read that started after the call. */
  readonly isCurrent: (stream: string, version: Version) => Promise<boolean> | boolean;
};
