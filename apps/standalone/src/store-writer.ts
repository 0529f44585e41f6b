import { parentPort, workerData } from 'node:worker_threads';
import { runWriter } from '@grantlog/adapter-sqlite/writer';
import { entryProjections, projections } from '@grantlog/projector';

if (parentPort) runWriter(parentPort, (workerData as { path: string }).path, projections, entryProjections);
