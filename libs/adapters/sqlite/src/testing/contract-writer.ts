import { parentPort, workerData } from 'node:worker_threads';
import { contractProjection } from '@grantlog/event-sourcing/contract-model';
import { runWriter } from '../writer.ts';

if (parentPort) runWriter(parentPort, (workerData as { path: string }).path, [contractProjection]);
