import type { Express, Request, Response } from 'express';
import type { common } from '@grantlog/contracts';
import { ApiError } from '../http/api-error.ts';
import type { Caller } from '../http/caller.ts';
import { readJsonObject } from '../http/read-body.ts';
import { causeOf } from '../http/request-context.ts';
import type { Gateway } from '../gateway.ts';

/** One request to `/api/v2/` by an authenticated caller. */
export type Call = {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly cause: common.Cause;
  readonly body: () => Promise<Record<string, unknown>>;
  /** A path parameter that is a number. @throws ApiError 404 naming the model */
  readonly number: (name: string, model: string) => number;
  /** Lets a later list wait for this write. */
  readonly wrote: (stream: string, version: number) => void;
};

type Answer = {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Endpoint = (call: Call) => Promise<Answer>;
export type Methods = { readonly [Method in 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE']?: Endpoint };

export const VERSION = '0.1.0';

/** Mounts one URL of the management API: `Allow` on every reply, 405 for other methods, OPTIONS for whoever is known. */
export const mount = (app: Express, gateway: Gateway, path: string, description: string, methods: Methods): void => {
  const allow = [...Object.keys(methods), ...(methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  app.all(path, async (request, response) => {
    response.set({
      allow,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-api-time': gateway.clock.now(),
    });
    const caller = await gateway.authenticate(request, response);
    response.set({ 'x-api-product-name': 'Grantlog', 'x-api-product-version': VERSION });
    if (request.method === 'OPTIONS') {
      response
        .status(200)
        .json({ name: description, description, renders: ['application/json'], parses: ['application/json'] });
      return;
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const endpoint = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined;
    if (!endpoint) throw new ApiError(405, { detail: `Method "${request.method}" not allowed.` });
    const { status = 200, body, headers = {} } = await endpoint(toCall(gateway, request, response, caller));
    response.status(status).set(headers);
    if (body === undefined) response.end();
    else response.json(body);
  });
};

const toCall = (gateway: Gateway, request: Request, response: Response, caller: Caller): Call => ({
  request,
  response,
  caller,
  cause: causeOf(request, { actor: caller.user.id }),
  body: () => readJsonObject(request, response),
  number: (name, model) => {
    const text = request.params[name];
    if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
      throw new ApiError(404, { detail: `No ${model} matches the given query.` });
    return Number(text);
  },
  wrote: (stream, version) => gateway.positions.send(response, { stream, version }),
});
