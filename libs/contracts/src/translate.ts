import type { Cause, Refusal } from '@grantlog/event-sourcing';
import type * as common from './generated/grantlog/common/v1/common.ts';

export const toCause = (cause: common.Cause | undefined): Cause => ({
  requestId: cause?.requestId ?? '',
  ...(cause?.actor !== undefined && { actor: cause.actor }),
  ...(cause?.clientId && { clientId: cause.clientId }),
  ...(cause?.operator && { operator: true }),
});

export const fromCause = ({ requestId, actor, clientId = '', operator }: Cause): common.Cause => ({
  requestId,
  clientId,
  ...(actor !== undefined && { actor }),
  ...(operator && { operator }),
});

/** A refusal on the wire. */
export const toRefusal = ({ error, description, fields = {}, guessed }: Refusal): common.Refusal => ({
  error,
  description,
  guessed: guessed === true,
  fields: Object.fromEntries(Object.entries(fields).map(([name, messages]) => [name, { messages: [...messages] }])),
});

/** The branch of a result that refuses. */
export const refused = (refusal: Refusal): { $case: 'refusal'; value: common.Refusal } => ({
  $case: 'refusal',
  value: toRefusal(refusal),
});

/** What is wrong with one field, or with the whole (`__all__`). */
export const invalidField = (field: string, ...messages: string[]): Refusal => ({
  error: 'invalid',
  description: messages.join(' '),
  fields: { [field]: messages },
});

export const FORBIDDEN: Refusal = {
  error: 'forbidden',
  description: 'You do not have permission to perform this action.',
};
