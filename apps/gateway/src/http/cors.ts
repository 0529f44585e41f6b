import type { Request, RequestHandler, Response } from 'express';
import type { ApplicationsClient } from '@grantlog/contracts';
import { actualHeaders, type CorsRules, preflightHeaders } from '@grantlog/origins';
import { type Settings, settingsOf } from '../settings.ts';

export type Cors = {
  /** Answers preflights, and sets the headers of actual requests before anything can go wrong. */
  readonly handler: RequestHandler;
  /** Adds what the application that was proven in this request allows for itself. */
  readonly allowOwnOrigins: (
    request: Request,
    response: Response,
    ownOrigins: readonly string[],
    settings: Settings,
  ) => void;
};

/** Pages never answer to other origins, whatever the settings. */
const NEVER = ['/api/o/authorize/', '/api/login/', '/api/logout/', '/console/', '/account/'];

/** Enforces the allowlist of origins. CORS is no access control: a request is judged by its credentials all the same. */
export const createCors = (
  applications: Pick<ApplicationsClient, 'getSettings'>,
  fileRules: () => Partial<CorsRules>,
): Cors => {
  const inForce = (settings: Settings): CorsRules => ({ ...settings, ...fileRules() });
  const answersOthers = (path: string): boolean => !NEVER.some((page) => path.startsWith(page));

  return {
    handler: (request, response, next) => {
      const { origin } = request.headers;
      response.set('vary', 'Accept, Cookie, Origin');
      if (origin === undefined || !answersOthers(request.path)) return next();
      const method = request.headers['access-control-request-method'];
      const isPreflight = request.method === 'OPTIONS' && method !== undefined;
      const answer = async (): Promise<void> => {
        const { settings } = await applications.getSettings({});
        const rules = inForce(settingsOf(settings));
        if (!isPreflight) {
          response.set(actualHeaders(rules, origin, request.path));
          return next();
        }
        const asked = request.headers['access-control-request-headers'];
        const headers =
          typeof asked === 'string'
            ? asked
                .split(',')
                .map((name) => name.trim())
                .filter((name) => name !== '')
            : [];
        response
          .set(preflightHeaders(rules, { origin, path: request.path, method, headers }))
          .status(200)
          .end();
      };
      answer().catch(next);
    },
    allowOwnOrigins: (request, response, ownOrigins, settings) => {
      const { origin } = request.headers;
      if (origin === undefined || ownOrigins.length === 0) return;
      response.set(actualHeaders(inForce(settings), origin, request.path, ownOrigins));
    },
  };
};
