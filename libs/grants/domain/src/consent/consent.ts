import { accept, type Decider } from '@grantlog/event-sourcing';
import type { GrantEpochs } from '../revocations/revocations.ts';

/** What was consented to: words of scope, for answers that go to one origin, under epochs as a grant has them. */
export type Asked = { readonly scope: string; readonly origin: string; readonly epochs: GrantEpochs };

/** What a user has agreed that an application may do, until it is withdrawn or the grants of either are all revoked. */
export type ConsentEvent =
  /** Those from before origins and epochs were noted count no more: the page is shown once again. */
  ({ type: 'ConsentRemembered'; scope: string } & Partial<Omit<Asked, 'scope'>>) | { type: 'ConsentWithdrawn' };

type Given = Omit<Asked, 'scope'> & { readonly words: readonly string[] };

/** One for each origin, oldest first. */
export type Consent = { readonly given: readonly Given[] };

export type ConsentCommand = ({ type: 'RememberConsent' } & Asked) | { type: 'WithdrawConsent' };

/** An application's redirect URIs may change for years; whoever is forgotten is asked again. */
const MOST_ORIGINS = 20;

const sameEpochs = (a: GrantEpochs, b: GrantEpochs): boolean =>
  a.installation === b.installation && a.application === b.application && a.user === b.user;

const givenTo = ({ given }: Consent, { origin, epochs }: Omit<Asked, 'scope'>): readonly string[] =>
  given.find((one) => one.origin === origin && sameEpochs(one.epochs, epochs))?.words ?? [];

/**
 * Whether the page may be left out: every word asked for was consented to before, for this origin, and nothing has ended
 * the application's or the user's grants since.
 * @param asked with the epochs that are current
 */
export const covers = (consent: Consent, asked: Asked): boolean => {
  const words = givenTo(consent, asked);
  return asked.scope.split(' ').every((word) => words.includes(word));
};

export const consentDecider: Decider<Consent, ConsentCommand, ConsentEvent> = {
  initialState: { given: [] },
  decide: (command, consent) => {
    if (command.type === 'WithdrawConsent')
      return accept(consent.given.length > 0 ? [{ type: 'ConsentWithdrawn' }] : []);
    if (covers(consent, command)) return accept([]);
    const { scope, origin, epochs } = command;
    return accept([{ type: 'ConsentRemembered', scope, origin, epochs }]);
  },
  evolve: (consent, event) => {
    if (event.type === 'ConsentWithdrawn') return { given: [] };
    const { scope, origin, epochs } = event;
    if (event.type !== 'ConsentRemembered' || origin === undefined || epochs === undefined) return consent;
    const words = [...new Set([...givenTo(consent, { origin, epochs }), ...scope.split(' ')])];
    const others = consent.given.filter((one) => one.origin !== origin && sameEpochs(one.epochs, epochs));
    return { given: [...others, { origin, epochs, words }].slice(-MOST_ORIGINS) };
  },
};

export const consentStream = (user: number, application: number): string => `consent-${user}-${application}`;
