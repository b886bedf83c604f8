import { afterEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const list = 'labOrders(first: 100) { syncedAt stale nodes { rawStatus } }';

/** Lab orders that Fullscript makes or moves without an event of their own. */
describeEachDatabase('What Fullscript does silently with lab orders', (get) => {
  let deployment: Deployment;
  afterEach(() => deployment.stop());

  async function start(): Promise<{ patientId: string; fullscriptPatientId: string }> {
    deployment = await startDeployment({
      databaseUrl: get().url,
      withWebhooks: true,
      env: { EVENT_SWEEP_SECONDS: '1' },
    });
    for (const table of ['account', 'job_lease', 'clinic', 'patient_link', 'webhook_event'])
      await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    return addPerson(deployment);
  }

  const read = async (patientId: string) =>
    (await askPatient(deployment, 'u-ada', patientId, list)).patient.labOrders as {
      syncedAt: string;
      stale: boolean;
      nodes: { rawStatus: string }[];
    };

  function sendPlanWithLabs(fullscriptPatientId: string): string {
    const { actions, state } = deployment.sandbox.sandbox;
    const { clinicId, id: practitionerId } = getUser(deployment);
    const [panelId = ''] = state.labPanels.keys();
    const plan = actions.createPlan(clinicId, {
      practitionerId,
      patientId: fullscriptPatientId,
      labPanelIds: [panelId],
    });
    return actions.sendPlan(plan.id).id;
  }

  it('is looked for once a plan with labs was sent, instead of calling the list current', async () => {
    const { patientId, fullscriptPatientId } = await start();
    expect(await read(patientId)).toMatchObject({ stale: false, nodes: [] });
    sendPlanWithLabs(fullscriptPatientId);
    await deployment.sandbox.sandbox.webhooks.settle();
    deployment.app.parts.runner.start(['inbox']);
    await waitFor(
      'the event to be applied',
      async () => (await deployment.app.parts.store.inbox.depth()).pending === 0,
    );
    expect((await read(patientId)).stale).toBe(true);
    const orders = await waitFor('the order', async () => {
      const found = await read(patientId);
      return !found.stale && found;
    });
    expect(orders.nodes).toEqual([{ rawStatus: 'not_purchased' }]);
  }, 60_000);

  it('is not called known as of a sweep, which cannot see it', async () => {
    const { patientId, fullscriptPatientId } = await start();
    const planId = sendPlanWithLabs(fullscriptPatientId);
    const { actions, state } = deployment.sandbox.sandbox;
    actions.buyLabs(planId);
    expect((await read(patientId)).nodes).toEqual([{ rawStatus: 'purchased' }]);
    const [order] = [...state.labOrders.values()].filter((each) => each.patientId === fullscriptPatientId);
    // The events so far are applied and the list read once more, so that nothing is left but the silent step.
    deployment.app.parts.runner.start(['inbox', 'sweep']);
    await waitFor('the events', async () => (await deployment.app.parts.store.inbox.depth()).pending === 0);
    await waitFor('the list', async () => !(await read(patientId)).stale);
    actions.moveLabOrder(order?.id ?? '', 'processing');
    const movedAt = new Date().toISOString();
    await waitFor('a sweep after it', async () =>
      (await deployment.app.parts.store.clinics.listAll()).some(({ sweptAt }) => sweptAt !== null && sweptAt > movedAt),
    );
    const orders = await read(patientId);
    expect(orders.nodes).toEqual([{ rawStatus: 'purchased' }]);
    expect(orders.syncedAt < movedAt).toBe(true);
  }, 60_000);
});
