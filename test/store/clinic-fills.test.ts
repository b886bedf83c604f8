import { expect, it } from 'vitest';
import { toClinicKey } from '../../src/store/keys.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestClock, createTestStore, toUnique } from '../support/store.ts';

const first = '2026-03-02T14:00:00.000Z';
const later = '2026-03-02T15:00:00.000Z';

describeEachDatabase('The filling of a clinic', (get) => {
  const open = () => {
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
    const { store, clock } = createTestStore(get(), { clock: createTestClock(first) });
    const find = async () => (await store.clinicFills.findByKeys([clinicKey])).get(clinicKey);
    return { clinic, clinicKey, clock, fills: store.clinicFills, find, run: { clinicKey, startedAt: first } };
  };

  it('counts whom it has found, read and given up, each once', async () => {
    const { clinic, clinicKey, fills, find, run } = open();
    expect(await find()).toBeUndefined();
    await fills.begin(clinic, first);
    await fills.begin(clinic, later);
    expect(await find()).toMatchObject({ startedAt: first, finishedAt: null, nextPage: 1, patientsFound: 0 });
    await fills.savePage(run, { fullscriptPatientIds: ['a', 'b'], nextPage: 2, runAt: first });
    // A page that moved on while it was read.
    await fills.savePage(run, { fullscriptPatientIds: ['b', 'B', 'c'], nextPage: null, runAt: first });
    expect(await find()).toMatchObject({ nextPage: null, patientsFound: 4, patientsDone: 0 });
    await fills.saveLabs(run, ['c'], first);
    expect(await fills.listDue(clinicKey, first, 10)).toEqual(
      ['B', 'a', 'b', 'c'].map((fullscriptPatientId) => ({
        fullscriptPatientId,
        readsLabs: fullscriptPatientId === 'c',
        attempts: 0,
      })),
    );
    await fills.settle(run, ['a'], 'done');
    await fills.settle(run, ['a'], 'done');
    await fills.settle(run, ['b'], 'failed');
    expect(await fills.finish(run, later)).toBe(false);
    await fills.postpone(run, 'B', later);
    expect((await fills.listDue(clinicKey, first, 10)).map((patient) => patient.fullscriptPatientId)).toEqual(['c']);
    expect((await fills.listPatients(clinicKey, 'B', 10)).map((patient) => patient.fullscriptPatientId)).toEqual(['c']);
    expect(await fills.listDue(clinicKey, later, 10)).toHaveLength(2);
    await fills.settle(run, ['B', 'c'], 'done');
    expect(await fills.finish(run, later)).toBe(true);
    expect(await fills.finish(run, later)).toBe(false);
    expect(await find()).toMatchObject({
      finishedAt: later,
      patientsFound: 4,
      patientsDone: 3,
      patientsFailed: 1,
    });
  });

  it('does not end while its list of patients is not read to the end', async () => {
    const { clinic, fills, run } = open();
    await fills.begin(clinic, first);
    expect(await fills.finish(run, later)).toBe(false);
  });

  it('begins anew, and takes nothing from the run before', async () => {
    const { clinic, clinicKey, clock, fills, find, run } = open();
    expect(await fills.beginAnew(clinicKey)).toBe(false);
    expect(await find()).toBeUndefined();
    await fills.begin(clinic, first);
    await fills.savePage(run, { fullscriptPatientIds: ['a', 'b'], nextPage: null, runAt: first });
    clock.forward(3_600_000);
    expect(await fills.beginAnew(clinicKey)).toBe(true);
    expect(await find()).toMatchObject({ startedAt: later, nextPage: 1, patientsFound: 0 });
    expect(await fills.savePage(run, { fullscriptPatientIds: ['a'], nextPage: null, runAt: first })).toBe(false);
    expect(await fills.saveLabs(run, ['a'], first)).toBe(false);
    await fills.settle(run, ['a'], 'done');
    expect(await fills.finish(run, later)).toBe(false);
    expect(await fills.listDue(clinicKey, later, 10)).toEqual([]);
    expect(await find()).toMatchObject({ nextPage: 1, patientsFound: 0, patientsDone: 0, finishedAt: null });
  });
});
