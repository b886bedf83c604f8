import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getPatient, getUser, inventPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { getPlan, listCodes, listVariantIds, recommend } from '../support/recommending.ts';

describe('Mutation.createRecommendation', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
  });

  const state = () => deployment.sandbox.sandbox.state;
  const plansOf = (fullscriptPatientId: string) =>
    [...state().plans.values()].filter((plan) => plan.patientId === fullscriptPatientId);
  const withAddress = (email: string) =>
    [...state().patients.values()].filter((patient) => patient.email?.toLowerCase() === email.toLowerCase());
  const openLink = (url: string) =>
    deployment.sandbox.sandbox.actions.findLink(new URL(url).pathname.split('/').filter(Boolean)[3] ?? '') ??
    deployment.sandbox.sandbox.actions.findLink(new URL(url).pathname.split('/').filter(Boolean)[2] ?? '');

  it('drafts a plan for a linked patient, whom nobody mails, and shows it in the patient’s plans at once', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const list = 'treatmentPlans { totalCount nodes { id state } }';
    expect((await askPatient(deployment, 'u-ada', patientId, list)).patient.treatmentPlans.totalCount).toBe(0);
    const answer = await recommend(deployment, 'u-ada', { patientId });
    expect(answer.errors).toEqual([]);
    expect(answer.result).toMatchObject({
      __typename: 'FullscriptRecommendationDraft',
      createdPatient: false,
      itemsApplied: true,
      patient: { id: patientId },
      plan: { state: 'DRAFT', chartId: null, patient: { id: patientId } },
    });
    const { id } = getPlan(answer);
    expect(plansOf(fullscriptPatientId)).toMatchObject([
      { id, state: 'draft', practitionerId: getUser(deployment).id },
    ]);
    expect(openLink(answer.result.redirectUrl)).toMatchObject({ planId: id, entrypoint: 'catalog' });
    for (const freshness of ['STORED', 'STALE_WHILE_REVALIDATE', 'CURRENT']) {
      const { patient } = await askPatient(
        deployment,
        'u-ada',
        patientId,
        list.replace(' {', `(freshness: ${freshness}) {`),
      );
      expect(patient.treatmentPlans).toEqual({ totalCount: 1, nodes: [{ id, state: 'DRAFT' }] });
    }
    expect(state().mails.filter((mail) => mail.to === person.email)).toEqual([]);
  });

  it('makes the Fullscript patient only now, links them, and mails a welcome only when told to', async () => {
    for (const [sendWelcomeEmail, mails] of [
      [undefined, 0],
      [false, 0],
      [true, 1],
    ] as const) {
      const person = inventPerson();
      const { id: patientId } = deployment.emr.addPatient({
        ...person,
        email: ` ${person.email}`,
        gender: 'female',
        mobileNumber: '+14165550199',
      });
      const answer = await recommend(deployment, 'u-ada', { patientId, sendWelcomeEmail });
      expect(answer.result).toMatchObject({ createdPatient: true, plan: { state: 'DRAFT' } });
      expect(withAddress(person.email)).toMatchObject([
        { ...person, gender: 'female', mobileNumber: '+14165550199', archived: false },
      ]);
      expect(state().mails.filter(({ to, kind }) => to === person.email && kind === 'welcome')).toHaveLength(mails);
      const { patient } = await askPatient(
        deployment,
        'u-ada',
        patientId,
        'connectionStatus fullscriptAccount { id linkedBy } treatmentPlans { nodes { id } }',
      );
      expect(patient).toEqual({
        connectionStatus: 'CONNECTED',
        fullscriptAccount: { id: withAddress(person.email)[0]?.id, linkedBy: 'CREATED' },
        treatmentPlans: { nodes: [{ id: getPlan(answer).id }] },
      });
    }
  });

  it.each([
    ['a gender in the EMR’s own words', { gender: 'non-binary' }, { gender: 'x' }],
    ['a gender that Fullscript has no word for', { gender: 'two-spirit' }, { gender: null }],
    ['a capital letter for a gender', { gender: 'F' }, { gender: 'female' }],
    ['a telephone number as people write it', { mobileNumber: '(416) 555-0123' }, { mobileNumber: '+14165550123' }],
    ['a number with the country in front', { mobileNumber: '1-416-555-0123' }, { mobileNumber: '+14165550123' }],
    ['a number of another country', { mobileNumber: '+49 30 1234567' }, { mobileNumber: null }],
  ])('makes the Fullscript patient also with %s', async (_, emr, expected) => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient({ ...person, ...emr });
    const { result } = await recommend(deployment, 'u-ada', { patientId });
    expect(result).toMatchObject({ __typename: 'FullscriptRecommendationDraft', createdPatient: true });
    expect(withAddress(person.email)).toMatchObject([expected]);
  });

  it('names the EMR fields that a new Fullscript patient would need', async () => {
    const blank = deployment.emr.addPatient({ ...inventPerson(), email: null, firstName: ' ', lastName: null });
    const { result } = await recommend(deployment, 'u-ada', { patientId: blank.id });
    expect(result).toMatchObject({
      __typename: 'FullscriptPatientDetailsMissing',
      fields: ['email', 'firstName', 'lastName'],
    });
    const nameless = deployment.emr.addPatient({ ...inventPerson(), lastName: '' });
    expect((await recommend(deployment, 'u-ada', { patientId: nameless.id })).result.fields).toEqual(['lastName']);
  });

  it('lets somebody choose when people share the address or the match is doubtful, and makes nobody and nothing', async () => {
    const shared = addPerson(deployment, { emr: { firstName: 'Oscar' } });
    const doubtful = addPerson(deployment, { emr: { dateOfBirth: '1981-06-06' } });
    for (const { patientId, fullscriptPatientId, person } of [shared, doubtful]) {
      const { result } = await recommend(deployment, 'u-ada', { patientId });
      expect(result).toMatchObject({
        __typename: 'FullscriptPatientMatchRequired',
        candidates: [{ fullscriptPatientId, agrees: expect.arrayContaining(['email', 'lastName']) }],
      });
      expect(openLink(result.gatewayUrl)).toMatchObject({
        kind: 'gateway',
        practitionerId: getUser(deployment).id,
        patient: { email: person.email, externalId: `org-juniper:${patientId}` },
      });
      expect(plansOf(fullscriptPatientId)).toEqual([]);
      expect(withAddress(person.email)).toHaveLength(1);
    }
  });

  it('never puts a child’s plan on the parent who has the same address, when both are new and at the same moment', async () => {
    const other = await deployment.startAnother();
    const processes = [deployment, askThrough(deployment, other)];
    const parent = inventPerson({ firstName: 'Miriam', dateOfBirth: '1970-01-02' });
    const family = [parent, { ...parent, firstName: 'Noa', dateOfBirth: '2010-03-04' }];
    const patientIds = family.map((person) => deployment.emr.addPatient(person).id);
    const [variantId] = listVariantIds(deployment, 1);
    const slow = { method: 'GET', path: '/api/clinic/search/patients', latencyMs: 300 };
    deployment.sandbox.sandbox.faults.add(slow);
    const answers = await Promise.all(
      processes.map((process, index) =>
        recommend(process, 'u-ada', {
          patientId: patientIds[index] ?? '',
          personalMessage: `For ${family[index]?.firstName ?? ''}`,
          items: [{ variantId, unitsToPurchase: 1 }],
        }),
      ),
    );
    const drafted = answers.findIndex(({ result }) => result.__typename === 'FullscriptRecommendationDraft');
    const [made, ...more] = withAddress(parent.email);
    expect(more).toEqual([]);
    expect(made).toMatchObject({ firstName: family[drafted]?.firstName });
    expect(plansOf(made?.id ?? '')).toMatchObject([{ personalMessage: `For ${family[drafted]?.firstName ?? ''}` }]);
    expect(answers[1 - drafted]?.result).toMatchObject({
      __typename: 'FullscriptPatientMatchRequired',
      candidates: [{ fullscriptPatientId: made?.id }],
    });
  });

  it('puts nothing on a draft that Fullscript made for somebody who had come to have the address meanwhile', async () => {
    const child = inventPerson({ firstName: 'Noa', dateOfBirth: '2010-03-04' });
    const { id: patientId } = deployment.emr.addPatient(child);
    const [variantId] = listVariantIds(deployment, 1);
    const fault = deployment.sandbox.sandbox.faults.add({
      method: 'POST',
      path: '/api/clinic/dynamic_links/treatment_plans',
      latencyMs: 800,
    });
    const asked = recommend(deployment, 'u-ada', {
      patientId,
      personalMessage: 'For Noa',
      items: [{ variantId, unitsToPurchase: 1 }],
    });
    await waitFor('the draft to be asked for', () => fault.hits > 0);
    const parent = addFullscriptPatient(deployment, { ...child, firstName: 'Miriam', dateOfBirth: '1970-01-02' });
    expect((await asked).result).toMatchObject({
      __typename: 'FullscriptPatientMatchRequired',
      candidates: [{ fullscriptPatientId: parent.id }],
    });
    for (const plan of plansOf(parent.id)) {
      expect(plan).toMatchObject({ state: 'draft', personalMessage: null, recommendations: [], metadataId: null });
    }
    // Whether Fullscript takes the empty draft back is its own affair; it was asked to.
    expect(deployment.sandbox.sandbox.calls.count('PATCH', '/api/clinic/treatment_plans/:id/cancel')).toBe(1);
    const { patient } = await askPatient(deployment, 'u-ada', patientId, 'connectionStatus fullscriptAccount { id }');
    expect(patient).toEqual({ connectionStatus: 'MATCH_REQUIRED', fullscriptAccount: null });
    expect(getPatient(deployment, parent.id).metadataId).toBeNull();
  });

  it('lets somebody choose again after a pair was taken apart', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
      {
        variables: { id: patientId },
      },
    );
    const { result } = await recommend(deployment, 'u-ada', { patientId });
    expect(result).toMatchObject({ candidates: [{ fullscriptPatientId }] });
    expect(plansOf(fullscriptPatientId)).toEqual([]);
  });

  it('leads to Fullscript’s own page for a dependent, with Fullscript’s id, and without a plan yet', async () => {
    const guardian = addFullscriptPatient(deployment, { firstName: 'Helen' });
    const child = { ...inventPerson({ dateOfBirth: '2015-05-05' }), email: null };
    const { id } = addFullscriptPatient(deployment, { ...child, guardianPatientId: guardian.id });
    const { id: patientId } = deployment.emr.addPatient({ ...child, email: guardian.email });
    const [variantId] = listVariantIds(deployment, 1);
    const { result } = await recommend(deployment, 'u-ada', { patientId, items: [{ variantId, unitsToPurchase: 1 }] });
    expect(result).toMatchObject({
      __typename: 'FullscriptRecommendationDraft',
      plan: null,
      createdPatient: false,
      itemsApplied: false,
    });
    expect(openLink(result.redirectUrl)).toMatchObject({ kind: 'gateway', patient: { id } });
    expect(plansOf(id)).toEqual([]);
    expect((await recommend(deployment, 'u-ada', { patientId })).result.itemsApplied).toBe(true);
  });

  it('uses Fullscript’s own address when the EMR has another, and never makes a second patient', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    const moved = inventPerson().email;
    deployment.emr.updatePatient(patientId, { email: moved, firstName: 'Renamed' });
    const before = state().patients.size;
    const answer = await recommend(deployment, 'u-ada', { patientId });
    expect(plansOf(fullscriptPatientId)).toMatchObject([{ id: getPlan(answer).id }]);
    expect(state().patients.size).toBe(before);
    expect(getPatient(deployment, fullscriptPatientId)).toMatchObject({
      email: person.email,
      firstName: person.firstName,
    });
  });

  it('says what Fullscript says when an address belongs to another clinic’s patient', async () => {
    const person = inventPerson();
    addFullscriptPatient(deployment, person, 'tomas@harbour.example');
    const { id: patientId } = deployment.emr.addPatient(person);
    const input = { patientId, idempotencyKey: 'rejected-then-moved' };
    const { result } = await recommend(deployment, 'u-ada', input);
    expect(result).toMatchObject({ __typename: 'FullscriptRejected', reasons: ['Email has already been taken'] });
    // Nothing was made, so that the same key works once the cause is gone.
    getPatient(deployment, withAddress(person.email)[0]?.id ?? '').email = 'gone@mail.example';
    expect((await recommend(deployment, 'u-ada', input)).result.createdPatient).toBe(true);
  });

  it('puts items and a message onto the draft, with what the practitioner wrote', async () => {
    const { patientId } = addPerson(deployment);
    const [first, second] = listVariantIds(deployment, 2);
    const answer = await recommend(deployment, 'u-ada', {
      patientId,
      entrypoint: 'LABS',
      personalMessage: 'Voilà: start slowly.',
      items: [
        {
          variantId: first,
          unitsToPurchase: 2,
          refill: true,
          takeWith: 'food',
          dosage: {
            amount: '1-2',
            format: 'capsule',
            frequency: 'twice per day',
            duration: '60',
            timeOfDay: ['morning'],
          },
        },
        { variantId: second, unitsToPurchase: 1 },
      ],
    });
    expect(answer.result).toMatchObject({
      itemsApplied: true,
      plan: {
        personalMessage: 'Voilà: start slowly.',
        recommendations: [
          { variantId: first, unitsToPurchase: 2, dosage: { text: expect.stringContaining('1-2 capsule') } },
          { variantId: second, unitsToPurchase: 1 },
        ],
      },
    });
    const plan = state().plans.get(getPlan(answer).id);
    expect(plan).toMatchObject({ state: 'draft', personalMessage: 'Voilà: start slowly.' });
    expect(plan?.recommendations[0]).toMatchObject({
      refill: true,
      takeWith: 'food',
      dosage: { duration: '60', timeOfDay: ['morning'] },
    });
    expect(openLink(answer.result.redirectUrl)?.entrypoint).toBe('labs');
  });

  it('checks variants before anything is made', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const [variantId] = listVariantIds(deployment, 1);
    const before = state().plans.size;
    const items = [
      { variantId, unitsToPurchase: 1 },
      { variantId: 'no-such-variant', unitsToPurchase: 1 },
    ];
    const answer = await recommend(deployment, 'u-ada', { patientId, items });
    expect(listCodes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.message).toContain('items.1.variantId');
    expect(withAddress(person.email)).toEqual([]);
    expect(state().plans.size).toBe(before);
  });

  it('still opens the page when the items cannot be put on, and says so', async () => {
    const { patientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    deployment.sandbox.sandbox.faults.add({ method: 'PATCH', path: '/api/clinic/treatment_plans/:id', status: 422 });
    const answer = await recommend(deployment, 'u-ada', { patientId, items: [{ variantId, unitsToPurchase: 1 }] });
    expect(answer.result).toMatchObject({ itemsApplied: false, plan: { recommendations: [] } });
    expect(openLink(answer.result.redirectUrl)).toMatchObject({ planId: getPlan(answer).id });
  });

  it('keeps the chart note with the plan; it must be this patient’s', async () => {
    const { patientId } = addPerson(deployment);
    const chart = deployment.emr.addChart({ patientId });
    const answer = await recommend(deployment, 'u-ada', { patientId, chartId: chart.id });
    expect(answer.result.plan?.chartId).toBe(chart.id);
    const root = await deployment.ask(
      'u-ada',
      'query ($id: ID!) { fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { chartId patient { id } } }',
      { variables: { id: getPlan(answer).id } },
    );
    expect(root.data.fullscriptTreatmentPlan).toEqual({ chartId: chart.id, patient: { id: patientId } });
    const other = deployment.emr.addChart({ patientId: addPerson(deployment).patientId });
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId, chartId: other.id }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId, chartId: 'no-chart' }))).toEqual(['NOT_FOUND']);
  });

  it.each([
    ['no units', { items: [{ variantId: 'x', unitsToPurchase: 0 }] }],
    ['an empty key', { idempotencyKey: '' }],
  ])('refuses %s as BAD_USER_INPUT', async (_, input) => {
    const { patientId } = addPerson(deployment);
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId, ...input }))).toEqual(['BAD_USER_INPUT']);
  });

  it('asks the EMR for the patient every time, and does not exist for a hidden one', async () => {
    const { patientId } = addPerson(deployment);
    expect(listCodes(await recommend(deployment, 'u-limited', { patientId }))).toEqual(['NOT_FOUND']);
    expect(listCodes(await recommend(deployment, 'u-tomas', { patientId }))).toEqual(['NOT_FOUND']);
    expect(listCodes(await recommend(deployment, 'u-admin', { patientId }))).toEqual(['FORBIDDEN']);
    expect((await recommend(deployment, 'u-ada', { patientId })).errors).toEqual([]);
    deployment.emr.faults.down = true;
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId }))).toEqual(['EMR_UNAVAILABLE']);
  });

  it('keeps in the audit who began which plan for whom, and whom it linked on the way', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const answer = await recommend(deployment, 'u-ada', { patientId });
    await deployment.app.parts.audit.flush();
    const audit = await deployment.ask(
      'u-admin',
      'query ($id: ID!) { fullscriptAuditEvents(patientId: $id) { nodes { userId action subject outcome } } }',
      { variables: { id: patientId } },
    );
    expect(audit.data.fullscriptAuditEvents.nodes).toEqual(
      expect.arrayContaining([
        { userId: 'u-ada', action: 'recommendation.create', subject: getPlan(answer).id, outcome: 'ok' },
        { userId: 'u-ada', action: 'patient.link', subject: fullscriptPatientId, outcome: 'ok' },
      ]),
    );
  });
});
