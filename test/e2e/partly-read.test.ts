import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { addPlan, buildLine, listVariantIds } from '../support/recommending.ts';

describeEachDatabase('A patient of whom only some plans could be read', (get) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('keeps them, so that the next try asks for the others alone', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId = ''] = listVariantIds(deployment, 1);
    const plans = Array.from({ length: 6 }, () =>
      addPlan(deployment, fullscriptPatientId, { lines: [buildLine(variantId)] }),
    );
    const { faults, calls } = deployment.sandbox.sandbox;
    // Slower than the one that fails.
    for (const plan of plans.slice(1))
      faults.add({ path: `/api/clinic/treatment_plans/${plan}`, latencyMs: 300, count: 1 });
    faults.add({ path: `/api/clinic/treatment_plans/${plans[0] ?? ''}`, status: 422 });
    const ask = () => askPatient(deployment, 'u-ada', patientId, 'treatmentPlans { totalCount stale }');
    const first = await ask();
    expect(first.patient.treatmentPlans).toBeNull();
    expect(first.errors).toHaveLength(1);
    const countStale = async () =>
      (await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans(freshness: STORED) { stale totalCount }'))
        .patient.treatmentPlans;
    expect(await countStale()).toEqual({ stale: true, totalCount: 5 });
    faults.clear();
    calls.clear();
    expect((await ask()).patient.treatmentPlans).toEqual({ stale: false, totalCount: 6 });
    const asked = calls.list().filter(({ path }) => path.startsWith('/api/clinic/treatment_plans/'));
    expect(asked.map(({ path }) => path)).toEqual([`/api/clinic/treatment_plans/${plans[0] ?? ''}`]);
  }, 30_000);
});
