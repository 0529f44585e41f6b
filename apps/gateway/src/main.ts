import { createGrpcClient, createTrust, identityOf } from '@grantlog/adapter-grpc';
import { definitions } from '@grantlog/contracts';
import {
  closeServer,
  createInstallationKey,
  everyMs,
  exitWith,
  listen,
  overloadMetrics,
  readConfig,
  refusalMetric,
  requestMetrics,
  runRole,
  settingsFileMetric,
  supervise,
  watchEventLoop,
} from '@grantlog/service-kit';
import { createAdmission } from './admission.ts';
import { createApp, trustedBy } from './app.ts';
import { descriptorLimit, limitConnections } from './connections.ts';
import { followConfDir } from './conf-dir.ts';
import { allowedHosts, publicIssuer } from './public-address.ts';
import { createRefusals } from './refusals.ts';
import { createPublicServer } from './server.ts';

const ASKED_EVERY_MS = 2000;
const ANSWERS_WITHIN_MS = 6000;
const WORKERS_END_WITHIN_MS = 3000;

const start = (): Promise<void> => {
  const { config, warnings } = readConfig(process.env, 'gateway');
  const key = createInstallationKey(config.GRANTLOG_INSTALLATION_KEY, config.GRANTLOG_INSTALLATION_KEY_PREVIOUS);
  const identity = identityOf(config, key);
  const issuer = publicIssuer(config);
  const confDir = followConfDir(config.GRANTLOG_CONF_DIR);
  const options = {
    name: 'gateway',
    logLevel: config.GRANTLOG_LOG_LEVEL,
    management: { port: config.GRANTLOG_MANAGEMENT_PORT, address: config.GRANTLOG_MANAGEMENT_BIND_ADDRESS },
    testClock: config.GRANTLOG_TEST_CLOCK,
    warnings,
    drainDelaySeconds: config.GRANTLOG_DRAIN_DELAY_SECONDS,
  };
  return runRole(options, async ({ logger, clock }, management) => {
    const trust = createTrust(logger);
    const accounts = createGrpcClient(definitions.accounts, config.GRANTLOG_ACCOUNTS_ADDRESS, identity, trust);
    const applications = createGrpcClient(
      definitions.applications,
      config.GRANTLOG_APPLICATIONS_ADDRESS,
      identity,
      trust,
    );
    const tokens = createGrpcClient(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS, identity, trust);
    const audit = createGrpcClient(definitions.audit, config.GRANTLOG_RELAY_ADDRESS, identity, trust);
    confDir.report(logger, settingsFileMetric(management.metrics));
    const refusals = createRefusals(
      audit.client,
      applications.client,
      clock,
      logger,
      refusalMetric(management.metrics),
    );
    const stopping = new AbortController();
    const overload = overloadMetrics(management.metrics);
    const admission = createAdmission(overload.shed);
    const app = createApp(
      {
        accounts: accounts.client,
        applications: applications.client,
        tokens: tokens.client,
        audit: audit.client,
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
    await listen(server, { port: config.GRANTLOG_PORT, address: config.GRANTLOG_BIND_ADDRESS }, 'GRANTLOG_PORT');
    const service = (name: string, ask: () => Promise<unknown>) =>
      everyMs(name, ASKED_EVERY_MS, async () => void (await ask()), ANSWERS_WITHIN_MS, 'shared');
    const workers = supervise(
      [
        service('applications', () => applications.client.getSettings({})),
        service('accounts', () => accounts.client.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] })),
        service('tokens', () => tokens.client.introspect({ tokens: [{ token: '', askingApplication: 0 }] })),
        refusals.worker,
        confDir.worker,
      ],
      logger,
      management,
    );
    management.check('settings_files', confDir.state);
    management.check('event_loop', watchEventLoop());
    management.check('trust', trust.check);
    return {
      close: async () => {
        stopping.abort();
        await closeServer(server, config.GRANTLOG_DRAIN_DELAY_SECONDS);
        await workers.close(WORKERS_END_WITHIN_MS);
        await refusals.close();
        for (const { close } of [accounts, applications, tokens, audit]) close();
      },
    };
  });
};

start().catch(exitWith('gateway'));
