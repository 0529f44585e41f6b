import { join, resolve } from 'node:path';
import { FolderTaken, ownFolder } from '@grantlog/adapter-sqlite';
import {
  allowedHosts,
  createApp,
  createPublicServer,
  createRefusals,
  followConfDir,
  publicIssuer,
} from '@grantlog/gateway';
import {
  BadConfiguration,
  closeServer,
  createDamageReport,
  createLogger,
  diskMetric,
  fileClock,
  firstAdminPassword,
  type InstallationKey,
  listen,
  type Logger,
  onShutdown,
  readConfig,
  refusalMetric,
  requestMetrics,
  settingsFileMetric,
  startManagement,
  systemClock,
} from '@grantlog/service-kit';
import { TOPIC_NAMES } from '@grantlog/contracts';
import { type Following, followJournal } from '@grantlog/relay';
import { composeRoles, type Roles } from './compose.ts';
import { openInstallationKey } from './installation.ts';

const SESSIONS_SWEPT_EVERY_MS = 60_000;

const start = async (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, [
    'GRANTLOG_PORT', 'GRANTLOG_MANAGEMENT_PORT', 'GRANTLOG_ISSUER', 'GRANTLOG_ALLOW_INSECURE_ISSUER', 'GRANTLOG_ALLOWED_HOSTS',
    'GRANTLOG_TRUSTED_PROXIES', 'GRANTLOG_ADMIN_USERNAME', 'GRANTLOG_ADMIN_PASSWORD', 'GRANTLOG_INSTALLATION_KEY',
    'GRANTLOG_INSTALLATION_KEY_PREVIOUS', 'GRANTLOG_ACCEPT_NEW_KEY', 'GRANTLOG_DATA_DIR', 'GRANTLOG_CONF_DIR', 'GRANTLOG_TEST_CLOCK', 'GRANTLOG_LOG_LEVEL',
    'GRANTLOG_KAFKA_BROKERS', 'GRANTLOG_KAFKA_PARTITIONS', 'GRANTLOG_DRAIN_DELAY_SECONDS',
  ]); // prettier-ignore
  const logger = createLogger('standalone', config.GRANTLOG_LOG_LEVEL);
  warnings.forEach((warning) => logger.warn(warning));
  const clock = config.GRANTLOG_TEST_CLOCK === undefined ? systemClock : fileClock(config.GRANTLOG_TEST_CLOCK);
  const issuer = publicIssuer(config);
  const confDir = followConfDir(config.GRANTLOG_CONF_DIR);
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'embedded');
  const disown = ownFolder(folder, new Date().toISOString());
  const key = await openInstallationKey(folder, config);

  const damage = createDamageReport(logger);
  let publication: Following | undefined;
  const roles = await composeRoles({
    publishRefusals: (messages) => publication?.send(messages),
    folder,
    clock,
    key,
    issuer,
    throughTheWire: process.env['NODE_ENV'] === 'test',
    onStoreDeath: (error) => {
      logger.fatal({ err: error }, 'the store died; no cache may outlive it');
      process.exit(1);
    },
    onDisk: (fault) =>
      fault
        ? logger.error({ folder, ...fault }, 'the disk takes no writes: they are refused, and reads go on')
        : logger.info({ folder }, 'the disk takes writes again'),
    onDamage: damage.report,
  });
  if (config.GRANTLOG_KAFKA_BROKERS)
    publication = await publishTo(
      config.GRANTLOG_KAFKA_BROKERS,
      config.GRANTLOG_KAFKA_PARTITIONS,
      roles,
      issuer,
      logger,
      key,
    );
  const management = await startManagement(config.GRANTLOG_MANAGEMENT_PORT, 'standalone', clock, {
    store: async () => {
      await roles.applications.getSettings({});
      const disk = roles.store.disk();
      return {
        ok: true,
        ...(disk && { state: 'degraded', since: disk.since, cause: `disk ${disk.cause}: ${disk.error}` }),
        engine: `sqlite ${roles.store.engine()}`,
        guarantees: 'one writer, synchronous=FULL, journal and chain in the commit',
      };
    },
    commits: damage.check,
    settings_files: confDir.state,
    ...(publication && { kafka: publication.state }),
  });
  damage.measure(management.metrics);
  diskMetric(management.metrics, () => roles.store.disk()?.cause);
  const isNew =
    (await roles.accounts.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] })).users[0]?.user === undefined;
  const given = config.GRANTLOG_ADMIN_PASSWORD;
  const first =
    given === undefined && isNew
      ? firstAdminPassword(folder, config.GRANTLOG_ADMIN_USERNAME, process.stdout.isTTY)
      : { password: given ?? '', tell: '' };
  if (isNew) await roles.prepareFirstStart({ username: config.GRANTLOG_ADMIN_USERNAME, password: first.password });
  await roles.finishEndings();

  confDir.report(logger, settingsFileMetric(management.metrics));
  const refusals = createRefusals(roles.audit, clock, logger, refusalMetric(management.metrics));
  const stopping = new AbortController();
  const app = createApp(
    {
      accounts: roles.accounts,
      applications: roles.applications,
      tokens: roles.tokens,
      audit: roles.audit,
      clock,
      key,
      logger,
      issuer,
      allowedHosts: allowedHosts(config, issuer),
      confFiles: confDir.files,
      refusals,
      observe: requestMetrics(management.metrics),
      stopping: stopping.signal,
    },
    config.GRANTLOG_TRUSTED_PROXIES,
  );
  const server = createPublicServer(app, stopping.signal);
  await listen(server, config.GRANTLOG_PORT, 'GRANTLOG_PORT');
  const sweeper = setInterval(() => {
    // What expired is judged when it is read: a sweep that fails is made up for by the next one.
    roles.store.sweepSessions(clock.now()).catch((error: unknown) => logger.debug({ err: error }, 'not swept'));
  }, SESSIONS_SWEPT_EVERY_MS);
  onShutdown(
    logger,
    async () => {
      management.stopping();
      clearInterval(sweeper);
      stopping.abort();
      await closeServer(server, config.GRANTLOG_DRAIN_DELAY_SECONDS);
      await refusals.close();
      confDir.close();
      if (publication) await publication.close();
      await roles.close();
      await management.close();
      disown();
    },
    config.GRANTLOG_DRAIN_DELAY_SECONDS,
  );
  management.started();
  if (first.tell !== '') console.log(first.tell);
  console.log(`ready ${issuer}`);
};

/** With brokers configured the journal is published there too; kafkajs is loaded only then. */
const publishTo = async (
  brokers: readonly string[],
  partitions: number,
  { store }: Roles,
  issuer: string,
  logger: Logger,
  key: InstallationKey,
): Promise<Following> => {
  const { connectKafka, createKafkaPublisher, ensureTopics } = await import('@grantlog/adapter-kafka');
  const kafka = connectKafka(brokers, 'grantlog-standalone');
  return followJournal(
    {
      journal: store.journal,
      publisher: createKafkaPublisher(kafka, key.derive('publication')),
      cursor: store.cursor('kafka'),
      issuer,
      logger,
    },
    () => ensureTopics(kafka, TOPIC_NAMES, partitions),
  );
};

start().catch((error: unknown) => {
  const told =
    error instanceof BadConfiguration ||
    error instanceof FolderTaken ||
    (error instanceof Error && !(error instanceof TypeError));
  console.error(told ? `grantlog cannot start: ${(error as Error).message}` : error);
  process.exit(1);
});
