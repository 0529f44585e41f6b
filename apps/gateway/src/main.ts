import { createPeers } from '@grantlog/adapter-grpc';
import { definitions } from '@grantlog/contracts';
import {
  closeServer,
  listen,
  overloadMetrics,
  probing,
  refusalMetric,
  requestMetrics,
  runService,
  settingsFileMetric,
  watchEventLoop,
} from '@grantlog/service-kit';
import { createAdmission } from './admission.ts';
import { createApp, trustedBy } from './app.ts';
import { descriptorLimit, limitConnections } from './connections.ts';
import { followConfDir } from './conf-dir.ts';
import { allowedHosts, publicIssuer } from './public-address.ts';
import { createRefusals } from './refusals.ts';
import { createPublicServer } from './server.ts';

const ANSWERS_WITHIN_MS = 6000;

runService('gateway', async (role) => {
  const { config, key, logger, clock, management, onDrain, onClose } = role;
  const issuer = publicIssuer(config);
  const confDir = followConfDir(config.GRANTLOG_CONF_DIR);
  const { connect } = createPeers(role);
  const accounts = connect(definitions.accounts, config.GRANTLOG_ACCOUNTS_ADDRESS);
  const applications = connect(definitions.applications, config.GRANTLOG_APPLICATIONS_ADDRESS);
  const tokens = connect(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS);
  const audit = connect(definitions.audit, config.GRANTLOG_RELAY_ADDRESS);
  confDir.report(logger, settingsFileMetric(management.metrics));
  const refusals = createRefusals(audit, applications, clock, logger, refusalMetric(management.metrics));
  const stopping = new AbortController();
  const overload = overloadMetrics(management.metrics);
  const admission = createAdmission(overload.shed);
  const app = createApp(
    {
      accounts,
      applications,
      tokens,
      audit,
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
  onDrain(() => stopping.abort());
  onDrain(() => closeServer(server, config.GRANTLOG_DRAIN_DELAY_SECONDS));
  onClose(refusals.close);
  management.check('settings_files', confDir.state);
  management.check('event_loop', watchEventLoop());
  return [
    probing('applications', () => applications.getSettings({}), ANSWERS_WITHIN_MS),
    probing('accounts', () => accounts.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] }), ANSWERS_WITHIN_MS),
    probing('tokens', () => tokens.introspect({ tokens: [{ token: '', askingApplication: 0 }] }), ANSWERS_WITHIN_MS),
    refusals.worker,
    confDir.worker,
  ];
});
