import { accept, refuse } from '@grantlog/event-sourcing';
import { isNoWider, isWithin } from '@grantlog/oauth';
import { type Epochs, survives } from '../../revocations/revocations.ts';
import type { GrantCommand } from '../commands.ts';
import type { ActiveGrant, Grant } from '../state.ts';
import type { GrantDecision } from './index.ts';

/**
 * Whether this personal token may create another. Noted here, so that the end of this one is the end of that one.
 * @returns refusal `forbidden` when it has ended, was created by a token itself, or has less scope
 */
export const grantChild = (
  { scope, epochs, at }: Extract<GrantCommand, { type: 'GrantChildToken' }>,
  grant: Grant,
): GrantDecision => {
  if (!isLive(grant, epochs) || at >= grant.generation.accessExpiresAt)
    return refuse('forbidden', 'The token has ended.');
  if (grant.terms.application !== 0) return refuse('forbidden', 'Only a personal token creates tokens.');
  if (grant.terms.parent !== undefined)
    return refuse('forbidden', 'A token that was created with a token creates none itself.');
  if (!isNoWider(scope, grant.generation.scope)) {
    const message = `Must be within the scope of the token that creates it: ${grant.generation.scope}.`;
    return refuse('forbidden', message, { fields: { scope: [message] } });
  }
  return accept([{ type: 'ChildTokenGranted' }], { kind: 'done' });
};

const isLive = (grant: Grant, epochs: Epochs): grant is ActiveGrant =>
  grant.status === 'Active' && survives(grant.terms, epochs);

/**
 * What a token may do now, in view of the one that created it: nothing once that has ended, and no more than that, also
 * when its scope was narrowed since.
 * @param parent the grant that `terms.parent` names; undefined where it names none
 */
export const scopeUnder = (
  { terms, generation }: ActiveGrant,
  parent: Grant | undefined,
  epochs: Epochs,
): string | undefined => {
  if (terms.parent === undefined) return generation.scope;
  if (parent === undefined || !isLive(parent, epochs)) return undefined;
  return isWithin(generation.scope, parent.generation.scope) ? generation.scope : parent.generation.scope;
};
