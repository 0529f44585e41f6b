import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Life, pause } from '@grantlog/service-kit';

export type StoreThread = {
  readonly worker: Worker;
  /** Aborted when the thread has ended, with its error as the reason. */
  readonly ended: AbortSignal;
};

const ASKED_EVERY_MS = 1000;
/** Without any message for so long a thread is hung: it answers a `ping` each second. */
export const THREAD_STALLS_AFTER_MS = 8000;

/** Starts a thread of the store. @throws when it ends before it is ready */
export const startStoreThread = async (entry: URL, workerData: unknown): Promise<StoreThread> => {
  const worker = new Worker(entry, {
    workerData,
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--inspect')),
  });
  const ended = new AbortController();
  worker.on('error', (error) => ended.abort(error));
  worker.on('exit', (code) => ended.abort(new Error(`a thread of the store ended with code ${code}`)));
  await once(worker, 'message', { signal: ended.signal }).catch(() => ended.signal.throwIfAborted());
  return { worker, ended: ended.signal };
};

/** A worker's life that is as long as the thread's; whatever the thread says is progress. */
export const watchThread = async (
  { worker, ended }: StoreThread,
  { signal, progress, working }: Life,
): Promise<void> => {
  const heard = (): void => {
    progress();
    working('working');
  };
  worker.on('message', heard);
  const over = AbortSignal.any([signal, ended]);
  while (!over.aborted) {
    worker.postMessage('ping');
    await pause(ASKED_EVERY_MS, over);
  }
  worker.off('message', heard);
  if (!signal.aborted) ended.throwIfAborted();
};

/** Asks a thread to end, and waits for it. */
export const stopThread = ({ worker, ended }: StoreThread): Promise<void> =>
  new Promise((resolve) => {
    if (ended.aborted) return resolve();
    worker.once('exit', () => resolve());
    worker.postMessage('close');
  });
