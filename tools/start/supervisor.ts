import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectDatabases, keyOfStoreIn } from '@grantlog/adapter-mongo';
import { BACKGROUND_ENGINE_MS } from '@grantlog/contracts';
import {
  checkKeyOfStore,
  closeServer,
  type ConfigOf,
  createInstallationKey,
  exitWith,
  firstAdminPassword,
  installationKeyIn,
  listen,
  PASSWORD_WITHOUT_EFFECT,
  type Place,
  placeText,
  readConfig,
  untilItWorks,
  whatNext,
} from '@grantlog/service-kit';
import { ownFolder } from '@grantlog/adapter-sqlite';
import { freePort, reservePort } from '../engines/engine.ts';
import { keepEngine, type KeptEngine } from '../engines/keep-engine.ts';
import { startKafka } from '../engines/kafka.ts';
import { startMongodb } from '../engines/mongodb.ts';
import { ensureCertificates } from './certificates.ts';

/** One process of the distributed profile, as it is told in `processes.json`. */
type Process = {
  readonly app: string;
  readonly instance: number;
  readonly port?: number;
  readonly managementPort: number;
  readonly env: NodeJS.ProcessEnv;
};

type Places = { readonly public: Place; readonly management: Place };

const LOOPBACK = '127.0.0.1';
const PORT_STEP = 100;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
const GOOD_RUN_MS = 10_000;

const say = (text: string): void => console.error(text);

const start = async (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'start:distributed');
  warnings.forEach(say);
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'distributed');
  const disown = ownFolder(folder, new Date().toISOString());
  await untilEarlierEnded(folder);

  const places = {
    public: { port: config.GRANTLOG_PORT, address: config.GRANTLOG_BIND_ADDRESS },
    management: { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS },
  };
  await reservePorts(places, config.GRANTLOG_INSTANCES);

  const [mongodb, kafka, certificates] = await Promise.all([
    keepEngine((port) => startMongodb(join(folder, 'mongodb'), say, port), say),
    keepEngine((port) => startKafka(join(folder, 'kafka'), say, port), say),
    ensureCertificates(join(folder, 'certificates')),
  ]);
  const first =
    config.GRANTLOG_ADMIN_PASSWORD === undefined
      ? firstAdminPassword(folder, config.GRANTLOG_ADMIN_USERNAME, process.stdout.isTTY)
      : { password: config.GRANTLOG_ADMIN_PASSWORD, tell: '' };
  const key = await installationKey(folder, mongodb.current().address, config);
  const issuer = config.GRANTLOG_ISSUER ?? `http://127.0.0.1:${config.GRANTLOG_PORT}`;
  const shared = {
    ...process.env,
    ...replacing({
      // The gateways get the addresses that were asked for; what is behind them is for this machine.
      GRANTLOG_BIND_ADDRESS: LOOPBACK,
      GRANTLOG_MANAGEMENT_BIND_ADDRESS: LOOPBACK,
      GRANTLOG_ISSUER: issuer,
      GRANTLOG_MONGODB_URI: mongodb.current().address,
      GRANTLOG_KAFKA_BROKERS: kafka.current().address,
      GRANTLOG_INSTALLATION_KEY: Buffer.from(key).toString('base64url'),
      GRANTLOG_ADMIN_PASSWORD: first.password,
      GRANTLOG_TLS_CA: certificates.ca,
      GRANTLOG_TLS_CERT: certificates.cert,
      GRANTLOG_TLS_KEY: certificates.key,
    }),
  };
  const processes = await plan(shared, config.GRANTLOG_INSTANCES, places);
  let isFirstStart = false;
  const supervised = supervise(processes, folder, { mongodb, kafka }, () => {
    // At once: a fault after it would leave a user without a known password.
    if (!isFirstStart && first.tell !== '') console.log(first.tell);
    isFirstStart = true;
  });

  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 14_500).unref();
    await supervised.stop();
    await Promise.all([kafka.stop(), mongodb.stop()]);
    rmSync(join(folder, 'processes.json'), { force: true });
    disown();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));
  if (process.send) process.on('disconnect', () => void stop(0));

  say('waiting until every role is ready ...');
  await supervised.ready();
  if (!isFirstStart && config.GRANTLOG_ADMIN_PASSWORD !== undefined) say(PASSWORD_WITHOUT_EFFECT);
  console.log(`ready ${issuer}`);
  say(whatNext(folder, issuer, `${placeText(places.public)}; health and metrics ${placeText(places.management)}`));
};

