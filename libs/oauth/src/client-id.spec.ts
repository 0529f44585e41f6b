import { applicationOfClientId, newClientId, newClientSecret } from './client-id.ts';

describe('a client id', () => {
  it('begins with the number of its application', () => {
    expect(newClientId(1234)).toMatch(/^000000Ju[0-9A-Za-z]{32}$/);
    expect(applicationOfClientId(newClientId(1234))).toBe(1234);
  });
  it('cannot be guessed from the number', () => expect(newClientId(1)).not.toBe(newClientId(1)));
  it.each(['', 'short', '0'.repeat(39), '0'.repeat(41), `${'0'.repeat(39)}-`, ` ${'0'.repeat(40)}`, `${'0'.repeat(40)}\n`])(
    '%j is none', (text) => expect(applicationOfClientId(text)).toBeUndefined()); // prettier-ignore
});

describe('a client secret', () => {
  it('is 128 alphanumeric characters, drawn anew each time', () => {
    expect(newClientSecret()).toMatch(/^[0-9A-Za-z]{128}$/);
    expect(newClientSecret()).not.toBe(newClientSecret());
  });
});
