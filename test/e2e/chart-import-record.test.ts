import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addEncounter, importPlan } from '../support/importing.ts';
import { askPatient } from '../support/reading.ts';
import { listCodes } from '../support/recommending.ts';

describeEachDatabase('Chart.fullscriptImports', (get) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  const recorded = 'id state createdAt updatedAt clinic { id } recommendations { id variantId dosage { text } }';
  const record = `id importedBy outdated items { name dosage { text } refills } plan { ${recorded} }`;
  const askCharts = (who: string, chartIds: readonly string[], selection = record) =>
    deployment.askEntities(
      who,
      chartIds.map((id) => ({ __typename: 'Chart', id })),
      `... on Chart { id fullscriptImports { ${selection} } }`,
    );
  const readChart = async (who: string, chartId: string) => {
    const { data, errors } = await askCharts(who, [chartId]);
    expect(errors).toEqual([]);
    return data._entities[0].fullscriptImports as unknown[];
  };

  it('costs the same statements and no call for 1, 10 and 50 charts', async () => {
    const chartIds: string[] = [];
    for (let plan = 0; plan < 5; plan += 1) {
      const { patientId, planId, chartId } = await addEncounter(deployment);
      const more = Array.from({ length: 9 }, () => deployment.emr.addChart({ patientId }).id);
      for (const id of [chartId, ...more]) {
        expect(listCodes(await importPlan(deployment, 'u-ada', { planId, chartId: id }))).toEqual([]);
        chartIds.push(id);
      }
    }
    const readStatements = async (count: number): Promise<string[]> => {
      await deployment.app.parts.audit.flush();
      const asked = chartIds.slice(0, count);
      deployment.statements.length = 0;
      deployment.sandbox.sandbox.calls.clear();
      const { data, errors } = await askCharts('u-ada', asked);
      const statements = deployment.statements.filter((sql) => sql.startsWith('SELECT'));
      expect(errors).toEqual([]);
      expect(data._entities.map(({ id }: { id: string }) => id)).toEqual(asked);
      for (const { fullscriptImports } of data._entities as { fullscriptImports: unknown[] }[])
        expect(fullscriptImports).toMatchObject([{ outdated: false, plan: { state: 'ACTIVE' } }]);
      expect(deployment.sandbox.sandbox.calls.count()).toBe(0);
      return statements;
    };
    await readStatements(50);
    const [one, ten, fifty] = [await readStatements(1), await readStatements(10), await readStatements(50)];
    expect([ten.length, fifty.length]).toEqual([one.length, one.length]);
    expect(one.length).toBeLessThan(12);
  }, 120_000);

  it('stays readable when the plan is gone at Fullscript: what the chart keeps of it is shown, and that it has moved on', async () => {
    const { patientId, planId, chartId } = await addEncounter(deployment);
    await importPlan(deployment, 'u-ada', { planId, chartId });
    const [before] = await readChart('u-ada', chartId);
    expect(before).toMatchObject({ outdated: false, plan: { id: planId, state: 'ACTIVE' } });
    deployment.sandbox.sandbox.state.plans.delete(planId);
    const list = await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    expect(list.patient.treatmentPlans.totalCount).toBe(0);
    deployment.sandbox.sandbox.calls.clear();
    expect(await readChart('u-ada', chartId)).toEqual([{ ...(before as object), outdated: true }]);
    expect(deployment.sandbox.sandbox.calls.count()).toBe(0);
  });

  it('keeps of the plan what was imported, as the plan said it', async () => {
    const { planId, chartId, variantIds } = await addEncounter(deployment);
    const [variantId = ''] = variantIds;
    await importPlan(deployment, 'u-ada', {
      planId,
      chartId,
      recommendationIds: [variantId],
      overrides: [{ recommendationId: variantId, refills: 2, dosage: { frequency: 'every night' } }],
    });
    deployment.sandbox.sandbox.state.plans.delete(planId);
    await deployment.ask('u-ada', `{ fullscriptTreatmentPlan(id: "${planId}", freshness: CURRENT) { id } }`);
    expect(await readChart('u-ada', chartId)).toMatchObject([
      {
        items: [{ refills: 2, dosage: { text: 'Take 1 capsule every night' } }],
        plan: { recommendations: [{ id: variantId, variantId, dosage: { text: 'Take 1 capsule once per day' } }] },
      },
    ]);
  });

  it('stays readable for a colleague who has no connection to Fullscript, and after the importer’s own has ended', async () => {
    const { id: colleague } = deployment.emr.addUser({ roles: ['practitioner'], practitionerId: 'pr-new' });
    const { planId, chartId } = await addEncounter(deployment);
    await importPlan(deployment, 'u-ben', { planId, chartId });
    const [whole] = await readChart('u-ben', chartId);
    expect(await readChart(colleague, chartId)).toEqual([whole]);
    await deployment.ask('u-ben', 'mutation { revoke { revocation { total } } }');
    expect(await readChart('u-ben', chartId)).toEqual([whole]);
    // What the chart does not hold is Fullscript's, and needs a connection.
    for (const field of ['labRecommendations { id }', 'chartImports { id }']) {
      const answer = await askCharts(colleague, [chartId], `plan { ${field} }`);
      expect(listCodes(answer)).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    }
    const message = await askCharts(colleague, [chartId], 'plan { id personalMessage editUrl patient { id } }');
    expect(listCodes(message)).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED', 'FULLSCRIPT_CONNECTION_REQUIRED']);
    expect(message.data._entities[0].fullscriptImports).toEqual([
      { plan: { id: planId, personalMessage: null, editUrl: null, patient: null } },
    ]);
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  });

  it('says what was imported to a user who is switched off, but nothing of the plan', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    expect(listCodes(await importPlan(deployment, 'u-ada', { planId, chartId }))).toEqual([]);
    const turn = (enabled: boolean) =>
      deployment.ask(
        'u-admin',
        `mutation { setFullscriptEnabled(input: { userId: "u-ben", enabled: ${enabled} }) { enabled } }`,
      );
    await turn(false);
    try {
      const own = await askCharts('u-ben', [chartId], 'id items { name }');
      expect(own.errors).toEqual([]);
      expect(own.data._entities[0].fullscriptImports).toHaveLength(1);
      const withPlan = await askCharts('u-ben', [chartId]);
      expect(withPlan.errors[0]?.extensions).toMatchObject({
        code: 'FULLSCRIPT_CONNECTION_REQUIRED',
        status: 'DISABLED',
      });
      expect(JSON.stringify(withPlan.data)).not.toContain(planId);
    } finally {
      await turn(true);
    }
  });
});

describe('Chart.fullscriptImports, and who vouches for the chart', () => {
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
