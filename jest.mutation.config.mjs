import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import config from './jest.config.mjs';

const root = import.meta.dirname;
const unit = config.projects.find(({ displayName }) => displayName === 'unit');

/** Every package of the workspace by its source in this folder: node_modules would lead out of the copy that is mutated. */
const sources = Object.fromEntries(
  globSync('libs/**/package.json', { cwd: root, exclude: (name) => name === 'node_modules' }).map((file) => {
    const { name } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    return [`^${name}$`, join(root, dirname(file), 'src/index.ts')];
  }),
);

export default {
  ...unit,
  rootDir: root,
  displayName: undefined,
  testMatch: ['<rootDir>/libs/{oauth,origins,grants,applications,accounts}/**/*.spec.ts'],
  moduleNameMapper: sources,
};
