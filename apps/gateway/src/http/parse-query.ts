import type { Request } from 'express';
import { ApiError } from './api-error.ts';
import { type FlatForm, hasControls, parseFlatForm, queryText } from './flat-form.ts';
import { printable } from './printable.ts';

/**
 * The query of a request to the management API: well-formed, without control characters, each name once.
 * @throws ApiError 400 that says what was wrong
 */
export const parseQuery = ({ url }: Pick<Request, 'url'>): FlatForm => {
  const form = parseFlatForm(queryText(url));
  if (!form) throw new ApiError(400, { detail: 'The query string is not well-formed.' });
  // Alternatives may repeat a name; of anything else neither the first nor the last wins.
  const twice = form.duplicates.find((name) => !name.startsWith('or__'));
  if (twice !== undefined) throw new ApiError(400, { detail: `${printable(twice)} is given more than once.` });
  const strange = form.entries.find(([name, value]) => hasControls(name) || hasControls(value));
  if (strange) throw new ApiError(400, { detail: 'The query string has control characters.' });
  return form;
};
