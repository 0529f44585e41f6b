import '../start/node-version.mjs';

const program = ['--disable-warning=ExperimentalWarning', 'tools/bench/bench.ts', ...process.argv.slice(2)];
import('../start/prepare.mjs').then(({ run }) => run(program, { everything: true }));
