import { parentPort, workerData } from 'node:worker_threads';
import { runListReader } from '../list-reader.ts';

if (parentPort) runListReader(parentPort, (workerData as { path: string }).path);
