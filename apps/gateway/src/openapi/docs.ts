import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Express, type Response } from 'express';
import type { Route } from '../api/endpoint.ts';
import { describeApi } from './describe.ts';

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];

const secured = (response: Response, nonce: string): Response =>
  response.set({
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'self' 'nonce-${nonce}'`,
      // The viewer sets styles of its own elements.
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });

/** `/docs/`: the API's description, and a page that shows it. Everything it loads is served here. */
export const mountDocs = (app: Express, routes: Readonly<Record<string, Route>>, issuer: string): void => {
  const description = JSON.stringify(describeApi(routes, issuer));
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  app.get('/docs/openapi.json', (_request, response) => {
    response.set('cache-control', 'no-cache').type('application/json').send(description);
  });
  app.get('/docs/', (_request, response) => {
    const nonce = randomBytes(16).toString('base64');
    secured(response, nonce).set('cache-control', 'no-store').type('html').send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grantlog API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, supportedSubmitMethods: [] })</script>
</body></html>`);
  });
  const files = express.static(folder, { index: false, maxAge: '1h', etag: false });
  for (const asset of ASSETS)
    app.get(`/docs/${asset}`, (request, response, next) => {
      request.url = `/${asset}`;
      files(request, response, next);
    });
};
