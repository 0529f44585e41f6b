import type { Request } from 'express';

const AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/**
 * Whether a request is one that a user makes: no HEAD, nothing that a browser fetches ahead (prefetch, prerender,
 * preview), and where the browser says what it is for, a navigation of a whole window.
 * @see Fetch Metadata Request Headers §2, WHATWG Fetch `Sec-Purpose`
 */
export const isNavigation = ({ method, headers }: Request): boolean =>
  method !== 'HEAD' &&
  AHEAD.every((name) => headers[name] === undefined) &&
  (headers['sec-fetch-dest'] ?? 'document') === 'document';
