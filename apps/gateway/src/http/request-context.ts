import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { common } from '@grantlog/contracts';
import { networkOf, parseAddress } from './address.ts';

const ID = Symbol('request id');

/** This request's id: in every reply, every log line and the cause of every commit. Never taken from outside. */
export const requestId = (request: Request & { [ID]?: string }): string => (request[ID] ??= randomUUID());

export const causeOf = (
  request: Request,
  { actor, clientId = '' }: { actor?: number; clientId?: string } = {},
): common.Cause => ({
  requestId: requestId(request),
  clientId,
  ...(actor !== undefined && { actor }),
});

/**
 * Where the request came from, in one spelling: the socket's address, and from a trusted proxy (Express's setting) what
 * it forwards for. What it forwards for and cannot be read as an address counts as the proxy itself.
 */
export const addressOf = (request: Request): string => {
  const trusts = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '');
  let known = '';
  for (const [hop, text] of [request.socket.remoteAddress ?? '', ...forwarded.split(',').reverse()].entries()) {
    const address = parseAddress(text);
    if (address === undefined) break;
    known = address;
    if (!trusts(address, hop)) break;
  }
  return known;
};

/** Whom limits of wrong tries count: as coarse as what one sender controls. */
export const senderOf = (request: Request): string => networkOf(addressOf(request));

export const sendRequestId = (request: Request, response: Response): void => {
  response.set('x-request-id', requestId(request));
};
