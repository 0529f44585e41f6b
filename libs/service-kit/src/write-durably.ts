import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that is whole or not there, also after a power cut: aside, synced, renamed, the folder synced. */
export const writeDurably = (file: string, text: string, mode: number): void => {
  const aside = `${file}.new`;
  // One that is left from before would keep its own mode.
  rmSync(aside, { force: true });
  inFile(aside, 'wx', mode, (handle) => writeFileSync(handle, text));
  renameSync(aside, file);
  inFile(dirname(file), 'r', undefined, () => undefined);
};

const inFile = (path: string, flags: string, mode: number | undefined, work: (handle: number) => void): void => {
  const handle = openSync(path, flags, mode);
  try {
    work(handle);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
