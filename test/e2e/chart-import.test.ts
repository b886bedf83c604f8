import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addEncounter, importPlan, listChartItems } from '../support/importing.ts';
import { addFullscriptPatient, addPerson, getUser, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { addPlan, buildDosage, buildLine, listCodes, listVariantIds } from '../support/recommending.ts';

describe('Mutation.importPlanIntoChart', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
  });

  const labPanelId = (): string => [...deployment.sandbox.sandbox.state.labPanels.keys()][0] ?? '';
  const panelName = (): string => [...deployment.sandbox.sandbox.state.labPanels.values()][0]?.name ?? '';
  const toInput = ({ planId, chartId }: { planId: string; chartId: string }) => ({ planId, chartId });
  const importsOf = async (who: string, chartId: string, selection = 'id') => {
    const answer = await deployment.askEntities(
      who,
      [{ __typename: 'Chart', id: chartId }],
      `... on Chart { fullscriptImports { ${selection} } }`,
    );
    expect(answer.errors).toEqual([]);
    return answer.data._entities[0].fullscriptImports;
  };

  it('copies every supplement of the plan, keeps where it came from, and leaves labs out by name', async () => {
    const { chartId, planId, variantIds } = await addEncounter(deployment, { labPanelIds: [labPanelId()] });
    const before = Date.now();
    const { result, errors } = await importPlan(deployment, 'u-ada', { planId, chartId });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({
      __typename: 'FullscriptPlanImported',
      alreadyImported: false,
      skippedLabs: [{ name: panelName() }],
      chart: { id: chartId, fullscriptImports: [{ id: result.import.id }] },
      import: { importedBy: 'u-ada', outdated: false, plan: { id: planId }, chart: { id: chartId } },
    });
    expect(Date.parse(result.import.importedAt)).toBeGreaterThanOrEqual(before);
    expect(result.import.items.map((item) => item.variantId)).toEqual(variantIds);
    const { state } = deployment.sandbox.sandbox;
    const products = variantIds.map((id) => state.products.get(state.variants.get(id)?.productId ?? ''));
    expect(listChartItems(deployment, chartId)).toEqual(
      result.import.items.map((item, index) => ({
        id: item.emrItemId,
        sourceItemId: item.id,
        name: expect.stringContaining(products[index]?.name ?? 'none') as string,
        brand: state.brands.get(products[index]?.brandId ?? '')?.name,
        instructions: 'Take 1 capsule once per day',
        units: 1,
        refills: null,
        source: 'fullscript',
      })),
    );
  });

  it('takes some, then adds only what is new as a further import; what is there stays as it is', async () => {
    const { chartId, planId } = await addEncounter(deployment);
    const [plan] = [deployment.sandbox.sandbox.state.plans.get(planId)];
    const [one, two] = (plan?.recommendations ?? []).map((line) => line.variantId);
    const first = await importPlan(deployment, 'u-ada', {
      planId,
      chartId,
      recommendationIds: [two],
      overrides: [{ recommendationId: two, refills: 3 }],
    });
    expect(first.result.import.items).toMatchObject([{ recommendationId: two, refills: 3 }]);
    const second = await importPlan(deployment, 'u-ben', { planId, chartId });
    expect(second.result).toMatchObject({ alreadyImported: false, import: { importedBy: 'u-ben' } });
    expect(second.result.import.items).toMatchObject([{ recommendationId: one, refills: null }]);
    expect(second.result.import.id).not.toBe(first.result.import.id);
    const third = await importPlan(deployment, 'u-ada', {
      planId,
      chartId,
      overrides: [{ recommendationId: two, refills: 9 }],
    });
    expect(third.result.alreadyImported).toBe(true);
    expect(await importsOf('u-ada', chartId, 'id items { recommendationId refills }')).toEqual([
      { id: first.result.import.id, items: [{ recommendationId: two, refills: 3 }] },
      { id: second.result.import.id, items: [{ recommendationId: one, refills: null }] },
    ]);
    expect(listChartItems(deployment, chartId)).toHaveLength(2);
  });

  it('changes nothing the second time, whoever asks', async () => {
    const { chartId, planId } = await addEncounter(deployment);
    const first = await importPlan(deployment, 'u-ada', { planId, chartId });
    for (const who of ['u-ada', 'u-ben']) {
      const again = await importPlan(deployment, who, { planId, chartId });
      expect(again.result).toMatchObject({ alreadyImported: true, import: { importedBy: 'u-ada' } });
      expect(again.result.import).toEqual(first.result.import);
    }
    expect(listChartItems(deployment, chartId)).toHaveLength(2);
  });

  it('lets the practitioner complete dosages field by field, and refills', async () => {
    const [variantId = '', bare = ''] = listVariantIds(deployment, 2);
    const dosage = buildDosage({
      amount: '1-2',
      format: 'capsule',
      frequency: 'twice per day',
      duration: '60',
      additionalInfo: 'after breakfast',
      timeOfDay: ['morning'],
    });
    const { chartId, planId } = await addEncounter(deployment, {
      lines: [
        buildLine(variantId, { dosage, takeWith: 'food', unitsToPurchase: 2 }),
        buildLine(bare, { dosage: buildDosage() }),
      ],
    });
    const { result } = await importPlan(deployment, 'u-ada', {
      planId,
      chartId,
      overrides: [
        { recommendationId: variantId, refills: 2, dosage: { frequency: 'every night', timeOfDay: ['evening'] } },
      ],
    });
    const [completed, untouched] = result.import.items;
    expect(completed).toMatchObject({
      unitsToPurchase: 2,
      refills: 2,
      dosage: {
        amount: '1-2',
        format: 'capsule',
        frequency: 'every night',
        duration: '60',
        additionalInfo: 'after breakfast',
        timeOfDay: ['evening'],
      },
    });
    expect(completed?.dosage?.text).toMatch(/^Take 1-2 capsule every night in the evening, with food/);
    expect(untouched).toMatchObject({
      refills: null,
      dosage: { text: 'Use as directed', amount: null, timeOfDay: [] },
    });
    expect(listChartItems(deployment, chartId)).toMatchObject([
      { instructions: completed?.dosage?.text, units: 2, refills: 2 },
      { instructions: 'Use as directed', units: 1, refills: null },
    ]);
  });

  it('a dosage that only the practitioner gives is the whole dosage', async () => {
    const [variantId = ''] = listVariantIds(deployment, 1);
    const { chartId, planId } = await addEncounter(deployment, {
      lines: [buildLine(variantId, { dosage: buildDosage() })],
    });
    const { result } = await importPlan(deployment, 'u-ada', {
      planId,
      chartId,
      overrides: [{ recommendationId: variantId, dosage: { amount: '3', format: 'drops' } }],
    });
    expect(result.import.items[0]?.dosage).toMatchObject({ text: 'Take 3 drops', frequency: null });
  });

  it('imports the same product twice when the plan names it twice', async () => {
    const [variantId = ''] = listVariantIds(deployment, 1);
    const { chartId, planId } = await addEncounter(deployment, {
      lines: [buildLine(variantId), buildLine(variantId, { unitsToPurchase: 2 })],
    });
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId });
    expect(new Set(result.import.items.map((item) => item.recommendationId)).size).toBe(2);
    expect(listChartItems(deployment, chartId).map((item) => item.units)).toEqual([1, 2]);
  });

  it.each([
    ['an unknown recommendation', { recommendationIds: ['nothing'] }],
    ['no recommendation at all', { recommendationIds: [] }],
    ['an override for something else', { overrides: [{ recommendationId: 'nothing', refills: 1 }] }],
    ['negative refills', { overrides: [{ recommendationId: 'nothing', refills: -1 }] }],
  ])('refuses %s as BAD_USER_INPUT', async (_, input) => {
    const { chartId, planId } = await addEncounter(deployment);
    expect(listCodes(await importPlan(deployment, 'u-ada', { planId, chartId, ...input }))).toEqual(['BAD_USER_INPUT']);
    expect(listChartItems(deployment, chartId)).toEqual([]);
  });

  it('takes no plan that was not sent, was cancelled, or has labs only', async () => {
    const draft = await addEncounter(deployment, { sent: false });
    expect((await importPlan(deployment, 'u-ada', toInput(draft))).result).toMatchObject({
      __typename: 'FullscriptPlanNotImportable',
      reason: 'NOT_SENT',
    });
    const cancelled = await addEncounter(deployment);
    deployment.sandbox.sandbox.actions.cancelPlan(cancelled.planId);
    expect((await importPlan(deployment, 'u-ada', toInput(cancelled))).result.reason).toBe('CANCELLED');
    const labs = await addEncounter(deployment, { lines: [], labPanelIds: [labPanelId()] });
    expect((await importPlan(deployment, 'u-ada', toInput(labs))).result.reason).toBe('NO_SUPPLEMENTS');
    for (const { chartId } of [draft, cancelled, labs]) expect(listChartItems(deployment, chartId)).toEqual([]);
  });

  it('takes no plan of somebody else than the chart’s patient, nor of somebody who is linked to nobody', async () => {
    const { planId } = await addEncounter(deployment);
    const other = await addEncounter(deployment);
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId: other.chartId });
    expect(result).toMatchObject({ __typename: 'FullscriptPlanNotImportable', reason: 'OTHER_PATIENT' });
    const lines = listVariantIds(deployment, 1).map((variantId) => buildLine(variantId));
    const orphan = addPlan(deployment, addFullscriptPatient(deployment).id, { lines });
    const unlinked = await importPlan(deployment, 'u-ada', { planId: orphan, chartId: other.chartId });
    expect(unlinked.result.reason).toBe('OTHER_PATIENT');
    expect(listChartItems(deployment, other.chartId)).toEqual([]);
  });

  it('takes nothing into a signed chart, and says since when it is signed', async () => {
    const { chartId, planId } = await addEncounter(deployment);
    const { signedAt } = deployment.emr.signChart(chartId);
    const { result, errors } = await importPlan(deployment, 'u-ada', { planId, chartId });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({ __typename: 'FullscriptChartLocked', signedAt });
    expect(deployment.emr.calls.all.at(-1)?.operation).not.toBe('FullscriptAddChartItems');
  });

  it('leaves a colleague’s chart to the EMR’s decision', async () => {
    const { patientId, planId } = await addEncounter(deployment);
    const { id: chartId } = deployment.emr.addChart({ patientId, practitionerId: 'pr-ben' });
    expect((await importPlan(deployment, 'u-ada', { planId, chartId })).result.alreadyImported).toBe(false);
    expect(deployment.emr.calls.all.filter((call) => call.operation === 'FullscriptAddChartItems').at(-1)?.userId).toBe(
      'u-ada',
    );
  });

  it('is for practitioners who see chart and patient and are connected', async () => {
    const { chartId, planId, patientId } = await addEncounter(deployment);
    const input = { planId, chartId };
    expect(listCodes(await importPlan(deployment, 'u-carla', input))).toEqual(['FORBIDDEN']);
    expect(listCodes(await importPlan(deployment, 'u-admin', input))).toEqual(['FORBIDDEN']);
    expect(listCodes(await importPlan(deployment, 'u-tomas', input))).toEqual(['NOT_FOUND']);
    expect(listCodes(await importPlan(deployment, 'u-ada', { planId, chartId: 'no-chart' }))).toEqual(['NOT_FOUND']);
    expect(listCodes(await importPlan(deployment, 'u-ada', { planId: 'no-plan', chartId }))).toEqual(['NOT_FOUND']);
    const stranger = deployment.emr.addUser({ roles: ['practitioner'], practitionerId: 'pr-x' });
    const required = await importPlan(deployment, stranger.id, input);
    expect(required.result).toMatchObject({
      status: 'NOT_CONNECTED',
      authorizeUrl: expect.stringContaining('state='),
    });
    // Whoever does not see the plan's patient does not learn that there is such a plan.
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    const { id: ownChart } = deployment.emr.addChart({ patientId: 'p-1002' });
    expect(listCodes(await importPlan(deployment, 'u-limited', { planId, chartId: ownChart }))).toEqual(['NOT_FOUND']);
    expect(deployment.emr.store.patients.has(patientId)).toBe(true);
    expect(listChartItems(deployment, chartId)).toEqual([]);
  });

  it('sends somebody whose authorization Fullscript has withdrawn to connect again', async () => {
    const { chartId, planId } = await addEncounter(deployment);
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, 'ben@cedarrow.example').id);
    const { result, errors } = await importPlan(deployment, 'u-ben', { planId, chartId });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'RECONNECT_REQUIRED',
      authorizeUrl: expect.stringContaining('state='),
    });
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  });

  it('goes by the stored copy while Fullscript is out of reach', async () => {
    const { chartId, planId } = await addEncounter(deployment);
    const query = 'query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { recommendations { product { name } } } }';
    await deployment.ask('u-ada', query, { variables: { id: planId } });
    deployment.sandbox.sandbox.faults.add({ status: 503 });
    expect((await importPlan(deployment, 'u-ada', { planId, chartId })).result.import.items).toHaveLength(2);
    const unread = addPlan(deployment, addPerson(deployment).fullscriptPatientId);
    expect(listCodes(await importPlan(deployment, 'u-ada', { planId: unread, chartId }))).toEqual([
      'FULLSCRIPT_UNAVAILABLE',
    ]);
  });

  it('is outdated once the plan has changed at Fullscript, for the chart and for the plan', async () => {
    const { chartId, planId, variantIds } = await addEncounter(deployment);
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId });
    expect(result.import.outdated).toBe(false);
    const planImports = async () => {
      const answer = await deployment.ask(
        'u-ada',
        'query ($id: ID!) { fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { chartImports { id outdated chart { id } } } }',
        { variables: { id: planId } },
      );
      return answer.data.fullscriptTreatmentPlan.chartImports;
    };
    expect(await planImports()).toEqual([{ id: result.import.id, outdated: false, chart: { id: chartId } }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    deployment.sandbox.sandbox.actions.editActivePlan(planId, {
      recommendations: [buildLine(variantIds[0] ?? '', { unitsToPurchase: 5 })],
    });
    expect(await planImports()).toEqual([{ id: result.import.id, outdated: true, chart: { id: chartId } }]);
    expect(await importsOf('u-ada', chartId, 'outdated items { unitsToPurchase }')).toEqual([
      { outdated: true, items: [{ unitsToPurchase: 1 }, { unitsToPurchase: 1 }] },
    ]);
  });

  it('asks the EMR for a chart that was reached from the plan, as it may be a colleague’s', async () => {
    const { patientId, chartId, planId } = await addEncounter(deployment);
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId });
    const read = () =>
      askPatient(
        deployment,
        'u-ben',
        patientId,
        'treatmentPlans { nodes { chartImports { id chart { id fullscriptImports { id } } } } }',
      );
    const chart = deployment.emr.store.charts.get(chartId);
    if (!chart) throw new Error('The EMR has lost the chart');
    deployment.emr.store.charts.delete(chartId);
    const hidden = await read();
    expect(listCodes(hidden)).toEqual(['NOT_FOUND']);
    expect(JSON.stringify(hidden.data)).not.toContain(result.import.id);
    deployment.emr.store.charts.set(chartId, chart);
    deployment.emr.calls.clear();
    const shown = await read();
    expect(shown.errors).toEqual([]);
    expect(shown.patient.treatmentPlans.nodes).toEqual([
      {
        chartImports: [{ id: result.import.id, chart: { id: chartId, fullscriptImports: [{ id: result.import.id }] } }],
      },
    ]);
    expect(deployment.emr.calls.count()).toBe(1);
  });

  it('stays with the patient whose chart it went into once a wrong match was corrected', async () => {
    const { patientId, fullscriptPatientId, chartId, planId, variantIds } = await addEncounter(deployment);
    const { result } = await importPlan(deployment, 'u-ada', { planId, chartId });
    const selection =
      'treatmentPlans { nodes { id chartImports { id chart { fullscriptImports { items { id } } } } } }';
    const [before] = (await askPatient(deployment, 'u-ada', patientId, selection)).patient.treatmentPlans.nodes;
    expect(before.chartImports).toHaveLength(1);

    const unlinked = await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
      { variables: { id: patientId } },
    );
    expect(unlinked.data.unlinkFullscriptPatient.unlinked).toBe(true);
    const recorded = 'id state patient { id } recommendations { variantId unitsToPurchase }';
    const whosePlan = () => importsOf('u-ada', chartId, `id plan { ${recorded} }`);
    const kept = [
      {
        id: result.import.id,
        plan: {
          id: planId,
          state: 'ACTIVE',
          patient: null,
          recommendations: variantIds.map((variantId) => ({ variantId, unitsToPurchase: 1 })),
        },
      },
    ];
    expect(await whosePlan()).toEqual(kept);

    const { id: rightId } = deployment.emr.addPatient(inventPerson());
    const linked = await deployment.ask(
      'u-ada',
      'mutation ($id: ID!, $fs: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }',
      { variables: { id: rightId, fs: fullscriptPatientId } },
    );
    expect(linked.data.linkFullscriptPatient.__typename).toBe('FullscriptPatientLinked');
    const right = await askPatient(deployment, 'u-ada', rightId, selection);
    expect(right.errors).toEqual([]);
    expect(right.patient.treatmentPlans.nodes).toEqual([{ id: planId, chartImports: [] }]);
    // Nothing that the plan became since is told through the other person's chart.
    deployment.sandbox.sandbox.actions.editActivePlan(planId, {
      recommendations: [buildLine(variantIds[0] ?? '', { unitsToPurchase: 7 })],
    });
    const newest = '{ fullscriptTreatmentPlan(id: "$", freshness: CURRENT) { recommendations { unitsToPurchase } } }';
    expect((await deployment.ask('u-ada', newest.replace('$', planId))).data.fullscriptTreatmentPlan).toEqual({
      recommendations: [{ unitsToPurchase: 7 }],
    });
    expect(await whosePlan()).toEqual(kept);
    const more = ['personalMessage', 'invitationUrl', 'editUrl', 'labRecommendations { id }', 'chartImports { id }'];
    for (const field of more) {
      const answer = await deployment.askEntities(
        'u-ada',
        [{ __typename: 'Chart', id: chartId }],
        `... on Chart { fullscriptImports { plan { ${field} } } }`,
      );
      expect([field, listCodes(answer)]).toEqual([field, ['NOT_FOUND']]);
    }
    // What stands in the chart is the chart's own, whoever the plan belongs to by now.
    expect(await importsOf('u-ada', chartId, 'id items { id }')).toEqual([
      { id: result.import.id, items: result.import.items.map(({ id }) => ({ id })) },
    ]);
  });
});
