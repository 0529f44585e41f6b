import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  BadConfFile,
  combinationProblem,
  type FileRules,
  lintPattern,
  mergeRules,
  parseConfFile,
} from '@grantlog/origins';
import { type Check, BadConfiguration, everyMs, type Logger, type WorkerSpec } from '@grantlog/service-kit';

export type ConfDir = {
  /** In the order of the files' names, as of at most half a second ago. */
  readonly files: () => readonly FileRules[];
  /** Names and hashes of what is in force; what cannot be read is told, and the last good state stays. */
  readonly state: () => Check;
  /** Begins to tell changes. */
  readonly report: (logger: Logger, observe: (file: string, sha256: string) => void) => void;
  /** Looks for changes. */
  readonly worker: WorkerSpec;
};

const LOOKED_AT_EVERY_MS = 500;
const LOOKED_WITHIN_MS = 8000;

type State = { readonly files: readonly (FileRules & { readonly sha256: string })[]; readonly signature: string };

/**
 * The CORS settings of a folder's files. Followed while it runs, by looking: a folder that comes later is found too, and
 * so is a mounted volume that changes by a link.
 * @throws BadConfiguration at the start, with file and line
 */
export const followConfDir = (folder: string): ConfDir => {
  let current = readAtStart(folder);
  let refused: { signature: string; problem: string } | undefined;
  let told: Parameters<ConfDir['report']> | undefined;

  const look = (): void => {
    const signature = signatureOf(folder);
    if (signature === refused?.signature) return;
    if (signature === current.signature) {
      refused = undefined;
      return;
    }
    try {
      const before = current;
      current = readAll(folder, signature);
      refused = undefined;
      tell(before);
    } catch (error) {
      refused = { signature, problem: error instanceof Error ? error.message : String(error) };
      told?.[0].error({ folder, problem: refused.problem }, 'a settings file cannot be read; what was in force stays');
    }
  };

  const tell = (before: State | undefined): void => {
    if (!told) return;
    const [logger, observe] = told;
    const known = new Map(before?.files.map(({ file, sha256 }) => [file, sha256]));
    for (const { file, sha256, rules } of current.files) {
      if (known.get(file) === sha256) continue;
      observe(file, sha256);
      logger.info(
        { file, sha256, settings: Object.keys(rules) },
        before ? 'settings file changed' : 'settings file read',
      );
      for (const pattern of rules.CORS_ALLOWED_ORIGIN_REGEXES ?? [])
        for (const { problem, origin } of lintPattern(pattern))
          logger.warn({ file, pattern, letsIn: origin }, `a pattern of origins ${problem}`);
    }
    for (const file of known.keys())
      if (!current.files.some((one) => one.file === file)) logger.info({ file }, 'settings file removed');
  };

  return {
    files: () => current.files,
    state: () => ({
      // A typo in a file is no reason to send requests elsewhere: the last good state is served.
      state: refused ? 'degraded' : 'ok',
      files: current.files.map(({ file, sha256 }) => ({ file, sha256 })),
      ...(refused && { cause: refused.problem }),
    }),
    report: (...to) => {
      told = to;
      tell(undefined);
    },
    worker: everyMs('settings-follower', LOOKED_AT_EVERY_MS, look, LOOKED_WITHIN_MS),
  };
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(?:ya?ml|json|py)$/.test(name) && !name.startsWith('.'))
      .sort();
  } catch {
    // There is no such folder, which is the usual case.
    return [];
  }
};

/** Changes whenever a file does. */
const signatureOf = (folder: string): string =>
  namesIn(folder)
    .map((name) => {
      const { mtimeMs, size, ino } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
      return `${name} ${mtimeMs} ${size} ${ino}`;
    })
    .join('\n');

const readAtStart = (folder: string): State => {
  try {
    return readAll(folder, signatureOf(folder));
  } catch (error) {
    if (!(error instanceof BadConfFile)) throw error;
    throw new BadConfiguration(`a settings file in ${folder} (GRANTLOG_CONF_DIR) cannot be used: ${error.message}`);
  }
};

const NOTHING = {
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: [],
  CORS_ALLOWED_ORIGIN_REGEXES: [],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: [],
  CORS_ALLOW_METHODS: [],
  CORS_EXPOSE_HEADERS: [],
  CORS_PREFLIGHT_MAX_AGE: 0,
  CORS_URLS_REGEX: '',
};

const readAll = (folder: string, signature: string): State => {
  const files = namesIn(folder).map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return { file, rules: parseConfFile(file, text), sha256: hash('sha256', text, 'hex') };
  });
  const problem = combinationProblem(mergeRules(files, NOTHING));
  if (problem !== undefined) throw new BadConfFile(`${files.map(({ file }) => file).join(', ')}: ${problem}`);
  return { files, signature };
};
