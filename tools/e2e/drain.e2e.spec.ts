import { Agent, request } from 'node:http';
import { adminBrowser, basic, type Client, codeFor, register, REDIRECT_URI } from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

const CLIENTS = 16;
const CODES_EACH = 5;

type Reply = { readonly status: number; readonly isLast: boolean };

/** POST of a form over the agent's one connection. */
const ask = (
  agent: Agent,
  url: string,
  { clientId, clientSecret }: Client,
  form: Record<string, string>,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: basic(clientId, clientSecret),
      'content-type': 'application/x-www-form-urlencoded',
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response
        .once('error', reject)
        .once('end', () =>
          resolve({ status: response.statusCode ?? 0, isLast: response.headers.connection === 'close' }),
        );
      response.resume();
    });
    sent.once('error', reject).end(new URLSearchParams(form).toString());
  });

describe(`a stop under load (${PROFILE})`, () => {
  it('SV-13 cuts no request of kept connections, tells each to close, and ends with 0', async () => {
    const system: System = await startSystem({ GRANTLOG_DRAIN_DELAY_SECONDS: '3' });
    const [base = ''] = system.gateways;
    const app = await register(system, { skip_authorization: true });
    const chrome = await adminBrowser(system);
    const codes: string[] = [];
    for (let i = 0; i < CLIENTS * CODES_EACH; i += 1) codes.push(await codeFor(chrome, app));

    const wrong: unknown[] = [];
    let replies = 0;
    let told = 0;
    let isStopping = false;
    /** Redeems its codes, then asks on; one that is idle sends the rest after the signal only. */
    const client = async (own: string[], isIdle: boolean): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let isLast = false; !isLast;) {
        if (isIdle && own.length < CODES_EACH) await until(() => isStopping);
        const code = own.pop();
        const reply =
          code === undefined
            ? await ask(agent, `${base}/api/o/introspect/`, app, { token: 'unknown' })
            : await ask(agent, `${base}/api/o/token/`, app, {
                grant_type: 'authorization_code',
                code,
                redirect_uri: REDIRECT_URI,
              });
        if (reply.status !== 200) wrong.push(reply.status);
        replies += 1;
        ({ isLast } = reply);
      }
      told += 1;
      agent.destroy();
    };
    const clients = Array.from({ length: CLIENTS }, (_, i) =>
      client(codes.slice(i * CODES_EACH, (i + 1) * CODES_EACH), i % 2 === 0).catch((error: unknown) =>
        wrong.push(error),
      ),
    );
    await until(() => replies >= CLIENTS);
    const code = system.stop();
    await until(() => system.log().includes('"stopping"'));
    isStopping = true;
    await Promise.all(clients);
    expect([wrong, told, await code]).toEqual([[], CLIENTS, 0]);
  }, 300_000);
});
