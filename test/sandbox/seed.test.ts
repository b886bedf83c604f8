import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import { labOrderStates } from '../../src/sandbox/state.ts';
import { startInstant } from './sandbox-client.ts';

const plant = (): ReturnType<typeof createSandbox> => createSandbox({ clock: () => new Date(startInstant) });

describe('the seed', () => {
  it('is the same every time, and all of it lies in the past', () => {
    const [one, two] = [plant().state, plant().state];
    for (const part of ['patients', 'plans', 'orders', 'labOrders', 'variants'] as const)
      expect([...two[part].entries()]).toEqual([...one[part].entries()]);
    for (const plan of one.plans.values()) expect(plan.updatedAt < startInstant).toBe(true);
    for (const order of one.orders.values()) expect(order.completedAt < startInstant).toBe(true);
  });

  it('has the promised numbers', () => {
    const { state } = plant();
    expect([state.clinics.size, state.users.size, state.patients.size]).toEqual([3, 8, 60]);
    expect([state.plans.size, state.labOrders.size, state.products.size]).toEqual([200, 40, 80]);
    for (const step of labOrderStates)
      expect([...state.labOrders.values()].filter((order) => order.state === step)).toHaveLength(4);
  });

  it('has unique e-mail addresses, and one person in two clinics under two of them', () => {
    const emails = seedPatients.flatMap((patient) => (patient.email === null ? [] : [patient.email.toLowerCase()]));
    expect(new Set(emails).size).toBe(emails.length);
    const leah = seedPatients.filter((patient) => patient.lastName === 'Sorensen');
    expect(new Set(leah.map((patient) => patient.clinic)).size).toBe(2);
    expect(new Set(leah.map((patient) => patient.dateOfBirth)).size).toBe(1);
  });

  it('covers the awkward shapes', () => {
    const { state } = plant();
    const patients = [...state.patients.values()];
    const plans = [...state.plans.values()];
    const orders = [...state.orders.values()];
    const labs = [...state.labOrders.values()];
    expect(patients.some((patient) => patient.email === null && patient.guardianPatientId === null)).toBe(true);
    expect(patients.some((patient) => patient.archived)).toBe(true);
    expect(patients.some((patient) => patient.gender === null && patient.dateOfBirth === null)).toBe(true);
    expect(plans.some((plan) => plan.state === 'active' && plan.recommendations.length === 0)).toBe(true);
    expect(plans.some((plan) => plan.labRecommendations.length > 0 && plan.resources.length > 0)).toBe(true);
    expect(orders.some((order) => order.planIds.length === 2)).toBe(true);
    expect(orders.some((order) => new Set(order.lines.map((line) => line.type)).size === 2)).toBe(true);
    expect(labs.some((order) => order.tests.length === 1 && order.results.length === 1)).toBe(true);
    expect(labs.some((order) => order.tests.length === 3 && order.results.length === 1)).toBe(true);
  });

  it('lets everybody sign in, and nobody be there when it is not wanted', () => {
    const sandbox = plant();
    for (const user of Object.values(seedUsers))
      expect(sandbox.actions.findLogin(user.email.toUpperCase(), 'demo')?.id).toBe(user.id);
    expect(sandbox.actions.findLogin(seedUsers.ada.email, 'wrong')).toBeNull();
    expect(createSandbox({ seedData: false }).state.users.size).toBe(0);
  });
});
