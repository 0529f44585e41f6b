import type { Deps } from '../service-deps.ts';
import { verifyPassword } from './verify-password.ts';

const untouched = (): never => {
  throw new Error('work was done');
};

describe('a password that is tried', () => {
  it.each([
    ['a username of more than 150 characters', 'x'.repeat(151), 'some password'],
    ['a password of more than 1,024 bytes', 'admin', 'é'.repeat(513)],
  ])('with %s is wrong before anything is folded, hashed or counted', async (_what, username, password) => {
    const deps = { streams: { claims: { load: untouched } }, attempts: { count: untouched } } as unknown as Deps;
    const request = { username, password, address: '192.0.2.1', deviceUser: 0, deviceId: '' };
    expect((await verifyPassword(deps)(request)).result).toMatchObject({ value: { error: 'invalid_grant' } });
  });
});
