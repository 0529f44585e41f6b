import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Version } from './event.ts';

/** A snapshot rides along on every sixteenth commit, so that reading a stream costs at most 16 commits. */
export const COMMITS_PER_SNAPSHOT = 16;

export type SnapshotCodec = {
  readonly seal: (stream: string, version: Version, state: unknown) => string;
  /** @returns undefined when the MAC, the key or the form does not fit: the caller folds the events instead */
  readonly open: (stream: string, version: Version, snapshot: string) => unknown;
};

/**
 * Snapshots as JSON with a MAC, so that nobody who can write to the database turns a revoked state into an active one.
 * @param form names the shape of the state; a new shape takes a new name and old snapshots are folded anew
 * @param key secret of the installation for this purpose
 * @param report told when a MAC does not fit
 */
export const createSnapshotCodec = (
  form: string,
  key: KeyObject,
  report: (stream: string, version: Version) => void = () => undefined,
): SnapshotCodec => {
  const mac = (stream: string, version: Version, body: string): Buffer =>
    createHmac('sha256', key).update(`${form}\n${stream}\n${version}\n${body}`).digest();
  return {
    seal: (stream, version, state) => {
      const body = JSON.stringify(state);
      return `${form}.${mac(stream, version, body).toString('base64url')}.${body}`;
    },
    open: (stream, version, snapshot) => {
      const [name, given, ...rest] = snapshot.split('.');
      if (name !== form || given === undefined) return undefined;
      const body = rest.join('.');
      const wanted = mac(stream, version, body);
      const presented = Buffer.from(given, 'base64url');
      if (presented.length !== wanted.length || !timingSafeEqual(presented, wanted)) {
        report(stream, version);
        return undefined;
      }
      return JSON.parse(body) as unknown;
    },
  };
};
