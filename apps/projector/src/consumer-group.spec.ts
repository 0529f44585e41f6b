import type { ReadModel } from '@grantlog/event-sourcing';
import { consumerGroupOf } from './consumer-group.ts';

describe('the consumer group of projectors', () => {
  const model: ReadModel = { name: 'items', fields: { name: 'text' }, indexes: [['name']] };
  const other: ReadModel = { name: 'others', fields: { name: 'text' }, indexes: [] };
  it('is one for the same declarations, and another when one of them changes', () => {
    expect(consumerGroupOf([model, other])).toBe(consumerGroupOf([other, model]));
    expect(consumerGroupOf([model, other])).toMatch(/^grantlog-projector-[0-9a-f]{8}$/);
    expect(consumerGroupOf([{ ...model, indexes: [] }, other])).not.toBe(consumerGroupOf([model, other]));
  });
});
