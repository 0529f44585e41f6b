import type { z } from 'zod';
import type { Express, Request, Response } from 'express';
import type { common } from '@grantlog/contracts';
import { ApiError } from '../http/api-error.ts';
import type { Caller } from '../http/caller.ts';
import { LARGEST_PAGE_SIZE } from '../http/listing.ts';
import { refuseUnknown } from '../http/known-names.ts';
import { readJsonObject } from '../http/read-body.ts';
import { causeOf } from '../http/request-context.ts';
import type { Gateway } from '../gateway.ts';
import { describeFields, type Field, type Fields, isWritable } from './field.ts';
import { numberInPath } from './named-url.ts';

/** One request to `/api/v2/` by an authenticated caller. */
export type Call = {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly cause: common.Cause;
  readonly body: () => Promise<Record<string, unknown>>;
  /** The number of the object that the path names, by number or by name. */
  readonly id: number;
  /** Names what this request wrote: the reply waits until the lists show it. */
  readonly wrote: (position: common.Position | undefined) => void;
};

export type Answer = {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Endpoint = (call: Call) => Promise<Answer>;
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];
export type Methods = { readonly [One in Method]?: Endpoint };

/** One URL of the management API: what it answers, and how it describes itself. */
export type Route = {
  readonly name: string;
  readonly methods: Methods;
  readonly fields?: Fields;
  /** The `type` of what it represents. */
  readonly type?: string;
  readonly searched?: readonly string[];
  /** GET answers a page, POST makes one more. */
  readonly isList?: boolean;
  /** What a method answers with, where it is not the representation: a JSON schema, or nothing. */
  readonly answers?: { readonly [One in Method]?: Readonly<Record<string, unknown>> | 'nothing' };
  /** Schemas of its query's parameters, apart from those of lists. */
  readonly query?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What bodies are validated against. */
  readonly bodies?: { readonly [One in Method]?: z.ZodObject };
  /** Names that a body may have besides those of `fields` and `bodies`: AWX has them, here they are without effect. */
  readonly foreign?: readonly string[];
  /** Roles that its objects have, by AWX's names. */
  readonly objectRoles?: readonly string[];
  /** Whether this caller may create or change here, as far as can be told without the object. */
  readonly mayWrite?: (actor: common.Actor) => boolean;
};

export const VERSION = '0.1.0';

export type Handler = (request: Request, response: Response) => Promise<void>;

/** The handler, counted by admission. */
export const working =
  ({ admission }: Gateway, handler: Handler): Handler =>
  (request, response) =>
    admission.working(() => handler(request, response));

/** Mounts one URL: `Allow` on every reply, 405 for other methods, `OPTIONS` for whoever is known. */
export const mount = (app: Express, gateway: Gateway, path: string, route: Route): void => {
  const { methods } = route;
  const allow = [...Object.keys(methods), ...(methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  const answer: Handler = async (request, response) => {
    response.set({
      allow,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-api-time': gateway.clock.now(),
    });
    const caller = await gateway.authenticate(request, response);
    response.set({ 'x-api-product-name': 'Grantlog', 'x-api-product-version': VERSION });
    if (request.method === 'OPTIONS') {
      response.status(200).json(selfDescription(route, caller));
      return;
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const endpoint = Object.hasOwn(methods, method) ? methods[method as Method] : undefined;
    if (!endpoint) throw new ApiError(405, { detail: `Method "${request.method}" not allowed.` });
    const writes: common.Position[] = [];
    const call = await toCall(gateway, path, route, request, response, caller, writes);
    if (method === 'POST' && namesIn(route, method).length === 0) await call.body();
    const { status = 200, body, headers = {} } = await endpoint(call);
    if (response.headersSent) return;
    // The next request of this client may be a list, and not every client knows `Grantlog-Position`.
    if (!(await gateway.admission.waiting(() => gateway.areShown(writes)))) response.set('grantlog-stale', 'true');
    response.status(status).set(headers);
    if (body === undefined) response.end();
    else response.json(body);
  };
  app.all(path, working(gateway, answer));
};

/** What `OPTIONS` answers; `actions` has methods that the caller may use, and no other key. */
const selfDescription = (
  { name, methods, fields, type, searched = [], objectRoles, mayWrite = ({ superuser }) => superuser }: Route,
  { actor, mayWrite: scopeAllows }: Caller,
): Record<string, unknown> => {
  const writes = scopeAllows && mayWrite(actor);
  const actions = fields && {
    ...(methods.GET && { GET: describeFields(fields, 'GET') }),
    ...(methods.POST && writes && { POST: describeFields(fields, 'POST') }),
    ...(methods.PUT && writes && { PUT: describeFields(fields, 'PUT') }),
  };
  return {
    name,
    description: name,
    renders: ['application/json'],
    parses: ['application/json'],
    ...(actions && { actions }),
    ...(objectRoles && { object_roles: objectRoles }),
    types: type === undefined ? [] : [type],
    search_fields: searched,
    related_search_fields: [],
    max_page_size: LARGEST_PAGE_SIZE,
  };
};

/** What a body may name: also what it does not set, since clients send back what they got. */
const namesIn = ({ fields = {}, bodies = {}, foreign = [] }: Route, method: string): readonly string[] => [
  ...Object.entries(fields).flatMap(([name, field]) => (mayStandIn(field, method) ? [name] : [])),
  ...Object.keys(bodies[method as Method]?.shape ?? {}),
  ...foreign,
];

/** What a creation would leave out in silence, though a change sets it, is refused. */
const mayStandIn = (field: Field, method: string): boolean =>
  isWritable(field, method) || !(field.hidden || (method === 'POST' && field.writable !== undefined));

const toCall = async (
  gateway: Gateway,
  path: string,
  route: Route,
  request: Request,
  response: Response,
  caller: Caller,
  writes: common.Position[],
): Promise<Call> => ({
  request,
  response,
  caller,
  cause: causeOf(request, { actor: caller.user.id }),
  body: async () => {
    const body = await gateway.admission.waiting(() => readJsonObject(request));
    refuseUnknown(
      Object.keys(body),
      namesIn(route, request.method),
      route.type === 'setting' ? 'setting' : 'field',
      Object.keys(route.fields ?? {}),
    );
    return body;
  },
  id: await numberInPath(gateway, path, request.params['id']),
  wrote: (position) => {
    if (position) writes.push(position);
    gateway.positions.send(response, position);
  },
});
