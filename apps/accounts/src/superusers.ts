import {
  administers,
  type Superusers,
  type SuperusersCommand,
  superusersDecider,
  type User,
  type UserCommand,
  userDecider,
  userStream,
} from '@grantlog/accounts-domain';
import { invalidField } from '@grantlog/contracts';
import {
  type Cause,
  type Commit,
  createSnapshotCodec,
  createStreams,
  evolveCommit,
  type EventStore,
  type Folded,
  type Instant,
  type Refusal,
  type Streams,
} from '@grantlog/event-sourcing';
import type { InstallationKey } from '@grantlog/service-kit';
import { randomUUID } from 'node:crypto';

const SUPERUSERS_STREAM = 'user-superusers';

type Context = { readonly cause: Cause; readonly at: Instant };

/** Changes of accounts of which the last active superuser stays one, however many are made at once. */
export type SuperuserGuard = {
  /**
   * Decides and appends like {@link Streams.handle}; refuses what would leave nobody who administers.
   * @param append appends what was decided; a refusal ends the change
   */
  readonly change: (
    id: number,
    command: UserCommand,
    context: Context,
    append?: (commit: Commit, before: User) => Promise<'done' | 'outrun' | Refusal>,
  ) => Promise<Folded<User> & { readonly refusal?: Refusal }>;
  /** Comes before the fact that makes an account a superuser. */
  readonly expect: (user: number, context: Context) => Promise<void>;
};

/**
 * A superuser leaves by an append to the list, at a version at which another one that is listed, read after the list,
 * administers and is not about to leave: of two that demote each other one append wins, and the other sees it. The
 * account's own commit follows, for the one version that the list names, so a writer that died blocks nobody for longer
 * than until that account's next event. See docs/decisions/0025-the-last-superuser-stays.md.
 */
export const createSuperuserGuard = (
  store: EventStore,
  key: InstallationKey,
  users: Streams<User, UserCommand, undefined>,
  /** How many user numbers were given. */
  numbers: () => Promise<number>,
): SuperuserGuard => {
  const list: Streams<Superusers, SuperusersCommand, undefined> = createStreams({
    store,
    decider: superusersDecider,
    newId: randomUUID,
    snapshots: createSnapshotCodec('superusers1', key.derive('snapshot')),
  });

  /** An installation from before the list was kept has it made from its accounts. */
  const listed = async (context: Context): Promise<Folded<Superusers>> => {
    const found = await list.load(SUPERUSERS_STREAM);
    if (found.version > 0) return found;
    const superusers: number[] = [];
    for (let id = await numbers(); id > 0; id -= 1)
      if (administers((await users.load(userStream(id))).state)) superusers.push(id);
    await list.handle(SUPERUSERS_STREAM, { type: 'ExpectSuperusers', users: superusers }, context);
    return list.load(SUPERUSERS_STREAM);
  };

  const expect: SuperuserGuard['expect'] = async (user, context) => {
    await listed(context);
    await list.handle(SUPERUSERS_STREAM, { type: 'ExpectSuperusers', users: [user] }, context);
  };

  const anotherStays = async (superusers: Superusers, leaving: number): Promise<boolean> => {
    for (const [id, meantToLeaveAfter] of Object.entries(superusers)) {
      if (Number(id) === leaving) continue;
      const { state, version } = await users.load(userStream(Number(id)));
      if (administers(state) && version > meantToLeaveAfter) return true;
    }
    return false;
  };

  /** @returns false when nobody else would be left */
  const leave = async (user: number, version: number, context: Context): Promise<boolean> => {
    for (;;) {
      const { state: superusers, version: seen } = await listed(context);
      if (!(await anotherStays(superusers, user))) return false;
      const next = await list.prepare(SUPERUSERS_STREAM, { type: 'LeaveSuperusers', user, version }, context);
      if (next.version === seen && next.commit && (await list.complete(next.commit))) return true;
    }
  };

  const complete = async (commit: Commit) => ((await users.complete(commit)) ? 'done' : 'outrun');

  const change: SuperuserGuard['change'] = async (id, command, context, append = complete) => {
    for (;;) {
      const { commit, ...before } = await users.prepare(userStream(id), command, context);
      if (!commit) return before;
      const state = evolveCommit(userDecider.evolve, before.state, commit as Parameters<typeof userDecider.evolve>[2]);
      if (administers(state) && !administers(before.state)) await expect(id, context);
      if (administers(before.state) && !administers(state) && !(await leave(id, before.version, context)))
        return { ...before, refusal: lastOne(command) };
      const outcome = await append(commit, before.state);
      if (outcome === 'done') return { state, version: commit.version };
      if (outcome !== 'outrun') return { ...before, refusal: outcome };
    }
  };

  return { change, expect };
};

const lastOne = (command: UserCommand): Refusal => {
  const field =
    command.type !== 'ChangeUser' ? '__all__' : command.changes.isSuperuser === false ? 'is_superuser' : 'is_active';
  return invalidField(field, 'This is the last active superuser. Make another one first.');
};
