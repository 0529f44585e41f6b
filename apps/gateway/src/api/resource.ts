import { z } from 'zod';
import { writtenType } from '../http/fields.ts';
import type { Filterable, Kind } from '../http/listing.ts';
import { boundsOf, type Field, type Fields } from './field.ts';

/**
 * One field of a resource, said once: `OPTIONS`, OpenAPI, validation, filters, representation and the requests to
 * services are derived from it.
 * @template O the object as its service sends it
 * @template C what a representation needs besides the object
 */
type Spec<O, C> = {
  readonly label: string;
  readonly help?: string;
  /** What requests may set it to; absent: read-only. */
  readonly schema?: z.ZodType;
  /** AWX's word for its type, where the schema does not say it. */
  readonly type?: Field['type'];
  /** Which requests set it, if not all that write. */
  readonly only?: 'create' | 'change';
  readonly required?: true;
  /** Taken where a creation leaves it out. */
  readonly default?: unknown;
  readonly choices?: Readonly<Record<string, string>>;
  readonly nullable?: true;
  /** Lists can be filtered and ordered by it; by fields of what it names, too. */
  readonly filter?: Kind;
  readonly related?: Readonly<Record<string, Kind>>;
  /** Its value in a representation, if it is not what the service sends under the same name. */
  readonly read?: (object: O, context: C) => unknown;
  /** Never in a representation, so clients do not send it back. */
  readonly hidden?: true;
};
type Specs<O, C> = Readonly<Record<string, Spec<O, C>>>;

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
const camel = (name: string): string => name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

/** A field without `read` has to be in the service's message: a renamed one does not compile. */
type Readable<F, O> = {
  readonly [N in keyof F]: F[N] extends { read: unknown } | { hidden: true }
    ? unknown
    : Camel<N & string> extends keyof O
      ? unknown
      : { read: `no ${Camel<N & string>} in the message` };
};

type Created<F> = { [N in keyof F as F[N] extends { schema: z.ZodType } ? (F[N] extends { only: 'change' } ? never : N) : never]: F[N] }; // prettier-ignore
type Changed<F> = { [N in keyof F as F[N] extends { schema: z.ZodType } ? (F[N] extends { only: 'create' } ? never : N) : never]: F[N] }; // prettier-ignore
type SchemaOf<S> = S extends { schema: infer Z extends z.ZodType } ? Z : never;
type NewShape<F> = { [N in keyof Created<F>]: F[N] extends { required: true } ? SchemaOf<F[N]> : z.ZodOptional<SchemaOf<F[N]>> }; // prettier-ignore
type ChangesShape<F> = { [N in keyof Changed<F>]: z.ZodOptional<SchemaOf<F[N]>> };

/** Names of the wire; what has a default is there. */
type Creation<F> = {
  [
    N in keyof Created<F> as F[N] extends { required: true } | { default: unknown } ? Camel<N & string> : never
  ]: z.output<SchemaOf<F[N]>>; // prettier-ignore
} & {
  [
    N in keyof Created<F> as F[N] extends { required: true } | { default: unknown } ? never : Camel<N & string>
  ]?: z.output<SchemaOf<F[N]>>; // prettier-ignore
};
/** A list that may be absent travels in a message of its own. */
type Wrapped<T> = T extends readonly unknown[] ? { values: T } : T;
type Changes<F> = { [N in keyof Changed<F> as Camel<N & string>]?: Wrapped<z.output<SchemaOf<F[N]>>> };

/** What all resources have. */
type Base = { readonly id: number };

export type Resource<O extends Base, C, F> = {
  readonly type: string;
  /** AWX's name, for "No … matches the given query." */
  readonly model: string;
  readonly fields: Fields;
  readonly filterable: Filterable;
  readonly searched: readonly string[];
  readonly order: readonly string[];
  readonly foreign: readonly string[];
  /** What bodies are validated against. */
  readonly New: z.ZodObject<NewShape<F>>;
  readonly Changes: z.ZodObject<ChangesShape<F>>;
  readonly urlOf: (id: number) => string;
  readonly represent: (object: O, context: C) => Record<string, unknown>;
  /** A parsed body as the service's request has it, with defaults. */
  readonly creation: (fields: z.output<z.ZodObject<NewShape<F>>>) => Creation<F>;
  /** A parsed body as the service's request has it; what is absent stays as it is. */
  readonly changes: (fields: z.output<z.ZodObject<ChangesShape<F>>>) => Changes<F>;
};

type Declaration<O, C, F> = {
  readonly type: string;
  readonly model: string;
  /** The part of its URL behind `/api/v2/`. */
  readonly collection: string;
  /** What it is called in texts. */
  readonly word: string;
  readonly searched: readonly string[];
  readonly order: readonly string[];
  /** Names that a body may have besides: AWX has them, here they are without effect. */
  readonly foreign?: readonly string[];
  /** It has no `created` and `modified`: it is a record of something that happened. */
  readonly isRecord?: true;
  readonly related: (object: O, context: C, url: string) => Record<string, unknown>;
  readonly summary: (object: O, context: C) => Record<string, unknown>;
  readonly fields: F;
};

