import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectRecords, toRepresentation, type ClinicalRecords } from '../support/clinical-records.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';

const all =
  '... on Patient { id connectionStatus fullscriptAccount { firstName } treatmentPlans { totalCount } labOrders { totalCount } }';
const viewer = '{ fullscriptViewer { connectionStatus } }';

describe('GATEWAY_SECRET', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ env: { GATEWAY_SECRET: `older-secret, ${gatewaySecret}` } });
  }, 60_000);
  afterAll(() => deployment.stop());

  it('keeps everybody out who does not show it, with HTTP 401', async () => {
    const wrong = [
      {},
      { 'x-gateway-secret': '' },
      { 'x-gateway-secret': `${gatewaySecret}x` },
      { 'x-gateway-secret': `older-secret, ${gatewaySecret}` },
      { authorization: `Bearer ${gatewaySecret}` },
    ];
    for (const headers of wrong) {
      for (const query of [viewer, '{ _service { sdl } }', '{ __schema { types { name } } }', 'not a document']) {
        const answer = await deployment.ask('u-ada', query, {
          trusted: false,
          headers: headers,
        });
        expect(answer.status).toBe(401);
        expect(answer.data ?? null).toBeNull();
        expect(answer.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      }
    }
    const get = await fetch(`${deployment.app.url}/graphql?query=%7B__typename%7D`);
    expect(get.status).toBe(401);
  });

  it('may be a list while it is changed', async () => {
    for (const secret of ['older-secret', gatewaySecret]) {
      const answer = await deployment.ask('u-ada', viewer, { headers: { 'x-gateway-secret': secret } });
      expect(answer).toMatchObject({ status: 200, errors: [] });
    }
  });

  it('does not stand in for a token', async () => {
    const answer = await deployment.ask(null, viewer);
    expect(answer).toMatchObject({ status: 200, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('leaves the other paths alone', async () => {
    expect((await fetch(`${deployment.app.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${deployment.app.url}/lab-results/x`)).status).toBe(404);
  });

  it('makes representations the words of the EMR, which is then not asked', async () => {
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    deployment.emr.calls.clear();
    // The EMR would hide this patient from this user, but it has spoken already.
    const answer = await deployment.askEntities('u-limited', [toRepresentation(deployment, 'p-1010')], all);
    expect(answer.errors).toEqual([]);
    expect(answer.data._entities[0]).toMatchObject({ id: 'p-1010', connectionStatus: 'CONNECTED' });
    expect(deployment.emr.calls.count()).toBe(0);
  });

  it('does not save a representation that lacks what is required from being asked about', async () => {
    deployment.emr.calls.clear();
    const bare = { __typename: 'Patient', id: 'p-1011' };
    const hidden = await deployment.askEntities('u-limited', [bare], all);
    expect(hidden.data._entities[0]).toEqual({
      id: 'p-1011',
      connectionStatus: 'UNKNOWN',
      fullscriptAccount: null,
      treatmentPlans: null,
      labOrders: null,
    });
    expect(hidden.errors.map(({ extensions }) => extensions['code'])).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
    expect(deployment.emr.calls.count()).toBe(1);
  });
});

describe('Without GATEWAY_SECRET', () => {
  let deployment: Deployment;
  let records: ClinicalRecords;
  let offsetMs = 0;

  beforeAll(async () => {
    deployment = await startDeployment({
      env: { GATEWAY_SECRET: undefined },
      outside: { now: () => new Date(Date.now() + offsetMs) },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.emr.faults.clear();
    // Nothing that was vouched for in another test counts any more.
    offsetMs += 61_000;
    deployment.emr.calls.clear();
  });

  it('a secret that somebody sends anyway means nothing', async () => {
    const answer = await deployment.askEntities('u-limited', [toRepresentation(deployment, 'p-1010')], all, {
      headers: { 'x-gateway-secret': gatewaySecret },
    });
    expect(answer.data._entities[0]).toMatchObject({ connectionStatus: 'UNKNOWN', fullscriptAccount: null });
  });

  it('representations decide nothing: the demographics are those of the EMR', async () => {
    const mira = toRepresentation(deployment, 'p-1001');
    const answer = await deployment.askEntities('u-ada', [{ ...mira, id: 'p-1045' }], all);
    expect(answer.errors).toEqual([]);
    expect(answer.data._entities[0]).toMatchObject({
      id: 'p-1045',
      connectionStatus: 'NOT_CONNECTED',
      fullscriptAccount: null,
    });
    const hidden = await deployment.askEntities('u-limited', [{ ...mira, id: 'p-1010' }, mira], all);
    expect(hidden.data._entities[0]).toEqual({
      id: 'p-1010',
      connectionStatus: 'UNKNOWN',
      fullscriptAccount: null,
      treatmentPlans: null,
      labOrders: null,
    });
    expect(hidden.data._entities[1]).toMatchObject({ id: 'p-1001', connectionStatus: 'CONNECTED' });
    expect(hidden.errors.every(({ path, extensions }) => path?.[1] === 0 && extensions['code'] === 'NOT_FOUND')).toBe(
      true,
    );
    expect(hidden.errors).toHaveLength(3);
  });

  it('asks the EMR once for all patients of a request, in the name of the caller', async () => {
    const patients = [...deployment.emr.store.patients.keys()]
      .slice(0, 20)
      .map((id) => ({ __typename: 'Patient', id }));
    await deployment.askEntities('u-ada', patients, all);
    expect(deployment.emr.calls.all.map(({ operation, userId }) => [operation, userId])).toEqual([
      ['FullscriptPatients', 'u-ada'],
    ]);
  });

  it('goes on reading for 60 s after a good answer when the EMR dies, and no longer', async () => {
    const patient = { __typename: 'Patient', id: 'p-1001' };
    await deployment.askEntities('u-ada', [patient], all);
    deployment.emr.faults.down = true;
    offsetMs += 58_000;
    expect((await deployment.askEntities('u-ada', [patient], all)).errors).toEqual([]);
    // Another caller's good answer is no help.
    const other = await deployment.askEntities(
      'u-limited',
      [patient],
      '... on Patient { treatmentPlans { totalCount } }',
    );
    expect(other.errors[0]?.extensions['code']).toBe('EMR_UNAVAILABLE');
    // Nor is the same user's with another role.
    const asStaff = `token:${await deployment.emr.tokenFor('u-ada', { roles: ['staff'] })}`;
    const staff = await deployment.askEntities(asStaff, [patient], '... on Patient { fullscriptAccount { id } }');
    expect(staff.errors[0]?.extensions['code']).toBe('EMR_UNAVAILABLE');
    offsetMs += 3_000;
    const late = await deployment.askEntities('u-ada', [patient], '... on Patient { treatmentPlans { totalCount } }');
    expect(late.data._entities[0].treatmentPlans).toBeNull();
    expect(late.errors[0]?.extensions['code']).toBe('EMR_UNAVAILABLE');
  });

  it('asks every time for root fields and mutations, whatever was answered a moment ago', async () => {
    const { patient, planId, labOrderId, labResultId, chartId } = records;
    await deployment.askEntities('u-ada', [patient], all);
    const roots: [string, Record<string, unknown>][] = [
      ['query ($plan: ID!) { fullscriptTreatmentPlan(id: $plan) { id } }', { plan: planId }],
      ['query ($order: ID!) { fullscriptLabOrder(id: $order) { id } }', { order: labOrderId }],
      ['query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }', { id: patient.id }],
      [
        'mutation ($id: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: "x" }) { __typename } }',
        { id: patient.id },
      ],
      [
        'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id, clinicId: "x" }) { unlinked } }',
        { id: patient.id },
      ],
      [
        'mutation ($id: ID!) { updateFullscriptPatient(input: { patientId: $id, discountPercent: 1 }) { __typename } }',
        { id: patient.id },
      ],
      ['mutation ($id: ID!) { createRecommendation(input: { patientId: $id }) { __typename } }', { id: patient.id }],
      [
        'mutation ($id: ID!) { createFullscriptEmbedSession(input: { patientId: $id }) { __typename } }',
        { id: patient.id },
      ],
      [
        'mutation ($plan: ID!) { createFullscriptInOfficeCheckout(input: { planId: $plan, confirmEmptyCart: true }) { __typename } }',
        { plan: planId },
      ],
      [
        'mutation ($plan: ID!, $chart: ID!) { importPlanIntoChart(input: { planId: $plan, chartId: $chart }) { __typename } }',
        { plan: planId, chart: chartId },
      ],
      [
        'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, note: "n" }) { id } }',
        { id: labResultId },
      ],
    ];
    deployment.emr.faults.down = true;
    for (const [query, variables] of roots) {
      const answer = await deployment.ask('u-ada', query, { variables });
      expect(
        answer.errors.map(({ extensions }) => extensions['code']),
        query,
      ).toEqual(['EMR_UNAVAILABLE']);
    }
    // Our own entities are content with the answer of a moment ago.
    const entities = await deployment.askEntities(
      'u-ada',
      [
        { __typename: 'FullscriptTreatmentPlan', id: planId },
        { __typename: 'FullscriptLabOrder', id: labOrderId },
        { __typename: 'FullscriptLabResult', id: labResultId },
        { __typename: 'FullscriptPatientAccount', id: records.fullscriptPatientId },
      ],
      '__typename',
    );
    expect(entities.errors).toEqual([]);
    expect(entities.data._entities.every((entity: unknown) => entity !== null)).toBe(true);
  });

  it('asks once, about each patient once, for root fields of one request, and again for the next', async () => {
    const { planId, patient } = records;
    const query =
      'query ($plan: ID!, $id: ID!) { a: fullscriptTreatmentPlan(id: $plan) { id } b: fullscriptTreatmentPlan(id: $plan) { id } c: fullscriptPatientCandidates(patientId: $id) { agrees } d: fullscriptPatientCandidates(patientId: "p-1004") { agrees } }';
    const variables = { plan: planId, id: patient.id };
    for (const calls of [2, 4]) {
      expect((await deployment.ask('u-ada', query, { variables })).errors).toEqual([]);
      expect(deployment.emr.calls.count('patients')).toBe(calls);
    }
  });

  it('a plan, an order, a result, an account and a chart of a patient whom the EMR hides do not exist', async () => {
    const { planId, labOrderId, labResultId, chartId, fullscriptPatientId } = records;
    const user = deployment.emr.store.users.get('u-limited');
    if (user) user.patientIds = ['p-1001'];
    const answer = await deployment.askEntities(
      'u-limited',
      [
        { __typename: 'FullscriptTreatmentPlan', id: planId },
        { __typename: 'FullscriptLabOrder', id: labOrderId },
        { __typename: 'FullscriptLabResult', id: labResultId },
        { __typename: 'FullscriptPatientAccount', id: fullscriptPatientId },
        { __typename: 'Chart', id: chartId },
      ],
      '__typename ... on FullscriptTreatmentPlan { state } ... on Chart { fullscriptImports { id } }',
    );
    expect(answer.data._entities).toEqual([null, null, null, null, null]);
    expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual(Array(5).fill('NOT_FOUND'));
    for (const [field, id] of [
      ['fullscriptTreatmentPlan', planId],
      ['fullscriptLabOrder', labOrderId],
    ]) {
      const root = await deployment.ask('u-limited', `query ($id: ID!) { ${String(field)}(id: $id) { id } }`, {
        variables: { id },
      });
      expect(root.data).toEqual({ [String(field)]: null });
      expect(root.errors[0]?.extensions['code']).toBe('NOT_FOUND');
    }
  });
});
