import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { admin } from './clients.ts';
import { PROFILE, startSystem, type System } from './system.ts';

let system: System;
const folder = (): string => join(system.dataFolder, PROFILE);
const key = (): string => join(folder(), 'installation-key');
const data = (): string => join(folder(), PROFILE === 'embedded' ? 'grantlog.sqlite' : 'mongodb');

beforeAll(async () => {
  system = await startSystem({}, { instances: 1 });
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

/** A start that is refused, after which everything is put back in its place. */
const isRefused = async (why: RegExp, putBack: () => void): Promise<void> => {
  await expect(system.restart()).rejects.toThrow(why);
  putBack();
};

describe(`the installation key of a stopped installation (${PROFILE})`, () => {
  it('of 0 bytes is refused', async () => {
    const text = readFileSync(key(), 'utf8');
    writeFileSync(key(), '');
    await isRefused(/installation-key holds no installation key \(0 bytes\)/, () => writeFileSync(key(), text));
  }, 300_000);

  it('is missed when it is gone', async () => {
    renameSync(key(), `${key()}.kept`);
    await isRefused(/installation-key is missing.*begin anew.*rm -r /s, () => renameSync(`${key()}.kept`, key()));
  }, 300_000);

  it('is refused when it is another one', async () => {
    const text = readFileSync(key(), 'utf8');
    writeFileSync(key(), randomBytes(32).toString('base64url'));
    await isRefused(/the store was made under the installation key [0-9a-f]{16}/, () => writeFileSync(key(), text));
  }, 300_000);

  it('is not taken for a new installation when its data are gone', async () => {
    renameSync(data(), `${data()}.kept`);
    await isRefused(/the data that were made under it are gone.*begin anew.*rm -r /s, () => {
      rmSync(data(), { recursive: true, force: true });
      renameSync(`${data()}.kept`, data());
    });
  }, 300_000);

  it('starts with its data when both are back', async () => {
    await system.restart();
    expect((await admin(system)('GET', 'me/')).status).toBe(200);
  }, 300_000);
});
