import type { Commit } from '../event.ts';
import type { EventStore } from '../event-store.ts';

/** A store in memory whose every append waits for the test: it lands, is lost, or lands and its reply is lost. */
export type ScriptedStore = EventStore & {
  readonly commits: Map<string, Commit>;
  /** Decides what becomes of the next appends; the default is that each lands. */
  readonly script: ((
    commit: Commit,
  ) => 'land' | 'lose the reply' | 'fault' | Promise<'land' | 'lose the reply' | 'fault'>)[];
};

export const createScriptedStore = (): ScriptedStore => {
  const commits = new Map<string, Commit>();
  const script: ScriptedStore['script'] = [];
  const of = (stream: string): Commit[] =>
    [...commits.values()].filter((commit) => commit.stream === stream).sort((a, b) => a.version - b.version);
  return {
    commits,
    script,
    readNewest: (stream, atMost) => Promise.resolve(of(stream).slice(-atMost)),
    readAfter: (stream, after) => Promise.resolve(of(stream).filter(({ version }) => version > after)),
    isCurrent: (stream, version) => Promise.resolve(!commits.has(`${stream}:${version + 1}`)),
    append: async (commit) => {
      const next = script.shift();
      const fate = next ? await next(commit) : 'land';
      if (fate === 'fault') throw new Error('the store is away');
      const key = `${commit.stream}:${commit.version}`;
      if (commits.has(key)) return 'conflict';
      commits.set(key, commit);
      if (fate === 'lose the reply') throw new Error('timeout after send');
      return 'appended';
    },
  };
};
