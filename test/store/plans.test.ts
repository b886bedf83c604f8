import { expect, it } from 'vitest';
import type { Page } from '../../src/domain/page.ts';
import type { TreatmentPlan } from '../../src/domain/treatment-plan.ts';
import { toClinicKey, toRowKey } from '../../src/store/keys.ts';
import { toPlanVersion } from '../../src/store/plans.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

function buildPlan(overrides: Partial<TreatmentPlan> = {}): TreatmentPlan {
  return {
    id: 'plan',
    state: 'ACTIVE',
    fullscriptPatientId: 'patient',
    fullscriptPractitionerId: 'practitioner',
    personalMessage: 'Grüße 😀',
    availableOn: '2026-03-01',
    createdAt: '2026-03-01T00:00:00.000Z',
    updatedAt: '2026-03-01T00:00:00.000Z',
    invitationUrl: 'https://fullscript.example/i',
    metadataId: null,
    recommendations: [
      {
        id: 'v',
        variantId: 'v',
        unitsToPurchase: 2,
        refill: true,
        takeWith: null,
        dosage: {
          amount: '1',
          frequency: 'daily',
          duration: null,
          format: 'capsule',
          timeOfDay: ['morning'],
          additionalInfo: null,
        },
      },
    ],
    labRecommendations: [],
    ...overrides,
  };
}

const syncedAt = '2026-03-02T14:00:00.000Z';

