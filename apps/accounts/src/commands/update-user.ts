import { permits } from '@grantlog/access';
import { type ExistingUser, type Profile, type User, userStream } from '@grantlog/accounts-domain';
import {
  type accounts as wire,
  actsInPerson,
  common,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  refused,
  toCause,
  toRefusal,
} from '@grantlog/contracts';
import type { Cause, Commit, Refusal } from '@grantlog/event-sourcing';
import { isVisible } from '../rights.ts';
import type { Deps } from '../service-deps.ts';
import { usernameClaim } from '../streams.ts';
import { toUser } from '../translate.ts';

const NOT_FOUND: Refusal = { error: 'not_found', description: 'No User matches the given query.' };

type Found = { readonly user: ExistingUser } | { readonly refusal: Refusal };

export const visibleUser = async ({ streams }: Deps, id: number, actor: common.Actor | undefined): Promise<Found> => {
  const { state } = await streams.users.load(userStream(id));
  return isVisible(actor, id, state) ? { user: state } : { refusal: NOT_FOUND };
};

/**
 * Changes an account. Disabling ends its browser sessions, codes and tokens before the reply; a new password its
 * sessions always, and codes and tokens by the setting PASSWORD_CHANGE_REVOKES_TOKENS. Enabling again revives nothing.
 * The last active superuser stays one.
 */
export const updateUser =
  (deps: Deps, verify: Verify) =>
  async (request: wire.UpdateUserRequest): Promise<wire.UpdateUserResponse> => {
    const { streams, passwords, clock } = deps;
    const { actor, id, isActive, password } = request;
    const found = await visibleUser(deps, id, actor);
    if ('refusal' in found) return { result: refused(found.refusal) };
    const forSuperusers = changesStanding(request, found.user);
    const mayChange = permits(actor, 'change', 'user', { owner: id });
    if (!mayChange || (forSuperusers && !actor?.superuser)) return { result: refused(FORBIDDEN) };
    if (!actsInPerson(actor) && (forSuperusers || password !== undefined)) return { result: refused(NOT_IN_PERSON) };
    const unproven = await ownPasswordProblem(verify, request, found.user);
    if (unproven) return unproven;

    const cause = toCause(request.cause);
    const hash = password === undefined ? undefined : await passwords.hash(password);
    const { username } = request;
    const renames = username !== undefined && username !== found.user.username;
    const change = () =>
      streams.superusers.change(
        id,
        {
          type: 'ChangeUser',
          changes: toChanges(request),
          ...(renames && { username }),
          ...(isActive !== undefined && { isActive }),
          ...(hash !== undefined && { password: { hash, endsGrants: !request.passwordKeepsGrants } }),
        },
        { cause, at: clock.now() },
        renames ? renaming(deps, username, cause) : undefined,
      );
    const told = renames || hash !== undefined || isActive === false;
    const { refusal, state, version } = told ? await streams.endings.run(id, cause, change) : await change();
    if (refusal) return { result: refused(refusal) };
    // Repeatable: a start that died between the two steps is mended by asking again.
    if (isActive === true) await reopen(deps, id, version, cause);
    if (state.status === 'None' || state.status === 'Deleted') return { result: refused(NOT_FOUND) };
    return { result: { $case: 'user', value: toUser(id, state, version) } };
  };

/** Whether the change is of the name or the rights of the account; what stays as it is may be sent along. */
const changesStanding = (request: wire.UpdateUserRequest, user: ExistingUser): boolean =>
  (request.username ?? user.username) !== user.username ||
  (request.isSuperuser ?? user.isSuperuser) !== user.isSuperuser ||
  (request.isSystemAuditor ?? user.isSystemAuditor) !== user.isSystemAuditor ||
  (request.isActive ?? user.status === 'Enabled') !== (user.status === 'Enabled');

type Verify = (request: wire.VerifyPasswordRequest) => Promise<wire.VerifyPasswordResponse>;

/** Who changes its own password gives the old one, unless Basic did; wrong ones count as wrong logins do. */
const ownPasswordProblem = async (
  verify: Verify,
  { actor, id, password, currentPassword, address }: wire.UpdateUserRequest,
  { username }: ExistingUser,
): Promise<wire.UpdateUserResponse | undefined> => {
  if (password === undefined || actor?.user !== id || actor.means === common.Means.MEANS_BASIC) return undefined;
  const problem = (message: string): wire.UpdateUserResponse => ({
    result: refused(invalidField('current_password', message)),
  });
  if (currentPassword === '') return problem('To change your own password, give the one you have.');
  const { result, retryAfterSeconds } = await verify({
    username,
    password: currentPassword,
    address,
    deviceUser: 0,
    deviceId: '',
  });
  if (result?.$case === 'user') return undefined;
  return retryAfterSeconds > 0
    ? { ...problem('Too many wrong passwords. Try again later.'), retryAfterSeconds }
    : problem('This is not your password.');
};

/** Appends a change of the account together with the claim on its new name. */
const renaming =
  ({ streams }: Deps, username: string, cause: Cause) =>
  async (commit: Commit, before: User): Promise<'done' | 'outrun' | Refusal> => {
    if (before.status === 'None' || before.status === 'Deleted') return NOT_FOUND;
    const change = { commit, from: usernameClaim(before.username), to: usernameClaim(username) };
    const outcome = await streams.usernames.move(change, cause);
    return outcome === 'taken' ? invalidField('username', 'A user with that username already exists.') : outcome;
  };

/** Lets grants be issued for the user again; those from before stay dead. */
const reopen = async (
  { tokens }: Deps,
  id: number,
  subjectVersion: number,
  { requestId, actor }: Cause,
): Promise<void> => {
  await tokens.reopenUser({
    cause: { requestId, clientId: '', ...(actor !== undefined && { actor }) },
    user: id,
    subjectVersion,
  });
};

/** Deletes an account; its sessions, codes and tokens are dead before the reply. */
export const deleteUser =
  (deps: Deps) =>
  async ({ actor, id, ...request }: wire.DeleteUserRequest): Promise<wire.DeleteUserResponse> => {
    const { streams, clock } = deps;
    const found = await visibleUser(deps, id, actor);
    if ('refusal' in found) return { refusal: toRefusal(found.refusal), version: 0 };
    if (!permits(actor, 'delete', 'user', { owner: id }) || actor?.user === id)
      return { refusal: toRefusal(FORBIDDEN), version: 0 };
    const cause = toCause(request.cause);
    const { refusal, version } = await streams.endings.run(id, cause, () =>
      streams.superusers.change(id, { type: 'DeleteUser' }, { cause, at: clock.now() }),
    );
    if (refusal) return { refusal: toRefusal(refusal), version };
    await streams.usernames.release(usernameClaim(found.user.username), userStream(id), cause);
    return { version };
  };

const toChanges = (request: wire.UpdateUserRequest): Partial<Profile> => ({
  ...(request.firstName !== undefined && { firstName: request.firstName }),
  ...(request.lastName !== undefined && { lastName: request.lastName }),
  ...(request.email !== undefined && { email: request.email }),
  ...(request.isSuperuser !== undefined && { isSuperuser: request.isSuperuser }),
  ...(request.isSystemAuditor !== undefined && { isSystemAuditor: request.isSystemAuditor }),
});
