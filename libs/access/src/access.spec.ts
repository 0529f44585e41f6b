import { readFileSync } from 'node:fs';
import { equals, everything, nothing, oneOf } from '@grantlog/event-sourcing';
import { ACCESS, type Action, type Actor, type Kind, permits, readable, type Target } from './access.ts';

const NOBODY: Actor = { user: 7, superuser: false, systemAuditor: false, adminOf: [], memberOf: [], auditorOf: [] };
/** One actor for each relation to an object of user 7 in organization 1. */
const ACTORS: Readonly<Record<string, Actor>> = {
  superuser: { ...NOBODY, user: 9, superuser: true },
  'system auditor': { ...NOBODY, user: 9, systemAuditor: true },
  owner: NOBODY,
  admin: { ...NOBODY, user: 9, adminOf: [1] },
  member: { ...NOBODY, user: 9, memberOf: [1] },
  auditor: { ...NOBODY, user: 9, auditorOf: [1] },
};
const MINE: Target = { owner: 7, organizations: [1] };
const rows = Object.entries(ACCESS).flatMap(([kind, actions]) =>
  Object.entries(actions).map(([action, relations]) => [action, kind, relations as readonly string[]] as const),
);

describe('access', () => {
  it.each(rows)('to %s %s: %j may, nobody else', (action, kind, relations) => {
    const may = Object.keys(ACTORS).filter((relation) =>
      permits(ACTORS[relation], action as Action<Kind>, kind as Kind, MINE),
    );
    expect(may.toSorted()).toEqual(relations.toSorted());
    const stranger = { ...NOBODY, user: 9, adminOf: [2], memberOf: [2], auditorOf: [2] };
    for (const actor of [stranger, undefined])
      expect(permits(actor, action as Action<Kind>, kind as Kind, MINE)).toBe(false);
  });

  it('is what docs/access.md says', () => {
    const text = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8').split('## What each role may do')[1] ?? ''; // prettier-ignore
    const [head = [], , ...told] = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const relations = head.slice(2);
    expect(relations).toEqual(Object.keys(ACTORS));
    expect(told).toEqual(
      rows.map(([action, kind, may]) => [kind, action, ...relations.map((one) => (may.includes(one) ? 'yes' : 'no'))]),
    );
  });

  it('a role in one of several organizations is enough', () =>
    expect(permits(ACTORS['admin'], 'read', 'user', { owner: 8, organizations: [3, 1] })).toBe(true));
});

describe('what a list shows', () => {
  const fields = { owner: 'user', organization: 'organization' };
  it('is what its actor may read', () => {
    expect(readable(undefined, 'token', fields)).toEqual(nothing);
    expect(readable(ACTORS['superuser'], 'token', fields)).toEqual(everything);
    expect(readable(ACTORS['system auditor'], 'token', fields)).toEqual(everything);
    expect(readable(ACTORS['owner'], 'token', fields)).toEqual(equals('user', 7));
    expect(readable(ACTORS['admin'], 'token', fields)).toEqual({ any: [equals('user', 9), equals('organization', 1)] });
    expect(readable(ACTORS['member'], 'token', fields)).toEqual(equals('user', 9));
    expect(readable(ACTORS['member'], 'application', { organization: 'organization' })).toEqual(equals('organization', 1)); // prettier-ignore
    expect(readable(ACTORS['auditor'], 'application', { organization: 'organization' })).toEqual(nothing);
  });
  it('names an organization once, whatever roles its actor has there', () => {
    const actor = { ...NOBODY, adminOf: [1, 2], memberOf: [2, 3] };
    expect(readable(actor, 'application', { organization: 'organization' })).toEqual(oneOf('organization', [1, 2, 3]));
    expect(readable(actor, 'user', { organization: (organizations) => equals('x', organizations) })).toEqual(equals('x', [1, 2])); // prettier-ignore
  });
});
