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
/** An address for mail, or none; also one without a dot, for a mailbox of this machine. */
export const email = (most: number) =>
  text(most).refine((value) => value === '' || z.regexes.unicodeEmail.test(value), 'Enter a valid email address.');
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
export const ids = z.array(id, absentOr('Expected a list of items.')).max(MOST_ITEMS, tooMany);

const TRUE = new Set(['t', 'y', 'yes', 'true', 'on', '1']);
const FALSE = new Set(['f', 'n', 'no', 'false', 'off', '0']);
const INTEGER = /^\s*(-?\d{1,15})(?:\.0*)?\s*$/;

/** A true or false as AWX's clients write it: also as a word or a number. */
export const asFlag = (value: unknown): unknown => {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const word = String(value).toLowerCase();
  return TRUE.has(word) ? true : FALSE.has(word) ? false : value;
};
/** An integer as AWX's clients write it: also as digits in a text. */
export const asInteger = (value: unknown): unknown => {
  const digits = typeof value === 'string' ? INTEGER.exec(value)?.[1] : undefined;
  return digits === undefined ? value : Number(digits);
};
const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** What a schema takes first: without "optional", "nullable" and what is done afterwards. */
const innermost = (schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default') return innermost(def.innerType);
  return def.type === 'pipe' ? innermost(def.in) : def;
};

const CALLED = { boolean: 'boolean', number: 'integer', enum: 'choice', string: 'string' } as const;

/** The JSON type of what a schema takes, in AWX's words. */
export const writtenType = (schema: z.core.$ZodType): (typeof CALLED)[keyof typeof CALLED] | 'json' => {
  const { type } = innermost(schema);
  return Object.hasOwn(CALLED, type) ? CALLED[type as keyof typeof CALLED] : 'json';
};

/**
 * A value in the JSON type that its field has, where it is written in another that Django REST framework takes too; any
 * other value stays as it is, and its schema says what is wrong.
 */
const written = (schema: z.core.$ZodType, value: unknown): unknown => {
  const def = innermost(schema);
  if (def.type === 'boolean') return asFlag(value);
  // As a form sends a relation to nothing.
  if (def.type === 'number') return value === '' && z.safeParse(schema, null).success ? null : asInteger(value);
  if (def.type === 'string') return asText(value);
  return def.type === 'array' && Array.isArray(value) ? value.map((item) => written(def.element, item)) : value;
};

/**
 * Checks a body against a schema; read-only fields are left out. Types are as lenient as Django REST framework's.
 * @throws ApiError 400 with messages by field
 */
export const parseFields = <T extends z.ZodObject>(schema: T, body: Record<string, unknown>): z.infer<T> => {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const outcome = schema.safeParse(
    Object.fromEntries(
      Object.entries(body).map(([name, value]) => {
        const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
        return [name, field ? written(field, value) : value];
      }),
    ),
  );
  if (outcome.success) return outcome.data;
  const fields: Record<string, string[]> = {};
  for (const { path, message } of outcome.error.issues) (fields[String(path[0] ?? '__all__')] ??= []).push(message);
  throw invalid(fields);
};
