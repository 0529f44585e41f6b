import { join, resolve } from 'node:path';
import { userStream } from '@grantlog/accounts-domain';
import { ownFolder } from '@grantlog/adapter-sqlite';
import { openGateway, type OpenGateway } from '@grantlog/gateway';
import {
  type Beginning,
  createDamageReport,
  diskMetric,
  firstAdminPassword,
  type InstallationKey,
  lagMetric,
  PASSWORD_WITHOUT_EFFECT,
  placeText,
  runService,
  type Service,
  whatNext,
  type WorkerSpec,
} from '@grantlog/service-kit';
import { TOPIC_NAMES } from '@grantlog/contracts';
import type { EventPublisher } from '@grantlog/event-sourcing';
import { publishJournal } from '@grantlog/relay';
import { composeRoles, type Roles } from './compose.ts';
import { openInstallationKey } from './installation.ts';

const FIRST_USER = 1;

type Prepared = { readonly gateway: OpenGateway; readonly folder: string; readonly key: InstallationKey };

/** Refuses what cannot be used before anything is made. */
const prepare = async ({ config, logger, onClose }: Beginning<'standalone'>): Promise<Prepared> => {
  const gateway = openGateway(config);
  const folder = join(resolve(config.GRANTLOG_DATA_DIR), 'embedded');
  onClose(ownFolder(folder, new Date().toISOString()));
  return { gateway, folder, key: await openInstallationKey(folder, config, (text) => logger.warn(text)) };
};

const build = async (service: Service<'standalone'> & Prepared): Promise<readonly WorkerSpec[]> => {
  const { config, logger, clock, key, management, folder, gateway, onClose, onStarted } = service;
  const { issuer } = gateway;
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
  onClose(roles.close);
  const publication =
    config.GRANTLOG_KAFKA_BROKERS &&
    (await publishTo(config.GRANTLOG_KAFKA_BROKERS, config.GRANTLOG_KAFKA_PARTITIONS, roles, issuer, key));
  if (publication) {
    ({ publisher } = publication);
    onClose(publisher.close);
  }
  damage.measure(management.metrics);
  lagMetric(management.metrics, roles.store.lag);
  diskMetric(management.metrics, () => roles.store.disk()?.cause);
  await startFirst(service, roles);
  await roles.finishEndings();

  const { accounts, applications, tokens, audit } = roles;
  const workers = await gateway.serve(service, { accounts, applications, tokens, audit });
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
  onStarted(() => {
    console.log(`ready ${issuer}`);
    const address = placeText({ port: config.GRANTLOG_PORT, address: config.GRANTLOG_BIND_ADDRESS });
    const ofManagement = { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS };
    console.error(whatNext(folder, issuer, `${address}; health and metrics ${placeText(ofManagement)}`));
  });
  return [...roles.workers, ...workers, ...(publication ? [publication.worker] : [])];
};

/** Makes the first superuser of a new installation. */
const startFirst = async ({ config, folder }: Service<'standalone'> & Prepared, roles: Roles): Promise<void> => {
  const { GRANTLOG_ADMIN_USERNAME: username, GRANTLOG_ADMIN_PASSWORD: given } = config;
  // The stream is there even when the user was deleted.
  const isNew = (await roles.store.events.readNewest(userStream(FIRST_USER), 1)).length === 0;
  if (isNew) {
    const { password, tell } =
      given === undefined ? firstAdminPassword(folder, username, process.stdout.isTTY) : { password: given, tell: '' };
    // Before there is a user whom a fault after it would leave without a known password.
    if (tell !== '') console.log(tell);
    await roles.prepareFirstStart({ username, password });
  } else if (given !== undefined) console.error(PASSWORD_WITHOUT_EFFECT);
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

runService('standalone', build, { prepare });
