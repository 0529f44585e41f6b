import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { engineCache } from './cache.ts';
import { pythonPrograms } from './python.ts';
import { type Engine, freePort, leashed, startInTurn, startLeashed, untilListening } from './engine.ts';

const DOWNLOAD_GIVEN_UP_MS = 5000;
const SECANTUS = '0.7.0b3';

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/**
 * A server of the MongoDB protocol, the first of these that works: the URI of the environment, a mongod of MONGOD_BINARY
 * or the path, Docker, a downloaded mongod, SecantusDB from PyPI.
 * @param givenPort undefined for a free one
 */
export const startMongodb = async (
  dataFolder: string,
  say: (text: string) => void,
  givenPort?: number,
): Promise<Engine> => {
  const given = process.env['GRANTLOG_MONGODB_URI'];
  if (given)
    return {
      address: given,
      name: 'given by GRANTLOG_MONGODB_URI',
      version: '',
      pid: undefined,
      stop: () => Promise.resolve(),
    };
  mkdirSync(dataFolder, { recursive: true });
  const binary = process.env['MONGOD_BINARY'] || (has('mongod', '--version') ? 'mongod' : undefined);
  if (binary) return startInTurn(() => startMongod(binary, dataFolder, say, givenPort));
  if (has('docker', 'info')) return startContainer(say);
  const downloaded = await downloadMongod(say);
  if (downloaded) return startInTurn(() => startMongod(downloaded, dataFolder, say, givenPort));
  if (!has('python3', '--version')) {
    throw new Error(
      'MongoDB cannot be started here: install Docker, MongoDB or Python 3.10+, or set GRANTLOG_MONGODB_URI or MONGOD_BINARY',
    );
  }
  return startInTurn(() => startSecantus(dataFolder, say, givenPort));
};

const startContainer = async (say: (text: string) => void): Promise<Engine> => {
  say('starting MongoDB in a container ...');
  const { MongoDBContainer } = await import('@testcontainers/mongodb');
  const container = await new MongoDBContainer('mongo:8.0').start();
  return {
    address: `${container.getConnectionString()}?directConnection=true`,
    name: 'MongoDB (container)',
    version: '8.0',
    pid: undefined,
    stop: async () => void (await container.stop()),
  };
};

const downloadMongod = async (say: (text: string) => void): Promise<string | undefined> => {
  const refused = join(engineCache('mongodb'), 'download-refused');
  if (existsSync(refused)) return undefined;
  say('looking for a downloadable mongod ...');
  const { MongoBinary } = await import('mongodb-memory-server-core');
  const timeout = new Promise<undefined>((resolve) =>
    setTimeout(() => resolve(undefined), DOWNLOAD_GIVEN_UP_MS).unref(),
  );
  const found = await Promise.race([
    MongoBinary.getPath({ downloadDir: engineCache('mongodb'), version: '8.0.4' }).catch(() => undefined),
    timeout,
  ]);
  if (found === undefined) mkdirSync(refused, { recursive: true });
  return found;
};

const startMongod = async (
  binary: string,
  dataFolder: string,
  say: (text: string) => void,
  givenPort: number | undefined,
): Promise<Engine> => {
  const port = givenPort ?? (await freePort());
  const log = join(dataFolder, 'mongod.log');
  const data = join(dataFolder, 'mongod');
  mkdirSync(data, { recursive: true });
  say('starting mongod ...');
  const child = startLeashed(
    binary,
    ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data, '--replSet', 'grantlog'],
    log,
  );
  await untilListening(port, child, log);
  const { default: mongoose } = await import('mongoose');
  const connection = await mongoose.createConnection(`mongodb://127.0.0.1:${port}/?directConnection=true`).asPromise();
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  const admin = connection.db?.admin();
  // A set that was made with another port is told its new one.
  await admin?.command({ replSetInitiate: { _id: 'grantlog', members } }).catch(async () => {
    const { config } = (await admin.command({ replSetGetConfig: 1 })) as { config: { version: number } };
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  });
  const { version } = (await admin?.command({ buildInfo: 1 })) as { version: string };
  await connection.close();
  return {
    address: `mongodb://127.0.0.1:${port}/?replicaSet=grantlog`,
    name: 'MongoDB',
    version,
    ...(await leashed(child, port)),
  };
};

const startSecantus = async (
  dataFolder: string,
  say: (text: string) => void,
  givenPort: number | undefined,
): Promise<Engine> => {
  const binary = join(pythonPrograms(`secantusdb-${SECANTUS}`, [`secantusdb==${SECANTUS}`], say), 'secantusd-py');
  const port = givenPort ?? (await freePort());
  const log = join(dataFolder, 'secantusdb.log');
  const data = join(dataFolder, 'secantusdb');
  mkdirSync(data, { recursive: true });
  say(`starting SecantusDB ${SECANTUS} (the MongoDB protocol over WiredTiger) ...`);
  const child = startLeashed(binary, ['--host', '127.0.0.1', '--port', String(port), '--storage-path', data], log);
  await untilListening(port, child, log);
  return {
    address: `mongodb://127.0.0.1:${port}/?replicaSet=secantus`,
    name: 'SecantusDB',
    version: SECANTUS,
    ...(await leashed(child, port)),
  };
};
