// The flow by oauth4webapi, which refuses every answer that is not as the RFCs say.
import * as oauth from 'oauth4webapi';
import { base, browse, clientId, clientSecret, redirectUri, tell, whoami } from './browser.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const server = await oauth.processDiscoveryResponse(
  new URL(base),
  await oauth.discoveryRequest(new URL(base), { algorithm: 'oauth2', ...insecure }),
);
const client = { client_id: clientId };
const auth = oauth.ClientSecretBasic(clientSecret);
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(server.authorization_endpoint);
for (const [name, value] of Object.entries({
  client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'read write', state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})) url.searchParams.set(name, value); // prettier-ignore
const parameters = oauth.validateAuthResponse(server, client, await browse(url), state);
const token = await oauth.processAuthorizationCodeResponse(
  server,
  client,
  await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, redirectUri, verifier, insecure),
);
const user = await whoami(token.access_token);
const fresh = await oauth.processRefreshTokenResponse(
  server,
  client,
  await oauth.refreshTokenGrantRequest(server, client, auth, token.refresh_token, insecure),
);
const ask = async () =>
  (
    await oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, auth, fresh.access_token, insecure),
    )
  ).active;
if (!(await ask())) throw new Error('the fresh token is not active');
const revocation = await oauth.revocationRequest(server, client, auth, fresh.access_token, insecure);
await oauth.processRevocationResponse(revocation);
if (await ask()) throw new Error('the revoked token is active');
tell({
  user,
  rotated: fresh.refresh_token !== token.refresh_token,
  revoked: revocation.status,
  after: await whoami(fresh.access_token),
});
