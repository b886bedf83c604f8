import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase, type TestDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { getPlan, listCodes, listVariantIds, recommend } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

describeEachDatabase('FullscriptCreateRecommendationInput.idempotencyKey', (get: () => TestDatabase) => {
  let deployment: Deployment;
  let clock: TestClock;
  let other: { url: string };
  let nextKey = 0;
  let idempotencyKey: string;

  beforeAll(async () => {
    clock = createTestClock();
    const outside = { now: clock.now };
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside,
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    other = await deployment.startAnother({}, outside);
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    nextKey += 1;
    idempotencyKey = `key-${nextKey}`;
    deployment.sandbox.sandbox.faults.clear();
  });

  const state = () => deployment.sandbox.sandbox.state;
  const plansOf = (fullscriptPatientId: string) =>
    [...state().plans.values()].filter((plan) => plan.patientId === fullscriptPatientId);
  const withAddress = (email: string) => [...state().patients.values()].filter((patient) => patient.email === email);
  const draftRoute = '/api/clinic/dynamic_links/treatment_plans';

  it('answers a repeated call with the first one’s plan and with a fresh link', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, idempotencyKey, items: [{ variantId, unitsToPurchase: 3 }] };
    const first = await recommend(deployment, 'u-ada', input);
    const second = await recommend(deployment, 'u-ada', structuredClone(input));
    expect(getPlan(second)).toEqual(getPlan(first));
    expect(second.result).toMatchObject({ createdPatient: false, itemsApplied: true });
    expect(second.result.redirectUrl).not.toBe(first.result.redirectUrl);
    expect(plansOf(fullscriptPatientId)).toHaveLength(1);
    // A plan that was sent meanwhile still is the answer.
    deployment.sandbox.sandbox.actions.sendPlan(getPlan(first).id);
    const third = await recommend(deployment, 'u-ada', input);
    expect(getPlan(third)).toMatchObject({ id: getPlan(first).id, state: 'ACTIVE' });
  });

  it('refuses another input under the same key, and counts per user', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const first = await recommend(deployment, 'u-ada', { patientId, idempotencyKey });
    expect(first.errors).toEqual([]);
    for (const another of [
      { items: [{ variantId, unitsToPurchase: 1 }] },
      { personalMessage: 'Hello' },
      { entrypoint: 'LABS' },
      { sendWelcomeEmail: true },
      { patientId: addPerson(deployment).patientId },
    ]) {
      const refused = await recommend(deployment, 'u-ada', { patientId, idempotencyKey, ...another });
      expect(listCodes(refused)).toEqual(['BAD_USER_INPUT']);
    }
    const byBen = await recommend(deployment, 'u-ben', { patientId, idempotencyKey, personalMessage: 'From Ben' });
    expect(getPlan(byBen).id).not.toBe(getPlan(first).id);
    expect(plansOf(fullscriptPatientId)).toHaveLength(2);
  });

  it('counts for 24 hours', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const first = await recommend(deployment, 'u-ada', { patientId, idempotencyKey });
    clock.forward(24 * 3600_000 - 1000);
    const within = await recommend(deployment, 'u-ada', { patientId, idempotencyKey });
    expect(getPlan(within).id).toBe(getPlan(first).id);
    clock.forward(2000);
    const after = await recommend(deployment, 'u-ada', { patientId, idempotencyKey, personalMessage: 'Next day' });
    expect(getPlan(after).id).not.toBe(getPlan(first).id);
    expect(plansOf(fullscriptPatientId)).toHaveLength(2);
  });

  it('makes one patient and one draft of many calls at the same moment, in two processes', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, idempotencyKey, items: [{ variantId, unitsToPurchase: 1 }] };
    const processes = [deployment, askThrough(deployment, other)];
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => processes)
        .flat()
        .map((process) => recommend(process, 'u-ada', input)),
    );
    expect(new Set(answers.map((answer) => getPlan(answer).id)).size).toBe(1);
    expect(answers.every(({ result }) => result.itemsApplied && result.createdPatient)).toBe(true);
    const [made, ...more] = withAddress(person.email);
    expect(more).toEqual([]);
    expect(plansOf(made?.id ?? '')).toHaveLength(1);
  });

  it('makes one patient and one draft when the answer that made them got lost', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const [variantId] = listVariantIds(deployment, 1);
    const input = {
      patientId,
      idempotencyKey,
      personalMessage: 'Take care',
      items: [{ variantId, unitsToPurchase: 2 }],
      sendWelcomeEmail: true,
    };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, lost: true, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    expect(withAddress(person.email)).toHaveLength(1);
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.errors).toEqual([]);
    expect(again.result).toMatchObject({
      createdPatient: true,
      itemsApplied: true,
      plan: { personalMessage: 'Take care', recommendations: [{ variantId, unitsToPurchase: 2 }] },
    });
    const [made, ...more] = withAddress(person.email);
    expect(more).toEqual([]);
    expect(plansOf(made?.id ?? '')).toMatchObject([{ id: getPlan(again).id }]);
    expect(state().mails.filter((mail) => mail.to === person.email && mail.kind === 'welcome')).toHaveLength(1);
    const { patient } = await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans { nodes { id } }');
    expect(patient.treatmentPlans.nodes).toEqual([{ id: getPlan(again).id }]);
  });

  it('makes one draft for a linked patient when the answer got lost, and leaves other drafts alone', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const earlier = await recommend(deployment, 'u-ada', { patientId });
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, lost: true, count: 1 });
    const input = { patientId, idempotencyKey };
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.result.createdPatient).toBe(false);
    expect(getPlan(again).id).not.toBe(getPlan(earlier).id);
    expect(plansOf(fullscriptPatientId)).toHaveLength(2);
  });

  it.each([
    ['putting the items on', { method: 'PATCH', path: '/api/clinic/treatment_plans/:id' }],
    ['reading the draft', { method: 'GET', path: '/api/clinic/treatment_plans/:id' }],
  ])('goes on with the same draft after a failure of %s', async (_, where) => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, idempotencyKey, items: [{ variantId, unitsToPurchase: 2 }] };
    deployment.sandbox.sandbox.faults.add({ ...where, status: 503 });
    await recommend(deployment, 'u-ada', input);
    deployment.sandbox.sandbox.faults.clear();
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.errors).toEqual([]);
    expect(plansOf(fullscriptPatientId)).toMatchObject([{ id: getPlan(again).id }]);
  });

  it('makes one draft of many calls when the first of them was refused', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const input = { patientId, idempotencyKey };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, status: 422, latencyMs: 300, count: 1 });
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, latencyMs: 300 });
    const processes = [deployment, askThrough(deployment, other)];
    const answers = await Promise.all(
      [...processes, ...processes].map((process) => recommend(process, 'u-ada', input)),
    );
    const kinds = answers.map(({ result }) => result.__typename);
    expect(kinds.filter((kind) => kind === 'FullscriptRejected')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'FullscriptRecommendationDraft')).toHaveLength(3);
    expect(plansOf(fullscriptPatientId)).toHaveLength(1);
  });

  it('a draft that was never made is made by the repeated call', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const input = { patientId, idempotencyKey };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, status: 500, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    expect(withAddress(person.email)).toEqual([]);
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.result.createdPatient).toBe(true);
    expect(plansOf(withAddress(person.email)[0]?.id ?? '')).toHaveLength(1);
  });
});
