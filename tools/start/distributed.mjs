import './node-version.mjs';

// The packages that start engines are development dependencies.
import('./prepare.mjs').then(({ run }) => run(['tools/start/supervisor.ts'], { everything: true }));
