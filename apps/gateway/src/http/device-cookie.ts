import { randomBytes, type KeyObject } from 'node:crypto';
import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { macOf, sameMac } from '@grantlog/service-kit';
import { cookieValues } from './cookies.ts';

/** A browser that a user has logged in with before. It lets a try be evaluated, and proves nothing more. */
export type Device = { readonly deviceUser: number; readonly deviceId: string };
export const NO_DEVICE: Device = { deviceUser: 0, deviceId: '' };

export type Devices = {
  readonly of: (request: Request) => Device;
  /** Marks the browser after a login. */
  readonly remember: (request: Request, response: Response, user: number) => void;
};

const LIVES_SECONDS = 31_536_000;

/** @see OWASP, Slow Down Online Guessing Attacks with Device Cookies */
export const createDevices = (key: KeyObject, secure: boolean): Devices => {
  const name = secure ? '__Host-grantlog-device' : 'grantlog-device';
  const macFor = (user: string, id: string): string => macOf(key, `device:${user}:${id}`);
  const of: Devices['of'] = (request) => {
    const [user, id] =
      cookieValues(request, name)
        .map((value) => value.split('.'))
        .find(([u = '', i = '', mac = '']) => /^\d{1,15}$/.test(u) && sameMac(macFor(u, i), mac)) ?? [];
    return user === undefined || id === undefined ? NO_DEVICE : { deviceUser: Number(user), deviceId: id };
  };
  return {
    of,
    remember: (request, response, user) => {
      if (of(request).deviceUser === user) return;
      const id = randomBytes(16).toString('base64url');
      const value = `${user}.${id}.${macFor(String(user), id)}`;
      response.append(
        'set-cookie',
        stringifySetCookie({ name, value, path: '/', sameSite: 'lax', secure, httpOnly: true, maxAge: LIVES_SECONDS }),
      );
    },
  };
};
