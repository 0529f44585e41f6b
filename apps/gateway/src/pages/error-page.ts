import type { Request, Response } from 'express';
import { requestId } from '../http/request-context.ts';
import { sendPage } from './views.ts';

/**
 * An own page without `Location`: what was wrong is told here, and nothing leaves for anywhere by itself.
 * @param again a path of ours that leads on
 */
export const errorPage = (
  request: Request,
  response: Response,
  status: number,
  message: string,
  again?: string,
): void =>
  sendPage(response, status, '@error', {
    title: status >= 500 ? 'Try again later' : 'This does not work',
    message,
    again,
    requestId: requestId(request),
  });
