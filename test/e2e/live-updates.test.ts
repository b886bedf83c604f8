import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningApp } from '../../src/app.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { changeSelection, follow, type EventStream, type LiveResult } from '../support/following.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
let deployment: Deployment;

async function start(options: DeploymentOptions = {}): Promise<void> {
  deployment = await startDeployment(options);
  await deployment.connect('u-ada', 'ada@cedarrow.example');
}

/** Makes a patient known and stored through a process, as a page that is opened does; gives their Fullscript patient. */
async function openPage(patientId = hero, url = deployment.app.url): Promise<string> {
  const lists = 'treatmentPlans(freshness: CURRENT) { totalCount } labOrders(freshness: CURRENT) { totalCount }';
  const answer = await askPatient(deployment, 'u-ada', patientId, `fullscriptAccount { id } ${lists}`, { url });
  expect(answer.errors).toEqual([]);
  return (answer.patient as { fullscriptAccount: { id: string } }).fullscriptAccount.id;
}

/** A practitioner sends a plan on Fullscript's pages; gives its id. */
function sendPlan(fullscriptPatientId: string, labPanelIds: string[] = []): string {
  const { actions } = deployment.sandbox.sandbox;
  const { id: practitionerId, clinicId } = getUser(deployment);
  const plan = actions.createPlan(clinicId, {
    patientId: fullscriptPatientId,
    practitionerId,
    recommendations: [],
    labPanelIds,
  });
  return actions.sendPlan(plan.id).id;
}

/** The first change that tells of this plan or lab order. */
async function findChange(stream: EventStream, kind: 'plan' | 'labOrder', id: string): Promise<LiveResult> {
  return await waitFor(
    `a change of ${kind} ${id}`,
    () => stream.results.find(({ data }) => data?.fullscriptPatientChanged?.[kind]?.id === id),
    20_000,
  );
}

const told = (stream: EventStream): string[] =>
  stream.results.map(({ data, errors }) => {
    const change = data?.fullscriptPatientChanged as
      { plan: { id: string } | null; labOrder: { id: string } | null } | undefined;
    return change?.plan?.id ?? change?.labOrder?.id ?? String(errors?.[0]?.extensions['code']);
  });

