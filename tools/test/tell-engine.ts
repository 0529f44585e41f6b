import { mkdirSync, writeFileSync } from 'node:fs';
import type { Engine } from '../engines/engine.ts';

/** Notes which engine a run had, for the summary: no result is claimed on an engine that was not there. */
export const tellEngine = (name: string, engine: Engine): void => {
  mkdirSync('test-results', { recursive: true });
  writeFileSync(`test-results/engine-${name}.json`, JSON.stringify(`${engine.name} ${engine.version}`.trim()));
};
