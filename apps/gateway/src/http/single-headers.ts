import type { IncomingMessage } from 'node:http';

/** Headers that decide something and are no lists: of two, Node takes the first, or both as one. */
const SINGLE = new Set([
  'access-control-request-method',
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'grantlog-position',
  'host',
  'last-event-id',
  'origin',
  'referer',
  'sec-fetch-site',
  'x-csrftoken',
]);

/** The name of a header that may come once and came more often. @see RFC 9110 §5.3 */
export const repeatedHeader = ({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | undefined => {
  // Nothing came twice.
  if (Object.keys(headers).length * 2 === rawHeaders.length) return undefined;
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
};
