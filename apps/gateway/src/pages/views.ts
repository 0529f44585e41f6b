import { randomBytes } from 'node:crypto';
import { Eta } from 'eta';
import type { Response } from 'express';

/** Characters that hide or turn round their neighbours are shown by their numbers: nobody is to be deceived by a name. */
const visible = (text: string): string =>
  text.replace(
    /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/gu,
    (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );

const eta = new Eta({
  autoEscape: true,
  useWith: false,
  varName: 'it',
  autoFilter: true,
  filterFunction: (value) => visible(String(value)),
});

eta.loadTemplate(
  '@layout',
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title><%= it.title %> · Grantlog</title>
<style nonce="<%= it.nonce %>">
  :root { color-scheme: light dark; --ink: #1c2330; --quiet: #5b6472; --paper: #f4f6f9; --card: #ffffff; --line: #d5dae2; --accent: #1f5fbf; --danger: #a6261c }
  @media (prefers-color-scheme: dark) { :root { --ink: #eef1f6; --quiet: #a9b2c0; --paper: #12161d; --card: #1b212b; --line: #364050; --accent: #7fb0ff; --danger: #ff9b91 } }
  * { box-sizing: border-box }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif }
  main { width: 100%; max-width: 27rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere }
  h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3 }
  label { display: block; margin: 1rem 0 .25rem; font-weight: 600 }
  input { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--quiet); border-radius: .4rem }
  button { padding: .65rem 1.25rem; min-height: 2.75rem; font: inherit; font-weight: 600; border: 1px solid var(--accent); border-radius: .4rem; background: transparent; color: var(--accent); cursor: pointer }
  a { color: var(--accent) }
  button.first { background: var(--accent); color: var(--card) }
  button.plain { padding: 0; min-height: 0; border: 0; text-decoration: underline; font-weight: 400 }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
  .buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
  .quiet { color: var(--quiet); font-size: .925rem }
  .error { color: var(--danger); font-weight: 600 }
  ul { padding-left: 1.25rem } li { margin: .25rem 0 } dl { margin: 1rem 0 } dt { font-size: .85rem; color: var(--quiet) } dd { margin: 0 0 .6rem }
</style>
</head>
<body><main><%~ it.body %></main></body>
</html>`,
);

eta.loadTemplate(
  '@login',
  `<% layout('@layout') %>
<h1>Log in</h1>
<% if (it.error) { %><p class="error" id="error" role="alert"><%= it.error %></p><% } %>
<form id="login-form" method="post" action="/api/login/">
  <input type="hidden" name="csrfmiddlewaretoken" value="<%= it.csrf %>">
  <input type="hidden" name="next" value="<%= it.next %>">
  <label for="username">Username</label>
  <input id="username" name="username" value="<%= it.username %>" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="150" required<%= it.username === '' ? ' autofocus' : '' %>>
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required<%= it.username === '' ? '' : ' autofocus' %>>
  <div class="buttons"><button class="first" id="login" type="submit">Log in</button></div>
</form>`,
);

eta.loadTemplate(
  '@consent',
  `<% layout('@layout') %>
<h1>Allow <%= it.application %> to use your account?</h1>
<p>It asks to be allowed to:</p>
<ul><% it.scopes.forEach((scope) => { %><li><%= scope %></li><% }) %></ul>
<dl>
  <dt>Account</dt><dd><%= it.username %></dd>
  <dt>Application</dt><dd><%= it.application %></dd>
  <dt>Organization</dt><dd><%= it.organization %></dd>
  <dt>The answer goes to</dt><dd><%= it.host %></dd>
  <dt>For</dt><dd><%= it.duration %></dd>
</dl>
<form id="consent-form" method="post" action="/api/o/authorize/">
  <input type="hidden" name="csrfmiddlewaretoken" value="<%= it.csrf %>">
  <input type="hidden" name="transaction" value="<%= it.transaction %>">
  <div class="buttons">
    <button class="first" id="allow" type="submit" name="allow" value="Authorize">Allow</button>
    <button id="deny" type="submit">Deny</button>
  </div>
</form>
<form method="post" action="/api/logout/">
  <input type="hidden" name="csrfmiddlewaretoken" value="<%= it.csrf %>">
  <input type="hidden" name="next" value="<%= it.next %>">
  <p class="quiet">Not <%= it.username %>? <button class="plain" id="switch-account" type="submit">Use another account</button></p>
</form>`,
);

eta.loadTemplate(
  '@logout',
  `<% layout('@layout') %>
<h1>Log out?</h1>
<p class="error" id="error" role="alert"><%= it.error %></p>
<p>You are logged in as <%= it.username %>.</p>
<form id="logout-form" method="post" action="/api/logout/">
  <input type="hidden" name="csrfmiddlewaretoken" value="<%= it.csrf %>">
  <input type="hidden" name="next" value="<%= it.next %>">
  <div class="buttons"><button class="first" id="logout" type="submit">Log out</button></div>
</form>`,
);

eta.loadTemplate(
  '@error',
  `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p id="error" role="alert"><%= it.message %></p>
<% if (it.again) { %><p><a id="again" href="<%= it.again %>">Start again</a></p><% } %>
<p class="quiet">Reference: <%= it.requestId %></p>`,
);

export type Pages = {
  '@login': { error: string; csrf: string; next: string; username: string };
  '@consent': {
    application: string;
    organization: string;
    username: string;
    scopes: readonly string[];
    host: string;
    duration: string;
    csrf: string;
    transaction: string;
    next: string;
  };
  '@logout': { error: string; username: string; csrf: string; next: string };
  '@error': { message: string; requestId: string; again: string | undefined };
};

/**
 * Pages whose form ends at a client. Chrome holds `form-action` against every redirect that follows a form, those of the
 * client's own included, and nobody but the client knows where they lead (docs/decisions/0027).
 */
const LEADS_AWAY: ReadonlySet<keyof Pages> = new Set(['@login', '@consent', '@logout']);

/**
 * Sends a page that nothing outside can frame, script or read. Everything in it is escaped.
 * @see RFC 9700 §4.16, RFC 6749 §10.13
 */
export const sendPage = <Name extends keyof Pages>(
  response: Response,
  status: number,
  name: Name,
  content: Pages[Name] & { title: string },
): void => {
  const nonce = randomBytes(16).toString('base64');
  const csp = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...(LEADS_AWAY.has(name) ? [] : ["form-action 'self'"]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  response
    .status(status)
    .set({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': csp.join('; '),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
    })
    .send(eta.render(name, { ...content, nonce }));
};
