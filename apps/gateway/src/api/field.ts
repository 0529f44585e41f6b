import { z } from 'zod';

/** One field of a representation, as `OPTIONS` and the API's description tell it. */
export type Field = {
  readonly type: 'string' | 'integer' | 'boolean' | 'id' | 'json' | 'choice' | 'field' | 'datetime';
  readonly label: string;
  readonly help_text: string;
  /** Absent: not in requests. */
  readonly writable?: 'always' | 'create' | 'change';
  /** Never in a representation, so clients do not send it back. */
  readonly hidden?: true;
  readonly required?: boolean;
  /** Characters of a string, items of a list. */
  readonly max_length?: number;
  readonly min_value?: number;
  readonly max_value?: number;
  readonly default?: unknown;
  readonly choices?: readonly (readonly [value: string, label: string])[];
  readonly filterable?: boolean;
  /** Lists and objects have no one JSON type that AWX's words name. */
  readonly nullable?: boolean;
};

export type Fields = Readonly<Record<string, Field>>;

type Bounds = { maxLength?: number; maxItems?: number; minimum?: number; maximum?: number; anyOf?: readonly Bounds[] };

/** The bounds of a schema, as `OPTIONS` names them. */
export const boundsOf = (schema: z.ZodType): Partial<Field> => {
  const property = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Bounds;
  const { maxLength, maxItems, minimum, maximum } = property.anyOf?.[0] ?? property;
  return bounds(maxLength ?? maxItems, minimum, maximum);
};

/** Bounds as `OPTIONS` names them; those that there are. */
const bounds = (max_length?: number, min_value?: number, max_value?: number): Partial<Field> => ({
  ...(max_length !== undefined && { max_length }),
  ...(min_value !== undefined && { min_value }),
  ...(max_value !== undefined && { max_value }),
});

const WRITTEN_BY: Readonly<Record<string, readonly Field['writable'][]>> = {
  POST: ['always', 'create'],
  PUT: ['always', 'change'],
  PATCH: ['always', 'change'],
};

/** Whether a request with this method sets the field. */
export const isWritable = ({ writable }: Field, method: string): boolean =>
  WRITTEN_BY[method]?.includes(writable) ?? false;

/** `actions` of an `OPTIONS` reply for one method: read-only fields stand under `GET` only, write-only ones never. */
export const describeFields = (fields: Fields, method: 'GET' | 'POST' | 'PUT'): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => (method === 'GET' ? !field.hidden : isWritable(field, method)))
      .map(
        ([
          name,
          { type, label, help_text, required, max_length, min_value, max_value, choices, filterable = false, ...field },
        ]) => [
          name,
          method === 'GET'
            ? { type, label, help_text, filterable, hidden: false, ...(choices && { choices }) }
            : {
                type,
                required: required === true && method === 'POST',
                label,
                help_text,
                hidden: false,
                filterable,
                ...bounds(max_length, min_value, max_value),
                ...(field.default !== undefined && { default: field.default }),
                ...(choices && { choices }),
              },
        ],
      ),
  );
