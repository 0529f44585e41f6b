import './node-version.mjs';

import('./prepare.mjs').then(({ run }) => run(['dist/standalone/main.js']));
