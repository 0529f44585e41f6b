/** One field of a representation, as `OPTIONS` and the API's description tell it. */
export type Field = {
  readonly type: 'string' | 'integer' | 'boolean' | 'id' | 'json' | 'choice' | 'field' | 'datetime';
  readonly label: string;
  readonly help_text: string;
  /** Absent: not in requests. */
  readonly writable?: 'always' | 'create' | 'change';
  readonly required?: boolean;
  readonly max_length?: number;
  readonly default?: unknown;
  readonly choices?: readonly (readonly [value: string, label: string])[];
  readonly filterable?: boolean;
  /** Lists and objects have no one JSON type that AWX's words name. */
  readonly nullable?: boolean;
};

export type Fields = Readonly<Record<string, Field>>;

const readOnly = (type: Field['type'], label: string, help_text: string, more: Partial<Field> = {}): Field => ({
  type,
  label,
  help_text,
  filterable: false,
  ...more,
});

/** The fields that every resource has. @param word what the resource is called in the texts */
export const commonFields = (word: string): Fields => ({
  id: readOnly('integer', 'ID', `Database ID for this ${word}.`, { filterable: true }),
  type: readOnly('choice', 'Type', `Data type for this ${word}.`),
  url: readOnly('string', 'Url', `URL for this ${word}.`),
  related: readOnly('field', 'Related', 'Data structure with URLs of related resources.'),
  summary_fields: readOnly('field', 'Summary fields', 'Data structure with name/description for related resources.'),
  created: readOnly('datetime', 'Created', `Timestamp when this ${word} was created.`, { filterable: true }),
  modified: readOnly('datetime', 'Modified', `Timestamp when this ${word} was last modified.`, { filterable: true }),
});

/** `actions` of an `OPTIONS` reply for one method: read-only fields stand under `GET` only. */
export const describeFields = (fields: Fields, method: 'GET' | 'POST' | 'PUT'): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(
        ([, { writable }]) =>
          (method === 'GET' && writable !== 'change') ||
          writable === 'always' ||
          (writable === 'create' && method === 'POST') ||
          (writable === 'change' && method === 'PUT'),
      )
      .map(([name, { type, label, help_text, required, max_length, choices, filterable = true, ...field }]) => [
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
              ...(max_length !== undefined && { max_length }),
              ...(field.default !== undefined && { default: field.default }),
              ...(choices && { choices }),
            },
      ]),
  );
