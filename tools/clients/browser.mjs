import { createInterface } from 'node:readline/promises';

export const [, , base, clientId, clientSecret, redirectUri] = process.argv;

/** Where the browser was sent after it had opened `url`: whoever runs this client is the browser. */
export const browse = async (url) => {
  console.log(String(url));
  const lines = createInterface({ input: process.stdin });
  const [line] = await new Promise((resolve) => lines.once('line', (text) => resolve([text])));
  lines.close();
  return new URL(line.trim());
};

/** The user whom `accessToken` acts for, or the status of the refusal. */
export const whoami = async (accessToken) => {
  const response = await fetch(`${base}/api/v2/me/`, { headers: { authorization: `Bearer ${accessToken}` } });
  return response.ok ? (await response.json()).results[0].username : response.status;
};

/** RFC 7009 by hand, for libraries that know no revocation. @returns the status */
export const revoke = async (token) =>
  (
    await fetch(`${base}/api/o/revoke_token/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    })
  ).status;

export const tell = (result) => console.log(JSON.stringify(result));
