import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addEncounter, importPlan, listChartItems } from '../support/importing.ts';
import { listCodes } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const addItems = 'FullscriptAddChartItems';

describeEachDatabase('Mutation.importPlanIntoChart, again and at once', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  let processes: Deployment[];

  beforeAll(async () => {
    clock = createTestClock();
    const outside = { now: clock.now };
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside,
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
      // All at once, but each of them reads the plan anew.
      env: { FULLSCRIPT_DEADLINE_MS: '20000' },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    processes = [deployment, askThrough(deployment, await deployment.startAnother({}, outside))];
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
    deployment.emr.calls.clear();
  });

  const run = (input: Parameters<typeof importPlan>[2]) => importPlan(deployment, 'u-ada', input);
  const importsOf = async (chartId: string): Promise<{ id: string; items: { emrItemId: string | null }[] }[]> => {
    const answer = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'Chart', id: chartId }],
      '... on Chart { fullscriptImports { id items { emrItemId } } }',
    );
    return answer.data._entities[0].fullscriptImports as Awaited<ReturnType<typeof importsOf>>;
  };
  /** What the EMR has and what we say that it has, after everything has settled. */
  const expectOnce = async (chartId: string, count: number): Promise<void> => {
    const lines = listChartItems(deployment, chartId);
    expect(lines).toHaveLength(count);
    const items = (await importsOf(chartId)).flatMap((chartImport) => chartImport.items);
    expect(items.map((item) => item.emrItemId).sort()).toEqual(lines.map((line) => line.id).sort());
  };

  it('twenty at the same moment, in two processes, add everything once, and one says that it did', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => processes)
        .flat()
        .map((process) => importPlan(process, 'u-ada', { planId, chartId })),
    );
    expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
    expect(new Set(answers.map(({ result }) => result.import.id)).size).toBe(1);
    expect(answers.filter(({ result }) => !result.alreadyImported)).toHaveLength(1);
    await expectOnce(chartId, 2);
    expect(await importsOf(chartId)).toHaveLength(1);
  }, 30_000);

  it('overlapping choices at the same moment add every line once', async () => {
    const { planId, chartId, variantIds } = await addEncounter(deployment);
    const choices = [undefined, [variantIds[0]], [variantIds[1]], undefined];
    const answers = await Promise.all(
      choices.map((recommendationIds, index) =>
        importPlan(processes[index % 2] ?? deployment, 'u-ada', { planId, chartId, recommendationIds }),
      ),
    );
    expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
    await expectOnce(chartId, 2);
  });

  it('nothing is half-forgotten when the EMR is out of reach: the next try brings it in, once', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { failNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    expect(listChartItems(deployment, chartId)).toEqual([]);
    expect(await importsOf(chartId)).toEqual([]);
    const { result } = await run({ planId, chartId });
    expect(result).toMatchObject({ alreadyImported: false });
    await expectOnce(chartId, 2);
    deployment.emr.faults.down = true;
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
  });

  it('a lost answer of the EMR is made good by the next try, with the same key, and more is added beside it', async () => {
    const { planId, chartId, variantIds } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { loseNext: 1, only: addItems });
    const some = { planId, chartId, recommendationIds: [variantIds[1]] };
    expect(listCodes(await run(some))).toEqual(['EMR_UNAVAILABLE']);
    expect(listChartItems(deployment, chartId)).toHaveLength(1);
    const all = await run({ planId, chartId });
    expect(all.result).toMatchObject({ alreadyImported: false, import: { items: [{ variantId: variantIds[0] }] } });
    await expectOnce(chartId, 2);
    expect(await importsOf(chartId)).toHaveLength(2);
    expect((await run(some)).result.alreadyImported).toBe(true);
  });

  it('is finished by a job with the service’s own token when nobody tries again', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { loseNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    const { createFinishImports } = await import('../../src/operations/finish-imports.ts');
    const finish = createFinishImports(deployment.app.parts.operationNeeds);
    // It may still be under way: the job waits a minute.
    expect(await finish(new AbortController().signal)).toBe(0);
    clock.forward(61_000);
    expect(await finish(new AbortController().signal)).toBe(1);
    expect(deployment.emr.calls.all.at(-1)?.userId).toBe('svc-fullscript');
    await expectOnce(chartId, 2);
    expect((await run({ planId, chartId })).result.alreadyImported).toBe(true);
  });

  it('stops at a signature that comes in between, and says the date that the EMR gives', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { failNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    clock.forward(5000);
    const { signedAt } = deployment.emr.signChart(chartId);
    expect((await run({ planId, chartId })).result).toMatchObject({ __typename: 'FullscriptChartLocked', signedAt });
    expect(listChartItems(deployment, chartId)).toEqual([]);
    expect(await importsOf(chartId)).toEqual([]);
  });

  it('reads the chart again for the date when the EMR says CHART_SIGNED', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { delayMs: 300, only: addItems });
    const under = run({ planId, chartId });
    while (deployment.emr.calls.count(addItems) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { signedAt } = deployment.emr.signChart(chartId);
    expect((await under).result).toMatchObject({ __typename: 'FullscriptChartLocked', signedAt });
    expect(await importsOf(chartId)).toEqual([]);
    // Nothing stands in the way of an amended note.
    const open = deployment.emr.store.charts.get(chartId);
    if (open) deployment.emr.store.charts.set(chartId, { ...open, signedAt: null });
    deployment.emr.faults.clear();
    expect((await run({ planId, chartId })).result.alreadyImported).toBe(false);
    await expectOnce(chartId, 2);
  });

  it('knows what the EMR took before the signature although its answer got lost', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { loseNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    const { signedAt } = deployment.emr.signChart(chartId);
    expect((await run({ planId, chartId })).result).toMatchObject({ alreadyImported: false });
    await expectOnce(chartId, 2);
    expect((await run({ planId, chartId })).result).toMatchObject({ __typename: 'FullscriptChartLocked', signedAt });
  });
});

