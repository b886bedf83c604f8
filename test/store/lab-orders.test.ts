import { expect, it } from 'vitest';
import type { LabOrder, LabResult } from '../../src/domain/lab-order.ts';
import { toClinicKey, toRowKey } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/data-source.ts';
import { toLabOrderPosition } from '../../src/store/lab-orders.ts';
import { describeEachDatabase } from '../support/database.ts';
import { waitFor } from '../support/reading.ts';
import { createTestStore, toUnique } from '../support/store.ts';

function buildOrder(overrides: Partial<LabOrder> & { isDetailed?: boolean } = {}): LabOrder & { isDetailed?: boolean } {
  return {
    id: 'order',
    name: 'Panel',
    rawStatus: 'processing',
    fullscriptPatientId: 'patient',
    fullscriptPractitionerId: 'practitioner',
    treatmentPlanId: 'plan',
    tests: [{ id: 't', name: 'Test' }],
    results: [],
    createdAt: '2026-03-01T00:00:00.000Z',
    updatedAt: '2026-03-01T00:00:00.000Z',
    ...overrides,
  };
}

function buildResult(overrides: Partial<LabResult> = {}): LabResult {
  return { id: 'result', name: 'Result', rawStatus: null, fileUrl: 'https://files.example/1.pdf', ...overrides };
}

