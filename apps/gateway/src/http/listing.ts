import type { Request } from 'express';
import type { common } from '@grantlog/contracts';
import { ApiError } from './api-error.ts';
import { asFlag } from './fields.ts';
import type { FlatForm } from './flat-form.ts';
import { LONGEST_WORD } from './limits.ts';
import { parseQuery } from './parse-query.ts';

const PAGE_SIZE = 25;
export const LARGEST_PAGE_SIZE = 200;
/** Nine digits. */
export const LARGEST_PAGE = 999_999_999;
/** Fields of one `order_by`. */
export const MOST_ORDERS = 10;
/** Values of one `in`. */
const MOST_VALUES = 200;
const LOOKUPS = new Set([
  'exact', 'iexact', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith', 'gt', 'gte', 'lt', 'lte', 'in', 'isnull',
]); // prettier-ignore
const SECRET_FIELDS = new Set(['client_id', 'client_secret', 'token', 'refresh_token', 'password']);
const NOT_FILTERS = new Set(['page', 'page_size', 'search', 'order_by', 'order', 'count_disabled', 'format']);

export type Kind = 'text' | 'integer' | 'boolean' | 'time';
/**
 * What a list may be filtered and ordered by: names outside to the read model's, with their types. A field such as
 * `organization:name` is of a related object: it is resolved to numbers before the list is asked for.
 */
export type Filterable = Readonly<Record<string, { readonly field: string; readonly kind: Kind }>>;

export type Listing = {
  readonly query: common.ListQuery;
  readonly form: FlatForm;
  readonly page: number;
  readonly pageSize: number;
};

/**
 * The list that a query string asks for.
 * @throws ApiError 404 for a bad page, 403 for a filter on a secret, 400 for anything outside the allow-list
 */
export const parseListing = (
  request: Request,
  filterable: Filterable,
  defaultOrder: readonly string[],
  after: common.Position[],
): Listing => {
  const form = parseQuery(request);
  const page = pageNumber(form.get('page'));
  const asked = Number(form.get('page_size') ?? PAGE_SIZE);
  const pageSize = Number.isInteger(asked) && asked > 0 ? Math.min(asked, LARGEST_PAGE_SIZE) : PAGE_SIZE;
  const order = (form.get('order_by') ?? form.get('order'))?.split(',');
  if (order && order.length > MOST_ORDERS)
    throw new ApiError(400, { detail: `order_by: at most ${MOST_ORDERS} fields.` });
  return {
    form,
    page,
    pageSize,
    query: {
      conditions: form.entries
        .filter(([name]) => !NOT_FILTERS.has(name))
        .map(([name, value]) => condition(filterable, name, value)),
      search: bounded('search', form.get('search') ?? ''),
      orderBy: order === undefined ? [...defaultOrder] : order.map((name) => orderField(filterable, name.trim())),
      page,
      pageSize,
      count: !form.has('count_disabled'),
      after,
    },
  };
};

const pageNumber = (text: string | undefined): number => {
  if (text === undefined) return 1;
  const page = Number(text);
  if (!/^\d{1,9}$/.test(text) || page < 1) throw new ApiError(404, { detail: 'Invalid page.' });
  return page;
};

const orderField = (filterable: Filterable, name: string): string => {
  const descending = name.startsWith('-');
  const known = lookUp(filterable, descending ? name.slice(1) : name);
  if (!known || known.field.includes(':'))
    throw new ApiError(400, { detail: `${name.slice(0, 60)} cannot be ordered by.` });
  return descending ? `-${known.field}` : known.field;
};

const lookUp = (filterable: Filterable, name: string): Filterable[string] | undefined =>
  Object.hasOwn(filterable, name) ? filterable[name] : undefined;

/** `not__`, `or__` and `chain__` before a field, a lookup behind it. */
const condition = (filterable: Filterable, name: string, text: string): common.Condition => {
  const words = name.split('__');
  let negated = false;
  let alternative = false;
  while (words.length > 1 && ['not', 'or', 'chain'].includes(words[0] as string)) {
    const prefix = words.shift();
    negated = negated || prefix === 'not';
    alternative = alternative || prefix === 'or';
  }
  const last = words.at(-1) as string;
  const lookup = words.length > 1 && LOOKUPS.has(last) ? (words.pop() as string) : 'exact';
  const field = words.join('__');
  if (words.some((word) => SECRET_FIELDS.has(word)))
    throw new ApiError(403, { detail: `Filtering on ${field.slice(0, 60)} is not allowed.` });
  const known = lookUp(filterable, field);
  if (!known) throw new ApiError(400, { detail: `${name.slice(0, 60)} is not a field that can be filtered.` });
  return {
    field: known.field,
    lookup,
    value: JSON.stringify(valueOf(name, known.kind, lookup, text)),
    negated,
    alternative,
  };
};

