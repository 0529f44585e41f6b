import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineCache } from './cache.ts';
import { type Engine, freePort, leashed, startInTurn, startLeashed, untilListening } from './engine.ts';

const VERSION = '4.1.1';
const CLUSTER_ID = 'grantlog-local-kafka-0';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>`;

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** Apache Kafka in KRaft mode: the brokers of the environment, Docker, or its Maven artifacts on the local JDK. @param givenPort undefined for a free one */
export const startKafka = async (
  dataFolder: string,
  say: (text: string) => void,
  givenPort?: number,
): Promise<Engine> => {
  const given = process.env['GRANTLOG_KAFKA_BROKERS'];
  if (given)
    return {
      address: given,
      name: 'given by GRANTLOG_KAFKA_BROKERS',
      version: '',
      pid: undefined,
      stop: () => Promise.resolve(),
    };
  if (has('docker', 'info')) return startContainer(say);
  if (!has('java', '-version') || !has('mvn', '--version')) {
    throw new Error(
      'Kafka cannot be started here: install Docker, or Java 17+ with Maven, or set GRANTLOG_KAFKA_BROKERS',
    );
  }
  return startInTurn(() => startLocally(dataFolder, say, givenPort));
};

const startContainer = async (say: (text: string) => void): Promise<Engine> => {
  say('starting Kafka in a container ...');
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(`confluentinc/cp-kafka:8.1.0`).withKraft().start();
  return {
    address: `${container.getHost()}:${container.getMappedPort(9093)}`,
    name: 'Apache Kafka (container)',
    version: '8.1.0',
    pid: undefined,
    stop: async () => void (await container.stop()),
  };
};

const fetchJars = (say: (text: string) => void): string => {
  const folder = join(engineCache('kafka'), VERSION);
  if (existsSync(folder)) return folder;
  say(`fetching Apache Kafka ${VERSION} from Maven (43 MB, once) ...`);
  const work = join(engineCache('kafka'), `fetching-${process.pid}`);
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'pom.xml'), POM);
  const { status, stdout } = spawnSync(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(work, 'pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(work, 'jars')}`,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`Maven could not fetch Kafka: ${stdout.slice(-500)}`);
  try {
    renameSync(join(work, 'jars'), folder);
  } catch (error) {
    // Somebody else was first.
    if (!existsSync(folder)) throw error;
  }
  rmSync(work, { recursive: true, force: true });
  return folder;
};

const startLocally = async (
  dataFolder: string,
  say: (text: string) => void,
  givenPort: number | undefined,
): Promise<Engine> => {
  const classpath = join(fetchJars(say), '*');
  const [port, controllerPort] = [givenPort ?? (await freePort()), await freePort()];
  mkdirSync(dataFolder, { recursive: true });
  const properties = join(dataFolder, 'server.properties');
  const logs = join(dataFolder, 'logs');
  writeFileSync(
    properties,
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': logs,
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 4,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      'auto.create.topics.enable': false,
      'log.retention.hours': 168,
    })
      .filter(([name]) => name !== 'controller.quorum.bootstrap.servers')
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const log = join(dataFolder, 'kafka.log');
  const heap = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  if (!existsSync(join(logs, 'meta.properties'))) {
    const format = spawnSync(
      'java',
      [...heap, '-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID.slice(0, 22), '-c', properties],
      { encoding: 'utf8' },
    );
    if (format.status !== 0)
      throw new Error(`Kafka's storage could not be formatted: ${(format.stderr || format.stdout).slice(-500)}`);
  }
  say(`starting Apache Kafka ${VERSION} ...`);
  const child = startLeashed('java', [...heap, '-cp', classpath, 'kafka.Kafka', properties], log);
  await untilListening(port, child, log);
  return {
    address: `127.0.0.1:${port}`,
    name: 'Apache Kafka',
    version: VERSION,
    ...(await leashed(child, port)),
  };
};
