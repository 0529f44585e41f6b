import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { birthEpochs, proofStands, revocationsDecider, survives } from './revocations.ts';

const { given } = deciderSpec(revocationsDecider);
const requests = [{ requestId: 'request', actor: 1 }];
const end = (
  id: number,
  because: 'requested' | 'closed' | 'ended' = 'requested',
  subjectVersion = 0,
  kind: 'application' | 'user' = 'application',
) => ({ type: 'EndGrants', subject: { kind, id }, because, subjectVersion, requests }) as const;
const ended = (
  id: number,
  epoch: number,
  because: 'requested' | 'closed' | 'ended' = 'requested',
  subjectVersion = 0,
) => ({
  events: [{ type: 'ApplicationGrantsRevoked', application: id, epoch, because, subjectVersion, requests } as const],
});
const disabled = {
  events: [{ type: 'UserGrantsRevoked', user: 7, epoch: 1, because: 'closed', subjectVersion: 4, requests } as const],
};

describe('ending every grant of a subject', () => {
  it('is one event that raises its epoch, naming every request', () =>
    given().when(end(5)).then({
      type: 'ApplicationGrantsRevoked',
      application: 5,
      epoch: 1,
      because: 'requested',
      subjectVersion: 0,
      requests,
    }));
  it('kills what was born before and nothing of another', () => {
    const { state: before } = given();
    const mine = { application: 5, user: 7, epochs: birthEpochs(before, 5, 7) };
    const others = { application: 6, user: 7, epochs: birthEpochs(before, 6, 7) };
    const { state: after } = given(ended(5, 1));
    expect([survives(mine, before), survives(mine, after), survives(others, after)]).toEqual([true, false, true]);
  });
  it('lets what is born after live', () => {
    const { state } = given(ended(5, 1));
    expect(survives({ application: 5, user: 7, epochs: birthEpochs(state, 5, 7) }, state)).toBe(true);
  });
  it('changes nothing for a fact that is known already', () =>
    given(ended(5, 1, 'ended', 3))
      .when(end(5, 'ended', 3))
      .thenNothing());
  it('lets nothing be issued on a proof older than the ending fact', () => {
    const { state } = given(ended(5, 1, 'ended', 3));
    expect([proofStands(state, 'application', 5, 2), proofStands(state, 'application', 5, 3)]).toEqual([false, true]);
  });
  it('closes for good what is deleted', () => {
    const { state } = given(ended(5, 1, 'closed', 3));
    expect(proofStands(state, 'application', 5, 99)).toBe(false);
  });
  it('a delayed reopening does not undo a later closing', () =>
    given(disabled).when({ type: 'ReopenUser', user: 7, subjectVersion: 3 }).thenNothing());
  it('reopening revives nothing', () => {
    const { state: before } = given();
    const grant = { application: 5, user: 7, epochs: birthEpochs(before, 5, 7) };
    const { state } = given(disabled, { events: [{ type: 'UserReopened', user: 7, subjectVersion: 5 }] });
    expect([survives(grant, state), proofStands(state, 'user', 7, 5)]).toEqual([false, true]);
  });
});
