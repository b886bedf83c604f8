import { afterAll, beforeAll, expect, it } from 'vitest';

import { demoPatientIds } from '../../src/demo/emr/patients.ts';
import { startDemo, type RunningDemo } from '../../src/demo/start.ts';
import { fillVariables, getWalkthroughStep, readRemembered, type Remembered } from '../../src/demo/walkthrough.ts';
import { createVisitor } from '../sandbox/pages/visitor.ts';
import { describeEachDatabase } from '../support/database.ts';
import { readEventStream } from '../support/following.ts';
import { waitFor } from '../support/reading.ts';

type Data = Record<string, unknown>;

let demo: RunningDemo;
let remembered: Remembered;
const startedAt = new Date().toISOString();

async function post(
  userId: string,
  query: string,
  variables: object,
): Promise<{ data: Data | null; errors?: unknown[] }> {
  const response = await fetch(demo.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await demo.emr.tokenFor(userId)}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data: Data | null; errors?: unknown[] };
}

async function send(id: string): Promise<{ data: Data | null; errors?: unknown[] }> {
  const step = getWalkthroughStep(id);
  return await post(step.userId, step.query, fillVariables(step, remembered));
}

/** Takes a step, insists that it goes without errors, and remembers what it promises. */
async function take(id: string): Promise<Data> {
  const answer = await send(id);
  expect(answer.errors, `errors of ${id}`).toBeUndefined();
  remembered = { ...remembered, ...readRemembered(getWalkthroughStep(id), answer.data) };
  return answer.data ?? {};
}

/** Signs in at the sandbox as a person would, authorizes, and takes the code out of the address that leads back. */
async function authorize(authorizeUrl: string): Promise<void> {
  const visitor = createVisitor(demo.sandbox.url);
  await visitor.signIn('ada@cedarrow.example');
  const { searchParams } = new URL(authorizeUrl);
  const decided = await visitor.post('/oauth/authorize', {
    client_id: searchParams.get('client_id') ?? '',
    redirect_uri: searchParams.get('redirect_uri') ?? '',
    state: searchParams.get('state') ?? '',
    do: 'authorize',
  });
  const back = new URL(decided.location ?? '');
  expect(`${back.origin}${back.pathname}`).toBe(`${demo.url}/connected`);
  expect(back.searchParams.get('state')).toBe(remembered['state']);
  remembered = { ...remembered, code: back.searchParams.get('code') ?? '' };
}

