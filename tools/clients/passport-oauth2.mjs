// The flow by passport-oauth2: the login of a web application whose session is an object here.
import { promisify } from 'node:util';
import { Strategy } from 'passport-oauth2';
import { base, browse, clientId, clientSecret, redirectUri, revoke, tell, whoami } from './browser.mjs';

const strategy = new Strategy(
  {
    authorizationURL: `${base}/api/o/authorize/`,
    tokenURL: `${base}/api/o/token/`,
    clientID: clientId,
    clientSecret,
    callbackURL: redirectUri,
    scope: ['read', 'write'],
    state: true,
    pkce: true,
  },
  (accessToken, refreshToken, profile, done) => done(null, { accessToken, refreshToken }),
);
const session = {};
const authenticate = (query) =>
  new Promise((resolve, reject) => {
    const request = Object.create(strategy);
    Object.assign(request, {
      redirect: resolve,
      success: resolve,
      fail: (challenge) => reject(new Error(JSON.stringify(challenge))),
      error: reject,
    });
    request.authenticate({ query, session, headers: {}, connection: {} });
  });
const landed = await browse(await authenticate({}));
const token = await authenticate(Object.fromEntries(landed.searchParams));
const user = await whoami(token.accessToken);
const refresh = promisify((refreshToken, done) =>
  strategy._oauth2.getOAuthAccessToken(refreshToken, { grant_type: 'refresh_token' }, (error, accessToken, refreshed) =>
    done(error, { accessToken, refreshToken: refreshed }),
  ),
);
const fresh = await refresh(token.refreshToken);
tell({
  user,
  rotated: fresh.refreshToken !== token.refreshToken,
  revoked: await revoke(fresh.accessToken),
  after: await whoami(fresh.accessToken),
});
