/** What an error looks like: a page for people, RFC 6749 §5.2, or the management API's `detail`. */
export type ErrorForm = 'page' | 'oauth' | 'api';

const PAGE = /^\/(?:docs|api\/(?:o\/authorize|login|logout))(?:\/?$|\/?\?)/;

/** The form of the errors of a place. */
export const errorForm = (url: string): ErrorForm => {
  if (PAGE.test(url)) return 'page';
  return url.startsWith('/api/o/') ? 'oauth' : 'api';
};
