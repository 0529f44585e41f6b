// The flow by openid-client, set up from the metadata of RFC 8414.
import * as client from 'openid-client';
import { base, browse, clientId, clientSecret, redirectUri, tell, whoami } from './browser.mjs';

const config = await client.discovery(new URL(base), clientId, undefined, client.ClientSecretBasic(clientSecret), {
  algorithm: 'oauth2',
  execute: [client.allowInsecureRequests],
});
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'read write',
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
});
const token = await client.authorizationCodeGrant(config, await browse(url), { pkceCodeVerifier, expectedState });
const user = await whoami(token.access_token);
const fresh = await client.refreshTokenGrant(config, token.refresh_token);
await client.tokenRevocation(config, fresh.access_token);
const { active } = await client.tokenIntrospection(config, fresh.access_token);
if (active) throw new Error('the revoked token is active');
// It tells nothing but that the revocation succeeded, which is 200 (RFC 7009 section 2.2).
tell({
  user,
  rotated: fresh.refresh_token !== token.refresh_token,
  revoked: 200,
  after: await whoami(fresh.access_token),
});
