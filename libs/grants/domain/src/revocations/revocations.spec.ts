import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { grantEpochs, proofStands, REVOCATIONS_STREAM, revocationsDecider, survives } from './revocations.ts';

const { given } = deciderSpec(revocationsDecider);
const requests = [{ requestId: 'request', actor: 1 }];
const end = (
  id: number,
  because: 'requested' | 'closed' | 'ended' = 'requested',
  subjectVersion = 0,
  kind: 'application' | 'user' = 'application',
) => ({ type: 'RevokeGrants', subject: { kind, id }, because, subjectVersion, requests }) as const;
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
  it('kills what was opened before and nothing of another', () => {
    const { state: before } = given();
    const mine = { application: 5, user: 7, epochs: grantEpochs(before, 5, 7) };
    const others = { application: 6, user: 7, epochs: grantEpochs(before, 6, 7) };
    const { state: after } = given(ended(5, 1));
    expect([survives(mine, before), survives(mine, after), survives(others, after)]).toEqual([true, false, true]);
  });
  it('lets what is opened after live', () => {
    const { state } = given(ended(5, 1));
    expect(survives({ application: 5, user: 7, epochs: grantEpochs(state, 5, 7) }, state)).toBe(true);
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
    const grant = { application: 5, user: 7, epochs: grantEpochs(before, 5, 7) };
    const { state } = given(disabled, { events: [{ type: 'UserReopened', user: 7, subjectVersion: 5 }] });
    expect([survives(grant, state), proofStands(state, 'user', 7, 5)]).toEqual([false, true]);
  });
});

describe('ending every grant of a user, and of the installation', () => {
  const userEnded = (epoch: number, because: 'requested' | 'closed' | 'ended', subjectVersion: number) => ({
    events: [{ type: 'UserGrantsRevoked', user: 7, epoch, because, subjectVersion, requests } as const],
  });
  const allEnded = { events: [{ type: 'AllGrantsRevoked', epoch: 1, because: 'a leak' } as const] };
  it('is one event that raises the epoch of the user', () =>
    given(userEnded(1, 'ended', 3))
      .when(end(7, 'ended', 4, 'user'))
      .then({ type: 'UserGrantsRevoked', user: 7, epoch: 2, because: 'ended', subjectVersion: 4, requests }));
  it('kills that user everywhere, and nobody else', () => {
    const { state: before } = given();
    const mine = { application: 5, user: 7, epochs: grantEpochs(before, 5, 7) };
    const others = { application: 5, user: 8, epochs: grantEpochs(before, 5, 8) };
    const { state: after } = given(userEnded(1, 'requested', 0));
    expect([survives(mine, after), survives(others, after)]).toEqual([false, true]);
  });
  it('a request is a new ending each time, whatever the version of the subject', () =>
    given(userEnded(1, 'ended', 3))
      .when(end(7, 'requested', 0, 'user'))
      .then(expect.objectContaining({ epoch: 2, because: 'requested' })));
  it('a number of an application is not one of a user', () => {
    const { state } = given(ended(7, 1, 'closed', 3));
    expect([proofStands(state, 'application', 7, 9), proofStands(state, 'user', 7, 9)]).toEqual([false, true]);
    expect(grantEpochs(state, 7, 7)).toEqual({ installation: 0, application: 1, user: 0 });
  });
  it('of the installation: kills everything that was opened before, and nothing that is opened after', () => {
    given()
      .when({ type: 'RevokeAllGrants', because: 'a leak' })
      .then({ type: 'AllGrantsRevoked', epoch: 1, because: 'a leak' });
    given(allEnded)
      .when({ type: 'RevokeAllGrants', because: 'again' })
      .then({ type: 'AllGrantsRevoked', epoch: 2, because: 'again' });
    const { state: before } = given();
    const grant = { application: 5, user: 7, epochs: grantEpochs(before, 5, 7) };
    const { state: after } = given(allEnded);
    expect(survives(grant, after)).toBe(false);
    expect(survives({ ...grant, epochs: grantEpochs(after, 5, 7) }, after)).toBe(true);
  });
  it('a closed subject gets nothing, even what is opened under its newest epoch', () => {
    const { state: application } = given(ended(5, 1, 'closed', 3));
    expect(survives({ application: 5, user: 7, epochs: grantEpochs(application, 5, 7) }, application)).toBe(false);
    const { state: user } = given(disabled);
    expect(survives({ application: 5, user: 7, epochs: grantEpochs(user, 5, 7) }, user)).toBe(false);
  });
  it('what is closed stays closed by a later request, and older versions do not lower the newest', () => {
    const { state } = given(userEnded(1, 'closed', 4), userEnded(2, 'requested', 0));
    expect(state.users[7]).toEqual({ epoch: 2, closed: true, endedAtVersion: 4 });
    expect(given(ended(5, 1, 'ended', 4), ended(5, 2, 'closed', 6), ended(5, 3)).state.applications[5]).toEqual({
      epoch: 3,
      closed: true,
      endedAtVersion: 6,
    });
  });
  it('reopens a disabled user by a later fact of its own stream only', () => {
    given(disabled)
      .when({ type: 'ReopenUser', user: 7, subjectVersion: 5 })
      .then({ type: 'UserReopened', user: 7, subjectVersion: 5 });
    given(disabled).when({ type: 'ReopenUser', user: 7, subjectVersion: 4 }).thenNothing();
    given().when({ type: 'ReopenUser', user: 7, subjectVersion: 5 }).thenNothing();
    given(userEnded(1, 'requested', 0))
      .when({ type: 'ReopenUser', user: 7, subjectVersion: 5 })
      .thenNothing();
  });
  it('a proof from before the reopening no longer stands', () => {
    const reopened = { events: [{ type: 'UserReopened', user: 7, subjectVersion: 5 } as const] };
    const { state } = given(disabled, reopened);
    expect(state.users[7]).toEqual({ epoch: 1, closed: false, endedAtVersion: 5 });
    expect([proofStands(state, 'user', 7, 4), proofStands(state, 'user', 7, 5)]).toEqual([false, true]);
    expect(given(reopened).state.users[7]).toEqual({ epoch: 0, closed: false, endedAtVersion: 5 });
  });
  it('keeps what it knows of others, and passes over facts that it does not know', () => {
    const { state } = given(ended(5, 1), ended(6, 1), disabled, { events: [{ type: 'SomethingNewer' } as never] });
    expect(Object.keys(state.applications)).toEqual(['5', '6']);
    expect(Object.keys(state.users)).toEqual(['7']);
    expect(REVOCATIONS_STREAM).toBe('revocations');
  });
});

describe('the present name of a user', () => {
  const note = (username: string, userVersion: number) =>
    ({ type: 'NoteUsername', user: 7, username, userVersion }) as const;
  const noted = { events: [{ ...note('anna', 5), type: 'UsernameNoted' } as const] };
  it('is noted when it was changed, by the version that it holds from', () => {
    given().when(note('anna', 5)).then(noted.events[0]);
    given(noted).when(note('ann', 6)).then({ type: 'UsernameNoted', user: 7, username: 'ann', userVersion: 6 });
    expect(given(noted).state.usernames[7]).toEqual({ username: 'anna', userVersion: 5 });
  });
  it('is not overwritten by an older one, or by itself', () => {
    given(noted).when(note('older', 4)).thenNothing();
    given(noted).when(note('anna', 5)).thenNothing();
  });
  it('ends nothing', () => {
    const grant = { application: 5, user: 7, epochs: grantEpochs(given().state, 5, 7) };
    expect(survives(grant, given(noted).state)).toBe(true);
  });
});
