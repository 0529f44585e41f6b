import type { KeyObject } from 'node:crypto';
import type { Request, Response } from 'express';
import type { common } from '@grantlog/contracts';
import { macOf, sameMac } from '@grantlog/service-kit';

const MAC_LENGTH = 16;

/** `Grantlog-Position`: says which write a later list has to show. Opaque, with a MAC; unreadable ones are ignored. */
export type Positions = {
  readonly send: (response: Response, position: common.Position | undefined) => void;
  readonly read: (request: Request) => common.Position[];
};

export const createPositions = (key: KeyObject): Positions => {
  const mac = (text: string): string => macOf(key, text).slice(0, MAC_LENGTH);
  return {
    send: (response, position) => {
      if (!position || position.version === 0) return;
      const text = `${position.stream}:${position.version}`;
      response.set('grantlog-position', `${Buffer.from(text).toString('base64url')}.${mac(text)}`);
    },
    read: (request) => {
      const header = request.headers['grantlog-position'];
      if (typeof header !== 'string' || header.length > 200) return [];
      const [encoded = '', given = ''] = header.split('.');
      const text = Buffer.from(encoded, 'base64url').toString();
      const [stream = '', version = ''] = text.split(':');
      return sameMac(mac(text), given) && /^\d{1,9}$/.test(version) ? [{ stream, version: Number(version) }] : [];
    },
  };
};
