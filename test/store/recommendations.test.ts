import { expect, it } from 'vitest';
import type { NewChartImport } from '../../src/store/chart-imports.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

describeEachDatabase('recommendations', (get) => {
  const base = {
    userId: 'user',
    idempotencyKey: 'key' as string | null,
    inputHash: 'hash',
    patientId: 'patient',
    clinicId: 'clinic',
    chartId: null,
    expiresAt: '2026-03-03T14:00:00.000Z',
  };

  it('begin once per key and user, however many begin at once', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const idempotencyKey = 'k'.repeat(1000);
    const begun = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        store.recommendations.begin({ ...base, organizationId, idempotencyKey, inputHash: String(i) }),
      ),
    );
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    expect(new Set(begun.map(({ inputHash }) => inputHash)).size).toBe(1);
    const others = await Promise.all([
      store.recommendations.begin({ ...base, organizationId, idempotencyKey, userId: 'other' }),
      store.recommendations.begin({ ...base, organizationId: toUnique('org'), idempotencyKey }),
      store.recommendations.begin({ ...base, organizationId, idempotencyKey: null }),
    ]);
    expect(new Set([...begun, ...others].map(({ id }) => id)).size).toBe(4);
  });

  it('without a key are one as long as the input is the same and the first has not come to its end', async () => {
    const { store } = createTestStore(get());
    const recommendation = { ...base, organizationId: toUnique('org'), idempotencyKey: null };
    const begin = (change: Partial<typeof recommendation> = {}) =>
      store.recommendations.begin({ ...recommendation, ...change });
    const clicks = await Promise.all([begin(), begin(), begin()]);
    const [{ id }] = clicks;
    expect(new Set(clicks.map((click) => click.id))).toEqual(new Set([id]));
    expect((await begin({ inputHash: 'another' })).id).not.toBe(id);
    expect((await begin({ userId: 'another' })).id).not.toBe(id);
    await store.recommendations.update(id, { state: 'DRAFTED', planId: 'plan' });
    expect(await begin()).toMatchObject({ id, planId: 'plan' });
    await store.recommendations.update(id, { state: 'DONE' });
    expect((await begin()).id).not.toBe(id);
    expect(await store.recommendations.find(id)).toMatchObject({ state: 'DONE', planId: 'plan' });
  });

  it('go on from where they were, and end with their key', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const recommendation = await store.recommendations.begin({ ...base, organizationId });
    expect(recommendation).toMatchObject({ state: 'STARTED', createdPatient: false, createdAt: clock.text() });
    const { id } = recommendation;
    await store.recommendations.update(id, { state: 'DRAFTED', planId: 'plan', createdPatient: true });
    await store.recommendations.update(id, {});
    expect(await store.recommendations.begin({ ...base, organizationId })).toMatchObject({
      id,
      planId: 'plan',
      createdPatient: true,
    });
    await store.recommendations.update(id, { state: 'DONE', itemsApplied: true });
    expect(await store.recommendations.begin({ ...base, organizationId })).toMatchObject({
      id,
      state: 'DONE',
      itemsApplied: true,
    });
    clock.forward(24 * 3_600_000);
    const next = await store.recommendations.begin({ ...base, organizationId, expiresAt: '2026-03-05T00:00:00.000Z' });
    expect(next).toMatchObject({ state: 'STARTED', planId: null });
    expect(await store.recommendations.find(id)).toBeNull();
    await store.recommendations.remove(next.id);
    expect(await store.recommendations.find(next.id)).toBeNull();
    const old = await store.recommendations.begin({ ...base, organizationId, expiresAt: '2020-01-01T00:00:00.000Z' });
    expect(await store.recommendations.prune('2020-01-02T00:00:00.000Z')).toBeGreaterThanOrEqual(1);
    expect(await store.recommendations.find(old.id)).toBeNull();
  });
});

