import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addEncounter, importPlan, listChartItems } from '../support/importing.ts';
import { waitFor } from '../support/reading.ts';
import { listCodes } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const addItems = 'FullscriptAddChartItems';

describeEachDatabase('Mutation.importPlanIntoChart, again and at once', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  let processes: Deployment[];
  /** Whom the EMR lets see a chart and not write it; `asked` runs before it says so. */
  let reader: { id: string; asked: () => Promise<void> };

  beforeAll(async () => {
    clock = createTestClock();
    reader = { id: '', asked: () => Promise.resolve() };
    const outside = { now: clock.now, fetch: refuseReader };
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

  async function refuseReader(...[address, init]: Parameters<typeof fetch>): Promise<Response> {
    const body = typeof init?.body === 'string' ? init.body : '';
    const token = new Headers(init?.headers).get('authorization')?.split(' ')[1] ?? '';
    if (!body.includes(addItems) || decodeJwt(token).sub !== reader.id) return await fetch(address, init);
    await reader.asked();
    return Response.json({ data: null, errors: [{ message: 'No', extensions: { code: 'FORBIDDEN' } }] });
  }
  const addReader = async (): Promise<string> => {
    const { id } = deployment.emr.addUser({ roles: ['practitioner'] });
    await deployment.connect(id, 'ben@cedarrow.example');
    reader = { id, asked: () => Promise.resolve() };
    return id;
  };

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

  it('is tried less and less often by itself, in the end not at all, and still finished by whoever tries again', async () => {
    const { createFinishImports } = await import('../../src/operations/finish-imports.ts');
    const { operationNeeds, store } = deployment.app.parts;
    const finish = createFinishImports(operationNeeds);
    const finishAll = () => finish(new AbortController().signal);
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { failNext: 1_000_000, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    clock.forward(61_000);
    expect(await finishAll()).toBe(1);
    clock.forward(29_000);
    expect(await finishAll()).toBe(0);
    clock.forward(1_000);
    expect(await finishAll()).toBe(1);
    clock.forward(30_000);
    expect(await finishAll()).toBe(0);
    // One that is put off, or given up, is not in the way of another.
    deployment.logs.length = 0;
    for (let tries = 2; tries < 20; tries += 1) {
      clock.forward(3_600_000);
      expect(await finishAll()).toBe(1);
    }
    clock.forward(3_600_000);
    expect(await finishAll()).toBe(0);
    expect(deployment.logs.filter((line) => line.includes('"level":50'))).toHaveLength(1);
    expect(await store.chartImports.depth()).toEqual({ pending: 0, parked: 1 });
    expect(await (await fetch(`${deployment.app.url}/metrics`)).text()).toContain('\nchart_imports_parked 1\n');
    deployment.emr.faults.clear();
    expect((await run({ planId, chartId })).result).toMatchObject({ alreadyImported: false });
    await expectOnce(chartId, 2);
    expect(await store.chartImports.depth()).toEqual({ pending: 0, parked: 0 });
  });

  it('is not forgotten because the EMR refuses somebody else: what it took already is not added again', async () => {
    await addReader();
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { loseNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    expect(listChartItems(deployment, chartId)).toHaveLength(2);
    expect(listCodes(await importPlan(deployment, reader.id, { planId, chartId }))).toEqual(['FORBIDDEN']);
    expect((await run({ planId, chartId })).result).toMatchObject({ alreadyImported: false });
    await expectOnce(chartId, 2);
    // What was refused to the one who began it is out of the way.
    const other = await addEncounter(deployment);
    const input = { planId: other.planId, chartId: other.chartId };
    expect(listCodes(await importPlan(deployment, reader.id, input))).toEqual(['FORBIDDEN']);
    expect(await deployment.app.parts.store.chartImports.depth()).toEqual({ pending: 0, parked: 0 });
    expect((await run(input)).result).toMatchObject({ alreadyImported: false });
    await expectOnce(other.chartId, 2);
  });

  it('what one is refused while another waits to import it is added once', async () => {
    await addReader();
    const { planId, chartId } = await addEncounter(deployment);
    let taken: ReturnType<typeof run> | undefined;
    reader.asked = async () => {
      deployment.emr.calls.clear();
      taken = run({ planId, chartId });
      await waitFor('the other to be past the EMR', () => deployment.emr.calls.count('FullscriptPatients') > 0);
    };
    expect(listCodes(await importPlan(deployment, reader.id, { planId, chartId }))).toEqual(['FORBIDDEN']);
    expect((await taken)?.result).toMatchObject({ alreadyImported: false });
    await expectOnce(chartId, 2);
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
