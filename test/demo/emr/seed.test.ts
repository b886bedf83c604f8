import { describe, expect, it } from 'vitest';

import { demoPatientIds } from '../../../src/demo/emr/patients.ts';
import { createDemoSeed } from '../../../src/demo/emr/seed.ts';
import { seedPatients, seedUsers } from '../../../src/sandbox/seed/people.ts';

const seed = createDemoSeed(() => new Date('2026-03-02T14:00:00.000Z'));
const juniper = seed.patients.filter((patient) => patient.organizationId === 'org-juniper');
const getPatient = (id: string) => {
  const found = seed.patients.find((patient) => patient.id === id);
  if (!found) throw new Error(`no patient ${id}`);
  return found;
};
const withEmail = (email: string | null) =>
  seedPatients.filter((person) => person.email?.toLowerCase() === email?.toLowerCase());

describe('createDemoSeed', () => {
  it('gives Juniper 50 patients with unique ids, and Tamarack some of its own', () => {
    expect(juniper).toHaveLength(50);
    expect(new Set(seed.patients.map((patient) => patient.id)).size).toBe(seed.patients.length);
    expect(seed.patients.length).toBeGreaterThan(50);
  });

  it('begins with a patient whom Fullscript knows under the same particulars', () => {
    const hero = getPatient(demoPatientIds.hero);
    expect(juniper[0]).toBe(hero);
    expect(withEmail(hero.email)).toMatchObject([
      { firstName: hero.firstName, lastName: hero.lastName, dateOfBirth: hero.dateOfBirth, archived: false },
    ]);
  });

  it('has somebody Fullscript does not know, somebody doubtful, and somebody without an address', () => {
    expect(withEmail(getPatient(demoPatientIds.unknown).email)).toEqual([]);
    const doubtful = getPatient(demoPatientIds.doubtful);
    const [twin] = withEmail(doubtful.email);
    expect(twin).toMatchObject({ firstName: doubtful.firstName, lastName: doubtful.lastName });
    expect(twin?.dateOfBirth).not.toBe(doubtful.dateOfBirth);
    expect(getPatient(demoPatientIds.withoutEmail).email).toBeNull();
  });

  it('writes a family’s one address down for each of its members', () => {
    const child = getPatient(demoPatientIds.child);
    const family = juniper.filter((patient) => patient.email === child.email);
    expect(family.map((patient) => patient.firstName)).toEqual(['Helen', 'Oscar', 'Wren']);
  });

  it('mirrors the sandbox’s logins, so that the demo’s users can connect', () => {
    const emailOf = (userId: string) => seed.users.find((user) => user.id === userId)?.email;
    expect(['u-ada', 'u-ben', 'u-carla', 'u-limited', 'u-tomas'].map(emailOf)).toEqual(
      [seedUsers.ada, seedUsers.ben, seedUsers.carla, seedUsers.ingrid, seedUsers.tomas].map((user) => user.email),
    );
  });

  it('leaves every patient with an open chart and the first one with a signed one, too', () => {
    const open = new Set(seed.charts.filter((chart) => !chart.signedAt).map((chart) => chart.patientId));
    expect(seed.patients.filter((patient) => !open.has(patient.id))).toEqual([]);
    const own = seed.charts.filter((chart) => chart.patientId === demoPatientIds.hero);
    expect(own.filter((chart) => chart.signedAt !== null)).toHaveLength(1);
    expect(own.filter((chart) => chart.signedAt === null)).toHaveLength(2);
  });
});
