import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OAuthErrorCode } from '@grantlog/oauth';
import { MOST_HEADERS } from './limits.ts';
import { errorForm } from './error-form.ts';
import { retryAfter } from './retry-after.ts';

/** What is refused before a request is looked at, wherever it goes. */
export const EARLY_REFUSALS = {
  414: 'The URL is longer than 8 KiB.',
  421: 'This host is not served here (GRANTLOG_ALLOWED_HOSTS).',
  431: `The headers are more than ${MOST_HEADERS}, or larger than 16 KiB.`,
  503: 'There are more requests than can be answered in time. Try again.',
} as const;

/**
 * Fixed words in the form of the place, before anything is done: a reply that costs next to nothing. Any origin may read
 * it. An overloaded server keeps the connection: a new one would cost more.
 * @see RFC 9110 §15.6.4
 */
export const refuseEarly = (
  { url = '', headers: { origin } }: IncomingMessage,
  response: ServerResponse,
  status: keyof typeof EARLY_REFUSALS,
): void => {
  const text = EARLY_REFUSALS[status];
  const error: OAuthErrorCode = status === 503 ? 'temporarily_unavailable' : 'invalid_request';
  const bodies = {
    page: `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Grantlog</title><p>${text}</p></html>`,
    oauth: JSON.stringify({ error, error_description: text }),
    api: JSON.stringify({ detail: text }),
  };
  const form = errorForm(url);
  response
    .writeHead(status, {
      'content-type': form === 'page' ? 'text/html; charset=utf-8' : 'application/json',
      'cache-control': 'no-store',
      ...(status === 503 ? { 'retry-after': retryAfter() } : { connection: 'close' }),
      ...(origin !== undefined && {
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'retry-after',
      }),
    })
    .end(bodies[form]);
};
