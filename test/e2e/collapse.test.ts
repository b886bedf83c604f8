import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { toRepresentation } from '../support/reading.ts';

const selection = `... on Patient {
  id
  connectionStatus
  fullscriptAccount { id firstName clinic { name } }
  treatmentPlans(first: 5) { totalCount stale nodes { id state recommendations { id product { name } } } }
  labOrders(first: 5) { totalCount nodes { id name tests { name } results { id title } } }
}`;

/** What Fullscript was asked more than once: method, path and query. */
function findRepeats({ sandbox }: Deployment): string[] {
  const keys = sandbox.sandbox.calls.list().map(({ method, path, query }) => `${method} ${path}${query}`);
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

describeEachDatabase('Twenty clients at the same time, of two practitioners of one clinic', (get) => {
  let deployment: Deployment;
  let people: string[];

  beforeEach(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    deployment.sandbox.sandbox.calls.clear();
    // Ten who share no address with anybody: relatives are two people behind one search.
    const patients = [...deployment.emr.store.patients.values()].filter(
      ({ organizationId, email }) => organizationId === 'org-juniper' && email,
    );
    people = patients
      .filter(({ email }) => patients.filter((other) => other.email === email).length === 1)
      .slice(0, 10)
      .map(({ id }) => id);
  }, 60_000);
  afterEach(() => deployment.stop());

  const askFor = (who: string, patientId: string) =>
    deployment.askEntities(who, [toRepresentation(deployment, patientId)], selection);

  it('asking for ten people, each twice, cost one call for each thing there is to ask', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, client) =>
        askFor(client % 2 === 0 ? 'u-ada' : 'u-ben', people[client % 10] ?? ''),
      ),
    );
    for (const { errors } of answers) expect(errors).toEqual([]);
    for (let index = 0; index < 10; index += 1) {
      expect(answers[index]?.data._entities[0].id).toBe(people[index]);
      expect(answers[index + 10]?.data).toEqual(answers[index]?.data);
    }
    expect(deployment.sandbox.sandbox.calls.count('GET', '/api/clinic/treatment_plans/:id')).toBeGreaterThan(5);
    expect(findRepeats(deployment)).toEqual([]);
  }, 60_000);

  it('come one after the other while the calls of those before are under way: still once each', async () => {
    deployment.sandbox.sandbox.faults.add({ latencyMs: 10 });
    const clients = Array.from({ length: 100 }, (_, client) => ({
      who: client % 2 === 0 ? 'u-ada' : 'u-ben',
      patientId: people[Math.floor(client / 10)] ?? '',
    }));
    const answers = await Promise.all(
      clients.map(async ({ who, patientId }, client) => {
        // Not all of them meet the same step of the reads before them.
        await new Promise((resolve) => setTimeout(resolve, client * 4));
        return await askFor(who, patientId);
      }),
    );
    for (const { errors } of answers) expect(errors).toEqual([]);
    expect(findRepeats(deployment)).toEqual([]);
  }, 60_000);

  it('asking for lists as well as for single plans and lab orders in them cost no call twice', async () => {
    const { state, faults } = deployment.sandbox.sandbox;
    faults.add({ latencyMs: 20 });
    const emails = new Set(people.map((id) => deployment.emr.store.patients.get(id)?.email));
    const theirs = new Set([...state.patients.values()].filter(({ email }) => emails.has(email)).map(({ id }) => id));
    const planIds = [...state.plans.values()]
      .filter(({ patientId }) => theirs.has(patientId ?? ''))
      .map(({ id }) => id);
    const plans = planIds
      .slice(0, 20)
      .map((id, index) => `p${index}: fullscriptTreatmentPlan(id: "${id}") { id state }`);
    expect(plans.length).toBeGreaterThan(5);
    const answers = await Promise.all([
      ...people.map((patientId) => askFor('u-ada', patientId)),
      ...plans.map((plan) => deployment.ask('u-ben', `{ ${plan} }`)),
    ]);
    for (const { errors } of answers) expect(errors).toEqual([]);
    expect(findRepeats(deployment)).toEqual([]);
  }, 60_000);
});