describeEachDatabase('Subscription.fullscriptPatientChanged', (get) => {
  let other: RunningApp;
  beforeAll(async () => {
    await start({ databaseUrl: get().url, withWebhooks: true, env: { WORKER: 'on' } });
    other = await deployment.startAnother({ WORKER: 'off' });
  }, 60_000);
  afterAll(() => deployment.stop(), 60_000);

  it('tells a subscriber of another process what webhooks bring: a plan, its cancelling, a lab order and its results', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await openPage(patientId);
    const stream = await follow(deployment, 'u-ada', patientId, { url: other.url });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(stream.headers.get('x-request-id')).toBeTruthy();

    const { actions, state } = deployment.sandbox.sandbox;
    const [panelId = ''] = state.labPanels.keys();
    const planId = sendPlan(fullscriptPatientId, [panelId]);
    const { data, errors } = await findChange(stream, 'plan', planId);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      fullscriptPatientChanged: {
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        patient: { id: patientId },
        plan: { id: planId, state: 'ACTIVE' },
        labOrder: null,
      },
    });

    const order = [...state.labOrders.values()].find((candidate) => candidate.planId === planId);
    for (const step of ['purchased', 'results_ready'] as const) actions.moveLabOrder(order?.id ?? '', step);
    const ready = await waitFor(
      'the results to be told',
      () =>
        stream.results.find((result) => result.data?.fullscriptPatientChanged?.labOrder?.status === 'RESULTS_READY'),
      20_000,
    );
    expect(ready.data.fullscriptPatientChanged).toMatchObject({ plan: null, labOrder: { id: order?.id } });

    actions.cancelPlan(planId);
    const isCancelled = (result: LiveResult): boolean =>
      (result.data?.fullscriptPatientChanged?.plan?.state as unknown) === 'CANCELLED';
    await waitFor('the plan to be told as cancelled', () => stream.results.some(isCancelled), 20_000);
    stream.leave();
  }, 90_000);

  it('tells nothing when the same is read once more, and nothing of other patients', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const somebodyElse = addPerson(deployment);
    await openPage(patientId);
    await openPage(somebodyElse.patientId);
    const stream = await follow(deployment, 'u-ada', patientId);
    const elsewhere = await follow(deployment, 'u-ada', somebodyElse.patientId);
    await openPage(patientId);
    await openPage(patientId);
    const theirs = sendPlan(somebodyElse.fullscriptPatientId);
    await findChange(elsewhere, 'plan', theirs);
    const planId = sendPlan(fullscriptPatientId);
    await findChange(stream, 'plan', planId);
    const [panelId = ''] = deployment.sandbox.sandbox.state.labPanels.keys();
    const withLab = sendPlan(fullscriptPatientId, [panelId]);
    await findChange(stream, 'plan', withLab);
    await openPage(patientId);
    const order = [...deployment.sandbox.sandbox.state.labOrders.values()].find(({ planId: of }) => of === withLab);
    await findChange(stream, 'labOrder', order?.id ?? '');
    // Each of these reads from Fullscript and stores what it has read.
    const again = `{
      fullscriptTreatmentPlan(id: "${planId}", freshness: CURRENT) { id }
      fullscriptLabOrder(id: "${order?.id ?? ''}", freshness: CURRENT) { id }
    }`;
    for (let round = 0; round < 3; round += 1) expect((await deployment.ask('u-ada', again)).errors).toEqual([]);
    await openPage(patientId);
    const later = sendPlan(fullscriptPatientId);
    await findChange(stream, 'plan', later);
    // What had been noted between would have come between.
    expect(told(stream)).toEqual([planId, withLab, order?.id, later]);
    expect(told(elsewhere)).toEqual([theirs]);
    stream.leave();
    elsewhere.leave();
  }, 90_000);

  it('tells a subscriber whose patient is linked only later', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const stream = await follow(deployment, 'u-ada', patientId);
    await openPage(patientId);
    const planId = sendPlan(fullscriptPatientId);
    await findChange(stream, 'plan', planId);
    stream.leave();
  }, 90_000);

  it('looks once a second with one statement, however many follow', async () => {
    await openPage();
    const looks = (): number => deployment.statements.filter((sql) => sql.includes('FROM patient_change')).length;
    const streams = await Promise.all(
      Array.from({ length: 20 }, (_, index) => follow(deployment, 'u-ada', index < 15 ? hero : `p-10${String(index)}`)),
    );
    await waitFor('all of them', () => deployment.app.liveStreams() === 20);
    const before = looks();
    const startedAtMs = performance.now();
    await waitFor('some looks', () => looks() >= before + 3, 20_000);
    expect(looks() - before).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAtMs) / 900) + 1);
    for (const stream of streams) stream.leave();
  }, 90_000);
});

/** What a stream ends with. */
async function findEnd(stream: EventStream): Promise<LiveResult | undefined> {
  const ended = await stream.ended;
  expect(ended).toBe('complete');
  return stream.results.at(-1);
}

const codeOf = (result: LiveResult | undefined): unknown => result?.errors?.[0]?.extensions['code'];

