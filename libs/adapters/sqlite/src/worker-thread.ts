import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A worker of the store. Its death by itself is the process's: no cache may outlive the writer. */
export const startStoreWorker = async (
  entry: URL,
  workerData: unknown,
  onDeath: (error: Error) => void,
): Promise<Worker> => {
  const worker = new Worker(entry, {
    workerData,
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--inspect')),
  });
  let died: Error | undefined;
  worker.on('error', (error) => (died = error as Error));
  worker.on('exit', (code) => onDeath(died ?? new Error(`store worker ended with code ${code}`)));
  await once(worker, 'message');
  return worker;
};
