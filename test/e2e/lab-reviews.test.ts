import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
const review = 'review { signedOffBy signedOffAt sharedWithPatientAt notes { authorId text createdAt } }';
const untouched = { signedOffBy: null, signedOffAt: null, sharedWithPatientAt: null, notes: [] };

/** A lab order of the hero's that was bought, without results. */
function addOrder(deployment: Deployment): LabOrder {
  const { actions, state } = deployment.sandbox.sandbox;
  const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
  const panel = [...state.labPanels.values()][0]?.id ?? '';
  const plan = actions.createPlan(ada?.clinicId ?? '', {
    practitionerId: ada?.id ?? '',
    patientId: getFullscriptPatientId(deployment, 'mira.okoye@mail.example'),
    labPanelIds: [panel],
  });
  actions.sendPlan(plan.id);
  const order = [...state.labOrders.values()].find(({ planId }) => planId === plan.id);
  if (!order) throw new Error('The sandbox made no lab order');
  actions.moveLabOrder(order.id, 'purchased');
  return order;
}

describeEachDatabase('Mutation.reviewFullscriptLabResult', (get) => {
  let deployment: Deployment;
  let order: LabOrder;
  let resultId: string;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(async () => {
    order = addOrder(deployment);
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    resultId = order.results[0]?.id ?? '';
    await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: CURRENT) { totalCount }');
  });

  const change = (who: string, input: object): Promise<Answer> =>
    deployment.ask(
      who,
      `mutation ($input: FullscriptReviewLabResultInput!) { reviewFullscriptLabResult(input: $input) { id ${review} } }`,
      { variables: { input: { resultId, ...input } } },
    );
  const read = async (freshness = 'STORED') => {
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${order.id}", freshness: ${freshness}) { results { id amended ${review} } } }`,
    );
    expect(answer.errors).toEqual([]);
    return answer.data.fullscriptLabOrder.results[0];
  };

  it('signs off, keeps the first sign-off, and takes it back', async () => {
    expect((await read()).review).toEqual(untouched);
    const signed = await change('u-ada', { signOff: true });
    expect(signed.errors).toEqual([]);
    const { signedOffAt } = signed.data.reviewFullscriptLabResult.review;
    expect(signedOffAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect((await read()).review).toEqual({ ...untouched, signedOffBy: 'u-ada', signedOffAt });
    expect((await change('u-ben', { signOff: true })).data.reviewFullscriptLabResult.review).toMatchObject({
      signedOffBy: 'u-ada',
      signedOffAt,
    });
    expect((await change('u-ben', { signOff: false })).data.reviewFullscriptLabResult.review).toEqual(untouched);
  });

  it('collects notes in order, each with its author, and notes the sharing', async () => {
    await change('u-ada', { note: ' Call the patient. ' });
    const both = await change('u-ben', { note: 'Done. 明', shareWithPatient: true });
    expect(both.data.reviewFullscriptLabResult.review).toMatchObject({
      signedOffBy: null,
      notes: [
        { authorId: 'u-ada', text: 'Call the patient.' },
        { authorId: 'u-ben', text: 'Done. 明' },
      ],
    });
    expect(both.data.reviewFullscriptLabResult.review.sharedWithPatientAt).not.toBeNull();
    expect((await read()).review).toEqual(both.data.reviewFullscriptLabResult.review);
  });

  it('an amended result loses its sign-off, and the audit keeps it', async () => {
    await change('u-ada', { signOff: true, note: 'fine' });
    deployment.sandbox.sandbox.actions.amendResult(order.id);
    const amended = await read('CURRENT');
    expect(amended).toMatchObject({
      amended: true,
      review: { signedOffBy: null, signedOffAt: null, notes: [{ text: 'fine' }] },
    });
    expect((await change('u-ada', { signOff: true })).data.reviewFullscriptLabResult.review.signedOffBy).toBe('u-ada');
    expect((await read('CURRENT')).review.signedOffBy).toBe('u-ada');
    const audit = await deployment.ask(
      'u-admin',
      '{ fullscriptAuditEvents { nodes { action subject outcome patientId } } }',
    );
    const rows = (audit.data.fullscriptAuditEvents.nodes as { action: string; subject: string }[]).filter(
      (row) => row.action === 'lab.review' && row.subject === resultId,
    );
    expect(rows).toEqual(Array(2).fill({ action: 'lab.review', subject: resultId, outcome: 'ok', patientId: hero }));
  });

  it('leaves a history: who did what to which version, and what a correction by the lab undid', async () => {
    await change('u-ada', { signOff: true, note: 'fine' });
    await change('u-ben', { signOff: true, shareWithPatient: true });
    deployment.sandbox.sandbox.actions.amendResult(order.id);
    await read('CURRENT');
    await change('u-ben', { shareWithPatient: false });
    const answer = await deployment.ask(
      'u-ben',
      `{ fullscriptLabOrder(id: "${order.id}", freshness: STORED) {
        results { version amendedAt earlierVersions { version name rawStatus } review { history { action userId version at } } }
      } }`,
    );
    expect(answer.errors).toEqual([]);
    const [result] = answer.data.fullscriptLabOrder.results;
    expect(result).toMatchObject({ version: 2, earlierVersions: [{ version: 1, rawStatus: 'available' }] });
    expect(result.amendedAt).not.toBeNull();
    const history = result.review.history as { action: string; userId: string | null; version: number; at: string }[];
    expect(history.map(({ action, userId, version }) => [action, userId, version])).toEqual([
      ['SIGNED_OFF', 'u-ada', 1],
      ['NOTED', 'u-ada', 1],
      ['SHARED', 'u-ben', 1],
      ['SIGN_OFF_LOST', null, 1],
      ['SHARING_TAKEN_BACK', 'u-ben', 2],
    ]);
    expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => at).toSorted());
  });

  it('is for practitioners who may see the patient, and refuses empty notes and unknown results', async () => {
    const codes = async (answer: Promise<Answer>) => (await answer).errors.map(({ extensions }) => extensions['code']);
    for (const who of ['u-carla', 'u-admin', 'u-dev', 'service'])
      expect(await codes(change(who, { signOff: true }))).toEqual(['FORBIDDEN']);
    expect(await codes(change('u-tomas', { signOff: true }))).toEqual(['NOT_FOUND']);
    expect(await codes(change('u-ada', { resultId: 'nobody', signOff: true }))).toEqual(['NOT_FOUND']);
    expect(await codes(change('u-ada', { note: '  ' }))).toEqual(['BAD_USER_INPUT']);
    expect(await codes(change('u-limited', { signOff: true }))).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    expect((await read()).review).toEqual(untouched);
  });

  it('is refused to an authorization that may not read lab orders, as reading them is', async () => {
    const app = deployment.sandbox.sandbox.app as { scopes: readonly string[] };
    const all = app.scopes;
    try {
      app.scopes = all.filter((scope) => scope !== 'patients:order_history');
      await deployment.connect('u-ben', 'ben@cedarrow.example');
      const refused = await change('u-ben', { signOff: true, note: 'unseen' });
      expect(refused.data).toBeNull();
      expect(refused.errors).toMatchObject([
        {
          extensions: {
            code: 'FULLSCRIPT_CONNECTION_REQUIRED',
            status: 'RECONNECT_REQUIRED',
            missingScopes: ['patients:order_history'],
          },
        },
      ]);
      expect((await read()).review).toEqual(untouched);
    } finally {
      app.scopes = all;
      await deployment.connect('u-ben', 'ben@cedarrow.example');
    }
    expect((await change('u-ben', { signOff: true })).errors).toEqual([]);
  });
});