describe('Chart.fullscriptImports', () => {
  let deployment: Deployment;
  afterAll(() => deployment.stop());

  const ask = (who: string, chartId: string) =>
    deployment.askEntities(
      who,
      [{ __typename: 'Chart', id: chartId }],
      '... on Chart { id fullscriptImports { id chart { id } plan { id state } items { name dosage { text } } } }',
    );
  const setUp = async (env: Record<string, string | undefined>) => {
    deployment = await startDeployment({ env });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const { planId, chartId } = await addEncounter(deployment);
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId });
    deployment.emr.calls.clear();
    const shown = [{ id: result.import.id, chart: { id: chartId }, plan: { id: planId, state: 'ACTIVE' } }];
    return { chartId, shown };
  };

  it('behind the gateway, a representation vouches for the chart: the EMR is not asked, even when it is down', async () => {
    const { chartId, shown } = await setUp({});
    deployment.emr.faults.down = true;
    const answer = await ask('u-ada', chartId);
    expect(answer).toMatchObject({ errors: [], data: { _entities: [{ id: chartId, fullscriptImports: shown }] } });
    expect(deployment.emr.calls.count()).toBe(0);
    expect(listCodes(await ask('u-carla', chartId))).toEqual(['FORBIDDEN']);
    const empty = await ask('u-ada', 'c-1001-2');
    expect(empty.data._entities).toEqual([{ id: 'c-1001-2', fullscriptImports: [] }]);
    await deployment.stop();
  });

  it('without a gateway’s secret the EMR is asked, and a chart that it hides does not exist', async () => {
    const { chartId, shown } = await setUp({ GATEWAY_SECRET: undefined });
    const other = await deployment.ask('u-limited', '{ fullscriptViewer { connectionStatus } }');
    expect(other.errors).toEqual([]);
    expect(listCodes(await ask('u-limited', chartId))).toEqual(['NOT_FOUND']);
    expect(listCodes(await ask('u-tomas', chartId))).toEqual(['NOT_FOUND']);
    expect(listCodes(await ask('u-ada', 'no-such-chart'))).toEqual(['NOT_FOUND']);
    expect((await ask('u-ada', chartId)).data._entities).toMatchObject([{ fullscriptImports: shown }]);
    // A good answer of the last minute suffices, for the same caller only.
    deployment.emr.faults.down = true;
    expect((await ask('u-ada', chartId)).data._entities).toMatchObject([{ fullscriptImports: shown }]);
    expect(listCodes(await ask('u-ben', chartId))).toEqual(['EMR_UNAVAILABLE']);
  });
});