/** Variables for the roles, in place of what this process was given, also as `<NAME>_FILE`. */
const replacing = (values: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.keys(values).map((name) => [`${name}_FILE`, undefined])),
  ...values,
});

const MONGODB_WITHIN_MS = 60_000;

/** The key that every role gets. Compared here too, so that this start is refused and not each of theirs. */
const installationKey = async (
  folder: string,
  mongodb: string,
  config: ConfigOf<'start:distributed'>,
): Promise<Uint8Array> => {
  const accept = config.GRANTLOG_ACCEPT_NEW_KEY;
  const databases = connectDatabases(mongodb, 'grantlog', BACKGROUND_ENGINE_MS);
  // A server that was just started has no primary for some seconds.
  const waiting = <T>(work: () => Promise<T>): Promise<T> =>
    untilItWorks({ warn: () => say('waiting for MongoDB ...') }, 'mongodb', work, MONGODB_WITHIN_MS);
  const state = await waiting(async () => {
    await databases.connect();
    return (await keyOfStoreIn(databases)).state;
  });
  // Once: it makes the file where there is none.
  const key = config.GRANTLOG_INSTALLATION_KEY ?? installationKeyIn(folder, state, accept);
  const candidate = createInstallationKey(key, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  await waiting(async () => checkKeyOfStore(await keyOfStoreIn(databases), candidate, accept, say));
  await databases.close();
  return key;
};

const EARLIER_ENDS_WITHIN_MS = 15_000;

/** The processes of a start that was killed end by themselves; until then they hold their ports. */
const untilEarlierEnded = async (folder: string): Promise<void> => {
  const file = join(folder, 'processes.json');
  if (!existsSync(file)) return;
  const { processes } = JSON.parse(readFileSync(file, 'utf8')) as { processes: { pid: number }[] };
  const giveUpAt = Date.now() + EARLIER_ENDS_WITHIN_MS;
  while (processes.some(({ pid }) => isRunning(pid)) && Date.now() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 100));
  rmSync(file);
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The ports that were asked for are free, and none of them is given to anybody else. */
const reservePorts = async (places: Places, instances: number): Promise<void> => {
  const gateways = Array.from({ length: instances }, (_, i) => atStep(places.public, i));
  for (const [place, variable] of [
    ...gateways.map((one) => [one, 'GRANTLOG_PORT'] as const),
    [places.management, 'GRANTLOG_MANAGEMENT_PORT'] as const,
  ]) {
    const server = createServer();
    await listen(server, place, variable);
    await closeServer(server);
    reservePort(place.port);
  }
};

const atStep = ({ port, address }: Place, step: number): Place => ({ port: port + step * PORT_STEP, address });

/** Every process with its ports and the addresses of those it calls. The first gateway has the given management port. */
const plan = async (shared: NodeJS.ProcessEnv, instances: number, places: Places): Promise<Process[]> => {
  const grpc = new Map<string, number[]>();
  for (const app of ['applications', 'accounts', 'tokens', 'relay']) {
    const count = app === 'relay' ? 1 : instances;
    grpc.set(app, await Promise.all(Array.from({ length: count }, freePort)));
  }
  const addresses = Object.fromEntries(
    [...grpc].map(([app, ports]) => [
      `GRANTLOG_${app.toUpperCase()}_ADDRESS`,
      ports.map((one) => `127.0.0.1:${one}`).join(','),
    ]),
  );
  const processes: Process[] = [];
  const add = async (
    app: string,
    instance: number,
    own: NodeJS.ProcessEnv,
    more: { readonly port?: number; readonly management?: Place } = {},
  ): Promise<void> => {
    const { port, address } = more.management ?? { port: await freePort(), address: LOOPBACK };
    const env = {
      ...shared,
      ...addresses,
      ...own,
      GRANTLOG_MANAGEMENT_PORT: String(port),
      GRANTLOG_MANAGEMENT_BIND_ADDRESS: address,
    };
    processes.push({ app, instance, managementPort: port, env, ...(more.port !== undefined && { port: more.port }) });
  };
  for (const [app, ports] of grpc) {
    for (const [i, one] of ports.entries()) await add(app, i + 1, { GRANTLOG_GRPC_PORT: String(one) });
  }
  await add('projector', 1, {});
  for (let i = 0; i < instances; i += 1) {
    const { port, address } = atStep(places.public, i);
    await add(
      'gateway',
      i + 1,
      { GRANTLOG_PORT: String(port), GRANTLOG_BIND_ADDRESS: address },
      { port, ...(i === 0 && { management: places.management }) },
    );
  }
  return processes;
};

/** Keeps every process running, with growing pauses between its starts, and tells who runs where. */
const supervise = (
  processes: readonly Process[],
  folder: string,
  engines: { mongodb: KeptEngine; kafka: KeptEngine },
  onFirstStart: () => void,
) => {
  const running = new Map<Process, ChildProcess>();
  let stopping = false;
  const tell = (): void => {
    const list = [...running].map(([{ app, instance, port, managementPort }, { pid }]) => ({
      app,
      instance,
      pid,
      managementPort,
      ...(port !== undefined && { port }),
    }));
    const engineList = Object.entries(engines).map(([app, { current }]) => {
      const { name, version, pid, address } = current();
      return { app, name, version, pid, address: address.replace(/\/\/[^@/]*@/, '//') };
    });
    // Whole or not at all, also for who reads it while it is written, or after a kill.
    const file = join(folder, 'processes.json');
    writeFileSync(`${file}.new`, JSON.stringify({ processes: list, engines: engineList }, null, 2));
    renameSync(`${file}.new`, file);
  };

  const run = (one: Process, pause: number): void => {
    if (stopping) return;
    const began = Date.now();
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', `dist/${one.app}/main.js`], {
      env: one.env,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Away from the terminal's signals: this process ends them in order.
      detached: true,
    });
    child.once('message', onFirstStart);
    running.set(one, child);
    tell();
    child.on('exit', (code, signal) => {
      running.delete(one);
      if (stopping) return;
      const next = Date.now() - began > GOOD_RUN_MS ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      say(`${one.app} ${one.instance} ended (${signal ?? code}); starting it again`);
      setTimeout(() => run(one, next), pause);
    });
  };
  mkdirSync(folder, { recursive: true });
  processes.forEach((one) => run(one, FIRST_PAUSE_MS));
  Object.values(engines).forEach(({ keep }) => keep(tell));

  const isReady = async ({ managementPort: port, env }: Process): Promise<boolean> => {
    const address = env['GRANTLOG_MANAGEMENT_BIND_ADDRESS'] ?? LOOPBACK;
    const host = placeText({ port, address: ['::', '0.0.0.0'].includes(address) ? LOOPBACK : address });
    return fetch(`http://${host}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };

  return {
    ready: async (): Promise<void> => {
      for (;;) {
        const states = await Promise.all(processes.map(isReady));
        if (states.every(Boolean)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    stop: async (): Promise<void> => {
      stopping = true;
      // The gateways first: what they have under way needs the others.
      for (const gatewaysFirst of [true, false]) {
        const some = [...running].filter(([{ app }]) => (app === 'gateway') === gatewaysFirst);
        await Promise.all(
          some.map(
            ([, child]) =>
              new Promise<void>((resolve) => {
                child.once('exit', () => resolve());
                child.kill('SIGTERM');
              }),
          ),
        );
      }
    },
  };
};

start().catch(exitWith('grantlog'));
