import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const { files } = JSON.parse(readFileSync(join(root, 'test-results/mutation/report.json'), 'utf8'));

const COUNTED = ['Killed', 'Timeout', 'Survived', 'NoCoverage'];
const FOUND = ['Killed', 'Timeout'];
const scoreOf = (mutants) => {
  const counted = mutants.filter(({ status }) => COUNTED.includes(status));
  const found = counted.filter(({ status }) => FOUND.includes(status));
  return { of: counted.length, found: found.length, score: ((100 * found.length) / counted.length).toFixed(2) };
};

const rows = Object.entries(files)
  .map(([name, { mutants }]) => ({ name, ...scoreOf(mutants) }))
  .filter(({ of }) => of > 0)
  .sort((a, b) => a.name.localeCompare(b.name));
const all = scoreOf(Object.values(files).flatMap(({ mutants }) => mutants));
const survivors = Object.entries(files).flatMap(([name, { mutants }]) =>
  mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, mutatorName }) => `${name}:${location.start.line} ${mutatorName}`),
);

writeFileSync(
  join(root, 'docs/mutation.md'),
  `# Mutation testing of the pure code

Written by \`npm run test:mutation\` (Stryker, four to eight minutes on two cores; it fails below 90 %). Each mutant is one
change of the code that decides, parses or compares: of tokens, scopes and redirect URIs, of every decider, of settings and
of origins. A test that turns red finds it.

**${all.score} %**: ${all.found} of ${all.of} found.

| file | mutants | found | % |
|---|---:|---:|---:|
${rows.map(({ name, of, found, score }) => `| ${name} | ${of} | ${found} | ${score} |`).join('\n')}

## Not found

Most change nothing that can be seen from outside: an optional chain where the value is always there, the bound of a cache,
a default that the types rule out, a digest's check that another check makes as well.

${survivors.map((one) => `- ${one}`).join('\n')}
`,
);
console.log(`docs/mutation.md: ${all.score} %`);
