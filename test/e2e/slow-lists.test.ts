import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addLabOrder } from '../support/labs.ts';
import { addPerson, getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { sendWebhook, toWebhookOf } from '../support/webhooks.ts';

vi.setConfig({ testTimeout: 60_000 });

describeEachDatabase(
  'A list that Fullscript has put together before something changed, and answers only afterwards',
  (get) => {
    let deployment: Deployment;
    beforeAll(async () => {
      deployment = await startDeployment({ databaseUrl: get().url });
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      deployment.app.parts.runner.start(['inbox']);
    }, 120_000);
    afterAll(() => deployment.stop());
    afterEach(() => deployment.sandbox.sandbox.faults.clear());

    /** Has every list at `path` answered as it is now, but late; `isAsked` is for whoever waits for the question. */
    async function answerLate(path: string, query = ''): Promise<{ isAsked: () => boolean }> {
      const { faults, state } = deployment.sandbox.sandbox;
      const pair = [...state.tokens.values()].find(({ endedAt }) => endedAt === null);
      const response = await fetch(`${deployment.sandbox.url}${path}?page[size]=100${query}`, {
        headers: { authorization: `Bearer ${pair?.accessToken ?? ''}` },
      });
      const { id } = faults.add({ path, status: response.status, body: await response.json(), latencyMs: 3000 });
      return { isAsked: () => (faults.list().find((fault) => fault.id === id)?.hits ?? 0) > 0 };
    }
    /** Tells of everything that happened since there were so many events, and waits until it is applied. */
    async function tellSince(count: number): Promise<void> {
      for (const event of deployment.sandbox.sandbox.state.events.slice(count)) {
        await sendWebhook(deployment.app.url, toWebhookOf(event));
      }
      await waitFor('the events to be applied', async () => {
        const { data } = await deployment.ask('service', '{ fullscriptSync { pendingEvents } }');
        return data.fullscriptSync.pendingEvents === 0;
      });
    }

    it('takes no plan away and puts none back of which an event has told meanwhile', async () => {
      const { state, actions } = deployment.sandbox.sandbox;
      const { patientId, fullscriptPatientId } = addPerson(deployment);
      const { id: practitionerId, clinicId } = getUser(deployment);
      const send = () =>
        actions.sendPlan(actions.createPlan(clinicId, { practitionerId, patientId: fullscriptPatientId }).id);
      const read = async (freshness: string) => {
        const { patient } = await askPatient(
          deployment,
          'u-ada',
          patientId,
          `treatmentPlans(freshness: ${freshness}) { nodes { id state } }`,
        );
        return patient.treatmentPlans.nodes as { id: string; state: string }[];
      };
      const cancelled = send();
      expect(await read('CURRENT')).toEqual([{ id: cancelled.id, state: 'ACTIVE' }]);

      const { isAsked } = await answerLate(`/api/clinic/patients/${fullscriptPatientId}/treatment_plans`);
      const late = read('CURRENT');
      await waitFor('Fullscript to be asked', isAsked);
      const before = state.events.length;
      const added = send();
      actions.cancelPlan(cancelled.id);
      await tellSince(before);
      const now = [
        { id: added.id, state: 'ACTIVE' },
        { id: cancelled.id, state: 'CANCELLED' },
      ];
      expect(await read('STORED')).toEqual(now);
      expect(await late).toEqual(now);
      expect(await read('STORED')).toEqual(now);
    });

    it('takes no lab order away and puts none back of which an event has told meanwhile', async () => {
      const { state, actions } = deployment.sandbox.sandbox;
      const { patientId, fullscriptPatientId } = addPerson(deployment);
      const read = async (freshness: string) => {
        const { patient } = await askPatient(
          deployment,
          'u-ada',
          patientId,
          `labOrders(freshness: ${freshness}) { nodes { id status } }`,
        );
        const nodes = patient.labOrders.nodes as { id: string; status: string }[];
        return Object.fromEntries(nodes.map(({ id, status }) => [id, status]));
      };
      await read('CURRENT');
      const moved = addLabOrder(deployment, { fullscriptPatientId });
      expect(await read('CURRENT')).toEqual({ [moved.id]: 'PURCHASED' });

      const { isAsked } = await answerLate('/api/clinic/labs/orders', `&patient_id=${fullscriptPatientId}`);
      const late = read('CURRENT');
      await waitFor('Fullscript to be asked', isAsked);
      const before = state.events.length;
      const added = addLabOrder(deployment, { fullscriptPatientId });
      for (const order of [added, moved]) actions.moveLabOrder(order.id, 'results_ready');
      await tellSince(before);
      const now = { [added.id]: 'RESULTS_READY', [moved.id]: 'RESULTS_READY' };
      expect(await read('STORED')).toEqual(now);
      expect(await late).toEqual(now);
      expect(await read('STORED')).toEqual(now);
    });
  },
);
