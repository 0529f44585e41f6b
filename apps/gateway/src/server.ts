import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import { type Admission, shedOf } from './admission.ts';
import { type EARLY_REFUSALS, refuseEarly } from './http/early-refusal.ts';
import { toOriginForm } from './http/origin-form.ts';
import { LONGEST_CARRIED_URL, LONGEST_URL, MOST_HEADERS } from './http/limits.ts';

const REPLY_READ_WITHIN_MS = 500;
/** Longer than any request takes, and than an event stream is silent. */
const SILENT_MS = 30_000;
/** How long a request may take to come, in milliseconds, and how often that is looked at. */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 1000 };
const HEADER_BYTES = 16 * 1024;
/** The login page's URL carries another one of ours. */
const longestUrl = (url: string): number =>
  /^\/api\/login\/?\?/.test(url) ? LONGEST_CARRIED_URL + LONGEST_URL : LONGEST_URL;

/**
 * The public HTTP server, with a maximum for everything that a stranger sends or leaves unread.
 * @param stopping from when on every reply ends its connection (RFC 9112 §9.6)
 */
export const createPublicServer = (
  app: Express,
  stopping: AbortSignal,
  admission: Admission,
  patience = PATIENCE,
): Server => {
  /** What a reply still decides about its connection when its head is written. */
  const beforeHead = (response: ServerResponse): void => {
    if (stopping.aborted) response.shouldKeepAlive = false;
    if (!response.req.complete) response.prependOnceListener('finish', () => endUnreadBody(response.req, response));
  };
  // Express makes this the prototype of its responses.
  app.response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
    beforeHead(this);
    return Reflect.apply(ServerResponse.prototype.writeHead, this, head) as never;
  };
  /** Replies of a connection that are not over, in the order of their requests. */
  const answering = new WeakMap<Duplex, readonly ServerResponse[]>();
  const unfinished = (socket: Duplex): readonly ServerResponse[] =>
    (answering.get(socket) ?? []).filter(({ writableFinished }) => !writableFinished);
  const refused = new WeakSet<Duplex>();
  const server = createServer(
    {
      // Of the request line and the headers together.
      maxHeaderSize: HEADER_BYTES + LONGEST_CARRIED_URL + LONGEST_URL,
      keepAliveTimeout: 65_000,
      ...patience,
    },
    (request, response) => {
      const { socket } = request;
      // Its connection was told that there is no request.
      if (refused.has(socket)) return;
      answering.set(socket, [...unfinished(socket), response]);
      toOriginForm(request);
      const { url = '', rawHeaders } = request;
      const refuse = (status: keyof typeof EARLY_REFUSALS): void => {
        beforeHead(response);
        refuseEarly(request, response, status);
      };
      // Express would answer first, with the body unread.
      if (url.length > LONGEST_URL && url.length > longestUrl(url)) refuse(414);
      else if (rawHeaders.length > 2 * MOST_HEADERS || headerBytes(rawHeaders) > HEADER_BYTES) refuse(431);
      else if (admission.admits(shedOf(url))) app(request, response);
      else refuse(503);
    },
  );
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    // What still comes is no request either.
    if (refused.has(socket)) return;
    refused.add(socket);
    const refuse = (): void => {
      // Nothing stands in the middle of a reply.
      if (!socket.writable || unfinished(socket).some(({ headersSent }) => headersSent)) return void socket.destroy();
      const text = `HTTP/1.1 ${PARSER_REFUSALS[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`;
      // Who was too slow sends nothing that may still be carried out.
      if (code === TOO_SLOW) socket.end(text, () => socket.destroy());
      else endUnread(socket, text);
    };
    // Requests before it are whole; they are answered first, in their order. @see RFC 9112 §9.3.2
    const whole = unfinished(socket).filter(({ req, headersSent }) => req.complete && !headersSent);
    if (whole.length > 0) whole.at(-1)?.once('close', refuse);
    else refuse();
  });
  // Node would leave out what is over a limit of its own; here it is refused.
  server.maxHeadersCount = 0;
  server.timeout = SILENT_MS;
  return server;
};

const headerBytes = (rawHeaders: readonly string[]): number => {
  let sum = 0;
  for (const text of rawHeaders) sum += text.length + 2;
  return sum;
};

const TOO_SLOW = 'ERR_HTTP_REQUEST_TIMEOUT';
/** What Node's parser finds, as Node itself answers it. @see https://nodejs.org/docs/latest-v24.x/api/http.html#event-clienterror */
const PARSER_REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  [TOO_SLOW]: '408 Request Timeout',
};

/** Who still sends has a moment to read the reply before the connection is reset. @see RFC 9112 §9.6 */
const endUnread = (socket: Duplex, last?: string): void => {
  socket.end(last);
  setTimeout(() => socket.destroy(), REPLY_READ_WITHIN_MS);
};

/** Ends the connection of a body that was not read and may have no end. Nothing more is read of it. */
const endUnreadBody = (request: IncomingMessage, { shouldKeepAlive }: ServerResponse): void => {
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  if (request.complete || (shouldKeepAlive && !isChunked)) return;
  const { socket } = request;
  // Node reads to its end what nobody has begun to read, and closes at once.
  request.read(0);
  socket.destroySoon = () => undefined;
  endUnread(socket);
};
