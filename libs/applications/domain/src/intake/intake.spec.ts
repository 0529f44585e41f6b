import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { intakeDecider } from './intake.ts';

const { given } = deciderSpec(intakeDecider);
const awaited = { events: [{ type: 'ApplicationAwaited', application: 7 }] } as const;
const left = { events: [{ type: 'ApplicationLeft', application: 7 }] } as const;
const closed = { events: [{ type: 'OrganizationClosed' }] } as const;

describe('the intake of an organization', () => {
  it('awaits an application until it left, and records each time that it is awaited', () => {
    for (const past of [[], [awaited]])
      given(...past)
        .when({ type: 'AwaitApplication', application: 7 })
        .then({ type: 'ApplicationAwaited', application: 7 });
    expect(given(awaited, awaited).state).toEqual({ closed: false, awaited: [7] });
    given(awaited)
      .when({ type: 'ForgetApplication', application: 7 })
      .then({ type: 'ApplicationLeft', application: 7 });
    given(awaited, left).when({ type: 'ForgetApplication', application: 7 }).thenNothing();
    expect(given(awaited, left).state).toEqual({ closed: false, awaited: [] });
  });
  it('that is closed takes no application, and is closed once', () => {
    given().when({ type: 'CloseOrganization' }).then({ type: 'OrganizationClosed' });
    given(closed).when({ type: 'AwaitApplication', application: 8 }).thenRefuses('closed').andRecordsNothing();
    given(closed).when({ type: 'CloseOrganization' }).thenNothing();
  });
});
