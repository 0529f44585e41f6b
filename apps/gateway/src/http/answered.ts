import type { common } from '@grantlog/contracts';

type Result = { readonly $case: string; readonly value: unknown };

/**
 * What a service answered, where it did what it was asked.
 * @param success the case of a success
 * @param refuse the error that a refusal becomes
 * @throws what `refuse` returns; TypeError for an answer that is neither, which no service gives
 */
export const answered = <R extends Result, C extends R['$case']>(
  result: R | undefined,
  success: C,
  refuse: (refusal: common.Refusal) => Error,
): Extract<R, { $case: C }>['value'] => {
  if (result?.$case === success) return (result as Extract<R, { $case: C }>).value;
  if (result?.$case === 'refusal') throw refuse(result.value as common.Refusal);
  throw new TypeError(`A service answered ${result?.$case ?? 'nothing'} in place of ${success} or a refusal.`);
};
