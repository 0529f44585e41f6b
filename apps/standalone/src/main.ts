import { join, resolve } from 'node:path';
import { userStream } from '@grantlog/accounts-domain';
import { FolderTaken, ownFolder } from '@grantlog/adapter-sqlite';
import {
  allowedHosts,
  createAdmission,
  createApp,
  createPublicServer,
  createRefusals,
  descriptorLimit,
  followConfDir,
  limitConnections,
  publicIssuer,
  trustedBy,
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
  lagMetric,
  listen,
  overloadMetrics,
  onShutdown,
  PASSWORD_WITHOUT_EFFECT,
  placeText,
  readConfig,
  refusalMetric,
  requestMetrics,
  settingsFileMetric,
  startManagement,
  supervise,
  systemClock,
  whatNext,
  type WorkerSpec,
  watchEventLoop,
} from '@grantlog/service-kit';
import { TOPIC_NAMES } from '@grantlog/contracts';
import type { EventPublisher } from '@grantlog/event-sourcing';
import { publishJournal } from '@grantlog/relay';
import { composeRoles, type Roles } from './compose.ts';
import { openInstallationKey } from './installation.ts';

const WORKERS_END_WITHIN_MS = 3000;
const FIRST_USER = 1;

const start = async (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'standalone');
  const logger = createLogger('standalone', config.GRANTLOG_LOG_LEVEL);
  warnings.forEach((warning) => logger.warn(warning));
  let close = (): Promise<void> => Promise.resolve();
  onShutdown(logger, () => close(), config.GRANTLOG_DRAIN_DELAY_SECONDS);
  const clock = config.GRANTLOG_TEST_CLOCK === undefined ? systemClock : fileClock(config.GRANTLOG_TEST_CLOCK);
  const issuer = publicIssuer(config);
  const publicPlace = { port: config.GRANTLOG_PORT, address: config.GRANTLOG_BIND_ADDRESS };
  const managementPlace = { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS };
  const confDir = followConfDir(config.GRANTLOG_CONF_DIR);
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'embedded');
  const disown = ownFolder(folder, new Date().toISOString());
  const key = await openInstallationKey(folder, config, (text) => logger.warn(text));

  const damage = createDamageReport(logger);
  let publisher: EventPublisher | undefined;
  const roles = await composeRoles({
    publishRefusals: (messages) =>
      void publisher
        ?.publish(messages)
        .catch((error: unknown) => logger.debug({ err: error }, 'refusals were not published')),
    folder,
    clock,
    key,
    issuer,
    throughTheWire: process.env['NODE_ENV'] === 'test',
    onDisk: (fault) =>
      fault
        ? logger.error({ folder, ...fault }, 'the disk takes no writes: they are refused, and reads go on')
        : logger.info({ folder }, 'the disk takes writes again'),
    onDamage: damage.report,
  });
  const publication =
    config.GRANTLOG_KAFKA_BROKERS &&
    (await publishTo(config.GRANTLOG_KAFKA_BROKERS, config.GRANTLOG_KAFKA_PARTITIONS, roles, issuer, key));
  if (publication) ({ publisher } = publication);
  const management = await startManagement(managementPlace, 'standalone', clock);
  damage.measure(management.metrics);
  lagMetric(management.metrics, roles.store.lag);
  diskMetric(management.metrics, () => roles.store.disk()?.cause);
  // The stream is there even when the user was deleted.
  const isNew = (await roles.store.events.readNewest(userStream(FIRST_USER), 1)).length === 0;
  const given = config.GRANTLOG_ADMIN_PASSWORD;
  if (isNew) {
    const username = config.GRANTLOG_ADMIN_USERNAME;
    const { password, tell } =
      given === undefined ? firstAdminPassword(folder, username, process.stdout.isTTY) : { password: given, tell: '' };
    // Before there is a user whom a fault after it would leave without a known password.
    if (tell !== '') console.log(tell);
    await roles.prepareFirstStart({ username, password });
  } else if (given !== undefined) console.error(PASSWORD_WITHOUT_EFFECT);
  await roles.finishEndings();

  confDir.report(logger, settingsFileMetric(management.metrics));
  const refusals = createRefusals(roles.audit, roles.applications, clock, logger, refusalMetric(management.metrics));
  const stopping = new AbortController();
  const overload = overloadMetrics(management.metrics);
  const admission = createAdmission(overload.shed);
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
      admission,
    },
    config.GRANTLOG_TRUSTED_PROXIES ?? [],
  );
  const server = createPublicServer(app, stopping.signal, admission);
  limitConnections(server, { descriptors: descriptorLimit(), isTrusted: trustedBy(app), dropped: overload.dropped });
  await listen(server, publicPlace, 'GRANTLOG_PORT');
  management.check('settings_files', confDir.state);
  management.check('event_loop', watchEventLoop());
  management.check('commits', damage.check);
  management.check('store', () => {
    const disk = roles.store.disk();
    return {
      state: disk ? 'degraded' : 'ok',
      ...(disk && { since: disk.since, cause: `disk ${disk.cause}: ${disk.error}` }),
      engine: `sqlite ${roles.store.engine()}`,
      guarantees: 'one writer, synchronous=FULL, journal and chain in the commit',
    };
  });
  const workers = supervise(
    [...roles.workers, refusals.worker, confDir.worker, ...(publication ? [publication.worker] : [])],
    logger,
    management,
  );
  close = async () => {
    management.stopping();
    stopping.abort();
    await closeServer(server, config.GRANTLOG_DRAIN_DELAY_SECONDS);
    await workers.close(WORKERS_END_WITHIN_MS);
    await refusals.close();
    await publisher?.close();
    await roles.close();
    await management.close();
    disown();
  };
  management.started();
  console.log(`ready ${issuer}`);
  console.error(
    whatNext(folder, issuer, `${placeText(publicPlace)}; health and metrics ${placeText(managementPlace)}`),
  );
};

/** With brokers configured the journal is published there too; kafkajs is loaded only then. */
const publishTo = async (
  brokers: readonly string[],
  partitions: number,
  { store }: Roles,
  issuer: string,
  key: InstallationKey,
): Promise<{ publisher: EventPublisher; worker: WorkerSpec }> => {
  const { connectKafka, createKafkaPublisher, ensureTopics } = await import('@grantlog/adapter-kafka');
  const kafka = connectKafka(brokers, 'grantlog-standalone');
  const publisher = createKafkaPublisher(kafka, key.derive('publication'));
  const source = { journal: store.journal, publisher, cursor: store.cursor('kafka'), issuer };
  const worker = publishJournal(source, {
    prepare: () => ensureTopics(kafka, TOPIC_NAMES, partitions),
    // An outage of Kafka is no reason to take requests elsewhere.
    needs: 'none',
  });
  return { publisher, worker };
};

start().catch((error: unknown) => {
  const told =
    error instanceof BadConfiguration ||
    error instanceof FolderTaken ||
    (error instanceof Error && !(error instanceof TypeError));
  console.error(told ? `grantlog cannot start: ${(error as Error).message}` : error);
  process.exit(1);
});
