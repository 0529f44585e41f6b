import { hash } from 'node:crypto';
import { declarationOf, type ReadModel } from '@grantlog/event-sourcing';

/**
 * The Kafka group of the projectors that write these read models. While a version with other declarations is rolled
 * out, each version gets every event: in one group, those that an old projector takes would be missing from what the new
 * one builds.
 */
export const consumerGroupOf = (models: readonly ReadModel[]): string => {
  const declarations = models.map(declarationOf).sort().join('\n');
  return `grantlog-projector-${hash('sha256', declarations, 'hex').slice(0, 8)}`;
};