describeEachDatabase('chart imports', (get) => {
  function buildImport(organizationId: string, recommendationIds: string[], overrides: Partial<NewChartImport> = {}) {
    return {
      id: crypto.randomUUID(),
      organizationId,
      clinicId: 'clinic',
      chartId: 'chart',
      planId: 'plan',
      planVersion: 'version',
      planRecord: {
        fullscriptPatientId: 'fs-patient',
        fullscriptPractitionerId: null,
        state: 'ACTIVE' as const,
        availableOn: null,
        createdAt: '2026-03-01T14:00:00.000Z',
        updatedAt: '2026-03-01T14:00:00.000Z',
        recommendations: [],
      },
      patientId: 'patient',
      importedBy: 'user',
      startedAt: '2026-03-02T14:00:00.000Z',
      runAt: '2026-03-02T14:01:00.000Z',
      items: recommendationIds.map((recommendationId) => ({
        id: crypto.randomUUID(),
        recommendationId,
        variantId: recommendationId,
        name: 'Magnesium',
        brand: null,
        dosage: {
          amount: '1',
          frequency: null,
          duration: null,
          format: null,
          timeOfDay: ['evening'],
          additionalInfo: null,
        },
        takeWith: null,
        unitsToPurchase: 1,
        refills: null,
      })),
      ...overrides,
    };
  }

  it('take each recommendation of a plan into a chart once, also in a double click', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clicks = Array.from({ length: 5 }, () => buildImport(organizationId, ['a', 'b']));
    const outcomes = await Promise.all(clicks.map((click) => store.chartImports.begin(click)));
    expect(outcomes.filter((outcome) => outcome.kind === 'begun')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === 'exists')).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'exists', recommendationIds: ['a', 'b'] })),
    );
    expect(await store.chartImports.begin(buildImport(organizationId, ['b', 'c']))).toEqual({
      kind: 'exists',
      recommendationIds: ['b'],
    });
    expect(await store.chartImports.begin(buildImport(organizationId, ['a'], { chartId: 'second' }))).toEqual({
      kind: 'begun',
    });
    expect(await store.chartImports.begin(buildImport(toUnique('org'), ['a']))).toEqual({ kind: 'begun' });
  });

  it('count once the EMR has taken them, and are forgotten when it has not', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const first = buildImport(organizationId, ['a', 'b']);
    const second = buildImport(organizationId, ['c'], { startedAt: '2026-03-02T13:00:00.000Z' });
    await store.chartImports.begin(first);
    await store.chartImports.begin(second);
    expect(await store.chartImports.findByCharts(organizationId, ['chart'])).toEqual(new Map());
    const pending = await store.chartImports.findPending(organizationId, 'chart', 'plan');
    expect(pending.map((found) => [found.id, found.attempts, found.items.length])).toEqual([
      [second.id, 0, 1],
      [first.id, 0, 2],
    ]);
    const emrItemIds = new Map([[first.items[0]?.id ?? '', 'emr-1']]);
    await store.chartImports.complete(first.id, emrItemIds, '2026-03-02T14:00:05.000Z');
    await store.chartImports.complete(first.id, new Map(), '2026-03-02T15:00:00.000Z');
    await store.chartImports.abandon(first.id);
    await store.chartImports.complete(second.id, new Map(), '2026-03-02T14:00:09.000Z');
    const { statements } = get();
    statements.length = 0;
    const byChart = await store.chartImports.findByCharts(organizationId, ['chart', 'other']);
    const byPlan = await store.chartImports.findByPlans(organizationId, ['plan']);
    expect(statements).toHaveLength(2);
    expect(byChart.get('chart')?.map((found) => found.id)).toEqual([first.id, second.id]);
    expect(byPlan.get('plan')).toEqual(byChart.get('chart'));
    expect(byChart.get('chart')?.[0]).toMatchObject({
      importedAt: '2026-03-02T14:00:05.000Z',
      planVersion: 'version',
      items: [
        { ...first.items[0], emrItemId: 'emr-1' },
        { ...first.items[1], emrItemId: null },
      ],
    });
    expect(await store.chartImports.findById('another', first.id)).toBeNull();
    expect(await store.chartImports.findById(organizationId, first.id)).toMatchObject({ id: first.id });

    const third = buildImport(organizationId, ['d']);
    await store.chartImports.begin(third);
    await store.chartImports.abandon(third.id);
    expect(await store.chartImports.begin(buildImport(organizationId, ['d']))).toEqual({ kind: 'begun' });
  });

  it('are taken when they are due, counted, put off, and no longer taken once parked', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const mine = async (): Promise<(readonly [string, number])[]> =>
      (await store.chartImports.claim(1000, 60_000))
        .filter((found) => found.organizationId === organizationId)
        .map((found) => [found.id, found.attempts] as const);
    const inMs = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();
    const [one, two] = [
      buildImport(organizationId, ['a', 'b'], { runAt: inMs(1000) }),
      buildImport(organizationId, ['c'], { runAt: inMs(5000) }),
    ];
    await store.chartImports.begin(one);
    await store.chartImports.begin(two);
    expect(await mine()).toEqual([]);
    clock.forward(1000);
    expect(await mine()).toEqual([[one.id, 1]]);
    expect(await mine()).toEqual([]);
    await store.chartImports.retryAt(one.id, inMs(600_000));
    clock.forward(60_000);
    expect(await mine()).toEqual([[two.id, 1]]);
    const before = await store.chartImports.depth();
    await store.chartImports.park(one.id);
    expect(await store.chartImports.depth()).toEqual({ pending: before.pending - 1, parked: before.parked + 1 });
    clock.forward(3_600_000);
    expect(await mine()).toEqual([[two.id, 2]]);
    // Whoever imports again finds it still, and finishes it.
    const pending = await store.chartImports.findPending(organizationId, 'chart', 'plan');
    expect(pending.map((found) => found.id).sort()).toEqual([one.id, two.id].sort());
    expect(await store.chartImports.complete(one.id, new Map(), inMs(0))).toBe(true);
    expect(await store.chartImports.depth()).toEqual({ pending: before.pending - 1, parked: before.parked });
    expect(await store.chartImports.countAttempt(one.id)).toBe(false);
  });

  it('are taken back by whoever began them only as long as nobody else has offered them to the EMR', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const [tried, untried] = [buildImport(organizationId, ['a']), buildImport(organizationId, ['b'])];
    await store.chartImports.begin(tried);
    await store.chartImports.begin(untried);
    expect(await store.chartImports.countAttempt(tried.id)).toBe(true);
    await store.chartImports.abandonUntried(tried.id);
    await store.chartImports.abandonUntried(untried.id);
    expect(await store.chartImports.countAttempt(untried.id)).toBe(false);
    const pending = await store.chartImports.findPending(organizationId, 'chart', 'plan');
    expect(pending.map((found) => [found.id, found.attempts])).toEqual([[tried.id, 1]]);
  });
});
