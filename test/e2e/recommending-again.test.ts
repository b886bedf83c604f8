import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase, type TestDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, inventPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import {
  addPlan,
  buildLine,
  getPlan,
  listCodes,
  listVariantIds,
  recommend,
  type RecommendationRequest,
} from '../support/recommending.ts';
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
      // A machine under load must not look like an outage.
      env: { FULLSCRIPT_TIMEOUT_MS: '60000', FULLSCRIPT_DEADLINE_MS: '60000' },
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

  /** Twenty calls at the same moment, by turns to both processes. */
  const askTwenty = (toInput: (index: number) => RecommendationRequest) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        recommend(index % 2 === 0 ? deployment : askThrough(deployment, other), 'u-ada', toInput(index)),
      ),
    );

  it('makes one patient and one draft of twenty calls at the same moment, in two processes', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const [variantId] = listVariantIds(deployment, 1);
    const items = [{ variantId, unitsToPurchase: 1 }];
    const answers = await askTwenty(() => ({ patientId, idempotencyKey, items, sendWelcomeEmail: true }));
    expect(new Set(answers.map((answer) => getPlan(answer).id)).size).toBe(1);
    expect(answers.every(({ result }) => result.itemsApplied && result.createdPatient)).toBe(true);
    const [made, ...more] = withAddress(person.email);
    expect(more).toEqual([]);
    expect(plansOf(made?.id ?? '')).toHaveLength(1);
    expect(state().mails.filter((mail) => mail.to === person.email)).toHaveLength(1);
  }, 120_000);

  it('makes one patient also when twenty calls with keys of their own want one at the same moment', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const answers = await askTwenty((index) => ({ patientId, idempotencyKey: `${idempotencyKey}-${index}` }));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(new Set(answers.map((answer) => getPlan(answer).id)).size).toBe(20);
    expect(answers.filter(({ result }) => result.createdPatient)).toHaveLength(1);
    const [made, ...more] = withAddress(person.email);
    expect(more).toEqual([]);
    expect(plansOf(made?.id ?? '')).toHaveLength(20);
  }, 120_000);

  it('never takes one relative for the other when twenty calls for both are made at the same moment', async () => {
    const parent = inventPerson({ firstName: 'Miriam', dateOfBirth: '1970-01-02' });
    const family = [parent, { ...parent, firstName: 'Noa', dateOfBirth: '2010-03-04' }];
    const patientIds = family.map((person) => deployment.emr.addPatient(person).id);
    const answers = await askTwenty((index) => ({
      patientId: patientIds[index % 4 < 2 ? 0 : 1] ?? '',
      idempotencyKey: `${idempotencyKey}-${index}`,
      personalMessage: `For ${index % 4 < 2 ? 'Miriam' : 'Noa'}`,
    }));
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const [made, ...more] = withAddress(parent.email);
    expect(more).toEqual([]);
    const plans = plansOf(made?.id ?? '');
    expect(plans).toHaveLength(10);
    expect(new Set(plans.map((plan) => plan.personalMessage))).toEqual(new Set([`For ${made?.firstName ?? ''}`]));
    const kinds = answers.map(({ result }) => result.__typename);
    expect(kinds.filter((kind) => kind === 'FullscriptPatientMatchRequired')).toHaveLength(10);
  }, 120_000);

  it('is not needed for a double click: equal calls of one user are one until the first is answered', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const answers = await askTwenty(() => ({ patientId, personalMessage: 'Hello' }));
    expect(new Set(answers.map((answer) => getPlan(answer).id)).size).toBe(1);
    expect(plansOf(fullscriptPatientId)).toHaveLength(1);
    const next = await recommend(deployment, 'u-ada', { patientId, personalMessage: 'Hello' });
    expect(plansOf(fullscriptPatientId).map((plan) => plan.id)).toContain(getPlan(next).id);
    expect(plansOf(fullscriptPatientId)).toHaveLength(2);
    const [byAda, byBen] = await Promise.all(
      ['u-ada', 'u-ben'].map((who) => recommend(deployment, who, { patientId, personalMessage: 'Hello' })),
    );
    expect(byAda && byBen && getPlan(byAda).id).not.toBe(byBen && getPlan(byBen).id);
  }, 120_000);

  it('is not needed either for trying again what Fullscript did not answer', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, items: [{ variantId, unitsToPurchase: 2 }] };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, lost: true, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.result.itemsApplied).toBe(true);
    expect(plansOf(fullscriptPatientId)).toMatchObject([{ id: getPlan(again).id }]);
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

  const linkTo = (patientId: string, fullscriptPatientId: string) =>
    deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
      { variables: { input: { patientId, fullscriptPatientId } } },
    );
  const unlink = (patientId: string) =>
    deployment.ask('u-ada', 'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }', {
      variables: { id: patientId },
    });

  it.each([
    ['was answered', null],
    ['was made, but the answer got lost', { method: 'POST', path: draftRoute, lost: true, count: 1 }],
    ['could not be filled yet', { method: 'GET', path: '/api/clinic/treatment_plans/:id', status: 503 }],
  ])(
    'puts nothing on a wrong patient’s draft, and tells of none, after the link was corrected: it %s',
    async (_, fault) => {
      const { patientId, fullscriptPatientId: wrongId } = addPerson(deployment);
      const right = addFullscriptPatient(deployment);
      const input = { patientId, idempotencyKey, personalMessage: 'For the right one' };
      if (fault) deployment.sandbox.sandbox.faults.add(fault);
      await recommend(deployment, 'u-ada', input);
      deployment.sandbox.sandbox.faults.clear();
      const before = structuredClone(plansOf(wrongId));
      await unlink(patientId);
      const undecided = await recommend(deployment, 'u-ada', input);
      expect(undecided.result).toMatchObject({
        __typename: 'FullscriptPatientMatchRequired',
        candidates: [{ fullscriptPatientId: wrongId }],
      });
      await linkTo(patientId, right.id);
      const again = await recommend(deployment, 'u-ada', input);
      expect(plansOf(right.id)).toMatchObject([{ id: getPlan(again).id, personalMessage: 'For the right one' }]);
      expect(plansOf(wrongId)).toEqual(before);
      expect(before).toHaveLength(1);
      // At once, without anybody's asking in between.
      const another = addFullscriptPatient(deployment);
      await linkTo(patientId, another.id);
      const last = await recommend(deployment, 'u-ada', input);
      expect(plansOf(another.id)).toMatchObject([{ id: getPlan(last).id }]);
      expect(plansOf(right.id)).toHaveLength(1);
    },
  );

  it('is another key for Fullscript once the link was corrected, where Fullscript remembers keys', async () => {
    const { patientId } = addPerson(deployment);
    const right = addFullscriptPatient(deployment);
    const input = { patientId, idempotencyKey };
    const { settings, faults } = deployment.sandbox.sandbox;
    settings.idempotency = true;
    faults.add({ method: 'POST', path: draftRoute, lost: true, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    await linkTo(patientId, right.id);
    const again = await recommend(deployment, 'u-ada', input);
    settings.idempotency = false;
    expect(plansOf(right.id)).toMatchObject([{ id: getPlan(again).id }]);
  });

  it('puts nothing on the draft when the link is corrected while Fullscript makes it', async () => {
    const { patientId, fullscriptPatientId: wrongId } = addPerson(deployment);
    const right = addFullscriptPatient(deployment);
    const input = { patientId, idempotencyKey, personalMessage: 'For the right one' };
    const held = await holdDrafts();
    const asked = recommend(askThrough(deployment, held.app), 'u-ada', input);
    await waitFor('the draft to be made', () => held.count() > 0, 60_000);
    await linkTo(patientId, right.id);
    held.release();
    expect(listCodes(await asked)).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    expect(plansOf(wrongId)).toMatchObject([{ personalMessage: null, metadataId: null }]);
    const again = await recommend(deployment, 'u-ada', input);
    expect(plansOf(right.id)).toMatchObject([{ id: getPlan(again).id, personalMessage: 'For the right one' }]);
    expect(plansOf(wrongId)).toHaveLength(1);
  });

  /** Another process, to which Fullscript's answers about drafts come only when they are let through. */
  async function holdDrafts() {
    let held = 0;
    let release = (): void => undefined;
    const gate = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const app = await deployment.startAnother(
      {},
      {
        now: clock.now,
        async fetch(url, init) {
          const response = await fetch(url, init);
          if (init?.method === 'POST' && new URL(url as URL).pathname === draftRoute) {
            held += 1;
            await gate;
          }
          return response;
        },
      },
    );
    return { app, count: () => held, release };
  }

  it('makes one draft however long Fullscript takes for it', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const input = { patientId, idempotencyKey };
    const held = await holdDrafts();
    const slow = recommend(askThrough(deployment, held.app), 'u-ada', input);
    await waitFor('the draft to be made', () => held.count() > 0, 60_000);
    // Twice nearly as long as the turn of a killed process lasts.
    clock.forward(14_000);
    await waitFor(
      'the turn to be prolonged',
      async () => {
        const leases = await deployment.app.parts.database.read<{ held_until: string }>(
          "SELECT held_until FROM job_lease WHERE name LIKE 'recommend:%'",
        );
        return leases.some((lease) => Date.parse(lease.held_until) >= clock.now().getTime() + 14_000);
      },
      60_000,
    );
    clock.forward(14_000);
    const impatient = recommend(deployment, 'u-ada', input);
    // A list of drafts would be the first thing that a second attempt asks for.
    const another = await recommend(deployment, 'u-ada', { patientId: addPerson(deployment).patientId });
    expect(another.errors).toEqual([]);
    held.release();
    expect(getPlan(await impatient).id).toBe(getPlan(await slow).id);
    expect(plansOf(fullscriptPatientId)).toHaveLength(1);
  }, 120_000);

  it.each([
    ['deleted', (id: string) => void state().plans.delete(id)],
    [
      'sent and cancelled',
      (id: string) => {
        deployment.sandbox.sandbox.actions.sendPlan(id);
        deployment.sandbox.sandbox.actions.cancelPlan(id);
      },
    ],
  ])('makes another draft of the next call when the one that was never answered was %s meanwhile', async (_, end) => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    deployment.sandbox.sandbox.faults.add({ method: 'GET', path: '/api/clinic/treatment_plans/:id', status: 503 });
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId }))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    deployment.sandbox.sandbox.faults.clear();
    const [unheard] = plansOf(fullscriptPatientId);
    end(unheard?.id ?? '');
    const again = await recommend(deployment, 'u-ada', { patientId });
    expect(again.errors).toEqual([]);
    expect(getPlan(again)).toMatchObject({ state: 'DRAFT' });
    expect(getPlan(again).id).not.toBe(unheard?.id);
  });

  it('is NOT_FOUND when the draft that was the answer was deleted, or cancelled once it was sent', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const input = { patientId, idempotencyKey };
    const { id } = getPlan(await recommend(deployment, 'u-ada', input));
    deployment.sandbox.sandbox.actions.sendPlan(id);
    deployment.sandbox.sandbox.actions.cancelPlan(id);
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['NOT_FOUND']);
    state().plans.delete(id);
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['NOT_FOUND']);
    expect(plansOf(fullscriptPatientId)).toEqual([]);
  });

  it('leaves alone what the practitioner has begun on Fullscript’s pages meanwhile', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId, otherVariantId] = listVariantIds(deployment, 2);
    const input = { patientId, idempotencyKey, items: [{ variantId, unitsToPurchase: 2 }] };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: draftRoute, status: 500, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    const ownId = addPlan(deployment, fullscriptPatientId, { lines: [buildLine(otherVariantId ?? '')], sent: false });
    const again = await recommend(deployment, 'u-ada', input);
    expect(getPlan(again).id).not.toBe(ownId);
    expect(state().plans.get(ownId)).toMatchObject({
      metadataId: null,
      recommendations: [{ variantId: otherVariantId }],
    });
    expect(plansOf(fullscriptPatientId)).toHaveLength(2);
  });

  it('leaves alone what the practitioner has put on the draft since it was filled', async () => {
    const { patientId } = addPerson(deployment);
    const [variantId, otherVariantId] = listVariantIds(deployment, 2);
    const input = { patientId, idempotencyKey, items: [{ variantId, unitsToPurchase: 2 }] };
    deployment.sandbox.sandbox.faults.add({
      method: 'GET',
      path: '/api/clinic/treatment_plans/:id',
      status: 503,
    });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    deployment.sandbox.sandbox.faults.clear();
    const plan = [...state().plans.values()].at(-1);
    const lines = [buildLine(variantId ?? ''), buildLine(otherVariantId ?? '')];
    deployment.sandbox.sandbox.actions.buildPlan(plan?.id ?? '', { recommendations: lines });
    const again = await recommend(deployment, 'u-ada', input);
    expect(getPlan(again)).toMatchObject({
      id: plan?.id,
      recommendations: [{ variantId }, { variantId: otherVariantId }],
    });
    expect(again.result.itemsApplied).toBe(true);
  });
});
