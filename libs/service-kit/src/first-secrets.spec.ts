import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration } from './config.ts';
import { firstAdminPassword, installationKeyIn } from './first-secrets.ts';
import { createInstallationKey } from './installation-key.ts';
import { checkKeyOfStore } from './key-of-store.ts';

let folder: string;
const file = (): string => join(folder, 'installation-key');
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'grantlog-secrets-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('the installation key beside the data', () => {
  it('is made at the first start, whole and for its owner only, and found at the next', () => {
    const key = installationKeyIn(folder, 'none', false);
    expect(key).toHaveLength(32);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['installation-key']);
    expect(installationKeyIn(folder, 'data', false)).toEqual(key);
  });

  it('is made when a first start was cut off after it had made the store', () =>
    expect(installationKeyIn(folder, 'empty', false)).toHaveLength(32));

  it.each([
    ['of 0 bytes', ''],
    ['that is too short', 'abc\n'],
    ['in another form', `${'+'.repeat(43)}\n`],
    ['with a second line', `${'A'.repeat(43)}\n\n`],
  ])('%s is refused, with its name and what is allowed', (_, text) => {
    writeFileSync(file(), text);
    expect(() => installationKeyIn(folder, 'data', false)).toThrow(BadConfiguration);
    expect(() => installationKeyIn(folder, 'data', false)).toThrow(
      `${file()} holds no installation key (${text.length} bytes); allowed: 32 random bytes in base64url (43 characters)`,
    );
  });

  it('is not made anew for data that are there', () => {
    expect(() => installationKeyIn(folder, 'data', false)).toThrow(new RegExp(`${file()} is missing.*rm -r ${folder}`));
    expect(readdirSync(folder)).toEqual([]);
    expect(installationKeyIn(folder, 'data', true)).toHaveLength(32);
  });

  it('is not taken for a new installation when its data are gone', () => {
    const key = installationKeyIn(folder, 'none', false);
    expect(() => installationKeyIn(folder, 'none', false)).toThrow(/data .* are gone.*rm -r /);
    expect(installationKeyIn(folder, 'none', true)).toEqual(key);
  });
});

describe('the key and the store', () => {
  const [one, other] = [createInstallationKey(Buffer.alloc(32, 1)), createInstallationKey(Buffer.alloc(32, 2))];
  let warnings: string[];
  beforeEach(() => (warnings = []));
  const check = async (stored: string | undefined, key: typeof one, acceptNew = false): Promise<string | undefined> => {
    let kept: string | undefined;
    const inStore = { keyId: stored, keep: (id: string) => Promise.resolve(void (kept = id)) };
    await checkKeyOfStore(inStore, key, acceptNew, (text) => void warnings.push(text));
    return kept;
  };

  it('have an id for each key, which tells nothing about it', () => {
    expect(one.id).toMatch(/^[0-9a-f]{16}$/);
    expect(other.id).not.toBe(one.id);
  });
  it('keep the id at the first start', async () => expect(await check(undefined, one)).toBe(one.id));
  it('agree at the next', async () => expect(await check(one.id, one)).toBeUndefined());
  it('refuse another key, and name both', async () =>
    expect(check(one.id, other)).rejects.toThrow(new RegExp(`made under the installation key ${one.id}.*given is ${other.id}`))); // prettier-ignore
  it('go on under another key when that is accepted, with a warning that names both', async () => {
    expect(await check(one.id, other, true)).toBe(other.id);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`${one.id} and goes on under ${other.id}`))]);
  });
  it('warn of an acceptance that has no effect', async () => {
    expect(await check(one.id, one, true)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('GRANTLOG_ACCEPT_NEW_KEY has no effect')]);
  });
  it('follow a rotation', async () => {
    expect(await check(one.id, createInstallationKey(Buffer.alloc(32, 2), Buffer.alloc(32, 1)))).toBe(other.id);
    expect(warnings).toEqual([]);
  });
});

describe('the password of the first superuser', () => {
  it('is in a file for its owner when there is no terminal', () => {
    const { password, tell } = firstAdminPassword(folder, 'root', false);
    expect(readFileSync(join(folder, 'admin-password'), 'utf8')).toBe(`${password}\n`);
    expect(tell).toBe(`the password of "root" is in ${join(folder, 'admin-password')}`);
    expect(firstAdminPassword(folder, 'root', true).password).toBe(password);
  });
  it('is not taken from an empty file', () => {
    writeFileSync(join(folder, 'admin-password'), '\n');
    expect(() => firstAdminPassword(folder, 'root', false)).toThrow('admin-password is empty');
  });
});
