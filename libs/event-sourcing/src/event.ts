/** A point in time, ISO 8601 in UTC with milliseconds: texts of one length, so that they compare as times do. */
export type Instant = string;

/** Who and what made a commit; kept with it and published. */
export type Cause = {
  readonly requestId: string;
  readonly actor?: number;
  readonly clientId?: string;
  /** Made with the data folder of a stopped installation; there is no actor then. */
  readonly operator?: true;
};

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A past-tense fact. Published as it is, so it is a contract and never holds a secret or a digest of one. */
export type DomainEvent = { readonly type: string };

/** What a commit keeps to itself: digests, password hashes, sealed replies. It never leaves the store. */
export type Sealed = Readonly<Record<string, string>>;

/** Counts the commits of a stream from 1; 0 is a stream that does not exist. */
export type Version = number;

/** One append: all of it is stored or nothing. */
export type Commit<E extends DomainEvent = DomainEvent> = {
  /** Chosen by the writer, so that a writer which lost the reply knows its own commit again. */
  readonly id: string;
  readonly stream: string;
  readonly version: Version;
  readonly at: Instant;
  readonly cause: Cause;
  readonly events: readonly E[];
  readonly sealed?: Sealed;
  /** The folded state after this commit, with a MAC; see snapshot.ts. */
  readonly snapshot?: string;
};

const NUMBERED = /^([a-z]+)-(\d+)$/;

/** `{ category: 'application', number: 12 }` of `application-12`; undefined for a stream without such a number. */
export const numberedStream = (stream: string): { category: string; number: number } | undefined => {
  const parts = NUMBERED.exec(stream);
  return parts ? { category: parts[1] as string, number: Number(parts[2]) } : undefined;
};

/** `at` moved by `seconds`, which may be negative. */
export const plusSeconds = (at: Instant, seconds: number): Instant =>
  new Date(Date.parse(at) + seconds * 1000).toISOString();

/** Whole seconds from `at` until `end`, rounded down; never negative. */
export const secondsUntil = (end: Instant, at: Instant): number =>
  Math.max(0, Math.floor((Date.parse(end) - Date.parse(at)) / 1000));
