import { parentPort, workerData } from 'node:worker_threads';
import { runListReader } from '../list-reader.ts';

if (parentPort) runListReader(parentPort, (workerData as { path: string }).path);

// Ends the thread, for tests of what replaces it.
const channel = new BroadcastChannel(`${(workerData as { path: string }).path} reader`);
channel.onmessage = () => process.exit(1);
channel.unref();