describeEachDatabase('lab orders', (get) => {
  it('tell once when a result becomes ready and once for each amendment', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const orders = store.labOrders;
    const waiting = buildOrder({ results: [buildResult({ fileUrl: null })] });
    expect(await orders.upsertMany(clinic, [waiting], '2026-03-02T01:00:00.000Z')).toEqual([]);
    const ready = buildOrder({
      rawStatus: 'results_ready',
      updatedAt: '2026-03-02T00:00:00.000Z',
      results: [buildResult(), buildResult({ id: 'second', rawStatus: 'processing', fileUrl: null })],
    });
    const first = await orders.upsertMany(clinic, [ready], '2026-03-02T02:00:00.000Z', '2026-03-02T01:59:00.000Z');
    expect(first).toMatchObject([
      {
        kind: 'ready',
        result: { id: 'result', availableAt: '2026-03-02T01:59:00.000Z', amended: false, version: 1, hasFile: true },
      },
    ]);
    expect(await orders.upsertMany(clinic, [ready], '2026-03-02T03:00:00.000Z')).toEqual([]);
    const amended = buildOrder({
      rawStatus: 'results_amended',
      updatedAt: '2026-03-03T00:00:00.000Z',
      results: [buildResult(), buildResult({ id: 'second', fileUrl: null })],
    });
    const changes = await orders.upsertMany(clinic, [amended], '2026-03-03T01:00:00.000Z', '2026-03-03T00:30:00.000Z');
    expect(changes).toMatchObject([
      { kind: 'amended', result: { id: 'result', availableAt: '2026-03-02T01:59:00.000Z', amended: true, version: 2 } },
      { kind: 'ready', result: { id: 'second', availableAt: '2026-03-03T00:30:00.000Z' } },
    ]);
    expect(await orders.upsertMany(clinic, [amended], '2026-03-03T02:00:00.000Z')).toEqual([]);
    const shared = buildOrder({
      ...amended,
      rawStatus: 'interpretation_shared',
      updatedAt: '2026-03-04T00:00:00.000Z',
    });
    expect(await orders.upsertMany(clinic, [shared], '2026-03-04T00:00:00.000Z')).toEqual([]);
    const results = await store.labResults.findByOrders([{ clinicKey, id: 'order' }]);
    expect(results.get(toRowKey(clinicKey, 'order'))?.map((result) => [result.id, result.amended])).toEqual([
      ['result', true],
      ['second', true],
    ]);
    const again = buildOrder({ ...amended, updatedAt: '2026-03-05T00:00:00.000Z', results: [buildResult()] });
    expect(await orders.upsertMany(clinic, [again], '2026-03-05T00:00:00.000Z')).toMatchObject([
      { kind: 'amended', result: { id: 'result', version: 3 } },
    ]);
    const listed = await store.labResults.findByOrders([{ clinicKey, id: 'order' }]);
    expect(listed.get(toRowKey(clinicKey, 'order'))?.map((result) => result.id)).toEqual(['result']);
    const withdrawn = await store.labResults.findWithdrawn([{ clinicKey, id: 'order' }]);
    expect(withdrawn.get(toRowKey(clinicKey, 'order'))).toMatchObject([
      { id: 'second', hasFile: false, supersededAt: '2026-03-05T00:00:00.000Z', supersededBy: null },
    ]);
    expect((await store.labResults.findByIds(organizationId, ['result'])).get('result')).toMatchObject([
      { labOrderId: 'order' },
    ]);
    expect((await store.labResults.findByIds('another', ['result'])).size).toBe(0);
    expect((await store.labResults.findByIds(organizationId, ['result', 'x'])).get('result')).toHaveLength(1);
  });

  it('tell a change to one only of several who bring it at once', async () => {
    const { store } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const ready = buildOrder({ rawStatus: 'results_ready', results: [buildResult()] });
    const changes = await Promise.all(
      Array.from({ length: 6 }, () => store.labOrders.upsertMany(clinic, [ready], '2026-03-02T02:00:00.000Z')),
    );
    expect(changes.flat()).toHaveLength(1);
  });

  it('let neither an older copy nor a thin row take anything away', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'order' };
    const { labOrders } = store;
    const ready = buildOrder({
      rawStatus: 'results_ready',
      updatedAt: '2026-03-03T00:00:00.000Z',
      results: [buildResult()],
    });
    await labOrders.upsertMany(clinic, [ready], '2026-03-03T01:00:00.000Z');
    await labOrders.upsertMany(clinic, [buildOrder({ name: 'old' })], '2026-03-03T02:00:00.000Z');
    expect(await labOrders.find(key)).toMatchObject({ name: 'Panel', status: 'RESULTS_READY' });
    const thin = buildOrder({
      rawStatus: 'interpretation_ready',
      updatedAt: '2026-03-04T00:00:00.000Z',
      tests: [],
      results: [],
      isDetailed: false,
    });
    await labOrders.upsertMany(clinic, [thin], '2026-03-04T01:00:00.000Z');
    expect(await labOrders.find(key)).toMatchObject({
      status: 'INTERPRETATION_READY',
      rawStatus: 'interpretation_ready',
      tests: [{ id: 't', name: 'Test' }],
    });
    expect((await store.labResults.findByOrders([key])).size).toBe(1);
    expect(await labOrders.removeMissing(key.clinicKey, 'patient', [], '2026-03-04T00:00:00.000Z')).toEqual([]);
    expect(await labOrders.removeMissing(key.clinicKey, 'patient', [], '2026-03-05T00:00:00.000Z')).toEqual(['order']);
    expect((await store.labResults.findByOrders([key])).size).toBe(0);
  });

  it('keep their results when they are read again at the moment they would be dropped', async () => {
    const { db, url, statements } = get();
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'order' };
    await store.labOrders.upsertMany(clinic, [buildOrder({ results: [buildResult()] })], '2026-03-02T01:00:00.000Z');
    statements.length = 0;
    const isDropping = (sql: string) => /DELETE FROM lab_order|FROM lab_order[^;]*FOR UPDATE/.test(sql);
    let removed: Promise<string[]> | undefined;
    const other = await openDatabase({ url });
    try {
      await other.write(async (tx) => {
        await tx.run('UPDATE lab_order SET synced_at = ? WHERE clinic_key = ?', [
          '2026-03-09T00:00:00.000Z',
          key.clinicKey,
        ]);
        removed = store.labOrders.removeMissing(key.clinicKey, 'patient', [], '2026-03-05T00:00:00.000Z');
        // SQLite lets it begin only when this is over.
        if (db.engine !== 'sqlite') await waitFor('the order to be dropped', () => statements.some(isDropping));
      });
      expect(await removed).toEqual([]);
    } finally {
      await other.close();
    }
    expect((await store.labOrders.findByIds(organizationId, ['order'])).get('order')).toHaveLength(1);
    expect((await store.labResults.findByOrders([key])).size).toBe(1);
  });

  it('take their sign-off and bring their documents in the same step as an amendment, or not at all', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'result' };
    const ready = buildOrder({ rawStatus: 'results_ready', results: [buildResult()] });
    await store.labOrders.upsertMany(clinic, [ready], '2026-03-02T01:00:00.000Z');
    const place = { ...clinic, resultId: 'result' };
    await store.labReviews.review({ ...place, userId: 'a', at: '2026-03-02T02:00:00.000Z', signOff: true });
    const findSigner = async () =>
      (await store.labReviews.findReviews([key])).get(toRowKey(key.clinicKey, 'result'))?.signedOffBy;
    const amended = buildOrder({ ...ready, rawStatus: 'results_amended', updatedAt: '2026-03-03T00:00:00.000Z' });
    const readAt = '2026-03-03T01:00:00.000Z';
    await expect(
      store.labOrders.upsertMany(clinic, [amended], readAt, null, () => {
        throw new Error('the process ends here');
      }),
    ).rejects.toThrow('the process ends here');
    expect((await store.labResults.findByIds(organizationId, ['result'])).get('result')).toMatchObject([
      { version: 1 },
    ]);
    expect(await findSigner()).toBe('a');
    const { pending } = await store.labDocuments.depth();
    const changes = await store.labOrders.upsertMany(clinic, [amended], readAt, null, (changed) =>
      changed.map(({ result }) => ({
        ...place,
        version: result.version,
        patientId: 'p',
        title: 'Fullscript lab result',
        occurredAt: readAt,
        runAt: clock.text(),
      })),
    );
    expect(changes).toMatchObject([{ kind: 'amended', result: { version: 2 } }]);
    expect(await findSigner()).toBeNull();
    expect((await store.labDocuments.depth()).pending).toBe(pending + 1);
    for (const { id } of await store.labDocuments.claim(1000, 1)) await store.labDocuments.done(id, clock.text());
  });

  it('stay the patient’s, the practitioner’s and the plan’s when a newer answer does not name them', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'order' };
    await store.labOrders.upsertMany(clinic, [buildOrder()], '2026-03-02T01:00:00.000Z');
    const silent = buildOrder({
      rawStatus: 'results_ready',
      updatedAt: '2026-03-03T00:00:00.000Z',
      fullscriptPatientId: null,
      fullscriptPractitionerId: null,
      treatmentPlanId: null,
      results: [buildResult()],
    });
    await store.labOrders.upsertMany(clinic, [silent], '2026-03-03T01:00:00.000Z');
    const names = { fullscriptPatientId: 'patient', fullscriptPractitionerId: 'practitioner', treatmentPlanId: 'plan' };
    expect(await store.labOrders.find(key)).toMatchObject({ status: 'RESULTS_READY', ...names });
    expect((await store.labResults.findByIds(organizationId, ['result'])).get('result')).toMatchObject([
      {
        fullscriptPatientId: 'patient',
      },
    ]);
    const moved = buildOrder({ ...silent, updatedAt: '2026-03-04T00:00:00.000Z', treatmentPlanId: 'another' });
    await store.labOrders.upsertMany(clinic, [moved], '2026-03-04T01:00:00.000Z');
    expect(await store.labOrders.find(key)).toMatchObject({ ...names, treatmentPlanId: 'another' });
  });

  it('are paged like plans, those without a date last, and found by plan, status and openness', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const { labOrders } = store;
    await labOrders.upsertMany(
      { organizationId, clinicId: 'clinic' },
      [
        buildOrder({ id: 'a', createdAt: '2026-01-01T00:00:00.000Z' }),
        buildOrder({ id: 'b', createdAt: '2026-01-02T00:00:00.000Z', rawStatus: 'interpretation_shared' }),
        buildOrder({ id: 'c', createdAt: null, updatedAt: null, treatmentPlanId: null, rawStatus: 'something_new' }),
        buildOrder({ id: 'd', fullscriptPatientId: 'done', rawStatus: 'interpretation_shared', treatmentPlanId: null }),
      ],
      '2026-03-02T00:00:00.000Z',
    );
    const keys = [
      { clinicKey, fullscriptPatientId: 'patient' },
      { clinicKey, fullscriptPatientId: 'done' },
    ];
    const { statements } = get();
    statements.length = 0;
    const pages = await labOrders.pagesByPatients({ keys, page: { first: 2, after: null } });
    expect(statements).toHaveLength(1);
    const page = pages.get(toRowKey(clinicKey, 'patient'));
    expect(page?.rows.map((order) => order.id)).toEqual(['b', 'a']);
    expect(page).toMatchObject({ hasNextPage: true, totalCount: 3 });
    const last = page?.rows.at(-1);
    const next = await labOrders.pagesByPatients({
      keys,
      page: { first: 2, after: last === undefined ? null : toLabOrderPosition(last) },
    });
    expect(next.get(toRowKey(clinicKey, 'patient'))).toMatchObject({
      rows: [{ id: 'c', createdAt: null, status: 'OTHER', rawStatus: 'something_new' }],
      hasNextPage: false,
      hasPreviousPage: true,
    });
    const filtered = await labOrders.pagesByPatients({ keys, statuses: ['OTHER'], page: { first: 2, after: null } });
    expect(filtered.get(toRowKey(clinicKey, 'patient'))?.totalCount).toBe(1);
    const practitioners = [{ clinicKey, fullscriptPractitionerId: 'practitioner' }];
    expect(await store.authored.find({ of: 'labOrders', practitioners })).toHaveLength(4);
    const others = await store.authored.find({ of: 'labOrders', practitioners, among: ['OTHER'] });
    expect(others).toEqual([{ clinicKey, id: 'c', createdAt: '', patientId: null }]);
    const byPlan = await labOrders.findByPlans([{ clinicKey, id: 'plan' }]);
    expect(byPlan.get(toRowKey(clinicKey, 'plan'))?.map((order) => order.id)).toEqual(['b', 'a']);
    expect((await labOrders.findOpen(clinicKey)).map((order) => order.id)).toEqual(['a', 'c']);
    expect(await labOrders.findPatientsWithOpen(keys)).toEqual(new Set([toRowKey(clinicKey, 'patient')]));
    expect((await labOrders.findByIds(organizationId, ['a', 'd'])).size).toBe(2);
  });
});

