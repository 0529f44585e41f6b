import type { Request, Response } from 'express';
import { SCOPES } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import { settingsOf } from '../settings.ts';

/** `GET /.well-known/oauth-authorization-server` and `openid-configuration`: what this server does, nothing it does not. @see RFC 8414 §2 and §3 */
export const metadata =
  (gateway: Gateway) =>
  async (_request: Request, response: Response): Promise<void> => {
    const { settings } = await gateway.applications.getSettings({});
    const { issuer } = gateway;
    const methods = ['client_secret_basic', 'client_secret_post'];
    response.set('cache-control', 'no-store').json({
      issuer,
      authorization_endpoint: `${issuer}/api/o/authorize/`,
      token_endpoint: `${issuer}/api/o/token/`,
      revocation_endpoint: `${issuer}/api/o/revoke_token/`,
      introspection_endpoint: `${issuer}/api/o/introspect/`,
      userinfo_endpoint: `${issuer}/api/o/userinfo/`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        ...(settingsOf(settings).ALLOW_PASSWORD_GRANT ? ['password'] : []),
      ],
      token_endpoint_auth_methods_supported: [...methods, 'none'],
      revocation_endpoint_auth_methods_supported: [...methods, 'none'],
      introspection_endpoint_auth_methods_supported: methods,
      code_challenge_methods_supported: ['S256'],
      scopes_supported: SCOPES,
      authorization_response_iss_parameter_supported: true,
    });
  };

/** `GET /api/o/`: where the endpoints are. */
export const oauthRoot = (_request: Request, response: Response): void => {
  response.set('cache-control', 'no-store').json({
    authorize: '/api/o/authorize/',
    token: '/api/o/token/',
    revoke_token: '/api/o/revoke_token/',
    introspect: '/api/o/introspect/',
  });
};