/** Declares a resource of the management API. Curried, so that the fields are inferred and the rest is given. */
export const defineResource =
  <O extends Base, C>() =>
  <const F extends Specs<O, C>>(
    declaration: Declaration<O, C, F> & { readonly fields: NoInfer<Readable<F, O>> },
  ): Resource<O, C, F> => {
    const { type, model, collection, word, searched, order, foreign = [], isRecord, related, summary } = declaration;
    const specs: Specs<O, C> = { ...commonSpecs(word), ...(!isRecord && timestamps(word)), ...declaration.fields };
    const urlOf = (id: number): string => `/api/v2/${collection}/${id}/`;
    const shown = Object.entries(specs).filter(([, { hidden }]) => !hidden);
    const special: Readonly<Record<string, (object: O, context: C) => unknown>> = {
      type: () => type,
      url: ({ id }) => urlOf(id),
      related: (object, context) => related(object, context, urlOf(object.id)),
      summary_fields: summary,
    };
    const readers = shown.map(([name, { read }]) => [name, read ?? special[name] ?? property(camel(name))] as const);
    return {
      type,
      model,
      searched,
      order,
      foreign,
      fields: mapped(specs, (name, spec) => fieldOf(name, spec)),
      filterable: Object.fromEntries(Object.entries(specs).flatMap(([name, spec]) => filtersOf(name, spec))),
      New: z.object(written(specs, 'create')) as unknown as z.ZodObject<NewShape<F>>,
      Changes: z.object(written(specs, 'change')) as unknown as z.ZodObject<ChangesShape<F>>,
      urlOf,
      represent: (object, context) => Object.fromEntries(readers.map(([name, read]) => [name, read(object, context)])),
      creation: (fields) => onWire({ ...defaultsOf(specs), ...fields }, (value) => value) as Creation<F>,
      changes: (fields) => onWire(fields, (value) => (Array.isArray(value) ? { values: value } : value)) as Changes<F>,
    };
  };

const mapped = <T, U>(values: Readonly<Record<string, T>>, change: (name: string, value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(name, value)]));

const property = (name: string) => (object: unknown) => (object as Readonly<Record<string, unknown>>)[name];

const commonSpecs = (word: string): Specs<Base, unknown> => ({
  id: { type: 'integer', label: 'ID', help: `Database ID for this ${word}.`, filter: 'integer' },
  type: { type: 'choice', label: 'Type', help: `Data type for this ${word}.` },
  url: { type: 'string', label: 'Url', help: `URL for this ${word}.` },
  related: { type: 'field', label: 'Related', help: 'Data structure with URLs of related resources.' },
  summary_fields: { type: 'field', label: 'Summary fields', help: 'Data structure with name/description for related resources.' },
}); // prettier-ignore

const timestamps = (word: string): Specs<Base, unknown> => ({
  created: { type: 'datetime', label: 'Created', help: `Timestamp when this ${word} was created.`, filter: 'time' },
  modified: { type: 'datetime', label: 'Modified', help: `Timestamp when this ${word} was last modified.`, filter: 'time' },
}); // prettier-ignore

const isWrittenBy = ({ schema, only }: Spec<never, never>, request: 'create' | 'change'): boolean =>
  schema !== undefined && (only ?? request) === request;

/** The schemas of what a request sets; only a creation requires any. */
const written = (specs: Specs<never, never>, request: 'create' | 'change'): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(specs).flatMap(([name, spec]) =>
      spec.schema && isWrittenBy(spec, request)
        ? [[name, request === 'create' && spec.required ? spec.schema : spec.schema.optional()]]
        : [],
    ),
  );

const defaultsOf = (specs: Specs<never, never>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(specs).flatMap(([name, spec]) =>
      spec.default !== undefined && isWrittenBy(spec, 'create') ? [[name, spec.schema?.parse(spec.default)]] : [],
    ),
  );

const onWire = (
  fields: Readonly<Record<string, unknown>>,
  wrap: (value: unknown) => unknown,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[camel(name), wrap(value)]])),
  );

const filtersOf = (name: string, { filter, related = {} }: Spec<never, never>): [string, Filterable[string]][] =>
  filter === undefined
    ? []
    : [
        [name, { field: name, kind: filter }],
        ...(Object.keys(related).length > 0 ? [[`${name}__id`, { field: name, kind: filter }] as const] : []),
        ...Object.entries(related).map(([of, kind]) => [`${name}__${of}`, { field: `${name}:${of}`, kind }] as const),
      ].map(([outer, inner]) => [outer as string, inner as Filterable[string]]);

/** A field as `OPTIONS` describes it. */
const fieldOf = (name: string, spec: Spec<never, never>): Field => {
  const { label, help = '', schema, only, required, choices, nullable, filter, hidden } = spec;
  const type = spec.type ?? (schema && writtenType(schema));
  if (type === undefined) throw new TypeError(`The field ${name} has neither a schema nor a type.`);
  return {
    type,
    label,
    help_text: help,
    filterable: filter !== undefined,
    ...(schema && { writable: only ?? 'always', ...boundsOf(schema) }),
    ...(hidden && { hidden }),
    ...(required && { required }),
    ...(spec.default !== undefined && { default: spec.default }),
    ...(choices && { choices: Object.entries(choices) }),
    ...(nullable && { nullable }),
  };
};
