import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration, isSecret, readConfig, readVariables } from './config.ts';
import { type Reader, type VariableName, VARIABLES } from './variables.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-config-'));
const file = join(folder, 'file');
writeFileSync(file, 'text');
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: VariableName, value: string): unknown =>
  readVariables({ NODE_ENV: 'test', [name]: value }, [name]).config[name];

const BAD: readonly (readonly [VariableName, ...string[]])[] = [
  ['GRANTLOG_PORT', '0', '65536', '80.5', '0x50', '1e3', 'http'],
  ['GRANTLOG_MANAGEMENT_PORT', '-1', ' 80'],
  ['GRANTLOG_GRPC_PORT', '123456789'],
  ['GRANTLOG_BIND_ADDRESS', 'localhost', '127.0.0.1:80', '[::1]', '*'],
  ['GRANTLOG_MANAGEMENT_BIND_ADDRESS', '256.0.0.1'],
  ['GRANTLOG_ISSUER', 'grantlog.example', 'ftp://a.example', 'https://a.example?', 'https://a.example/?a=b', 'https://a.example/#a', 'https://name:word@a.example', 'https://a.example/ b', 'https://'],
  ['GRANTLOG_ALLOW_INSECURE_ISSUER', 'yes', 'constructor'],
  ['GRANTLOG_ALLOWED_HOSTS', 'https://a.example', 'a.example/path', 'a.example:port', 'a b', '::1', ','],
  ['GRANTLOG_TRUSTED_PROXIES', 'nginx', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '::1/129', 'none,10.0.0.1', '10.0.0.0/255.0.0.0'],
  ['GRANTLOG_INSTALLATION_KEY', 'abc'],
  ['GRANTLOG_INSTALLATION_KEY_PREVIOUS', 'abc'],
  ['GRANTLOG_ACCEPT_NEW_KEY', '1'],
  ['GRANTLOG_DATA_DIR', file],
  ['GRANTLOG_CONF_DIR', file],
  ['GRANTLOG_MONGODB_URI', 'localhost:27017', 'mongodb://', 'http://a.example'],
  ['GRANTLOG_KAFKA_BROKERS', 'kafka', 'kafka:', '[::1]:9092', 'kafka:9092;other:9092', 'kafka:0', 'kafka:65536', 'kafka:9092:9092', 'plaintext://kafka:9092'],
  ['GRANTLOG_APPLICATIONS_ADDRESS', 'applications', 'http://applications:9090', 'dns:///applications'],
  ['GRANTLOG_ACCOUNTS_ADDRESS', '::1:9090'],
  ['GRANTLOG_TOKENS_ADDRESS', 'tokens:9090,tokens'],
  ['GRANTLOG_RELAY_ADDRESS', 'relay:none'],
  ['GRANTLOG_TLS_CA', join(folder, 'missing'), folder],
  ['GRANTLOG_TLS_CERT', join(folder, 'missing')],
  ['GRANTLOG_TLS_KEY', join(folder, 'missing')],
  ['GRANTLOG_TEST_CLOCK', join(folder, 'missing')],
  ['GRANTLOG_INSTANCES', '0', '17', 'two'],
  ['GRANTLOG_KAFKA_PARTITIONS', '0', '1025', '1.5'],
  ['GRANTLOG_DRAIN_DELAY_SECONDS', '-1', '121', '5s'],
  ['GRANTLOG_LOG_LEVEL', 'verbose', 'INFO'],
  ['GRANTLOG_ADMIN_USERNAME', 'n'.repeat(151)],
  ['GRANTLOG_ADMIN_PASSWORD', 'p'.repeat(1025)],
]; // prettier-ignore

const GOOD: readonly (readonly [VariableName, string, unknown])[] = [
  ['GRANTLOG_PORT', '65535', 65535],
  ['GRANTLOG_BIND_ADDRESS', '::', '::'],
  ['GRANTLOG_ISSUER', 'https://a.example/path/', 'https://a.example/path/'],
  ['GRANTLOG_ALLOWED_HOSTS', 'a.example, localhost:8080, [::1]:8080', ['a.example', 'localhost:8080', '[::1]:8080']],
  ['GRANTLOG_TRUSTED_PROXIES', 'none', []],
  ['GRANTLOG_TRUSTED_PROXIES', 'none,', []],
  ['GRANTLOG_ACCEPT_NEW_KEY', 'false', false],
  ['GRANTLOG_TRUSTED_PROXIES', '10.0.0.0/8,fd00::/8,127.0.0.1,loopback', ['10.0.0.0/8', 'fd00::/8', '127.0.0.1', 'loopback']],
  ['GRANTLOG_KAFKA_BROKERS', 'kafka-0:9092,10.0.0.1:9092', ['kafka-0:9092', '10.0.0.1:9092']],
  ['GRANTLOG_TOKENS_ADDRESS', 'dns:///tokens:9090,[::1]:9090', ['dns:///tokens:9090', '[::1]:9090']],
  ['GRANTLOG_MONGODB_URI', 'mongodb://a:1,b:2/?replicaSet=x', 'mongodb://a:1,b:2/?replicaSet=x'],
  ['GRANTLOG_TLS_CA', file, file],
]; // prettier-ignore

describe('a variable of the environment', () => {
  it.each(BAD.flatMap(([name, ...values]) => values.map((value) => [name, value] as const)))(
    'SV-16 %s=%s is refused by its name, with what was given and what is allowed',
    (name, value) => {
      expect(() => read(name, value)).toThrow(BadConfiguration);
      const given = isSecret(name) ? 'set to something else' : JSON.stringify(value);
      expect(() => read(name, value)).toThrow(`${name} is ${given}; allowed: `);
      expect(() => read(name, value)).not.toThrow(/Invalid|undefined/);
    },
  );

  it('SV-16 has a value that is refused, whichever it is', () =>
    expect(BAD.map(([name]) => name).sort()).toEqual(Object.keys(VARIABLES).sort()));

  it.each(GOOD)('%s=%s is read', (name, value, expected) => expect(read(name, value)).toEqual(expected));
});

describe('the configuration of a role', () => {
  const given = (environment: Record<string, string>, reader: Reader = 'tokens') => readConfig(environment, reader);
  const TOKENS = {
    GRANTLOG_INSTALLATION_KEY: 'k'.repeat(43),
    GRANTLOG_MONGODB_URI: 'mongodb://a:1',
    GRANTLOG_TLS_CA: file,
    GRANTLOG_TLS_CERT: file,
    GRANTLOG_TLS_KEY: file,
  };

  it('holds what the table says that it reads, with defaults', () => {
    const { config } = given(TOKENS);
    expect(config).toMatchObject({ GRANTLOG_GRPC_PORT: 9090, GRANTLOG_MONGODB_URI: 'mongodb://a:1' });
    expect(Object.keys(config)).not.toContain('GRANTLOG_KAFKA_BROKERS');
  });

  it('is refused with every variable that is missing', () =>
    expect(() => given({})).toThrow(
      Object.keys(TOKENS)
        .map((name) => `${name} is not set; this process cannot run without it`)
        .join('\n'),
    ));

  it('does not look at what the role does not read', () =>
    expect(() => given({ ...TOKENS, GRANTLOG_KAFKA_BROKERS: 'kafka' })).not.toThrow());

  it('warns of a name that is in no table', () =>
    expect(given({ ...TOKENS, GRANTLOG_PROT: '80' }).warnings).toEqual([
      'GRANTLOG_PROT is not a variable that Grantlog knows',
    ]));
});
