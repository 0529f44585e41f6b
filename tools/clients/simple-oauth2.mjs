// The flow by simple-oauth2.
import { createHash, randomBytes } from 'node:crypto';
import { AuthorizationCode } from 'simple-oauth2';
import { base, browse, clientId, clientSecret, redirectUri, tell, whoami } from './browser.mjs';

const client = new AuthorizationCode({
  client: { id: clientId, secret: clientSecret },
  // A revocation is answered without a body (RFC 7009 section 2.2), which it takes for wrong JSON when 'strict'.
  http: { json: true },
  auth: {
    tokenHost: base,
    tokenPath: '/api/o/token/',
    authorizePath: '/api/o/authorize/',
    revokePath: '/api/o/revoke_token/',
  },
});
const code_verifier = randomBytes(32).toString('base64url');
const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
const landed = await browse(
  client.authorizeURL({
    redirect_uri: redirectUri,
    scope: ['read', 'write'],
    state: 'a state',
    code_challenge,
    code_challenge_method: 'S256',
  }),
);
const token = await client.getToken({
  code: landed.searchParams.get('code'),
  redirect_uri: redirectUri,
  code_verifier,
});
const user = await whoami(token.token.access_token);
const fresh = await token.refresh();
// It throws for any other status.
await fresh.revoke('access_token');
tell({
  user,
  rotated: fresh.token.refresh_token !== token.token.refresh_token,
  revoked: 200,
  after: await whoami(fresh.token.access_token),
});
