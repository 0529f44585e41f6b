import { closestMatch } from 'leven';
import { invalid } from './api-error.ts';
import { printable } from './printable.ts';

/** How many unknown names a reply says something about. */
const MOST_NAMED = 20;
const LONGEST_NAME = 60;

/**
 * Refuses names that mean nothing here: what is accepted has an effect.
 * @param what the names are: `field`, `setting`, `parameter`
 * @param elsewhere names that other requests take
 * @throws ApiError 400 that says of each unknown name which one was likely meant
 */
export const refuseUnknown = (
  names: readonly string[],
  known: readonly string[],
  what: string,
  elsewhere: readonly string[] = [],
): void => {
  const unknown = names.filter((name) => !known.includes(name)).map((name) => printable(name.slice(0, LONGEST_NAME)));
  if (unknown.length === 0) return;
  throw invalid(
    Object.fromEntries(
      unknown.slice(0, MOST_NAMED).map((name) => {
        if (elsewhere.includes(name)) return [name, [`This request does not set the ${what} ${name}.`]];
        const likely = closestMatch(name, known, { maxDistance: Math.ceil(name.length / 3) });
        return [name, [`There is no ${what} ${name}.${likely === undefined ? '' : ` Did you mean ${likely}?`}`]];
      }),
    ),
  );
};
