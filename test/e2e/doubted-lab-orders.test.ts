import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';

describeEachDatabase('Lab orders that were called into question', (get) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('are read one by one before the clinic-wide list makes them current again, since its rows may look the same', async () => {
    const { store, runner } = deployment.app.parts;
    const list = async (freshness: string) =>
      (
        await askPatient(
          deployment,
          'u-ada',
          hero,
          `labOrders(freshness: ${freshness}) { stale nodes { id status tests { name } } }`,
        )
      ).patient.labOrders as { stale: boolean; nodes: { id: string; status: string; tests: { name: string }[] }[] };
    const before = await list('CURRENT');
    const open = before.nodes.find(({ status }) => status !== 'INTERPRETATION_SHARED');
    const order = deployment.sandbox.sandbox.state.labOrders.get(open?.id ?? '');
    if (!order) throw new Error('No lab order is under way');
    for (const test of order.tests) test.name = 'Told by an event that could not be applied';
    const [row] = await get().db.read<{ clinic_key: string; subject: string; synced_at: string }>(
      `SELECT clinic_key, subject, synced_at FROM copy_sync WHERE kind = 'labs'`,
    );
    if (!row) throw new Error('No labs were compared');
    await store.copies.expire({ clinicKey: row.clinic_key, kind: 'labs', subject: row.subject });
    expect((await list('STORED')).stale).toBe(true);
    runner.start(['lab-orders']);
    runner.wake('lab-orders');
    await waitFor('the list to be compared', async () => !(await list('STORED')).stale);
    const after = (await list('STORED')).nodes.find(({ id }) => id === order.id);
    expect(after?.tests.map(({ name }) => name)).toEqual(order.tests.map(({ name }) => name));
    expect(after?.tests.length).toBeGreaterThan(0);
  }, 60_000);
});