describe('The EMR’s document of a lab result', () => {
  let deployment: Deployment;
  let order: LabOrder;
  const documents = () => deployment.emr.documentsOf(hero).filter(({ kind }) => kind === 'LAB_RESULT');
  const link = () => askPatient(deployment, 'u-ada', hero, 'connectionStatus');

  async function start(env: Record<string, string | undefined> = {}, withWebhooks = true): Promise<void> {
    deployment = await startDeployment({ env: { WORKER: 'on', EVENT_SWEEP_SECONDS: '1', ...env }, withWebhooks });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    order = addOrder(deployment);
  }
  afterEach(() => deployment.stop());

  it('is filed once per result and once per amendment, whoever brings the news and however often', async () => {
    await start();
    await link();
    const { actions } = deployment.sandbox.sandbox;
    deployment.sandbox.sandbox.settings.webhooks.duplicateShare = 1;
    actions.publishResults(order.id, 2);
    await waitFor('two documents', () => documents().length === 2);
    const event = deployment.sandbox.sandbox.state.events.at(-1);
    expect(
      documents()
        .map(({ sourceId }) => sourceId)
        .toSorted(),
    ).toEqual(order.results.map(({ id }) => id).toSorted());
    for (const document of documents()) {
      expect(document.title).toBe(`Fullscript lab result ${event?.createdAt.slice(0, 10)}`);
      expect(document.occurredAt).toBe(event?.createdAt);
    }
    await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: CURRENT) { totalCount }');
    actions.amendResult(order.id, order.results[0]?.id);
    await waitFor('the amendment', () => documents().length === 3);
    expect(documents().at(-1)?.sourceId).toBe(order.results[0]?.id);
    // Time for anything that would come twice.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(documents()).toHaveLength(3);
  }, 40_000);

  it('is filed though the webhook was lost, and though nobody ever opened the patient’s labs', async () => {
    await start({}, false);
    await link();
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await waitFor('the document', () => documents().length === 1, 15_000);
  }, 40_000);

  it('is filed though the clinic-wide list of lab orders saw the result before its event did', async () => {
    await start({ EVENT_SWEEP_SECONDS: '3600', FRESH_FOR_SECONDS: '1' }, false);
    await link();
    await waitFor(
      'the order to be known',
      () => deployment.app.parts.store.labOrders.findByIds('org-juniper', [order.id]).then((found) => found.size === 1),
      15_000,
    );
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await waitFor('the document', () => documents().length === 1, 15_000);
  }, 40_000);

  it('is filed though a reader who had never looked before saw the result first, and its event came later', async () => {
    await start({ WORKER: 'off' }, false);
    await link();
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: CURRENT) { totalCount }');
    expect((await deployment.app.parts.store.labDocuments.depth()).pending).toBe(0);
    deployment.app.parts.runner.start();
    await waitFor('the document', () => documents().length === 1, 15_000);
  }, 40_000);

  it('is not made for what was there before the patient was linked', async () => {
    await start({}, false);
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await link();
    await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: CURRENT) { totalCount }');
    await waitFor('the sweep', async () =>
      (await deployment.app.parts.store.clinics.listAll()).some(({ sweptAt }) => sweptAt !== null),
    );
    expect((await deployment.app.parts.store.labDocuments.depth()).pending).toBe(0);
    expect(documents()).toEqual([]);
  }, 40_000);

  it('comes once although the EMR fails at first and loses its answers', async () => {
    await start();
    await link();
    Object.assign(deployment.emr.faults, { only: 'addDocument', failNext: 1, loseNext: 1 });
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await waitFor('the document', () => documents().length === 1, 20_000);
    await waitFor(
      'the job to be content',
      async () => (await deployment.app.parts.store.labDocuments.depth()).pending === 0,
      20_000,
    );
    expect(documents()).toHaveLength(1);
  }, 45_000);

  it('is filed though the order itself does not say whose it is, since its event does', async () => {
    await start({ EVENT_SWEEP_SECONDS: '3600' });
    await link();
    deployment.sandbox.sandbox.faults.add({
      path: `/api/clinic/labs/orders/${order.id}`,
      status: 200,
      body: {
        order: { id: order.id, state: 'results_ready', tests: order.tests, results: [{ id: 'r-1', name: 'Panel' }] },
      },
    });
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await waitFor('the document', () => documents().length === 1, 15_000);
    expect(documents()[0]?.sourceId).toBe('r-1');
    const listed = await askPatient(deployment, 'u-ada', hero, 'labOrders(freshness: STORED) { nodes { id } }');
    expect(listed.patient.labOrders.nodes).toContainEqual({ id: order.id });
  }, 40_000);

  it('and the loss of the sign-off survive that the database fails at first', async () => {
    await start();
    await link();
    const { actions } = deployment.sandbox.sandbox;
    actions.publishResults(order.id, 1);
    await waitFor('the document', () => documents().length === 1, 15_000);
    const resultId = order.results[0]?.id ?? '';
    const signed = await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, signOff: true }) { id } }',
      { variables: { id: resultId } },
    );
    expect(signed.errors).toEqual([]);
    const run = (sql: string) => deployment.app.parts.database.write((tx) => tx.run(sql));
    await run("CREATE TRIGGER full_disk BEFORE UPDATE ON lab_review BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    actions.amendResult(order.id);
    await waitFor('the failure', () => deployment.logs.some((line) => line.includes('an event could not be applied')));
    await run('DROP TRIGGER full_disk');
    await waitFor('the second document', () => documents().length === 2, 20_000);
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${order.id}", freshness: STORED) { results { amended ${review} } } }`,
    );
    expect(answer.data.fullscriptLabOrder.results).toMatchObject([{ amended: true, review: { signedOffBy: null } }]);
  }, 45_000);

  it('is not made without EMR_SERVICE_TOKEN', async () => {
    await start({ EMR_SERVICE_TOKEN: undefined });
    await link();
    deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
    await waitFor('the result', async () => {
      const answer = await deployment.ask('u-ada', `{ fullscriptLabOrder(id: "${order.id}") { results { id } } }`);
      return answer.data.fullscriptLabOrder.results.length === 1;
    });
    expect(deployment.emr.calls.count('addDocument')).toBe(0);
    expect(documents()).toEqual([]);
  }, 40_000);
});
