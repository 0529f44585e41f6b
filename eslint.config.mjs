import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const type = (name, ...allowed) => ({
  sourceTag: `type:${name}`,
  onlyDependOnLibsWithTags: allowed.map((one) => `type:${one}`),
});
const scope = (name, ...allowed) => ({
  sourceTag: `scope:${name}`,
  onlyDependOnLibsWithTags: [name, 'shared', ...allowed].map((one) => `scope:${one}`),
});

/** Which folders may know which; see CONTRIBUTING.md. There is no rule for everybody. */
export const depConstraints = [
  type('app', 'adapter', 'read-model', 'domain', 'contract', 'core', 'util'),
  type('read-model', 'domain', 'core'),
  type('adapter', 'core', 'contract', 'util'),
  type('domain', 'domain', 'core', 'util'),
  type('contract', 'core'),
  type('core', 'core'),
  type('util', 'util'),
  type('tool', 'adapter', 'read-model', 'domain', 'contract', 'core', 'util'),
  ...['applications', 'accounts', 'tokens', 'gateway', 'relay', 'cli'].map((name) => scope(name)),
  scope('projector', 'applications', 'accounts', 'tokens'),
  scope('standalone', 'applications', 'accounts', 'tokens', 'gateway', 'relay', 'projector'),
  scope('shared'),
  scope('tools', 'applications', 'accounts', 'tokens'),
];

/** Secrets and what is derived from them are compared in constant time only; a comparison with a literal tells nothing. */
const SECRET = '/(?:[dD]igest|[sS]ecret|[mM]ac|[cC]srf\\w*|[pP]assword|[hH]ash)$/';
const secretCompares = ['left', 'right'].flatMap((side) =>
  ['name', 'property.name'].map((name) => ({
    selector: `BinaryExpression[operator=/^[!=]==?$/][${side}.${name}=${SECRET}][left.type!='Literal'][right.type!='Literal']:not([left.type='Identifier'][left.name='undefined']):not([right.type='Identifier'][right.name='undefined'])`,
    message: 'Compare secrets with sameDigest or sameMac: in constant time.',
  })),
);

const DRIVERS = ['mongoose', 'node:sqlite', 'kafkajs', 'express', '@grpc/*', 'pino'];
const only = (files, ...patterns) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: DRIVERS.filter((driver) => !patterns.includes(driver)),
            message: 'Only the adapter of this driver imports it.',
          },
        ],
      },
    ],
  },
});

/** An app is for itself, but for who is named here. */
const boundaries = (folder, ...apps) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    '@nx/enforce-module-boundaries': [
      'error',
      {
        enforceBuildableLibDependency: false,
        allow: apps.flatMap((app) => [`@grantlog/${app}`, `@grantlog/${app}/testing`]),
        depConstraints,
      },
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'libs/contracts/src/generated/**',
      '.nx/**',
      '.grantlog/**',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  { languageOptions: { parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname } } },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  {
    plugins: { '@nx': nx },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-control-regex': 'off',
      // A function that may throw before it waits is async, so that its callers see one kind of failure.
      '@typescript-eslint/require-await': 'off',
      // Our own functions do not use `this`, and drivers document theirs taken apart.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Jest's matchers and what comes as JSON are `any`.
    files: ['**/*.spec.ts', '**/testing/**', 'tools/**/*.ts'],
    rules: Object.fromEntries(
      ['assignment', 'argument', 'return'].map((what) => [`@typescript-eslint/no-unsafe-${what}`, 'off']),
    ),
  },
  {
    files: ['{apps,libs}/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', ...secretCompares] },
  },
  boundaries('{apps,libs}'),
  boundaries('apps/standalone', 'gateway', 'applications', 'accounts', 'tokens', 'relay', 'projector'),
  boundaries('tools', 'gateway', 'projector'),
  {
    files: ['{apps,libs}/**/*.ts'],
    // The thread of the writer has its own timer; it is supervised by its answers. The probe measures what workers wait for.
    ignores: [
      '**/*.spec.ts',
      '**/testing/**',
      'libs/service-kit/src/supervise.ts',
      'libs/service-kit/src/event-loop.ts',
      'libs/adapters/sqlite/src/writer.ts',
    ],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setInterval', message: 'What repeats is a worker: everyMs, run by supervise.' },
      ],
    },
  },
  only(['libs/**/*.ts', 'apps/**/*.ts']),
  only(['libs/adapters/mongo/**/*.ts'], 'mongoose'),
  only(['libs/adapters/sqlite/**/*.ts'], 'node:sqlite'),
  only(['libs/adapters/kafka/**/*.ts'], 'kafkajs'),
  only(['libs/adapters/grpc/**/*.ts'], '@grpc/*'),
  only(['libs/service-kit/**/*.ts'], 'pino'),
  only(['apps/gateway/**/*.ts'], 'express'),
  {
    files: [
      'libs/*/domain/**/*.ts',
      'libs/event-sourcing/src/{decider,name-claim,number-sequence,ending-saga,projection}.ts',
    ],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...secretCompares,
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'Time comes in with the command.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time comes in with the command.',
        },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'No dice in a decision.' },
      ],
    },
  },
);