describeEachDatabase('lab reviews', (get) => {
  it('keep the first sign-off and sharing until taken back, and every note', async () => {
    const { store } = createTestStore(get());
    const place = { organizationId: toUnique('org'), clinicId: 'clinic', resultId: 'result' };
    const key = { clinicKey: toClinicKey(place.organizationId, 'clinic'), id: 'result' };
    const review = (userId: string, at: string, change: Record<string, unknown>) =>
      store.labReviews.review({ ...place, userId, at, ...change });
    expect(await store.labReviews.findReviews([key])).toEqual(new Map());
    await review('a', '2026-03-02T01:00:00.000Z', { signOff: true, note: { id: crypto.randomUUID(), text: 'one' } });
    const second = await review('b', '2026-03-02T02:00:00.000Z', {
      signOff: true,
      share: true,
      note: { id: crypto.randomUUID(), text: 'two 😀' },
    });
    expect(second).toMatchObject({
      signedOffBy: 'a',
      signedOffAt: '2026-03-02T01:00:00.000Z',
      sharedWithPatientAt: '2026-03-02T02:00:00.000Z',
      notes: [
        { authorId: 'a', text: 'one' },
        { authorId: 'b', text: 'two 😀' },
      ],
    });
    expect((await store.labReviews.findReviews([key])).get(toRowKey(key.clinicKey, 'result'))).toEqual(second);
    expect(await review('b', '2026-03-02T04:00:00.000Z', { signOff: false, share: false })).toMatchObject({
      signedOffBy: null,
      signedOffAt: null,
      sharedWithPatientAt: null,
    });
  });
});

