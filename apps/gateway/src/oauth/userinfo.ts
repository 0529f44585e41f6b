import type { Request, Response } from 'express';
import { ApiError } from '../http/api-error.ts';
import { decodeBearer } from '../http/authorization-header.ts';
import { noStore } from '../http/oauth-error.ts';
import type { Gateway } from '../gateway.ts';

/**
 * `GET /api/o/userinfo/`: whom an access token acts for, as one flat object. Any scope suffices. A client-credentials
 * token acts for the application's service identity. Claims without a value are left out.
 * @throws ApiError 401 for anything but a live access token
 * @see OpenID Connect Core §5.3, RFC 6750 §3
 */
export const userinfo =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    // Neither a browser session nor Basic: a page of ours has /api/v2/me/.
    if (decodeBearer(request.headers.authorization ?? '') === undefined)
      throw new ApiError(
        401,
        { detail: 'Send an access token as a bearer token.' },
        { 'www-authenticate': 'Bearer realm="api"' },
      );
    const { user } = await gateway.authenticate(request, response);
    const name = `${user.firstName} ${user.lastName}`.trim();
    noStore(response).json({
      sub: String(user.id),
      preferred_username: user.username,
      name: name === '' ? user.username : name,
      // Users write what they like there, and nobody proves it.
      ...(user.email !== '' && { email: user.email, email_verified: false }),
    });
  };