describeEachDatabase('The walk-through, step by step over the gateway', (get) => {
  beforeAll(async () => {
    demo = await startDemo({ withPage: false, databaseUrl: get().url });
    remembered = {};
  }, 60_000);

  afterAll(() => demo.stop());

  it('connects', async () => {
    expect(await take('viewer')).toMatchObject({ fullscriptViewer: { connectionStatus: 'NOT_CONNECTED' } });
    await take('connect');
    await authorize(remembered['authorizeUrl'] ?? '');
    expect(await take('complete-connect')).toMatchObject({
      completeConnect: {
        __typename: 'FullscriptConnected',
        account: { type: 'PRACTITIONER', status: 'CONNECTED', clinic: { name: 'Cedar Row Wellness' } },
      },
    });
    expect(await take('viewer')).toMatchObject({
      fullscriptViewer: { connectionStatus: 'CONNECTED', canRecommend: true },
    });
    expect(await take('complete-connect')).toMatchObject({
      completeConnect: { __typename: 'FullscriptConnectExpired' },
    });
  }, 60_000);

  it('shows 50 patients, each where they stand', async () => {
    const { patientList } = (await take('patients')) as {
      patientList: { id: string; connectionStatus: string; treatmentPlans: { totalCount: number } | null }[];
    };
    expect(patientList).toHaveLength(50);
    const statusOf = (id: string) => patientList.find((patient) => patient.id === id)?.connectionStatus;
    expect(statusOf(demoPatientIds.hero)).toBe('CONNECTED');
    expect(statusOf(demoPatientIds.doubtful)).toBe('MATCH_REQUIRED');
    expect(statusOf(demoPatientIds.unknown)).toBe('NOT_CONNECTED');
    expect(statusOf(demoPatientIds.withoutEmail)).toBe('NOT_CONNECTED');
    expect(patientList[0]?.treatmentPlans?.totalCount).toBeGreaterThan(5);
  }, 60_000);

  it('shows one patient’s plans, and another’s lab results as PDF', async () => {
    expect(await take('patient')).toMatchObject({ patient: { connectionStatus: 'CONNECTED', lastName: 'Okoye' } });
    const { patient } = (await take('labs')) as {
      patient: { labOrders: { nodes: { results: { title: string; pdfUrl: string }[] }[] } };
    };
    const [result] = patient.labOrders.nodes.flatMap((order) => order.results);
    expect(result?.title).toMatch(/^Fullscript lab result \d{4}-\d{2}-\d{2}$/);
    const file = await fetch(result?.pdfUrl ?? '');
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect((await file.text()).slice(0, 5)).toBe('%PDF-');
    expect(new URL(result?.pdfUrl ?? '').origin).toBe(demo.url);
  }, 60_000);

  it('tells what becomes of a patient’s plans, and stops as soon as nobody follows any more', async () => {
    const step = getWalkthroughStep('follow');
    const token = await demo.emr.tokenFor(step.userId);
    const stream = await readEventStream(demo.graphqlUrl, {
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: step.query, variables: fillVariables(step, remembered) }),
    });
    const countStreams = async (): Promise<number> => {
      const metrics = await (await fetch(`${demo.subgraph.url}/metrics`)).text();
      return Number(/^live_update_streams (\d+)/m.exec(metrics)?.[1]);
    };
    await waitFor('the stream', async () => (await countStreams()) === 1);
    const { state, actions } = demo.sandbox.sandbox;
    const mira = [...state.patients.values()].find(({ email }) => email === 'mira.okoye@mail.example');
    const draft = [...state.plans.values()].find((plan) => plan.patientId === mira?.id && plan.state === 'draft');
    actions.sendPlan(draft?.id ?? '');
    await waitFor('the plan', () =>
      stream.results.some(({ data }) => data?.fullscriptPatientChanged.plan?.id === draft?.id),
    );
    expect(stream.results[0]?.data.fullscriptPatientChanged.patient).toEqual({ firstName: 'Mira' });
    stream.leave();
    // Long before the next sign of life, at which one who has left would be noticed anyway.
    await waitFor('the end of the stream', async () => (await countStreams()) === 0, 5_000);
  }, 60_000);

  it('asks a person when it is not certain who somebody is', async () => {
    const { fullscriptPatientCandidates } = (await take('candidates')) as {
      fullscriptPatientCandidates: { differs: string[]; agrees: string[] }[];
    };
    expect(fullscriptPatientCandidates[0]?.differs).toEqual(['dateOfBirth']);
  }, 60_000);

  it('recommends for somebody new to Fullscript', async () => {
    expect(await take('recommend')).toMatchObject({
      createRecommendation: {
        __typename: 'FullscriptRecommendationDraft',
        createdPatient: true,
        plan: { state: 'DRAFT' },
        patient: { firstName: 'Hugo', connectionStatus: 'CONNECTED' },
      },
    });
    expect((await fetch(remembered['draftUrl'] ?? '')).status).toBe(200);
  }, 60_000);

  it('shows the plan that the practitioner has sent, told by the webhook alone', async () => {
    const draft = [...demo.sandbox.sandbox.state.plans.values()].find(
      (plan) => plan.state === 'draft' && plan.createdAt > startedAt,
    );
    if (!draft) throw new Error('the sandbox has no draft of this walk-through');
    const [variant] = demo.sandbox.sandbox.state.variants.keys();
    demo.sandbox.sandbox.actions.buildPlan(draft.id, {
      recommendations: [
        {
          variantId: variant ?? '',
          unitsToPurchase: 1,
          refill: false,
          takeWith: null,
          dosage: {
            amount: '1',
            frequency: 'once per day',
            duration: null,
            format: 'capsule',
            additionalInfo: null,
            timeOfDay: [],
          },
        },
      ],
    });
    demo.sandbox.sandbox.actions.sendPlan(draft.id);
    const query = `query ($id: ID!) { patient(id: $id) { treatmentPlans(first: 1, freshness: STORED) { nodes { id state recommendations { product { name } } } } } }`;
    await expect
      .poll(async () => (await post('u-ada', query, { id: demoPatientIds.unknown })).data, {
        timeout: 10_000,
        interval: 100,
      })
      .toMatchObject({
        patient: {
          treatmentPlans: {
            nodes: [
              { id: draft.id, state: 'ACTIVE', recommendations: [{ product: { name: expect.any(String) as string } }] },
            ],
          },
        },
      });
  }, 60_000);

  it('imports a plan into the chart once, and no more once it is signed', async () => {
    expect(await take('plan')).toMatchObject({
      fullscriptTreatmentPlan: { state: 'ACTIVE', patient: { firstName: 'Mira' } },
    });
    const first = (await take('import')) as {
      importPlanIntoChart: { skippedLabs: unknown[]; chart: { items: unknown[] } };
    };
    expect(first.importPlanIntoChart).toMatchObject({ __typename: 'FullscriptPlanImported', alreadyImported: false });
    expect(first.importPlanIntoChart.skippedLabs).toHaveLength(1);
    expect(first.importPlanIntoChart.chart.items).toHaveLength(5);
    const again = (await take('import')) as typeof first;
    expect(again.importPlanIntoChart).toMatchObject({ alreadyImported: true });
    expect(again.importPlanIntoChart.chart.items).toHaveLength(5);
    expect(await take('sign')).toMatchObject({ signChart: { fullscriptImports: [{ importedBy: 'u-ada' }] } });
    expect(await take('import')).toMatchObject({ importPlanIntoChart: { __typename: 'FullscriptChartLocked' } });
  }, 60_000);

  it('shows an admin who is connected, and revokes until nobody is', async () => {
    expect(await take('accounts')).toMatchObject({
      fullscriptAccounts: { totalCount: 1, nodes: [{ userId: 'u-ada', status: 'CONNECTED' }] },
    });
    expect(await take('revoke')).toMatchObject({ revoke: { revocation: { total: 1 } } });
    expect(await take('viewer')).toMatchObject({ fullscriptViewer: { connectionStatus: 'NOT_CONNECTED' } });
    const reading = await post('u-ada', 'query ($id: ID!) { patient(id: $id) { id treatmentPlans { totalCount } } }', {
      id: demoPatientIds.hero,
    });
    expect(reading).toMatchObject({
      data: { patient: { id: demoPatientIds.hero, treatmentPlans: null } },
      errors: [{ extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'NOT_CONNECTED' } }],
    });
    const own = remembered['revocationId'];
    await take('revoke-all');
    const all = remembered['revocationId'];
    for (const revocationId of [own, all]) {
      remembered = { ...remembered, revocationId: revocationId ?? '' };
      await expect
        .poll(async () => (await take('revocation'))['fullscriptRevocation'], { timeout: 30_000, interval: 250 })
        .toMatchObject({ pending: 0 });
    }
    expect((await (await fetch(`${demo.sandbox.url}/admin/summary`)).json()) as object).toMatchObject({
      liveTokens: { total: 0 },
    });
  }, 90_000);
});
