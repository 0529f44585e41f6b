import { randomUUID } from 'node:crypto';
import type { Message } from '@grantlog/event-sourcing';
import type { RecordedRefusal } from '@grantlog/short-lived';

const REFUSALS_TOPIC = 'grantlog.refusals';

/** Refusals as CloudEvents: telemetry of its own topic, told once at most, never part of the journal. */
export const refusalMessages = (
  issuer: string,
  refusals: readonly RecordedRefusal[],
  dropped: number,
  now: string,
): Message[] => {
  const message = (type: string, subject: string, time: string, data: Readonly<Record<string, unknown>>): Message => ({
    topic: REFUSALS_TOPIC,
    key: subject,
    value: JSON.stringify({
      specversion: '1.0',
      id: randomUUID(),
      source: issuer,
      type: `grantlog.refusal.${type}.v1`,
      subject,
      time,
      datacontenttype: 'application/json',
      data,
    }),
  });
  return [
    ...refusals.map(({ at, reason, ...data }) => message(reason.replaceAll('_', '-'), reason, at, data)),
    ...(dropped > 0 ? [message('dropped', 'dropped', now, { dropped })] : []),
  ];
};