describeEachDatabase('lab documents', (get) => {
  it('are queued once per result and version and handed out once', async () => {
    const { store, clock } = createTestStore(get());
    const document = {
      organizationId: toUnique('org'),
      clinicId: 'clinic',
      resultId: 'result',
      version: 1,
      patientId: 'patient',
      title: 'Fullscript lab result 2026-03-02',
      occurredAt: '2026-03-02T00:00:00.000Z',
      runAt: clock.text(),
    };
    expect(await store.labDocuments.put([document])).toBe(1);
    expect(await store.labDocuments.put([document, { ...document, version: 2 }])).toBe(1);
    const taken = (await Promise.all([1, 2, 3].map(() => store.labDocuments.claim(1, 60_000)))).flat();
    expect(taken.map((found) => found.version).sort()).toEqual([1, 2]);
    const [first, second] = taken;
    await store.labDocuments.done(first?.id ?? '', clock.text());
    await store.labDocuments.retryAt(second?.id ?? '', clock.text());
    expect(await store.labDocuments.claim(5, 60_000)).toMatchObject([{ id: second?.id, attempts: 2 }]);
    await store.labDocuments.park(second?.id ?? '');
    expect(await store.labDocuments.depth()).toEqual({ pending: 0, parked: 1 });
    expect(await store.labDocuments.put([document])).toBe(0);
  });
});
