import { createPeers } from '@grantlog/adapter-grpc';
import { definitions } from '@grantlog/contracts';
import { probing, runService } from '@grantlog/service-kit';
import { openGateway } from './open-gateway.ts';

const ANSWERS_WITHIN_MS = 6000;

runService('gateway', async (role) => {
  const { config } = role;
  const gateway = openGateway(config);
  const { connect } = createPeers(role);
  const services = {
    accounts: connect(definitions.accounts, config.GRANTLOG_ACCOUNTS_ADDRESS),
    applications: connect(definitions.applications, config.GRANTLOG_APPLICATIONS_ADDRESS),
    tokens: connect(definitions.tokens, config.GRANTLOG_TOKENS_ADDRESS),
    audit: connect(definitions.audit, config.GRANTLOG_RELAY_ADDRESS),
  };
  const { accounts, applications, tokens } = services;
  return [
    ...(await gateway.serve(role, services)),
    probing('applications', () => applications.getSettings({}), ANSWERS_WITHIN_MS),
    probing('accounts', () => accounts.getUsers({ keys: [{ key: { $case: 'id', value: 1 } }] }), ANSWERS_WITHIN_MS),
    probing('tokens', () => tokens.introspect({ tokens: [{ token: '', askingApplication: 0 }] }), ANSWERS_WITHIN_MS),
  ];
});
