import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/**
 * Gives a request whose target is a whole URL the form that others have: a path, and the URL's host in place of the
 * header's.
 * @see RFC 9112 §3.2.2
 */
export const toOriginForm = (request: IncomingMessage): void => {
  const [, host, path = ''] = ABSOLUTE.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = path.startsWith('/') ? path : `/${path}`;
};
