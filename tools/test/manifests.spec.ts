import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Reader, type VariableName, VARIABLES, useOf } from '@grantlog/service-kit';
import { parse, parseAllDocuments } from 'yaml';

type Manifest = { kind: string; metadata: { name: string }; spec: Record<string, never> };
type Container = {
  securityContext: Record<string, unknown>;
  resources: Record<string, unknown>;
  startupProbe?: object;
  livenessProbe?: object;
  readinessProbe?: object;
  env?: { name: string; value?: string }[];
};
type Pod = {
  automountServiceAccountToken: boolean;
  securityContext: Record<string, unknown>;
  containers: Container[];
};

const base = join(import.meta.dirname, '../../deploy/k8s/base');
const manifests = readdirSync(base)
  .filter((name) => name !== 'kustomization.yaml')
  .flatMap((name) => parseAllDocuments(readFileSync(join(base, name), 'utf8')).map((one) => one.toJS() as Manifest));
const ofKind = (kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);
const pods = ofKind('Deployment').map(({ metadata, spec }) => ({
  name: metadata.name,
  pod: (spec as never as { template: { spec: Pod } }).template.spec,
}));

describe('the Kubernetes manifests', () => {
  it('have every role of the distributed profile', () =>
    expect(pods.map(({ name }) => name).sort()).toEqual([
      'accounts',
      'applications',
      'gateway',
      'projector',
      'relay',
      'tokens',
    ]));

  it.each(pods)('SV-09 $name runs without rights it does not need', ({ pod }) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext, resources, ...probes } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(Object.keys(resources)).toEqual(['requests', 'limits']);
      expect(probes).toMatchObject({
        startupProbe: expect.anything(),
        livenessProbe: expect.anything(),
        readinessProbe: expect.anything(),
      });
    }
  });

  it.each(pods)('$name gets secrets as files only', ({ pod }) => {
    const names = pod.containers.flatMap(({ env = [] }) => env.map(({ name }) => name));
    for (const secret of ['GRANTLOG_INSTALLATION_KEY', 'GRANTLOG_MONGODB_URI', 'GRANTLOG_ADMIN_PASSWORD'])
      expect(names).not.toContain(secret);
  });

  it.each(pods)('$name gets what it cannot run without, and for itself nothing else than it reads', ({ name, pod }) => {
    const { configMapGenerator } = parse(readFileSync(join(base, 'kustomization.yaml'), 'utf8')) as {
      configMapGenerator: { literals: string[] }[];
    };
    const shared = configMapGenerator.flatMap(({ literals }) => literals.map((literal) => literal.split('=')[0] ?? ''));
    const own = pod.containers.flatMap(({ env = [] }) => env.map((one) => one.name.replace(/_FILE$/, '')));
    const uses = (Object.keys(VARIABLES) as VariableName[]).map((one) => [one, useOf(one, name as Reader)] as const);
    const named = (use: string): string[] => uses.filter(([, used]) => used === use).map(([one]) => one);
    expect([...own, ...shared]).toEqual(expect.arrayContaining(named('required')));
    expect([...named('required'), ...named('read')]).toEqual(expect.arrayContaining(own));
    expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(shared));
  });

  it('SV-15 listen on every address of their pods, which the code does only when told', () => {
    const kustomization = readFileSync(join(base, 'kustomization.yaml'), 'utf8');
    const dockerfile = readFileSync(join(base, '../../Dockerfile'), 'utf8');
    for (const setting of ['GRANTLOG_BIND_ADDRESS=::', 'GRANTLOG_MANAGEMENT_BIND_ADDRESS=::']) {
      expect(kustomization).toContain(`- '${setting}'`);
      expect(dockerfile).toContain(setting);
    }
  });

  it('deny by default and allow named edges, and keep one of each through a drain', () => {
    const policies = ofKind('NetworkPolicy').map(({ metadata }) => metadata.name);
    expect(policies).toContain('default-deny');
    for (const { name } of pods) {
      expect(policies).toContain(name);
      expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name)).toContain(name);
    }
  });
});
