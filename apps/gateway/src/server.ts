import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Express } from 'express';
import { type Admission, shedOf } from './admission.ts';
import { LONGEST_CARRIED_URL, LONGEST_URL } from './http/limits.ts';

const MOST_HEADERS = 100;
const REPLY_READ_WITHIN_MS = 500;
const HEADER_BYTES = 16 * 1024;
/** The login page's URL carries another one of ours. */
const longestUrl = (url: string): number =>
  /^\/api\/login\/?\?/.test(url) ? LONGEST_CARRIED_URL + LONGEST_URL : LONGEST_URL;

/**
 * The public HTTP server, with a maximum for everything that a stranger sends.
 * @param stopping from when on every reply ends its connection (RFC 9112 §9.6)
 */
export const createPublicServer = (app: Express, stopping: AbortSignal, admission: Admission): Server => {
  const unanswered = new Set<ServerResponse>();
  stopping.addEventListener('abort', () => unanswered.forEach((response) => (response.shouldKeepAlive = false)));
  const server = createServer(
    {
      // Of the request line and the headers together.
      maxHeaderSize: HEADER_BYTES + LONGEST_CARRIED_URL + LONGEST_URL,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      if (stopping.aborted) response.shouldKeepAlive = false;
      unanswered.add(response);
      const over = admission.arrived();
      response.once('close', () => {
        unanswered.delete(response);
        over();
      });
      response.prependOnceListener('finish', () => endUnread(request, response));
      // Express would answer first, with the body unread.
      if (request.url !== undefined && request.url.length > longestUrl(request.url)) {
        response
          .writeHead(414, { connection: 'close', 'content-type': 'application/json' })
          .end('{"detail":"The URL is longer than 8 KiB."}');
        return;
      }
      if (request.rawHeaders.length > 2 * MOST_HEADERS) {
        response
          .writeHead(431, { connection: 'close', 'content-type': 'application/json' })
          .end(`{"detail":"The request has more than ${MOST_HEADERS} headers."}`);
        return;
      }
      if (request.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0) > HEADER_BYTES) {
        response
          .writeHead(431, { connection: 'close', 'content-type': 'application/json' })
          .end('{"detail":"The headers are larger than 16 KiB."}');
        return;
      }
      if (admission.admits(shedOf(request.url ?? ''))) app(request, response);
      else shed(request.url ?? '', response);
    },
  );
  // Node would leave out what is over a limit of its own; here it is refused.
  server.maxHeadersCount = 0;
  return server;
};

const OVERLOADED = 'There are more requests than can be answered in time. Try again.';

/** The same words for everything of a kind: a reply that costs next to nothing. @see RFC 9110 §15.6.4 */
const shed = (url: string, response: ServerResponse): void => {
  const body = url.startsWith('/api/o/')
    ? { error: 'temporarily_unavailable', error_description: OVERLOADED }
    : { detail: OVERLOADED };
  response
    .writeHead(503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      // Spread, so that those who were refused together do not come again together.
      'retry-after': String(1 + Math.floor(Math.random() * 3)),
    })
    .end(JSON.stringify(body));
};

/**
 * Ends the connection of a body that was not read and may have no end. Nothing more is read of it, and who still sends
 * has a moment to read the reply before it is reset. @see RFC 9112 §9.6
 */
const endUnread = (request: IncomingMessage, { shouldKeepAlive }: ServerResponse): void => {
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  if (request.complete || (shouldKeepAlive && !isChunked)) return;
  const { socket } = request;
  // Node reads to its end what nobody has begun to read, and closes at once.
  request.read(0);
  socket.destroySoon = () => undefined;
  socket.end();
  setTimeout(() => socket.destroy(), REPLY_READ_WITHIN_MS);
};
