import { afterAll, beforeAll, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase, type TestDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { startMortalApp, type MortalApp } from '../support/mortal-app.ts';
import { addFullscriptPatient, addPerson, inventPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { listVariantIds, recommend, type RecommendationRequest } from '../support/recommending.ts';
import { findUrl, spawnProcess } from '../support/spawned-process.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

/** A recommendation to be asked for, and what must have come of it in the end, however often it was begun. */
interface Case {
  who: string;
  input: RecommendationRequest;
  /** The address that everybody concerned has at Fullscript. */
  email: string;
  result: object;
  /** Whose patient at Fullscript it is in the end; null where a person has to choose. */
  linkedTo: string | typeof newOne | null;
  /** What is on the one plan; null where Fullscript's own page makes it. */
  plan: { personalMessage: string | null; recommendations: object[]; chartId: string | null } | null;
}

const newOne = Symbol('the patient that Fullscript is to make');

type Prepare = (deployment: Deployment) => Case | Promise<Case>;

/** More than any recommendation has effects. */
const manyEffects = 100;
/** Longer than a killed process keeps others waiting, and short enough for tokens to live on. */
const leaseOverMs = 16_000;

function buildInput(deployment: Deployment, patientId: string) {
  const [first, second] = listVariantIds(deployment, 2);
  return {
    patientId,
    chartId: deployment.emr.addChart({ patientId }).id,
    personalMessage: 'Start slowly',
    items: [
      { variantId: first, unitsToPurchase: 2 },
      { variantId: second, unitsToPurchase: 1 },
    ],
  };
}

function toFilledPlan(input: {
  personalMessage: string;
  items: object[];
  chartId?: string;
}): NonNullable<Case['plan']> {
  return { personalMessage: input.personalMessage, recommendations: input.items, chartId: input.chartId ?? null };
}

const drafted = { __typename: 'FullscriptRecommendationDraft', createdPatient: false, itemsApplied: true };

const cases: Record<string, Prepare> = {
  'somebody whom Fullscript does not know': (deployment) => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const input = { ...buildInput(deployment, patientId), sendWelcomeEmail: true };
    return {
      who: 'u-ada',
      input,
      email: person.email,
      result: { ...drafted, createdPatient: true },
      linkedTo: newOne,
      plan: toFilledPlan(input),
    };
  },
  'somebody whom Fullscript knows and nobody has looked for': (deployment) => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const input = buildInput(deployment, patientId);
    return {
      who: 'u-ada',
      input,
      email: person.email,
      result: drafted,
      linkedTo: fullscriptPatientId,
      plan: toFilledPlan(input),
    };
  },
  'a linked patient, with an empty draft': async (deployment) => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    return {
      who: 'u-ada',
      input: { patientId },
      email: person.email,
      result: drafted,
      linkedTo: fullscriptPatientId,
      plan: { personalMessage: null, recommendations: [], chartId: null },
    };
  },
  'a patient whose name differs from whom Fullscript has under the address': (deployment) => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment, { emr: { firstName: 'Oscar' } });
    return {
      who: 'u-ada',
      input: buildInput(deployment, patientId),
      email: person.email,
      result: { __typename: 'FullscriptPatientMatchRequired', candidates: [{ fullscriptPatientId }] },
      linkedTo: null,
      plan: null,
    };
  },
  'a dependent': (deployment) => {
    const guardian = addFullscriptPatient(deployment);
    const child = { ...inventPerson({ dateOfBirth: '2015-05-05' }), email: null };
    const { id } = addFullscriptPatient(deployment, { ...child, guardianPatientId: guardian.id });
    const { id: patientId } = deployment.emr.addPatient({ ...child, email: guardian.email });
    return {
      who: 'u-ada',
      input: buildInput(deployment, patientId),
      email: guardian.email ?? '',
      result: { ...drafted, plan: null, itemsApplied: false },
      linkedTo: id,
      plan: null,
    };
  },
  'a patient, by staff in the name of a practitioner': (deployment) => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const { id: practitionerId } = deployment.emr.addPractitioner({ email: 'ben@cedarrow.example' });
    const { items, personalMessage } = buildInput(deployment, patientId);
    const input = { patientId, practitionerId, items, personalMessage };
    return {
      who: 'u-carla',
      input,
      email: person.email,
      result: drafted,
      linkedTo: fullscriptPatientId,
      plan: toFilledPlan(input),
    };
  },
};

/** The people with the address at Fullscript, and the dependents under them. */
function listFamily({ sandbox }: Deployment, email: string) {
  const patients = [...sandbox.sandbox.state.patients.values()];
  const holders = patients.filter((patient) => patient.email === email);
  const ids = new Set(holders.map(({ id }) => id));
  return [...holders, ...patients.filter((patient) => ids.has(patient.guardianPatientId ?? ''))];
}

