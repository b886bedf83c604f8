import { afterEach, expect, it } from 'vitest';
import { createWriteMetadata } from '../../src/operations/write-metadata.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';
import { askPatient, getFullscriptPatientId, waitFor } from '../support/reading.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';
const hero = 'p-1001';
const stored = 'treatmentPlans(first: 100, freshness: STORED) { stale nodes { id state } }';

describeEachDatabase('A clinic that somebody has connected', (get) => {
  let deployment: Deployment;

  async function start(options: Parameters<typeof startDeployment>[0] = {}): Promise<void> {
    for (const table of ['account', 'job_lease', 'metadata_task', 'integration_switch', 'clinic', 'webhook_event']) {
      await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    }
    deployment = await startDeployment({ databaseUrl: get().url, ...options });
  }
  afterEach(() => deployment.stop());

  const writeMetadata = () => createWriteMetadata(deployment.app.parts.operationNeeds)(new AbortController().signal);
  const readPlans = async (who: string) =>
    (await askPatient(deployment, who, hero, stored)).patient.treatmentPlans as {
      stale: boolean;
      nodes: { id: string; state: string }[];
    };
  const listCalls = (pathPart: string) =>
    deployment.sandbox.sandbox.calls.list().filter(({ path }) => path.includes(pathPart));

  /** Waits until at least so many events have come in and none waits to be applied; gives how many came. */
  const waitForApplied = (least: number): Promise<number> =>
    waitFor('the events to be dealt with', async () => {
      const rows = await get().db.read<{ state: string }>('SELECT state FROM webhook_event');
      return rows.length >= least && rows.every(({ state }) => state === 'DONE') && rows.length;
    });

  function addActivePlan(): string {
    const { actions } = deployment.sandbox.sandbox;
    const practitioner = getUser(deployment, ada);
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    const plan = actions.createPlan(practitioner.clinicId, { practitionerId: practitioner.id, patientId });
    actions.sendPlan(plan.id);
    return plan.id;
  }

  it('is known by its name and discount, and its practitioner carries our id at Fullscript', async () => {
    await start();
    await deployment.connect('u-ada', ada);
    const { data } = await deployment.ask(
      'u-ada',
      '{ fullscriptViewer { accounts { clinic { name discountPercent } } } }',
    );
    expect(data.fullscriptViewer.accounts).toEqual([{ clinic: { name: 'Cedar Row Wellness', discountPercent: 10 } }]);
    await writeMetadata();
    expect(getUser(deployment, ada).metadataId).toBe('org-juniper:pr-ada');
  });

  it('keeps the id that somebody else has written to its practitioner', async () => {
    await start();
    getUser(deployment, ada).metadataId = 'another-emr-77';
    await deployment.connect('u-ada', ada);
    await writeMetadata();
    expect(getUser(deployment, ada).metadataId).toBe('another-emr-77');
    expect(await writeMetadata()).toBe(0);
  });

  it('gives no staff account the id of a practitioner', async () => {
    await start();
    await deployment.connect('u-ada', 'carla@cedarrow.example');
    expect(await writeMetadata()).toBe(0);
    const { users } = deployment.sandbox.sandbox.state;
    expect([...users.values()].filter((user) => user.metadataId !== null)).toEqual([]);
  });

  it('is swept from then on, with the next account once the first was taken away at Fullscript', async () => {
    await start({ env: { EVENT_SWEEP_SECONDS: '1' } });
    await deployment.connect('u-ben', ben);
    await deployment.connect('u-ada', ada);
    const planId = addActivePlan();
    await askPatient(deployment, 'u-ben', hero, 'treatmentPlans { totalCount }');
    // Otherwise that job would notice first.
    await writeMetadata();
    // The one whom Fullscript accepted last is asked first.
    await deployment.app.parts.store.accounts.markVerified(
      (await deployment.ask('u-ada', '{ fullscriptViewer { accounts { id } } }')).data.fullscriptViewer.accounts[0]
        .id as string,
      new Date(Date.now() + 1000).toISOString(),
    );
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, ada).id);
    deployment.sandbox.sandbox.actions.cancelPlan(planId);
    deployment.app.parts.runner.start();
    await waitFor('the sweep to bring the change', async () =>
      (await readPlans('u-ben')).nodes.some((plan) => plan.id === planId && plan.state === 'CANCELLED'),
    );
    expect(listCalls('/api/events/').map(({ status }) => status)).toContain(401);
    const { data } = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
    expect(data.fullscriptViewer.connectionStatus).toBe('RECONNECT_REQUIRED');
  });

  it('is not read while its organization is switched off; what webhooks told meanwhile is caught up afterwards', async () => {
    await start({ withWebhooks: true, env: { EVENT_SWEEP_SECONDS: '1' } });
    await deployment.connect('u-ada', ada);
    const planId = addActivePlan();
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans { totalCount }');
    deployment.app.parts.runner.start();
    const turn = (enabled: boolean) =>
      deployment.ask('u-admin', `mutation { setFullscriptEnabled(input: { enabled: ${enabled} }) { enabled } }`);
    const known = await waitForApplied(1);
    await turn(false);
    deployment.sandbox.sandbox.calls.clear();
    deployment.sandbox.sandbox.actions.cancelPlan(planId);
    await waitForApplied(known + 1);
    expect(listCalls(`/treatment_plans/${planId}`)).toEqual([]);
    await turn(true);
    await waitFor('the change to be read', async () => {
      const { patient } = await askPatient(
        deployment,
        'u-ada',
        hero,
        'treatmentPlans(first: 100) { nodes { id state } }',
      );
      return (patient.treatmentPlans.nodes as { id: string; state: string }[]).some(
        (plan) => plan.id === planId && plan.state === 'CANCELLED',
      );
    });
  });
});
