import { accept, type Cause, type Decider } from '@grantlog/event-sourcing';

/** Whose grants an epoch governs. */
export type SubjectKind = 'application' | 'user';

/** Why: asked for; the subject is gone or disabled until reopened; a fact in its own stream ended its rights. */
export type RevocationReason = 'requested' | 'closed' | 'ended';

type Ending = {
  /** The epoch that begins: grants opened under an earlier one are dead. */
  readonly epoch: number;
  readonly because: RevocationReason;
  /** The version of the fact in the subject's own stream that this follows; 0 when asked for. */
  readonly subjectVersion: number;
  /** Every request that this one event answers. */
  readonly requests: readonly Cause[];
};

export type RevocationsEvent =
  | ({ type: 'ApplicationGrantsRevoked'; application: number } & Ending)
  | ({ type: 'UserGrantsRevoked'; user: number } & Ending)
  | { type: 'UserReopened'; user: number; subjectVersion: number }
  | { type: 'UsernameNoted'; user: number; username: string; userVersion: number }
  | { type: 'AllGrantsRevoked'; epoch: number; because: string };

/** How often a subject's grants were ended, and whether anything may be issued for it. */
export type Epoch = { readonly epoch: number; readonly closed: boolean; readonly endedAtVersion: number };

/** The state of the one `revocations` stream, which every check reads; what never changed is absent. */
export type Epochs = {
  readonly installation: number;
  readonly applications: Readonly<Record<number, Epoch>>;
  readonly users: Readonly<Record<number, Epoch>>;
  /** Of users that were renamed: a grant has the name its user had when it was opened. */
  readonly usernames: Readonly<Record<number, { readonly username: string; readonly userVersion: number }>>;
};

export type RevocationsCommand =
  | ({ type: 'RevokeGrants'; subject: { kind: SubjectKind; id: number } } & Omit<Ending, 'epoch'>)
  | { type: 'ReopenUser'; user: number; subjectVersion: number }
  | { type: 'NoteUsername'; user: number; username: string; userVersion: number }
  | { type: 'RevokeAllGrants'; because: string };

/** The epochs a grant is opened under. It lives while they are unchanged: no clock, no loop over tokens. */
export type GrantEpochs = { readonly installation: number; readonly application: number; readonly user: number };

const NEVER: Epoch = { epoch: 0, closed: false, endedAtVersion: 0 };

const ofSubject = (epochs: Epochs, kind: SubjectKind, id: number): Epoch =>
  (kind === 'application' ? epochs.applications[id] : epochs.users[id]) ?? NEVER;

/** The epochs a grant of this application (0: none) and user is opened under. */
export const grantEpochs = (epochs: Epochs, application: number, user: number): GrantEpochs => ({
  installation: epochs.installation,
  application: ofSubject(epochs, 'application', application).epoch,
  user: ofSubject(epochs, 'user', user).epoch,
});

/** Whether nothing has ended the grant's application, user or installation since it was opened. */
export const survives = (
  { application, user, epochs: then }: { application: number; user: number; epochs: GrantEpochs },
  now: Epochs,
): boolean => {
  const applications = ofSubject(now, 'application', application);
  const users = ofSubject(now, 'user', user);
  return (
    then.installation === now.installation &&
    then.application === applications.epoch &&
    then.user === users.epoch &&
    !applications.closed &&
    !users.closed
  );
};

/**
 * Whether a proof (an authenticated client, a verified password) still stands: nothing ended the subject after the
 * version of its own stream at which the proof was judged.
 */
export const proofStands = (epochs: Epochs, kind: SubjectKind, id: number, provenAtVersion: number): boolean => {
  const { closed, endedAtVersion } = ofSubject(epochs, kind, id);
  return !closed && endedAtVersion <= provenAtVersion;
};

/** Ends every grant of an application, of a user or of the installation by one event. */
export const revocationsDecider: Decider<Epochs, RevocationsCommand, RevocationsEvent> = {
  initialState: { installation: 0, applications: {}, users: {}, usernames: {} },
  decide: (command, epochs) => {
    if (command.type === 'RevokeAllGrants')
      return accept([{ type: 'AllGrantsRevoked', epoch: epochs.installation + 1, because: command.because }]);
    if (command.type === 'NoteUsername') {
      const { user, username, userVersion } = command;
      // Two renames at once may be told in the other order.
      if (userVersion <= (epochs.usernames[user]?.userVersion ?? 0)) return accept([]);
      return accept([{ type: 'UsernameNoted', user, username, userVersion }]);
    }
    if (command.type === 'ReopenUser') {
      const { closed, endedAtVersion } = ofSubject(epochs, 'user', command.user);
      // A delayed reopening must not undo a later closing.
      if (!closed || command.subjectVersion <= endedAtVersion) return accept([]);
      return accept([{ type: 'UserReopened', user: command.user, subjectVersion: command.subjectVersion }]);
    }
    const { subject, because, subjectVersion, requests } = command;
    const known = ofSubject(epochs, subject.kind, subject.id);
    if (because !== 'requested' && subjectVersion <= known.endedAtVersion) return accept([]);
    const ending = { epoch: known.epoch + 1, because, subjectVersion, requests };
    return accept([
      subject.kind === 'application'
        ? { type: 'ApplicationGrantsRevoked', application: subject.id, ...ending }
        : { type: 'UserGrantsRevoked', user: subject.id, ...ending },
    ]);
  },
  evolve: (epochs, event) => {
    switch (event.type) {
      case 'ApplicationGrantsRevoked':
        return {
          ...epochs,
          applications: {
            ...epochs.applications,
            [event.application]: raised(epochs.applications[event.application], event),
          },
        };
      case 'UserGrantsRevoked':
        return { ...epochs, users: { ...epochs.users, [event.user]: raised(epochs.users[event.user], event) } };
      case 'UserReopened':
        return {
          ...epochs,
          users: {
            ...epochs.users,
            [event.user]: {
              ...(epochs.users[event.user] ?? NEVER),
              closed: false,
              endedAtVersion: event.subjectVersion,
            },
          },
        };
      case 'UsernameNoted': {
        const { user, username, userVersion } = event;
        return { ...epochs, usernames: { ...epochs.usernames, [user]: { username, userVersion } } };
      }
      case 'AllGrantsRevoked':
        return { ...epochs, installation: event.epoch };
      default:
        return epochs;
    }
  },
};

const raised = ({ closed, endedAtVersion }: Epoch = NEVER, { epoch, because, subjectVersion }: Ending): Epoch => ({
  epoch,
  closed: closed || because === 'closed',
  endedAtVersion: Math.max(endedAtVersion, subjectVersion),
});

export const REVOCATIONS_STREAM = 'revocations';
