import type { AccountsClient, ApplicationsClient, AuditClient, TokensClient } from '@grantlog/contracts';
import {
  closeServer,
  type ConfigOf,
  listen,
  overloadMetrics,
  refusalMetric,
  requestMetrics,
  type Service,
  settingsFileMetric,
  watchEventLoop,
  type WorkerSpec,
} from '@grantlog/service-kit';
import { createAdmission } from './admission.ts';
import { createApp, trustedBy } from './app.ts';
import { followConfDir } from './conf-dir.ts';
import { descriptorLimit, limitConnections } from './connections.ts';
import { allowedHosts, publicIssuer } from './public-address.ts';
import { createRefusals } from './refusals.ts';
import { createPublicServer } from './server.ts';

type Services = {
  readonly accounts: AccountsClient;
  readonly applications: ApplicationsClient;
  readonly tokens: TokensClient;
  readonly audit: AuditClient;
};
type Process = Pick<
  Service<'gateway' | 'standalone'>,
  'key' | 'logger' | 'clock' | 'management' | 'onDrain' | 'onClose'
>;

export type OpenGateway = {
  readonly issuer: string;
  /** Listens until the process ends. @returns what runs beside the requests */
  readonly serve: (process: Process, services: Services) => Promise<readonly WorkerSpec[]>;
};

/**
 * The gateway of either profile, before it listens.
 * @throws BadConfiguration for an issuer, hosts or settings files that cannot be used
 */
export const openGateway = (config: ConfigOf<'gateway'> | ConfigOf<'standalone'>): OpenGateway => {
  const issuer = publicIssuer(config);
  const hosts = allowedHosts(config, issuer);
  const confDir = followConfDir(config.GRANTLOG_CONF_DIR);
  return {
    issuer,
    serve: async ({ key, logger, clock, management, onDrain, onClose }, services) => {
      const { metrics, check } = management;
      confDir.report(logger, settingsFileMetric(metrics));
      const refusals = createRefusals(services.audit, services.applications, clock, logger, refusalMetric(metrics));
      onClose(refusals.close);
      const stopping = new AbortController();
      const overload = overloadMetrics(metrics);
      const admission = createAdmission(overload.shed);
      const app = createApp(
        {
          ...services,
          clock,
          key,
          logger,
          issuer,
          allowedHosts: hosts,
          confFiles: confDir.files,
          refusals,
          observe: requestMetrics(metrics),
          stopping: stopping.signal,
          admission,
        },
        config.GRANTLOG_TRUSTED_PROXIES ?? [],
      );
      const server = createPublicServer(app, stopping.signal, admission);
      limitConnections(server, {
        descriptors: descriptorLimit(),
        isTrusted: trustedBy(app),
        dropped: overload.dropped,
      });
      await listen(server, { port: config.GRANTLOG_PORT, address: config.GRANTLOG_BIND_ADDRESS }, 'GRANTLOG_PORT');
      onDrain(() => {
        stopping.abort();
        return closeServer(server, config.GRANTLOG_DRAIN_DELAY_SECONDS);
      });
      check('settings_files', confDir.state);
      check('event_loop', watchEventLoop());
      return [refusals.worker, confDir.worker];
    },
  };
};
