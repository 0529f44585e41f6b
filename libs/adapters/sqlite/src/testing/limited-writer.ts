import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import { contractProjection } from '@grantlog/event-sourcing/contract-model';
import { openForWriting } from '../open.ts';
import { runWriter } from '../writer.ts';

/** What a test does to the disk: how many pages its file may have, or how a COMMIT ends. */
export type DiskOrder = { readonly pages: number } | { readonly commit: 'works' | 'fails' | 'lands and fails' };

const ioError = (): Error => Object.assign(new Error('disk I/O error'), { errcode: 10 });

/** A writer whose disk obeys a test; it answers each order. */
const open = (path: string) => {
  const database = openForWriting(path);
  const exec = database.exec.bind(database);
  let commit = 'works';
  database.exec = (sql) => {
    if (sql === 'COMMIT' && commit === 'fails') throw ioError();
    exec(sql);
    if (sql === 'COMMIT' && commit === 'lands and fails') throw ioError();
  };
  const disk = new BroadcastChannel(path);
  disk.onmessage = (event) => {
    const order = (event as unknown as { data: DiskOrder }).data;
    if ('pages' in order) exec(`PRAGMA max_page_count=${order.pages}`);
    else commit = order.commit;
    disk.postMessage('obeyed');
  };
  disk.unref();
  return database;
};

if (parentPort) runWriter(parentPort, (workerData as { path: string }).path, [contractProjection], [], open);
