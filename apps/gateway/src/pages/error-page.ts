import type { Request, Response } from 'express';
import { requestId } from '../http/request-context.ts';
import { sendPage } from './views.ts';

/** An own page without `Location`: what was wrong is told here, and nothing leaves for anywhere. */
export const errorPage = (request: Request, response: Response, status: number, message: string): void =>
  sendPage(response, status, '@error', {
    title: status >= 500 ? 'Try again later' : 'This does not work',
    message,
    requestId: requestId(request),
  });
