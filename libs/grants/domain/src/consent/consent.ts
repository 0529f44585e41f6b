import { accept, type Decider } from '@grantlog/event-sourcing';

/** What a user has agreed that an application may do, once and for all. */
export type ConsentEvent = { type: 'ConsentRemembered'; scope: string } | { type: 'ConsentWithdrawn' };

/** The words consented to; empty: none. */
export type Consent = { readonly words: readonly string[] };

export type ConsentCommand = { type: 'RememberConsent'; scope: string } | { type: 'WithdrawConsent' };

/** Whether the page may be left out: every word asked for was consented to before. */
export const covers = (consent: Consent, scope: string): boolean =>
  scope.split(' ').every((word) => consent.words.includes(word));

export const consentDecider: Decider<Consent, ConsentCommand, ConsentEvent> = {
  initialState: { words: [] },
  decide: (command, consent) => {
    if (command.type === 'WithdrawConsent')
      return accept(consent.words.length > 0 ? [{ type: 'ConsentWithdrawn' }] : []);
    return accept(covers(consent, command.scope) ? [] : [{ type: 'ConsentRemembered', scope: command.scope }]);
  },
  evolve: (consent, event) => {
    if (event.type === 'ConsentWithdrawn') return { words: [] };
    return event.type === 'ConsentRemembered'
      ? { words: [...new Set([...consent.words, ...event.scope.split(' ')])] }
      : consent;
  },
};

export const consentStream = (user: number, application: number): string => `consent-${user}-${application}`;
