import { describe, expect, it } from 'vitest';
import { actions, assertMay, may, type Action } from '../../src/auth/access.ts';
import { roles, type Role } from '../../src/auth/viewer.ts';
import { Refusal } from '../../src/domain/errors.ts';

const as = (...held: Role[]) => ({ roles: new Set(held) });

/** Columns: admin, practitioner, staff, developer, service. */
const cells: Record<Action, [boolean, boolean, boolean, boolean, boolean]> = {
  'connection.own': [true, true, true, false, false],
  'connection.administer': [true, false, false, false, true],
  'connection.revokeAll': [true, false, false, true, false],
  'connection.revokeEverywhere': [false, false, false, true, false],
  'revocation.readAny': [true, false, false, true, false],
  'audit.read': [true, false, false, false, true],
  'synchronization.administer': [true, false, false, false, true],
  'practitioner.status': [true, true, true, false, true],
  'patient.account': [false, true, true, false, false],
  'patient.clinical': [false, true, false, false, false],
  'patient.link': [false, true, true, false, false],
  'recommendation.create': [false, true, true, false, false],
  'recommendation.createUnnamed': [false, true, false, false, false],
  'embed.create': [false, true, true, false, false],
  'checkout.create': [false, true, false, false, false],
  'chart.import': [false, true, false, false, false],
  'lab.review': [false, true, false, false, false],
};

describe('access', () => {
  it('has a row here for every action', () => {
    expect([...actions].sort()).toEqual(Object.keys(cells).sort());
  });

  for (const action of actions) {
    it.each(roles.map((role, column) => [role, cells[action][column]] as const))(
      `${action}: %s is %s`,
      (role, allowed) => {
        expect(may(as(role), action)).toBe(allowed);
        if (allowed === true) expect(() => assertMay(as(role), action)).not.toThrow();
        else expect(() => assertMay(as(role), action)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
      },
    );
  }

  it('adds roles up', () => {
    expect(may(as('admin', 'practitioner'), 'patient.clinical')).toBe(true);
    expect(may(as('admin', 'practitioner'), 'audit.read')).toBe(true);
  });

  it('allows nothing to a user without roles', () => {
    expect(actions.filter((action) => may(as(), action))).toEqual([]);
  });

  it('names the roles that would be needed', () => {
    expect(() => assertMay(as('developer'), 'patient.link')).toThrow(
      new Refusal('FORBIDDEN', 'This takes the role practitioner or staff'),
    );
  });
});