/** One condition of ours, that a request did not ask for. */
export const exactly = (field: string, value: unknown): common.Condition => ({
  field,
  lookup: 'exact',
  value: JSON.stringify(value),
  negated: false,
  alternative: false,
});

const valueOf = (name: string, kind: Kind, lookup: string, text: string): unknown => {
  if (lookup === 'isnull') return oneValue(name, 'boolean', text);
  if (lookup === 'in') {
    const items = text.split(',');
    if (items.length > MOST_VALUES)
      throw new ApiError(400, { detail: `${name.slice(0, 60)}: at most ${MOST_VALUES} values.` });
    return items.map((item) => oneValue(name, kind, item));
  }
  if (kind !== 'text' && !['exact', 'gt', 'gte', 'lt', 'lte'].includes(lookup))
    throw new ApiError(400, { detail: `${name.slice(0, 60)}: this lookup is for text fields.` });
  return oneValue(name, kind, text);
};

const bounded = (name: string, text: string): string => {
  if (text.length <= LONGEST_WORD) return text;
  throw new ApiError(400, { detail: `${name.slice(0, 60)}: at most ${LONGEST_WORD} characters.` });
};

const oneValue = (name: string, kind: Kind, text: string): unknown => {
  if (kind === 'text') return bounded(name, text);
  const value = READ[kind](text);
  if (value !== undefined) return value;
  throw new ApiError(400, {
    detail: `${name.slice(0, 60)}: "${text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)}" is not ${CALLED[kind]}.`,
  });
};

/** A date, or a date and a time, in UTC where no offset says otherwise. A `+` that was not escaped came as a space. */
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+ -]\d{2}:?\d{2})?)?$/;

/** @returns the same instant as documents have it, of the years 0 to 9999; undefined for what is none */
const instant = (text: string): string | undefined => {
  const [, date, offset] = TIME.exec(text) ?? [];
  // The 30th of February would be a day in March.
  if (date === undefined || isoOf(new Date(`${date}T00:00:00Z`))?.startsWith(date) !== true) return undefined;
  const local = text.slice(0, text.length - (offset?.length ?? 0)).replace(' ', 'T');
  const zone = (offset ?? 'Z').replace(/^ /, '+').replace(/^([+-]\d{2}):?/, '$1:');
  return isoOf(new Date(local.includes('T') ? local + zone : local));
};
const isoOf = (at: Date): string | undefined => {
  const text = Number.isNaN(at.getTime()) ? '' : at.toISOString();
  return /^\d{4}-/.test(text) ? text : undefined;
};

const READ: Readonly<Record<Exclude<Kind, 'text'>, (text: string) => unknown>> = {
  boolean: (text) => (typeof asFlag(text) === 'boolean' ? asFlag(text) : undefined),
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  time: instant,
};
const CALLED: Readonly<Record<Exclude<Kind, 'text'>, string>> = {
  boolean: 'a boolean',
  integer: 'an integer',
  time: 'a time in ISO 8601',
};

/** A page in AWX's form; URLs are relative and keep the other parameters. */
export const pageOf = (
  request: Request,
  { form, page, pageSize }: Listing,
  outcome: common.ListOutcome | undefined,
  results: readonly unknown[],
): unknown => {
  if (form.has('count_disabled')) return { results };
  const count = outcome?.count ?? 0;
  const last = Math.max(1, Math.ceil(count / pageSize));
  if (page > last) throw new ApiError(404, { detail: 'Invalid page.' });
  const path = request.url.split('?')[0] ?? '';
  const link = (to: number): string => {
    const query = new URLSearchParams();
    for (const [name, value] of form.entries) if (name !== 'page') query.append(name, value);
    query.append('page', String(to));
    return `${path}?${query.toString()}`;
  };
  return { count, next: page < last ? link(page + 1) : null, previous: page > 1 ? link(page - 1) : null, results };
};
