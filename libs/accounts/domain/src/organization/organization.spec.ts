import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { organizationDecider, organizationStream } from './organization.ts';

const { given } = deciderSpec(organizationDecider);
const NOON = '2026-01-01T12:00:00.000Z';
const fields = { name: 'Default', description: 'the first' };
const created = { at: NOON, events: [{ type: 'OrganizationCreated', ...fields } as const] };
const changed = { at: '2026-01-01T13:00:00.000Z', events: [{ type: 'OrganizationChanged', changes: { name: 'New' }, previous: {} } as const] }; // prettier-ignore
const deleted = { events: [{ type: 'OrganizationDeleted' } as const] };
const GONE = ['not_found', 'No Organization matches the given query.'] as const;

describe('an organization', () => {
  it('is created with its service identity, once', () => {
    expect(organizationStream(3)).toBe('organization-3');
    given().when({ type: 'CreateOrganization', ...fields }).then({ type: 'OrganizationCreated', ...fields }); // prettier-ignore
    expect(given(created).state).toEqual({ status: 'Existing', ...fields, createdAt: NOON, modifiedAt: NOON });
    for (const past of [[created], [created, deleted]])
      given(...past)
        .when({ type: 'CreateOrganization', ...fields })
        .thenRefuses('taken', 'this organization number is taken')
        .andRecordsNothing();
  });
  it('is changed: what differs is recorded, with what it was', () => {
    given(created)
      .when({ type: 'ChangeOrganization', changes: { name: 'New', description: 'the first' } })
      .then({ type: 'OrganizationChanged', changes: { name: 'New' }, previous: { name: 'Default' } });
    given(created)
      .when({ type: 'ChangeOrganization', changes: { description: '' } })
      .then({ type: 'OrganizationChanged', changes: { description: '' }, previous: { description: 'the first' } });
    given(created)
      .when({ type: 'ChangeOrganization', changes: { name: 'Default' } })
      .thenNothing();
    given(created).when({ type: 'ChangeOrganization', changes: {} }).thenNothing();
    expect(given(created, changed).state).toEqual({
      status: 'Existing',
      ...fields,
      name: 'New',
      createdAt: NOON,
      modifiedAt: '2026-01-01T13:00:00.000Z',
    });
  });
  it('is deleted, and keeps its name only, which the name claim is freed by', () => {
    given(created).when({ type: 'DeleteOrganization' }).then({ type: 'OrganizationDeleted' });
    expect(given(created, deleted).state).toEqual({ status: 'Deleted', name: 'Default' });
    for (const late of [changed, deleted, { events: [{ type: 'SomethingNewer' } as never] }])
      expect(given(created, deleted, late).state).toEqual({ status: 'Deleted', name: 'Default' });
  });
  it.each([[[]], [[created, deleted]]])('is not changed or deleted where it is not there', (past) => {
    for (const command of [{ type: 'DeleteOrganization' }, { type: 'ChangeOrganization', changes: { name: 'x' } }] as const)
      given(...past)
        .when(command)
        .thenRefuses(...GONE)
        .andRecordsNothing();
  }); // prettier-ignore
  it('passes over facts that it does not know', () =>
    expect(given(created, { events: [{ type: 'SomethingNewer' } as never] }).state).toEqual(given(created).state));
});
