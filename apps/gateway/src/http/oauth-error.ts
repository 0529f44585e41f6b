import type { Response } from 'express';
import type { common } from '@grantlog/contracts';
import { isOAuthErrorCode, type OAuthErrorCode } from '@grantlog/oauth';
import { retryAfter } from './retry-after.ts';

/** An error reply of `/api/o/`. @see RFC 6749 §5.2 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly status: number;
  readonly code: OAuthErrorCode;
  /** The client that was named or proven, for the ring of refusals; never in the reply. */
  readonly clientId: string;

  /** What was presented was never issued: it counts as a wrong try. */
  readonly isGuess: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** The very same request must not be sent again. */
  readonly isFinal: boolean;

  constructor(
    status: number,
    code: OAuthErrorCode,
    description: string,
    {
      clientId = '',
      isGuess = false,
      retryAfterSeconds,
      isFinal = false,
    }: { clientId?: string; isGuess?: boolean; retryAfterSeconds?: number; isFinal?: boolean } = {},
  ) {
    super(description);
    this.status = status;
    this.code = code;
    this.clientId = clientId;
    this.isGuess = isGuess;
    this.retryAfterSeconds = retryAfterSeconds;
    this.isFinal = isFinal;
  }
}

const STATUS: Readonly<Partial<Record<OAuthErrorCode, number>>> = {
  invalid_client: 401,
  temporarily_unavailable: 503,
  server_error: 500,
  slow_down: 429,
};

/** A service's refusal as the endpoint says it. */
export const fromRefusal = ({ error, description, guessed }: common.Refusal, clientId = ''): OAuthError => {
  // The very request came twice: the first delivery has the answer, and nobody may take this for a replay.
  if (error === 'delivered_twice')
    return new OAuthError(503, 'temporarily_unavailable', 'The request was delivered twice; try again.');
  // What has no meaning at these endpoints is a fault of ours.
  if (!isOAuthErrorCode(error)) throw new TypeError(`A service refused with ${error}, which is no error of OAuth.`);
  return new OAuthError(STATUS[error] ?? 400, error, description, { clientId, isGuess: guessed });
};

/** More wrong tries than anybody makes by mistake. */
export const tooMany = (retryAfterSeconds: number, clientId = ''): OAuthError =>
  new OAuthError(429, 'slow_down', 'Too many wrong tries. Try again later.', { clientId, retryAfterSeconds });

/** Headers of every reply of the token, revocation and introspection endpoints. @see RFC 6749 §5.1 */
export const noStore = (response: Response): Response =>
  response.set({ 'cache-control': 'no-store', pragma: 'no-cache', 'x-content-type-options': 'nosniff' });

export const sendOAuthError = (
  response: Response,
  { status, code, message, retryAfterSeconds, isFinal }: OAuthError,
): void => {
  noStore(response).status(status);
  if (status === 401) response.set('www-authenticate', 'Basic realm="grantlog"');
  if (status === 503 && !isFinal) response.set('retry-after', retryAfter());
  if (retryAfterSeconds !== undefined) response.set('retry-after', String(retryAfterSeconds));
  response.json({ error: code, error_description: message.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?') });
};
