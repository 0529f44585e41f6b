import { z } from 'zod';
import { METHODS, type Method, type Route, VERSION } from '../api/endpoint.ts';
import type { Field, Fields } from '../api/field.ts';
import { EARLY_REFUSALS } from '../http/early-refusal.ts';
import { LONGEST_WORD } from '../http/limits.ts';
import { LARGEST_PAGE, LARGEST_PAGE_SIZE, MOST_ORDERS } from '../http/listing.ts';
import { OAUTH_PATHS } from './oauth-paths.ts';

type Schema = Readonly<Record<string, unknown>>;

const JSON_TYPES: Readonly<Record<Field['type'], Schema>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  id: { type: 'integer' },
  choice: { type: 'string' },
  datetime: { type: 'string', format: 'date-time' },
  json: {},
  field: {},
};

const schemaOfField = ({ type, nullable, choices, help_text, max_length, min_value, max_value }: Field): Schema => {
  const known = JSON_TYPES[type];
  return {
    ...known,
    ...(nullable && typeof known['type'] === 'string' && { type: [known['type'], 'null'] }),
    ...(max_length !== undefined && { [type === 'json' ? 'maxItems' : 'maxLength']: max_length }),
    ...(min_value !== undefined && { minimum: min_value }),
    ...(max_value !== undefined && { maximum: max_value }),
    ...(choices && { enum: choices.map(([value]) => value) }),
    ...(help_text !== '' && { description: help_text }),
  };
};

/** The representation that `OPTIONS` describes field by field. */
const representation = (fields: Fields): Schema => {
  const shown = Object.entries(fields).filter(([, { hidden }]) => !hidden);
  return {
    type: 'object',
    properties: Object.fromEntries(shown.map(([name, field]) => [name, schemaOfField(field)])),
  };
};

const page = (items: Schema): Schema => ({
  type: 'object',
  required: ['results'],
  properties: {
    count: { type: 'integer' },
    next: { type: ['string', 'null'] },
    previous: { type: ['string', 'null'] },
    results: { type: 'array', items },
  },
});

const json = (description: string, schema: Schema): Schema => ({
  description,
  content: { 'application/json': { schema } },
});
const ref = (name: string): Schema => ({ $ref: `#/components/responses/${name}` });

const ERRORS: Readonly<Record<string, Schema>> = {
  '400': ref('Invalid'),
  '401': ref('Unauthenticated'),
  '403': ref('Forbidden'),
  '404': ref('NotFound'),
  '405': ref('WrongMethod'),
  '413': ref('TooLarge'),
  '414': ref('UrlTooLong'),
  '415': ref('WrongType'),
  '421': ref('WrongHost'),
  '429': ref('TooMany'),
  '431': ref('HeadersTooLarge'),
  '503': ref('Away'),
};

const detail: Schema = { type: 'object', required: ['detail'], properties: { detail: { type: 'string' } } };
const RESPONSES: Schema = {
  Invalid: json('What was wrong, by field; `__all__` for the whole, or `detail`.', { type: 'object' }),
  Unauthenticated: json('No credentials, or none that are live.', detail),
  Forbidden: json('Not allowed: `detail`, or a message at the field that is not.', { type: 'object' }),
  NotFound: json('There is none, or none that the caller may see.', detail),
  WrongMethod: json('Not for this URL; `Allow` names those that are.', detail),
  TooLarge: json('The body is larger than 64 KiB.', detail),
  UrlTooLong: json(EARLY_REFUSALS[414], detail),
  WrongType: json('Not application/json.', detail),
  WrongHost: json(EARLY_REFUSALS[421], detail),
  TooMany: json('Too many wrong passwords.', detail),
  HeadersTooLarge: { description: EARLY_REFUSALS[431] },
  Away: json('A store or service is away; try again.', detail),
};

const parametersOf = (path: string, isList: boolean, query: Route['query'] = {}): Schema[] => [
  ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    description:
      name === 'slug' ? 'all, authentication, cors or changed' : 'A number, or a name where named URLs apply.',
  })),
  ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
  ...(isList
    ? [
        { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, maximum: LARGEST_PAGE } },
        {
          name: 'page_size',
          in: 'query',
          schema: { type: 'integer' },
          description: `More than ${LARGEST_PAGE_SIZE} is taken as that.`,
        },
        { name: 'search', in: 'query', schema: { type: 'string', maxLength: LONGEST_WORD } },
        {
          name: 'order_by',
          in: 'query',
          schema: { type: 'string' },
          description: `At most ${MOST_ORDERS} fields, \`-\` in front for descending.`,
        },
      ]
    : []),
];

const operation = (
  path: string,
  method: Method,
  { name, fields, isList = false, query, answers, bodies }: Route,
): Schema => {
  const object = fields ? representation(fields) : { type: 'object' };
  const shape = answers?.[method] ?? (method === 'GET' && isList ? page(object) : object);
  const body = bodies?.[method];
  const good: Readonly<Record<string, Schema>> =
    shape === 'nothing'
      ? { '204': { description: 'Done.' } }
      : method === 'DELETE'
        ? { '204': { description: 'Done.' } }
        : { [method === 'POST' && isList ? '201' : '200']: json('Good.', shape) };
  return {
    summary: name,
    operationId: `${method.toLowerCase()}${path.replace(/^\/api\/v2/, '').replace(/[^a-z]+(\w?)/gi, (_all, letter: string) => letter.toUpperCase())}`,
    tags: [/^\/api\/v2\/([a-z_]+)/.exec(path)?.[1] ?? 'api'],
    parameters: parametersOf(path, isList && method === 'GET', query),
    ...(body && {
      requestBody: {
        content: { 'application/json': { schema: z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) } },
      },
    }),
    responses: {
      ...good,
      ...(bodies?.[method] === undefined && method === 'POST' && isList ? { '204': { description: 'Done.' } } : {}),
      ...ERRORS,
    },
    security: [{ bearer: [] }, { basic: [] }],
  };
};

/** The API as OpenAPI 3.1, from the routes that are mounted and the schemas that validate their requests. */
export const describeApi = (routes: Readonly<Record<string, Route>>, issuer: string): Schema => ({
  openapi: '3.1.0',
  info: {
    title: 'Grantlog',
    version: VERSION,
    description: 'An event-sourced OAuth 2.0 authorization server with the management API of AWX 24.6.1.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: issuer }],
  paths: {
    ...OAUTH_PATHS,
    ...Object.fromEntries(
      Object.entries(routes).map(([path, resource]) => [
        path.replace(/:(\w+)/g, '{$1}'),
        Object.fromEntries(
          METHODS.filter((method) => resource.methods[method]).map((method) => [
            method.toLowerCase(),
            operation(path, method, resource),
          ]),
        ),
      ]),
    ),
  },
  components: {
    responses: RESPONSES,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
      client: { type: 'http', scheme: 'basic', description: 'client_id and client_secret' },
    },
  },
});
