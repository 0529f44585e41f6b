import { parentPort, workerData } from 'node:worker_threads';
import { runListReader } from '@grantlog/adapter-sqlite/list-reader';

if (parentPort) runListReader(parentPort, (workerData as { path: string }).path);
