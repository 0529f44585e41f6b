import { availableParallelism } from 'node:os';
import { hash, type Options, verify } from '@node-rs/argon2';
import { ServiceUnavailable } from '@grantlog/contracts';

/** argon2id, the library's default, with OWASP's minimum: 19 MiB, two passes, one lane. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const MOST_WAITING = 64;

export type Passwords = {
  readonly hash: (password: string) => Promise<string>;
  /** An empty hash fits no password, and costs the same time. */
  readonly fits: (passwordHash: string, password: string) => Promise<boolean>;
};

/** Of a random password that nobody knows, once a process: an unknown user costs what a wrong password costs. */
let unknown: Promise<string> | undefined;

/**
 * argon2id in a bounded pool: at most as many hashes at once as there are cores, a short queue, then a fault, so that
 * logins cannot take the processor from tokens.
 */
export const createPasswords = (): Passwords => {
  const atOnce = Math.max(1, availableParallelism() - 1);
  let running = 0;
  const waiting: (() => void)[] = [];
  const nobody = (unknown ??= hash(crypto.randomUUID(), OPTIONS));

  const bounded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= MOST_WAITING) throw new ServiceUnavailable('too many logins are waiting');
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };

  return {
    hash: (password) => bounded(() => hash(password.normalize('NFKC'), OPTIONS)),
    fits: (passwordHash, password) =>
      bounded(async () => {
        const fits = await verify(
          passwordHash === '' ? await nobody : passwordHash,
          password.normalize('NFKC'),
          OPTIONS,
        );
        return fits && passwordHash !== '';
      }),
  };
};
