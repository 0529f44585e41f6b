import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { common } from '@grantlog/contracts';

const ids = new WeakMap<Request, string>();

/** This request's id: in every reply, every log line and the cause of every commit. Never taken from outside. */
export const requestId = (request: Request): string => {
  const known = ids.get(request);
  if (known !== undefined) return known;
  const fresh = randomUUID();
  ids.set(request, fresh);
  return fresh;
};

export const causeOf = (
  request: Request,
  { actor, clientId = '' }: { actor?: number; clientId?: string } = {},
): common.Cause => ({
  requestId: requestId(request),
  clientId,
  ...(actor !== undefined && { actor }),
});

/** Where the request came from; forwarding headers count from trusted proxies only (Express's setting). */
export const addressOf = (request: Request): string => request.ip ?? '';

export const sendRequestId = (request: Request, response: Response): void => {
  response.set('x-request-id', requestId(request));
};
