import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, inventPerson } from '../support/people.ts';

const selection = `... on Patient {
  id
  connectionStatus
  fullscriptAccount { id firstName discountPercent clinic { name } }
  treatmentPlans(first: 5) {
    totalCount stale syncedAt
    nodes { id state createdAt recommendations { id unitsToPurchase dosage { text } product { name brand } } labRecommendations { name } }
  }
  labOrders(first: 5) { nodes { id name status stage tests { name } results { id title } } }
}`;

/** The EMR's patients as a gateway represents them, with what is required of them. */
function representations(deployment: Deployment, count: number): object[] {
  const { patients } = deployment.emr.store;
  return [...patients.values()]
    .filter((patient) => patient.organizationId === 'org-juniper')
    .slice(0, count)
    .map(({ id, email, firstName, lastName, dateOfBirth }) => ({
      __typename: 'Patient',
      id,
      email,
      firstName,
      lastName,
      dateOfBirth,
    }));
}

describeEachDatabase('Many patients in one request', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('asks Fullscript once per key when cold, never more at a time than allowed, and keeps the order', async () => {
    deployment.sandbox.sandbox.calls.clear();
    deployment.sandbox.sandbox.faults.add({ latencyMs: 5 });
    const asked = representations(deployment, 50);
    const answer = await deployment.askEntities('u-ada', asked, selection);
    expect(answer.errors).toEqual([]);
    expect(answer.data._entities.map((entity: { id: string }) => entity.id)).toEqual(
      asked.map((patient) => (patient as { id: string }).id),
    );
    const { counts, peakInFlight } = deployment.sandbox.sandbox.calls.summary();
    deployment.sandbox.sandbox.faults.clear();
    expect(peakInFlight).toBe(10);
    expect(counts['GET /api/catalog/variants/:id'] ?? 0).toBeGreaterThan(0);
    const keys = deployment.sandbox.sandbox.calls
      .list()
      .filter((call) => call.method === 'GET')
      .map((call) => `${call.path}?${JSON.stringify(call.query)}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  }, 60_000);

  it('asks once for relatives who share an address, also when one is looked for long after the other was found', async () => {
    const mother = inventPerson();
    const child = inventPerson({ firstName: 'Kim', dateOfBirth: '2011-02-03', email: mother.email });
    const { id } = addFullscriptPatient(deployment, mother);
    const asked = [mother, child].map((person) => ({ __typename: 'Patient', ...deployment.emr.addPatient(person) }));
    const { calls, faults } = deployment.sandbox.sandbox;
    calls.clear();
    faults.add({ path: '/api/clinic/metadata', skip: 1, latencyMs: 1000 });
    const answer = await deployment.askEntities('u-ada', asked, '... on Patient { connectionStatus }');
    faults.clear();
    expect(answer.data._entities).toEqual([{ connectionStatus: 'CONNECTED' }, { connectionStatus: 'MATCH_REQUIRED' }]);
    for (const path of ['/search/patients', `/patients/${id}`, `/patients/${id}/dependents`]) {
      expect(
        calls.list().filter((call) => call.path === `/api/clinic${path}`),
        path,
      ).toHaveLength(1);
    }
  });

  it('costs the same statements and no call for 1, 10 and 50 patients when warm', async () => {
    // The first patient has plans, products and labs, so that one alone asks for everything that fifty do.
    await deployment.askEntities('u-ada', representations(deployment, 50), selection);
    deployment.sandbox.sandbox.calls.clear();
    const reads: string[][] = [];
    for (const count of [1, 10, 50]) {
      deployment.statements.length = 0;
      const answer = await deployment.askEntities('u-ada', representations(deployment, count), selection);
      expect(answer.errors).toEqual([]);
      reads.push(
        deployment.statements
          .filter((sql) => /^\s*(SELECT|WITH)/i.test(sql))
          .map((sql) => sql.replaceAll(/\s+/g, ' ').slice(0, 120)),
      );
    }
    expect(deployment.sandbox.sandbox.calls.summary().total).toBe(0);
    expect(reads[1]?.length, JSON.stringify(reads, null, 1)).toBe(reads[2]?.length);
    expect(reads[0]?.length, JSON.stringify(reads, null, 1)).toBe(reads[2]?.length);
  });
});

describe('One failing patient', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it("is that patient's error alone, and the others keep their data and their order", async () => {
    const asked = representations(deployment, 10);
    const hero = (asked[0] as { id: string }).id;
    await deployment.askEntities('u-ada', asked, '... on Patient { id connectionStatus }');
    const link = await deployment.askEntities('u-ada', [asked[0] ?? {}], '... on Patient { fullscriptAccount { id } }');
    const fullscriptId = link.data._entities[0].fullscriptAccount.id as string;
    deployment.sandbox.sandbox.faults.add({
      method: 'GET',
      path: `/api/clinic/patients/${fullscriptId}/treatment_plans`,
      status: 500,
      count: 100,
    });
    const answer = await deployment.askEntities('u-ada', asked, '... on Patient { id treatmentPlans { totalCount } }');
    expect(answer.data._entities.map((entity: { id: string }) => entity.id)).toEqual(
      asked.map((patient) => (patient as { id: string }).id),
    );
    expect(answer.data._entities[0]).toEqual({ id: hero, treatmentPlans: null });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({
      path: ['_entities', 0, 'treatmentPlans'],
      extensions: { code: 'FULLSCRIPT_UNAVAILABLE' },
    });
    expect(
      answer.data._entities.slice(1).filter((entity: { treatmentPlans: unknown }) => entity.treatmentPlans).length,
    ).toBe(9);
  }, 60_000);
});
