import type { tokens as wire } from '@grantlog/contracts';
import type { Refusal } from '@grantlog/event-sourcing';
import { type Epochs, proofStands } from '@grantlog/grants-domain';

/** The client was deleted, or its rights were ended, after it was authenticated. */
export const clientProblem = (epochs: Epochs, client: wire.Client): Refusal | undefined =>
  proofStands(epochs, 'application', client.application, client.version)
    ? undefined
    : { error: 'invalid_client', description: 'Client authentication failed.' };

/** The user was disabled or deleted, or changed its password, after it was authenticated. */
export const subjectProblem = (epochs: Epochs, subject: wire.Subject): Refusal | undefined =>
  proofStands(epochs, 'user', subject.user, subject.version)
    ? undefined
    : { error: 'invalid_grant', description: 'Invalid credentials given.' };

/** A part of the message that every caller sends. @throws when it is missing: the caller is broken, not the user */
export const required = <T>(value: T | undefined, name: string): T => {
  if (value === undefined) throw new TypeError(`${name} is missing`);
  return value;
};