/** Asks again, as a front end does, and looks whether everything is there once. */
async function expectOnce(
  deployment: Deployment,
  made: Case,
  input: RecommendationRequest,
  familySize: number,
): Promise<void> {
  const again = await recommend(deployment, made.who, input);
  expect(again.errors).toEqual([]);
  expect(again.result).toMatchObject(made.result);
  const { state } = deployment.sandbox.sandbox;
  const family = listFamily(deployment, made.email);
  expect(family).toHaveLength(familySize);
  const linkedTo = made.linkedTo === newOne ? family[0]?.id : made.linkedTo;
  const plans = [...state.plans.values()].filter((plan) => family.some(({ id }) => id === plan.patientId));
  expect(plans.map((plan) => plan.id)).toEqual(made.plan ? [again.result.plan?.id] : []);
  if (made.plan) {
    const { chartId, ...content } = made.plan;
    expect(plans).toMatchObject([{ ...content, state: 'draft', patientId: linkedTo }]);
    expect(plans[0]?.metadataId).toMatch(/^org-juniper:/);
    expect(again.result.plan?.chartId).toBe(chartId);
  }
  const { patient } = await askPatient(
    deployment,
    'u-ada',
    made.input.patientId,
    'fullscriptAccount { id } treatmentPlans(freshness: STORED) { nodes { id chartId } }',
  );
  expect(patient.fullscriptAccount?.id ?? null).toBe(linkedTo);
  expect(patient.treatmentPlans.nodes).toEqual(
    made.plan ? [{ id: again.result.plan?.id, chartId: made.plan.chartId }] : [],
  );
  const mails = state.mails.filter((mail) => mail.to === made.email);
  expect(mails).toHaveLength(input['sendWelcomeEmail'] === true ? 1 : 0);
}

