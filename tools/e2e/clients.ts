import { parseSetCookie } from 'cookie';
import type { System } from './system.ts';

export type Json = Record<string, unknown>;
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json };

/** Every secret that any reply of this test file had in it, for the search at its end. */
export const SECRETS = new Set<string>();
const SECRET_FIELDS = ['access_token', 'refresh_token', 'token', 'client_secret'];
const MASK = '************';

const remember = (headers: Headers, json: Json): void => {
  for (const name of SECRET_FIELDS) {
    const value = json[name];
    if (typeof value === 'string' && value !== MASK) SECRETS.add(value);
  }
  const code = /[?&]code=(glc_[^&]+)/.exec(headers.get('location') ?? '')?.[1];
  if (code !== undefined) SECRETS.add(decodeURIComponent(code));
  for (const cookie of headers.getSetCookie()) {
    const [, session] = /grantlog-session=([A-Za-z0-9_-]{43})/.exec(cookie) ?? [];
    if (session !== undefined) SECRETS.add(session);
  }
};

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  const json = isJson ? (JSON.parse(text) as Json) : {};
  if (!Array.isArray(json)) remember(response.headers, json);
  return { status: response.status, headers: response.headers, text, json };
};

export const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** Calls of `/api/v2/` with JSON. */
export const api =
  (base: string, authorization: string) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    answerOf(
      await fetch(`${base}/api/v2/${path}`, {
        method,
        redirect: 'manual',
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );

export const admin = ({ gateways, adminPassword }: System, gateway = 0) =>
  api(gateways[gateway] as string, basic('admin', adminPassword));

export type JournalEvent = {
  readonly type: string;
  readonly subject: string;
  readonly journalsequence: number;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Every event of the journal, page by page; those of a write in the distributed profile come a moment after it. */
export const allEvents = async (system: System): Promise<JournalEvent[]> => {
  const events: JournalEvent[] = [];
  for (let after = '0'; ;) {
    const { status, json } = await admin(system)('GET', `events/?after=${after}&limit=1000`);
    if (status !== 200) throw new Error(`events/ answered ${status}`);
    const results = json['results'] as JournalEvent[];
    if (results.length === 0) return events;
    events.push(...results);
    after = String(json['next']);
  }
};

export type Client = { readonly id: number; readonly clientId: string; readonly clientSecret: string };

/** POST of a form to `/api/o/<endpoint>/`. */
export const post = async (
  base: string,
  endpoint: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  answerOf(
    await fetch(`${base}/api/o/${endpoint}/`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    }),
  );

/** The same, with the client's credentials in the header. */
export const postAs = (
  { clientId, clientSecret }: Client,
  base: string,
  endpoint: string,
  form: Record<string, string>,
): Promise<Answer> => post(base, endpoint, form, { authorization: basic(clientId, clientSecret) });

let registered = 0;

export const REDIRECT_URI = 'https://app.example/callback';

/** Registers an application of its own. */
export const register = async (system: System, fields: Json = {}): Promise<Client> => {
  registered += 1;
  const { status, json, text } = await admin(system)('POST', 'applications/', {
    name: `application ${process.pid} ${registered}`,
    client_type: 'confidential',
    authorization_grant_type: 'authorization-code',
    redirect_uris: REDIRECT_URI,
    ...fields,
  });
  if (status !== 201) throw new Error(`registration: ${status} ${text}`);
  return {
    id: json['id'] as number,
    clientId: json['client_id'] as string,
    clientSecret: (json['client_secret'] as string | undefined) ?? '',
  };
};

export type Browser = {
  readonly get: (url: string) => Promise<Answer>;
  readonly submit: (path: string, form: Record<string, string>, headers?: Record<string, string>) => Promise<Answer>;
  readonly logIn: (username: string, password: string, next?: string) => Promise<Answer>;
  readonly cookie: (name: string) => string | undefined;
};

/** What a browser does: keeps cookies, sends `Origin`, follows nothing by itself. */
export const browser = (base: string): Browser => {
  const cookies = new Map<string, string>();
  const header = (): Record<string, string> =>
    cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  const keep = (answer: Answer): Answer => {
    for (const text of answer.headers.getSetCookie()) {
      const { name, value, maxAge } = parseSetCookie(text) as { name: string; value?: string; maxAge?: number };
      if (maxAge === 0 || !value) cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const get: Browser['get'] = async (url) =>
    keep(
      await answerOf(
        await fetch(url.startsWith('/') ? base + url : url, {
          redirect: 'manual',
          headers: { accept: 'text/html', ...header() },
        }),
      ),
    );
  const submit: Browser['submit'] = async (path, form, headers = {}) =>
    keep(
      await answerOf(
        await fetch(base + path, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            accept: 'text/html',
            origin: base,
            'content-type': 'application/x-www-form-urlencoded',
            ...header(),
            ...headers,
          },
          body: new URLSearchParams(form).toString(),
        }),
      ),
    );
  return {
    get,
    submit,
    cookie: (name) => cookies.get(name),
    logIn: async (username, password, next = '/api/') => {
      const page = await get(`/api/login/?next=${encodeURIComponent(next)}`);
      return submit('/api/login/', { ...hiddenFields(page.text), username, password });
    },
  };
};

const decodeEntities = (text: string): string =>
  text
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');

/** The hidden fields of the first form of a page. */
export const hiddenFields = (html: string): Record<string, string> => {
  const form = /<form[\s\S]*?<\/form>/.exec(html)?.[0] ?? '';
  return Object.fromEntries(
    [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
      name,
      decodeEntities(value as string),
    ]),
  );
};

/** A browser in which the administrator is logged in. */
export const adminBrowser = async (system: System, gateway = 0): Promise<Browser> => {
  const one = browser(system.gateways[gateway] as string);
  const { status } = await one.logIn('admin', system.adminPassword);
  if (status !== 302) throw new Error(`login: ${status}`);
  return one;
};

/** The parameters that an authorization was answered with at the redirect URI. */
export const answerParameters = ({ headers }: Answer): URLSearchParams =>
  new URL(headers.get('location') ?? 'none:').searchParams;

export const authorizeUrl = (client: Client, parameters: Record<string, string> = {}): string =>
  `/api/o/authorize/?${new URLSearchParams({ client_id: client.clientId, response_type: 'code', redirect_uri: REDIRECT_URI, state: 'a state', ...parameters }).toString()}`;

/** Takes an authorization through the consent page, if there is one; the answer leads to the redirect URI. */
export const authorize = async (
  one: Browser,
  client: Client,
  parameters: Record<string, string> = {},
): Promise<Answer> => {
  const page = await one.get(authorizeUrl(client, parameters));
  if (page.status !== 200) return page;
  return one.submit('/api/o/authorize/', { ...hiddenFields(page.text), allow: 'Authorize' });
};

export const codeFor = async (
  one: Browser,
  client: Client,
  parameters: Record<string, string> = {},
): Promise<string> => {
  const code = answerParameters(await authorize(one, client, parameters)).get('code');
  if (code === null) throw new Error('no code came');
  return code;
};

export const redeem = (
  client: Client,
  base: string,
  code: string,
  more: Record<string, string> = {},
): Promise<Answer> =>
  postAs(client, base, 'token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...more });

/** Tokens by the whole flow. */
export const tokensFor = async (
  system: System,
  one: Browser,
  client: Client,
): Promise<{ access: string; refresh: string }> => {
  const { json, status, text } = await redeem(client, system.gateways[0] as string, await codeFor(one, client));
  if (status !== 200) throw new Error(`token: ${status} ${text}`);
  return { access: json['access_token'] as string, refresh: json['refresh_token'] as string };
};

/** What introspection says. @throws when it says nothing: a 503 is neither yes nor no */
export const isActive = async (client: Client, base: string, token: string): Promise<boolean> => {
  const { status, json, text } = await postAs(client, base, 'introspect', { token });
  if (status !== 200) throw new Error(`introspection: ${status} ${text}`);
  return json['active'] === true;
};

/** The tokens that are not active, asked a few at a time over all gateways. */
export const inactiveOf = async (system: System, client: Client, tokens: readonly string[]): Promise<string[]> => {
  const inactive: string[] = [];
  const left = [...tokens];
  const ask = async (gateway: string): Promise<void> => {
    for (let token = left.pop(); token !== undefined; token = left.pop()) {
      if (!(await isActive(client, gateway, token))) inactive.push(token);
    }
  };
  await Promise.all([...system.gateways, ...system.gateways, ...system.gateways, ...system.gateways].map(ask));
  return inactive;
};
