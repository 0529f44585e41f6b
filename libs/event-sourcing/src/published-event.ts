import type { JournalEntry } from './journal.ts';
import type { RecordedEvent } from './projection.ts';

/** A CloudEvents 1.0 event in structured JSON, as it is published and read back. */
export type PublishedEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Extensions: the stream's version, the place in the commit and its size, the commit's number in the journal. */
  readonly streamversion: number;
  readonly commitindex: number;
  readonly commitsize: number;
  readonly journalsequence: number;
  readonly data: Readonly<Record<string, unknown>>;
};

const KEBAB = /(?<=[a-z0-9])(?=[A-Z])/g;

/** `grantlog.grant.access-token-issued.v1`, from the stream's category and the event's name. */
const publishedType = (category: string, eventType: string): string =>
  `grantlog.${category}.${eventType.replace(KEBAB, '-').toLowerCase()}.v1`;

/** The commit's events as they are published; ids stay the same however often that happens. */
export const publishedEvents = (issuer: string, { sequence, commit }: JournalEntry): PublishedEvent[] => {
  const category = commit.stream.replace(/-.*$/, '');
  return commit.events.map((event, index) => {
    const { type, ...data } = event;
    return {
      specversion: '1.0',
      id: `${commit.stream}:${commit.version}:${index}`,
      source: issuer,
      type: publishedType(category, type),
      subject: commit.stream,
      time: commit.at,
      datacontenttype: 'application/json',
      streamversion: commit.version,
      commitindex: index,
      commitsize: commit.events.length,
      journalsequence: sequence,
      data: { event: type, cause: commit.cause, ...data },
    };
  });
};

/** The inverse of {@link publishedEvents}, for projections that are fed by Kafka. */
export const recordedEvent = ({
  subject,
  streamversion,
  commitindex,
  commitsize,
  time,
  journalsequence: sequence,
  data,
}: PublishedEvent): RecordedEvent => {
  const { event: type, cause, ...rest } = data as { event: string; cause: RecordedEvent['cause'] };
  return {
    stream: subject,
    version: streamversion,
    index: commitindex,
    of: commitsize,
    at: time,
    cause,
    event: { type, ...rest },
    sequence,
  };
};

/** A commit's events as projections meet them. */
export const recordedEvents = (commit: JournalEntry['commit'], sequence?: number): RecordedEvent[] =>
  commit.events.map((event, index) => ({
    stream: commit.stream,
    version: commit.version,
    index,
    of: commit.events.length,
    at: commit.at,
    cause: commit.cause,
    event,
    ...(sequence !== undefined && { sequence }),
  }));
