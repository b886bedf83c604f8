import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, getPatient, inventPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { addPlan, buildLine, getPlan, listCodes, listVariantIds, recommend } from '../support/recommending.ts';

const everyFreshness = ['STORED', 'STALE_WHILE_REVALIDATE', 'CURRENT'] as const;

/** No event reaches these processes: Fullscript tells only of what is done on its own pages, and no sweep runs. */
describeEachDatabase('What was done through the API', (get) => {
  let deployment: Deployment;
  let processes: Deployment[];
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { FULLSCRIPT_DEADLINE_MS: '3000' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    processes = [deployment, askThrough(deployment, await deployment.startAnother())];
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.faults.clear());

  /** The patient's plans as each process tells them, for each freshness; the stored ones first. */
  async function readEverywhere(patientId: string, fields: string): Promise<unknown[]> {
    const seen: unknown[] = [];
    for (const freshness of everyFreshness) {
      for (const process of processes) {
        const selection = `treatmentPlans(freshness: ${freshness}) { nodes { ${fields} } }`;
        const { patient, errors } = await askPatient(process, 'u-ben', patientId, selection);
        expect(errors).toEqual([]);
        seen.push(patient.treatmentPlans.nodes);
      }
    }
    return seen;
  }
  const sixTimes = (nodes: unknown): unknown[] => Array.from({ length: 6 }, () => nodes);
  const update = async (input: object) => {
    const answer = await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename } }',
      { variables: { input } },
    );
    return { ...answer, result: answer.data?.updateFullscriptPatient };
  };
  const readAccount = async (through: Deployment, patientId: string): Promise<unknown> =>
    (await askPatient(through, 'u-ben', patientId, 'fullscriptAccount { firstName discountPercent }')).patient
      .fullscriptAccount;

  it('a draft is among the plans of whoever was made for it, in every process', async () => {
    const { id: patientId } = deployment.emr.addPatient(inventPerson());
    const plan = getPlan(await recommend(deployment, 'u-ada', { patientId }));
    expect(await readEverywhere(patientId, 'id state')).toEqual(sixTimes([{ id: plan.id, state: 'DRAFT' }]));
  });

  it('a draft is the first of the plans that were stored before, with everything that was put on it', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId = ''] = listVariantIds(deployment, 1);
    const old = addPlan(deployment, fullscriptPatientId, { lines: [buildLine(variantId)] });
    for (const process of processes) await askPatient(process, 'u-ada', patientId, 'treatmentPlans { totalCount }');
    const items = [{ variantId, unitsToPurchase: 3 }];
    const plan = getPlan(await recommend(deployment, 'u-ada', { patientId, items, personalMessage: 'Hello' }));
    expect(await readEverywhere(patientId, 'id personalMessage recommendations { unitsToPurchase }')).toEqual(
      sixTimes([
        { id: plan.id, personalMessage: 'Hello', recommendations: [{ unitsToPurchase: 3 }] },
        { id: old, personalMessage: null, recommendations: [{ unitsToPurchase: 1 }] },
      ]),
    );
  });

  it.each([
    ['somebody known', true],
    ['somebody new', false],
  ])(
    'a draft for %s of which we did not hear is found by the next read, not after the copy’s time',
    async (_, known) => {
      const patientId = known ? addPerson(deployment).patientId : deployment.emr.addPatient(inventPerson()).id;
      for (const process of processes) await askPatient(process, 'u-ada', patientId, 'treatmentPlans { totalCount }');
      const lost = deployment.sandbox.sandbox.faults.add({
        method: 'POST',
        path: '/api/clinic/dynamic_links/treatment_plans',
        lost: true,
      });
      expect(listCodes(await recommend(deployment, 'u-ada', { patientId }))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
      deployment.sandbox.sandbox.faults.clear(lost.id);
      for (const process of processes) {
        await waitFor('the draft to be found', async () => {
          const { patient } = await askPatient(process, 'u-ben', patientId, 'treatmentPlans { nodes { state } }');
          return patient.treatmentPlans.nodes.length > 0;
        });
      }
    },
  );

  it.each([
    ['is right', undefined],
    ['is right with the restricted endpoints', { FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on' }],
  ])(
    'what is stored of a patient %s after a draft, without a call',
    async (_, env) => {
      const through = env ? askThrough(deployment, await deployment.startAnother(env)) : deployment;
      const { patientId } = addPerson(deployment);
      const [variantId = ''] = listVariantIds(deployment, 1);
      for (const process of processes) await askPatient(process, 'u-ada', patientId, 'treatmentPlans { totalCount }');
      const items = [{ variantId, unitsToPurchase: 2 }];
      deployment.sandbox.sandbox.settings.restrictedEndpoints = env !== undefined;
      const plan = getPlan(await recommend(through, 'u-ada', { patientId, items }));
      deployment.sandbox.sandbox.calls.clear();
      for (const process of processes) {
        for (const freshness of ['STORED', 'STALE_WHILE_REVALIDATE']) {
          const selection = `treatmentPlans(freshness: ${freshness}) { stale nodes { id recommendations { unitsToPurchase } } }`;
          const { patient, errors } = await askPatient(process, 'u-ben', patientId, selection);
          expect(errors).toEqual([]);
          expect(patient.treatmentPlans).toEqual({
            stale: false,
            nodes: [{ id: plan.id, recommendations: [{ unitsToPurchase: 2 }] }],
          });
        }
      }
      expect(deployment.sandbox.sandbox.calls.count()).toBe(0);
    },
    30_000,
  );

  it('the list of a patient counts as old when the draft that was made for them could not be read', async () => {
    const { patientId } = addPerson(deployment);
    for (const process of processes) await askPatient(process, 'u-ada', patientId, 'treatmentPlans { totalCount }');
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ method: 'GET', path: '/api/clinic/treatment_plans/:id', status: 422 });
    expect((await recommend(deployment, 'u-ada', { patientId })).errors).not.toEqual([]);
    faults.clear();
    const stored = 'treatmentPlans(freshness: STORED) { stale }';
    for (const process of processes) {
      const { patient } = await askPatient(process, 'u-ben', patientId, stored);
      expect(patient.treatmentPlans).toEqual({ stale: true });
    }
    await waitFor('the draft to be found', async () => {
      const { patient } = await askPatient(deployment, 'u-ben', patientId, 'treatmentPlans { nodes { state } }');
      return patient.treatmentPlans.nodes.length > 0;
    });
  });

  it('the list of a patient counts as old from before a draft is made for them, so that no killed process leaves one that is called current', async () => {
    const { patientId } = addPerson(deployment);
    const stored = 'treatmentPlans(freshness: STORED) { stale totalCount }';
    const read = async () => (await askPatient(deployment, 'u-ben', patientId, stored)).patient.treatmentPlans;
    await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans { totalCount }');
    expect(await read()).toEqual({ stale: false, totalCount: 0 });
    const { faults } = deployment.sandbox.sandbox;
    const fault = faults.add({ method: 'POST', path: '/api/clinic/dynamic_links/treatment_plans', latencyMs: 1000 });
    const made = recommend(deployment, 'u-ada', { patientId });
    await waitFor('the draft to be asked for', () => faults.list().some(({ id, hits }) => id === fault.id && hits > 0));
    expect(await read()).toEqual({ stale: true, totalCount: 0 });
    getPlan(await made);
    expect(await read()).toEqual({ stale: false, totalCount: 1 });
  });

  it('the record of a patient counts as old from before it is changed', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await readAccount(deployment, patientId);
    const { faults, calls } = deployment.sandbox.sandbox;
    const path = `/api/clinic/patients/${fullscriptPatientId}`;
    const fault = faults.add({ method: 'PATCH', path, latencyMs: 1000 });
    const changed = update({ patientId, discountPercent: 9 });
    await waitFor('the change to be asked for', () =>
      faults.list().some(({ id, hits }) => id === fault.id && hits > 0),
    );
    calls.clear();
    expect(await readAccount(deployment, patientId)).toMatchObject({ discountPercent: 0 });
    await waitFor('the record to be read anew', () =>
      calls.list().some((call) => call.method === 'GET' && call.path === path),
    );
    await changed;
    for (const process of processes)
      expect(await readAccount(process, patientId)).toMatchObject({ discountPercent: 9 });
  });

  it('the record of a patient who was made with a draft is what Fullscript has', async () => {
    const { id: patientId } = deployment.emr.addPatient(inventPerson());
    getPlan(await recommend(deployment, 'u-ada', { patientId }));
    const read = async () => {
      const selection = 'fullscriptAccount { id firstName discountPercent totalDiscountPercent archived }';
      return (await askPatient(deployment, 'u-ben', patientId, selection)).patient.fullscriptAccount;
    };
    const shown = await read();
    const record = getPatient(deployment, shown.id);
    expect(shown).toMatchObject({ firstName: record.firstName, discountPercent: record.discount, archived: false });
    expect(shown.totalDiscountPercent).not.toBeNull();
  });

  it('a changed record is shown in every process, with no call to Fullscript', async () => {
    const { patientId } = addPerson(deployment);
    for (const process of processes) await readAccount(process, patientId);
    expect((await update({ patientId, firstName: 'Renée', discountPercent: 12 })).result.__typename).toBe(
      'FullscriptPatientUpdated',
    );
    deployment.sandbox.sandbox.calls.clear();
    for (const process of processes) {
      expect(await readAccount(process, patientId)).toEqual({ firstName: 'Renée', discountPercent: 12 });
    }
    expect(deployment.sandbox.sandbox.calls.count()).toBe(0);
  });

  it('a record that was changed without our hearing of it is read anew, and shown as it was while Fullscript is down', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await readAccount(deployment, patientId);
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ method: 'PATCH', path: `/api/clinic/patients/${fullscriptPatientId}`, lost: true });
    faults.add({ method: 'GET', path: `/api/clinic/patients/${fullscriptPatientId}`, status: 503 });
    expect(listCodes(await update({ patientId, discountPercent: 30 }))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    expect(getPatient(deployment, fullscriptPatientId).discount).toBe(30);
    expect(await readAccount(deployment, patientId)).toMatchObject({ discountPercent: 0 });
    faults.clear();
    for (const process of processes) {
      await waitFor('the record to be read anew', async () => {
        const account = (await readAccount(process, patientId)) as { discountPercent: number };
        return account.discountPercent === 30;
      });
    }
  });

  it('a sale leaves the plan what it was, in every process', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId = ''] = listVariantIds(deployment, 1);
    const planId = addPlan(deployment, fullscriptPatientId, { lines: [buildLine(variantId)] });
    await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans { totalCount }');
    const { data } = await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      { variables: { id: planId } },
    );
    expect(data.createFullscriptInOfficeCheckout.__typename).toBe('FullscriptInOfficeCheckout');
    expect(await readEverywhere(patientId, 'id state')).toEqual(sixTimes([{ id: planId, state: 'ACTIVE' }]));
  });
});
