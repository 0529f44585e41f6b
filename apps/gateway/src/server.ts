import { createServer, type Server } from 'node:http';
import type { Express } from 'express';

const MOST_HEADERS = 100;

/** The public HTTP server, with a maximum for everything that a stranger sends. */
export const createPublicServer = (app: Express): Server => {
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      // Express would answer first, with the body unread.
      if ((request.url?.length ?? 0) > 8 * 1024) {
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
      app(request, response);
    },
  );
  // Node would leave out what is over a limit of its own; here it is refused.
  server.maxHeadersCount = 0;
  return server;
};