describeEachDatabase('A recommendation whose process dies', (get: () => TestDatabase) => {
  let deployment: Deployment;
  let clock: TestClock;
  let mortal: MortalApp;
  let mortalWithRestricted: MortalApp;
  let nextKey = 0;

  beforeAll(async () => {
    clock = createTestClock();
    const outside = { now: clock.now };
    // A machine under load must not look like an outage.
    const patient = { FULLSCRIPT_TIMEOUT_MS: '60000', FULLSCRIPT_DEADLINE_MS: '60000' };
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside,
      env: patient,
      emr: { now: clock.now },
      sandbox: { clock: clock.now, restrictedEndpoints: true },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    mortal = await startMortalApp(deployment, {}, outside);
    mortalWithRestricted = await startMortalApp(deployment, { FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on' }, outside);
  }, 60_000);
  afterAll(() => deployment.stop());

  /** Does the same for a first, second, third ... effect, until the recommendation has no more of them. Gives how many there were. */
  async function walk(
    prepare: Prepare,
    victim: MortalApp,
    interrupt: (count: number) => void,
    key: () => string | undefined,
    isInterrupted: (made: Case) => Promise<boolean> | boolean = () => true,
  ): Promise<number> {
    for (let count = 1; count <= manyEffects; count += 1) {
      const made = await prepare(deployment);
      const familySize = listFamily(deployment, made.email).length + (made.linkedTo === newOne ? 1 : 0);
      const idempotencyKey = key();
      const input = { ...made.input, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
      interrupt(count);
      await recommend(askThrough(deployment, victim), made.who, input);
      const isOver = victim.isOver();
      victim.revive();
      clock.forward(leaseOverMs);
      if (!isOver) return count - 1;
      if (await isInterrupted(made)) {
        await expectOnce(deployment, made, input, familySize).catch((error: unknown) => {
          throw new Error(`after effect ${count}`, { cause: error });
        });
      }
    }
    throw new Error('there is no end to it');
  }

  const newKey = () => `crash-${(nextKey += 1)}`;

  it.each(Object.entries(cases))(
    'after any of its effects leaves nothing double and nothing half to the repeated call: %s',
    async (_, prepare) => {
      const effects = await walk(prepare, mortal, (count) => mortal.dieAfter(count), newKey);
      expect(effects).toBeGreaterThan(5);
    },
    300_000,
  );

  it('after any of its effects leaves nothing double and nothing half: with the restricted endpoints open', async () => {
    const prepare = cases['somebody whom Fullscript knows and nobody has looked for'] as Prepare;
    const victim = mortalWithRestricted;
    const effects = await walk(prepare, victim, (count) => victim.dieAfter(count), newKey);
    expect(effects).toBeGreaterThan(5);
  }, 300_000);

  it('after any of its effects leaves nothing to a relative with the same address who comes first then', async () => {
    const outcomes = new Set<string>();
    for (let count = 1, isOver = true; isOver; count += 1) {
      expect(count).toBeLessThan(manyEffects);
      const parent = inventPerson({ firstName: 'Miriam', dateOfBirth: '1970-01-02' });
      const toInput = (person: typeof parent) => ({
        patientId: deployment.emr.addPatient(person).id,
        personalMessage: `For ${person.firstName}`,
        idempotencyKey: newKey(),
      });
      const first = toInput(parent);
      const relative = toInput({ ...parent, firstName: 'Noa', dateOfBirth: '2010-03-04' });
      mortal.dieAfter(count);
      await recommend(askThrough(deployment, mortal), 'u-ada', first);
      isOver = mortal.isOver();
      mortal.revive();
      clock.forward(leaseOverMs);
      const answers = [await recommend(deployment, 'u-ada', relative), await recommend(deployment, 'u-ada', first)];
      const [made, ...more] = listFamily(deployment, parent.email);
      expect([...more, ...answers.flatMap(({ errors }) => errors)]).toEqual([]);
      const plans = [...deployment.sandbox.sandbox.state.plans.values()].filter((plan) => plan.patientId === made?.id);
      expect(plans, `after effect ${count}`).toMatchObject([{ personalMessage: `For ${made?.firstName ?? ''}` }]);
      expect(answers.map(({ result }) => result.__typename).sort()).toEqual([
        'FullscriptPatientMatchRequired',
        'FullscriptRecommendationDraft',
      ]);
      outcomes.add(made?.firstName ?? '');
    }
    expect(outcomes).toEqual(new Set(['Miriam', 'Noa']));
  }, 300_000);

  it('without a key does not either, as long as it had not come to its end', async () => {
    const isUnfinished = async ({ input }: Case) => {
      const rows = await deployment.app.parts.database.read<{ state: string }>(
        'SELECT state FROM recommendation WHERE patient_id = ?',
        [input.patientId],
      );
      return rows.every((row) => row.state !== 'DONE');
    };
    const prepare = cases['somebody whom Fullscript does not know'] as Prepare;
    const effects = await walk(
      prepare,
      mortal,
      (count) => mortal.dieAfter(count),
      () => undefined,
      isUnfinished,
    );
    expect(effects).toBeGreaterThan(5);
  }, 300_000);

  it.each([
    ['is lost in a broken connection', 'somebody whom Fullscript does not know', 'reset'],
    ['is a 500', 'somebody whom Fullscript does not know', '500'],
    ['is lost in a broken connection', 'a linked patient, with an empty draft', 'reset'],
    ['is a 500', 'a dependent', '500'],
  ] as const)(
    'or to which an answer %s, though the request took effect: %s',
    async (_, name, how) => {
      const prepare = cases[name] as Prepare;
      const { settings } = deployment.sandbox.sandbox;
      // Where Fullscript remembers our keys, too.
      settings.idempotency = true;
      const requests = await walk(prepare, mortal, (count) => mortal.loseAnswer(count, how), newKey);
      settings.idempotency = false;
      expect(requests).toBeGreaterThan(3);
    },
    300_000,
  );
});

describeEachDatabase('A recommendation whose process is killed', (get: () => TestDatabase) => {
  let deployment: Deployment;
  let aheadMs = 0;
  beforeAll(async () => {
    deployment = await startDeployment({
      databaseUrl: get().url,
      env: { FULLSCRIPT_TIMEOUT_MS: '60000', FULLSCRIPT_DEADLINE_MS: '60000' },
      outside: { now: () => new Date(Date.now() + aheadMs) },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it.each([
    ['while Fullscript makes the draft', 'POST', '/api/clinic/dynamic_links/treatment_plans'],
    ['while Fullscript fills the draft', 'PATCH', '/api/clinic/treatment_plans/:id'],
    ['while Fullscript shows the draft', 'GET', '/api/clinic/treatment_plans/:id'],
  ])(
    '%s is finished by the repeated call, though Fullscript goes on after the kill',
    async (_, method, path) => {
      const prepare = cases['somebody whom Fullscript does not know'] as Prepare;
      const made = await prepare(deployment);
      const input = { ...made.input, idempotencyKey: `killed-${method}` };
      const { faults, state } = deployment.sandbox.sandbox;
      const victim = spawnProcess({ ...deployment.env, LOG_LEVEL: 'info' });
      try {
        const url = await findUrl(victim);
        const fault = faults.add({ method, path, latencyMs: 1500 });
        const asked = recommend(askThrough(deployment, { url }), made.who, input).catch(() => 'broken off');
        await waitFor('Fullscript to be asked', () => fault.hits > 0, 60_000);
        victim.child.kill('SIGKILL');
        await victim.ended;
        expect(await asked).toBe('broken off');
      } finally {
        victim.child.kill('SIGKILL');
        faults.clear();
      }
      await waitFor('Fullscript to be done', () =>
        [...state.plans.values()].some((plan) => plan.patientId === listFamily(deployment, made.email)[0]?.id),
      );
      aheadMs += leaseOverMs;
      await expectOnce(deployment, made, input, 1);
    },
    180_000,
  );
});
