import { writtenName } from '@grantlog/event-sourcing';
import { z } from 'zod';
import { invalid } from './api-error.ts';
import { LONGEST_WORD } from './limits.ts';

/** Messages as AWX's clients know them. */
const absentOr = (message: string) => ({
  error: ({ input }: { input?: unknown }): string => {
    if (input === undefined) return 'This field is required.';
    return input === null ? 'This field may not be null.' : message;
  },
});

/** Descriptions and the like. */
const LONGEST_TEXT = 4096;
export const text = (most = LONGEST_TEXT) =>
  z
    .string(absentOr('Not a valid string.'))
    .max(most, `Ensure this field has no more than ${most} characters.`)
    .transform((value) => value.normalize('NFC'));
export const filledText = (most: number) =>
  text(most).refine((value) => value.trim() !== '', 'This field may not be blank.');
/** The name of something, as it is stored. */
export const name = (most: number) => filledText(most).transform(writtenName).refine((value) => value !== '', 'This field may not be blank.'); // prettier-ignore
export const flag = z.boolean(absentOr('Must be a valid boolean.'));
export const integer = (least: number, most: number) =>
  z
    .int(absentOr('A valid integer is required.'))
    .min(least, `Ensure this value is greater than or equal to ${least}.`)
    .max(most, `Ensure this value is less than or equal to ${most}.`);
/** The number of another object. */
export const id = z.int(absentOr('Incorrect type. Expected pk value.')).min(1, 'Incorrect type. Expected pk value.');
export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, {
    error: (issue) =>
      issue.input === undefined
        ? 'This field is required.'
        : issue.input === null
          ? 'This field may not be null.'
          : `"${(typeof issue.input === 'string' ? issue.input : JSON.stringify(issue.input))
              .replace(/[^\x20-\x7e]/g, '?')
              .slice(0, 60)}" is not a valid choice.`,
  });
const MOST_ITEMS = 100;
const tooMany = `Ensure this field has no more than ${MOST_ITEMS} elements.`;

/** Words with ASCII white space between, as a list. */
export const words = text(65_536)
  .transform((value) => value.split(/[\t\n\f\r ]+/).filter((word) => word !== ''))
  .refine((list) => list.length <= MOST_ITEMS, tooMany)
  .refine(
    (list) => list.every((word) => word.length <= LONGEST_WORD),
    `Ensure each element has no more than ${LONGEST_WORD} characters.`,
  );
/** Numbers of other objects. */
export const ids = z.array(id, 'Expected a list of items.').max(MOST_ITEMS, tooMany);

/** Checks a body against a schema; unknown and read-only fields are left out. @throws ApiError 400 with messages by field */
export const parseFields = <T extends z.ZodType>(schema: T, body: Record<string, unknown>): z.infer<T> => {
  const outcome = schema.safeParse(body);
  if (outcome.success) return outcome.data;
  const fields: Record<string, string[]> = {};
  for (const { path, message } of outcome.error.issues) (fields[String(path[0] ?? '__all__')] ??= []).push(message);
  throw invalid(fields);
};
