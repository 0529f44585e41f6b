import { readFileSync } from 'node:fs';
import { CONFIGURATION_PAGE, configurationPage } from '../configuration-page.ts';

describe('the page of the configuration', () => {
  it('is what `npm run docs:configuration` writes', () =>
    expect(readFileSync(CONFIGURATION_PAGE, 'utf8')).toBe(configurationPage()));
});