describe('A stream of live updates', () => {
  afterEach(() => deployment.stop(), 60_000);

  it('refuses who may not read the patient as a read would, before it streams', async () => {
    await start();
    await openPage();
    const refused = async (who: string, patientId = hero): Promise<unknown> =>
      codeOf(await findEnd(await follow(deployment, who, patientId)));
    expect(await refused('u-admin')).toBe('FORBIDDEN');
    expect(await refused('u-carla')).toBe('FORBIDDEN');
    expect(await refused('u-dev')).toBe('FORBIDDEN');
    expect(await refused('u-limited')).toBe('FULLSCRIPT_CONNECTION_REQUIRED');
    expect(await refused('token:nonsense')).toBe('UNAUTHENTICATED');
    expect(await refused('u-ada', 'p-unknown')).toBe('NOT_FOUND');
    expect(await refused('u-ada', 'x'.repeat(300))).toBe('BAD_USER_INPUT');
    expect(deployment.app.liveStreams()).toBe(0);
    expect(deployment.logs.join('')).not.toContain('p-unknown');
  }, 60_000);

  it('refuses documents as ever, and without the gateway’s secret everything', async () => {
    await start();
    const token = await deployment.emr.tokenFor('u-ada');
    const send = async (query: string, headers: Record<string, string> = {}): Promise<Response> =>
      await fetch(`${deployment.app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${token}`,
          'x-gateway-secret': deployment.env['GATEWAY_SECRET'] ?? '',
          ...headers,
        },
        body: JSON.stringify({ query }),
      });
    const field = `fullscriptPatientChanged(patientId: "${hero}")`;
    const codes = async (response: Response): Promise<unknown> => {
      const { errors } = (await response.json()) as { errors: LiveResult['errors'] };
      return [response.status, errors?.[0]?.extensions['code']];
    };
    expect(await codes(await send(`subscription { ${field} { nothing } }`))).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(await codes(await send(`subscription { a: ${field} { at } b: ${field} { at } }`))).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(await codes(await send(`subscription { ${field} { at } }`, { 'x-gateway-secret': 'wrong' }))).toEqual([
      401,
      'UNAUTHENTICATED',
    ]);
    const deep = `subscription { ${field} { ${'patient { treatmentPlans { nodes { '.repeat(5)} id ${'} } } '.repeat(5)} } }`;
    expect(await (await send(deep)).text()).toContain('BAD_USER_INPUT');
    // Who accepts streams, but does not insist, gets queries answered as ever; a subscription without a stream is told how.
    const query = await send('{ __typename }', { accept: 'application/json, text/event-stream' });
    expect(await query.json()).toEqual({ data: { __typename: 'Query' } });
    const plain = await send(`subscription { ${field} { at } }`, { accept: 'application/json' });
    const { errors } = (await plain.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect(plain.status).toBe(200);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.message).toMatch(/text\/event-stream.*graphql-transport-ws/);
  }, 60_000);

  it('ends a stream whose token expires, whose user is switched off or revokes, with the code a read would have', async () => {
    let aheadMs = 0;
    await start({ outside: { now: () => new Date(Date.now() + aheadMs) } });
    await openPage();
    const off = await follow(deployment, 'u-ada', hero);
    const toggle =
      'mutation ($on: Boolean!) { setFullscriptEnabled(input: { userId: "u-ada", enabled: $on }) { enabled } }';
    expect((await deployment.ask('u-admin', toggle, { variables: { on: false } })).errors).toEqual([]);
    expect((await findEnd(off))?.errors?.[0]?.extensions).toMatchObject({
      code: 'FULLSCRIPT_CONNECTION_REQUIRED',
      status: 'DISABLED',
    });
    expect((await deployment.ask('u-admin', toggle, { variables: { on: true } })).errors).toEqual([]);

    const expiring = await follow(deployment, 'u-ada', hero);
    aheadMs = 24 * 3600_000;
    expect(codeOf(await findEnd(expiring))).toBe('UNAUTHENTICATED');
    aheadMs = 0;

    const revoked = await follow(deployment, 'u-ada', hero);
    expect((await deployment.ask('u-ada', 'mutation { revoke { revocation { total } } }')).errors).toEqual([]);
    expect((await findEnd(revoked))?.errors?.[0]?.extensions).toMatchObject({
      code: 'FULLSCRIPT_CONNECTION_REQUIRED',
      status: 'NOT_CONNECTED',
    });
    expect(deployment.app.liveStreams()).toBe(0);
  }, 90_000);

  it('ends at the next change for a patient whom the EMR hides by then, and tells who else may see them', async () => {
    let aheadMs = 0;
    await start({ outside: { now: () => new Date(Date.now() + aheadMs) } });
    const fullscriptPatientId = await openPage();
    const stream = await follow(deployment, 'u-ada', hero);
    deployment.emr.store.patients.delete(hero);
    aheadMs = 61_000;
    const { plans } = deployment.app.parts.store;
    const [clinic] = await deployment.app.parts.database.read<{ organization_id: string; clinic_id: string }>(
      'SELECT organization_id, clinic_id FROM patient_link',
    );
    const [first] = await deployment.app.parts.database.read<{ id: string; clinic_key: string }>(
      'SELECT id, clinic_key FROM treatment_plan',
    );
    const plan = await plans.find({ clinicKey: first?.clinic_key ?? '', id: first?.id ?? '' });
    if (!plan || !clinic) throw new Error('nothing is stored');
    await plans.upsertMany(
      { organizationId: clinic.organization_id, clinicId: clinic.clinic_id },
      [{ ...plan, fullscriptPatientId, state: 'CANCELLED', updatedAt: '2099-01-01T00:00:00.000Z' }],
      '2099-01-01T00:00:00.000Z',
    );
    expect(codeOf(await findEnd(stream))).toBe('NOT_FOUND');
  }, 60_000);

  it('lets one user follow twenty times at a process and refuses more until one ends', async () => {
    await start();
    await openPage();
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(deployment, 'u-ada', hero)));
    await waitFor('all of them', () => deployment.app.liveStreams() === 20);
    const refused = await findEnd(await follow(deployment, 'u-ada', hero));
    expect(refused?.errors?.[0]?.extensions).toMatchObject({ code: 'FULLSCRIPT_RATE_LIMITED', retryAfterSeconds: 10 });
    streams[0]?.leave();
    await waitFor('one to end', () => deployment.app.liveStreams() === 19);
    const again = await follow(deployment, 'u-ada', hero);
    await waitFor('its first sign of life', () => again.comments() > 0);
    expect(deployment.app.liveStreams()).toBe(20);
  }, 60_000);

  it('counts those that are being opened too, so that one user cannot have the EMR asked without bound', async () => {
    await start();
    await openPage();
    const { faults, calls } = deployment.emr;
    calls.clear();
    faults.delayMs = 1500;
    const streams = await Promise.all(Array.from({ length: 40 }, () => follow(deployment, 'u-ada', hero)));
    faults.clear();
    await waitFor('those that may', () => deployment.app.liveStreams() === 20);
    const refused = streams.filter(({ results }) => results[0]?.errors !== undefined);
    expect(refused).toHaveLength(20);
    expect(codeOf(refused[0]?.results[0])).toBe('FULLSCRIPT_RATE_LIMITED');
    expect(calls.count('FullscriptPatients')).toBeLessThanOrEqual(20);
    for (const stream of streams) stream.leave();
  }, 60_000);

  it('is audited as one read for the beginning and one for each change', async () => {
    await start();
    const fullscriptPatientId = await openPage();
    const stream = await follow(deployment, 'u-ada', hero, { headers: { 'x-request-id': 'live-1' } });
    const planId = sendPlan(fullscriptPatientId);
    await openPage();
    await findChange(stream, 'plan', planId);
    await deployment.app.parts.audit.flush();
    const rows = await deployment.app.parts.database.read<{ action: string; outcome: string; patient_id: string }>(
      "SELECT action, outcome, patient_id FROM audit_event WHERE request_id = 'live-1'",
    );
    expect(rows).toEqual(Array(2).fill({ action: 'patient.read', outcome: 'ok', patient_id: hero }));
  }, 60_000);

  it('ends without “complete” when the process stops, within a moment', async () => {
    await start();
    await openPage();
    const other: RunningApp = await deployment.startAnother();
    const stream = await follow(deployment, 'u-ada', hero, { url: other.url, selection: changeSelection });
    const startedAtMs = performance.now();
    await other.stop();
    expect(await stream.ended).toBe('cut');
    expect(stream.results).toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(8000);
  }, 60_000);
});
