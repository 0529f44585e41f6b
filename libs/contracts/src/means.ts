import type { Refusal } from '@grantlog/event-sourcing';
import { type Actor, Means } from './generated/grantlog/common/v1/common.ts';

const IN_PERSON: ReadonlySet<Means> = new Set([
  Means.MEANS_BASIC,
  Means.MEANS_BROWSER_SESSION,
  Means.MEANS_PERSONAL_TOKEN,
]);

/**
 * Whether the actor authenticated with a credential of its own. An application's token only borrows its user's rights, so
 * it neither makes credentials nor gives rights: those would outlive it (docs/access.md).
 */
export const actsInPerson = (actor: Actor | undefined): actor is Actor =>
  actor !== undefined && IN_PERSON.has(actor.means);

export const NOT_IN_PERSON: Refusal = {
  error: 'forbidden',
  description:
    "An application's token may not do this. Use HTTP Basic, a browser session or a personal token (see docs/access.md).",
};