describeEachDatabase('plans', (get) => {
  it('come back as they were stored', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const plan = buildPlan();
    await store.plans.upsertMany({ organizationId, clinicId: 'clinic' }, [plan], syncedAt);
    expect(await store.plans.find({ clinicKey, id: 'plan' })).toEqual({
      ...plan,
      clinicKey,
      organizationId,
      clinicId: 'clinic',
      version: toPlanVersion(plan),
      chartId: null,
      syncedAt,
    });
    expect(await store.plans.findByIds('another', ['plan'])).toEqual(new Map());
    expect((await store.plans.findVersions(organizationId, ['plan'])).get('plan')).toBe(toPlanVersion(plan));
    await store.plans.remove({ clinicKey, id: 'plan' });
    expect(await store.plans.find({ clinicKey, id: 'plan' })).toBeNull();
  });

  it('keep the newer copy, whole, whichever order they come in', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'plan' };
    const versions = [
      { at: '2026-03-01T00:00:00.000Z', read: '2026-03-02T10:00:00.000Z', message: 'first' },
      { at: '2026-03-03T00:00:00.000Z', read: '2026-03-03T10:00:00.000Z', message: 'newer' },
      // Read later, but of an older state: it must change nothing, not even the time.
      { at: '2026-03-02T00:00:00.000Z', read: '2026-03-04T10:00:00.000Z', message: 'late echo' },
      // The same state, read earlier: nothing either.
      { at: '2026-03-03T00:00:00.000Z', read: '2026-03-03T09:00:00.000Z', message: 'earlier read' },
    ];
    for (const version of versions) {
      await store.plans.upsertMany(
        clinic,
        [buildPlan({ updatedAt: version.at, personalMessage: version.message })],
        version.read,
      );
    }
    const expected = {
      updatedAt: '2026-03-03T00:00:00.000Z',
      syncedAt: '2026-03-03T10:00:00.000Z',
      personalMessage: 'newer',
    };
    expect(await store.plans.find(key)).toMatchObject(expected);
    // Newer by its own date although it was read earlier: all columns move together.
    await store.plans.upsertMany(
      clinic,
      [buildPlan({ updatedAt: '2026-03-05T00:00:00.000Z', personalMessage: 'newest', state: 'CANCELLED' })],
      '2026-03-01T00:00:00.000Z',
    );
    expect(await store.plans.find(key)).toMatchObject({
      updatedAt: '2026-03-05T00:00:00.000Z',
      syncedAt: '2026-03-01T00:00:00.000Z',
      personalMessage: 'newest',
      state: 'CANCELLED',
    });
    expect(await store.plans.setChart(key, 'chart')).toBe(true);
    await store.plans.upsertMany(
      clinic,
      [buildPlan({ updatedAt: '2026-03-06T00:00:00.000Z' }), buildPlan({ id: 'second' })],
      '2026-03-06T00:00:00.000Z',
    );
    expect(await store.plans.find(key)).toMatchObject({ chartId: 'chart', updatedAt: '2026-03-06T00:00:00.000Z' });
    expect(await store.plans.setChart({ ...key, id: 'unknown' }, 'chart')).toBe(false);
  });

  it('give each of many patients a page, in one statement', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicIds = ['one', 'two'];
    for (const clinicId of clinicIds) {
      const plans = Array.from({ length: 8 }, (_, patient) =>
        Array.from({ length: patient }, (__, i) =>
          buildPlan({
            id: `${String(patient)}-${String(i)}`,
            fullscriptPatientId: `p${String(patient)}`,
            // Two each share an instant, so that the id decides.
            createdAt: `2026-01-0${String(1 + Math.floor(i / 2))}T00:00:00.000Z`,
            state: i % 3 === 0 ? 'DRAFT' : 'ACTIVE',
          }),
        ),
      ).flat();
      await store.plans.upsertMany({ organizationId, clinicId }, plans, syncedAt);
    }
    const keys = clinicIds.flatMap((clinicId) =>
      Array.from({ length: 8 }, (_, patient) => ({
        clinicKey: toClinicKey(organizationId, clinicId),
        fullscriptPatientId: `p${String(patient)}`,
      })),
    );
    const { statements } = get();
    statements.length = 0;
    const pages = await store.plans.pagesByPatients({ keys, page: { first: 3, after: null } });
    expect(statements).toHaveLength(1);
    expect(pages.size).toBe(16);
    const toPage = (patient: number): Page<{ id: string }> | undefined =>
      pages.get(toRowKey(toClinicKey(organizationId, 'two'), `p${String(patient)}`));
    expect(toPage(0)).toEqual({ rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 });
    expect(toPage(3)).toMatchObject({ hasNextPage: false, totalCount: 3 });
    expect(toPage(5)?.rows.map((plan) => plan.id)).toEqual(['5-4', '5-3', '5-2']);
    expect(toPage(5)).toMatchObject({ hasNextPage: true, hasPreviousPage: false, totalCount: 5 });

    const walked: string[] = [];
    let after: { at: string; id: string } | null = null;
    for (let more = true; more;) {
      const key = { clinicKey: toClinicKey(organizationId, 'one'), fullscriptPatientId: 'p7' };
      const walk = await store.plans.pagesByPatients({ keys: [key], page: { first: 2, after } });
      const page = walk.get(toRowKey(key.clinicKey, 'p7'));
      expect(page?.totalCount).toBe(7);
      expect(page?.hasPreviousPage).toBe(walked.length > 0);
      walked.push(...(page?.rows ?? []).map((plan) => plan.id));
      const last = page?.rows.at(-1);
      after = last === undefined ? null : { at: last.createdAt, id: last.id };
      more = page?.hasNextPage ?? false;
    }
    expect(walked).toEqual(['7-6', '7-5', '7-4', '7-3', '7-2', '7-1', '7-0']);

    const end = await store.plans.pagesByPatients({ keys, page: { first: 2, after: { at: '2000', id: '' } } });
    expect(end.get(toRowKey(toClinicKey(organizationId, 'one'), 'p7'))).toEqual({
      rows: [],
      hasNextPage: false,
      hasPreviousPage: true,
      totalCount: 7,
    });

    const drafts = await store.plans.pagesByPatients({ keys, states: ['DRAFT'], page: { first: 10, after: null } });
    const ofSeven = drafts.get(toRowKey(toClinicKey(organizationId, 'one'), 'p7'));
    expect(ofSeven?.rows.map((plan) => plan.id)).toEqual(['7-6', '7-3', '7-0']);
    expect(ofSeven?.totalCount).toBe(3);
    const none = await store.plans.pagesByPatients({ keys, states: [], page: { first: 10, after: null } });
    expect([...none.values()].every((page) => page.totalCount === 0)).toBe(true);

    const authored = await store.authored.find({
      of: 'plans',
      practitioners: clinicIds.map((clinicId) => ({
        clinicKey: toClinicKey(organizationId, clinicId),
        fullscriptPractitionerId: 'practitioner',
      })),
    });
    expect(authored).toHaveLength(56);
    expect(authored.slice(0, 4).map((plan) => plan.id)).toEqual(['7-6', '7-6', '7-5', '7-5']);
    expect(await store.authored.find({ of: 'plans', practitioners: [] })).toEqual([]);

    const rows = await store.plans.rowsByPatients(keys);
    expect(rows.get(toRowKey(toClinicKey(organizationId, 'one'), 'p2'))?.map((row) => row.id)).toEqual(['2-1', '2-0']);
    expect(rows.get(toRowKey(toClinicKey(organizationId, 'one'), 'p0'))).toEqual([]);
    expect((await store.plans.findByIds(organizationId, ['5-1', 'x'])).get('5-1')).toHaveLength(2);
  });

  it('forget what Fullscript no longer lists, but not what was read since', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const clinicKey = toClinicKey(organizationId, 'clinic');
    await store.plans.upsertMany(clinic, [buildPlan({ id: 'kept' }), buildPlan({ id: 'gone' })], syncedAt);
    await store.plans.upsertMany(clinic, [buildPlan({ id: 'new' })], '2026-03-02T14:00:02.000Z');
    await store.plans.upsertMany(clinic, [buildPlan({ id: 'foreign', fullscriptPatientId: 'other' })], syncedAt);
    expect(await store.plans.removeMissing(clinicKey, 'patient', ['kept'], '2026-03-02T14:00:01.000Z')).toEqual([
      'gone',
    ]);
    const rows = await store.plans.rowsByPatients([
      { clinicKey, fullscriptPatientId: 'patient' },
      { clinicKey, fullscriptPatientId: 'other' },
    ]);
    expect([...rows.values()].flat().map((row) => row.id)).toEqual(['new', 'kept', 'foreign']);
  });

  it('survive many writers of the same plans', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const ids = Array.from({ length: 20 }, (_, i) => `plan-${String(i)}`);
    await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        store.plans.upsertMany(
          clinic,
          (writer % 2 === 0 ? ids : ids.toReversed()).map((id) =>
            buildPlan({ id, updatedAt: `2026-03-0${String(writer + 1)}T00:00:00.000Z` }),
          ),
          syncedAt,
        ),
      ),
    );
    const found = await store.plans.findByIds(organizationId, ids);
    expect([...found.values()].flat().map((plan) => plan.updatedAt)).toEqual(ids.map(() => '2026-03-08T00:00:00.000Z'));
  });
});
