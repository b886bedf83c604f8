import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, countCalls, getFullscriptPatientId } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

interface Plan {
  id: string;
  createdAt: string;
  patientId: string | null;
}

describeEachDatabase('Practitioner.treatmentPlans and Practitioner.labOrders', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  /** Two patients whom Ada and the limited Ingrid may see, one whom Ingrid may not, one who is linked to nobody. */
  const people = ['p-1001', 'p-1002', 'p-1007'];
  let strangerId: string;

  const userOf = (email: string) => {
    const user = [...deployment.sandbox.sandbox.state.users.values()].find((candidate) => candidate.email === email);
    if (!user) throw new Error(`The sandbox has no user ${email}`);
    return user;
  };
  const ask = (who: string, practitionerId: string, selection: string) =>
    deployment.askEntities(
      who,
      [{ __typename: 'Practitioner', id: practitionerId }],
      `... on Practitioner { ${selection} }`,
    );

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    const { actions, state } = deployment.sandbox.sandbox;
    const ingrid = userOf('ingrid@cedarrow.example');
    const panel = [...state.labPanels.values()][0]?.id ?? '';
    strangerId = actions.createPatient(ingrid.clinicId, {
      firstName: 'Nobody',
      lastName: 'Linked',
      email: 'stranger@mail.example',
    }).id;
    const fullscriptIds = people.map((id) =>
      getFullscriptPatientId(deployment, deployment.emr.store.patients.get(id)?.email ?? ''),
    );
    for (const patientId of [...fullscriptIds, strangerId]) {
      const plan = actions.createPlan(ingrid.clinicId, { practitionerId: ingrid.id, patientId, labPanelIds: [panel] });
      actions.sendPlan(plan.id);
    }
    // Ada reads everybody, so that all of it is stored; the stranger's plan is stored by its id.
    for (const id of people)
      await askPatient(deployment, 'u-ada', id, 'treatmentPlans { totalCount } labOrders { totalCount }');
    const [strange] = listPlans().filter(({ patientId }) => patientId === strangerId);
    const order = [...state.labOrders.values()].find(({ planId }) => planId === strange?.id);
    await deployment.ask(
      'u-limited',
      `{ fullscriptTreatmentPlan(id: "${strange?.id}") { id patient { id } } fullscriptLabOrder(id: "${order?.id}") { id } }`,
    );
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.calls.clear());

  function listPlans(): Plan[] {
    const { id } = userOf('ingrid@cedarrow.example');
    return [...deployment.sandbox.sandbox.state.plans.values()].filter((plan) => plan.practitionerId === id);
  }
  /** What Ingrid may see of her own: not the plans of the patient whom the EMR hides from her. */
  function listVisible(): string[] {
    const hidden = new Set(
      [...deployment.emr.store.patients.values()]
        .filter(({ id, organizationId }) => organizationId === 'org-juniper' && !/^p-100[1-5]$/.test(id))
        .map(({ email }) => email),
    );
    const { patients } = deployment.sandbox.sandbox.state;
    const read = new Set(people.map((id) => deployment.emr.store.patients.get(id)?.email));
    return listPlans()
      .filter(({ patientId }) => {
        const email = patients.get(patientId ?? '')?.email ?? null;
        return patientId === strangerId || (read.has(email) && !hidden.has(email));
      })
      .toSorted((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1))
      .map(({ id }) => id);
  }

  it('shows the author what is theirs, from the stored copy, without patients whom the EMR hides, and unlinked ones with a null patient', async () => {
    const answer = await ask(
      'u-limited',
      'pr-ingrid',
      'treatmentPlans(first: 100) { totalCount stale nodes { id patient { id } practitioner { id } } }',
    );
    expect(answer.errors).toEqual([]);
    const { nodes, totalCount } = answer.data._entities[0].treatmentPlans;
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(listVisible());
    expect(totalCount).toBe(nodes.length);
    expect(nodes.every((node: { practitioner: { id: string } }) => node.practitioner.id === 'pr-ingrid')).toBe(true);
    const patients = nodes.map((node: { patient: { id: string } | null }) => node.patient?.id ?? null);
    expect(patients).toContain(null);
    expect(patients).toContain('p-1001');
    expect(patients).not.toContain('p-1007');
    expect(countCalls(deployment)).toBe(0);
  });

  it('pages through them, counting only what is shown', async () => {
    const expected = listVisible();
    const seen: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn <= expected.length; turn += 1) {
      const answer = await ask(
        'u-limited',
        'pr-ingrid',
        `treatmentPlans(first: 1${after === null ? '' : `, after: "${after}"`}) { totalCount pageInfo { hasNextPage endCursor } nodes { id } }`,
      );
      const { nodes, pageInfo, totalCount } = answer.data._entities[0].treatmentPlans;
      expect(totalCount).toBe(expected.length);
      seen.push(...nodes.map(({ id }: { id: string }) => id));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(expected);
    const drafts = await ask(
      'u-limited',
      'pr-ingrid',
      'treatmentPlans(first: 100, states: [DRAFT]) { nodes { state } }',
    );
    for (const node of drafts.data._entities[0].treatmentPlans.nodes) expect(node.state).toBe('DRAFT');
    for (const args of ['first: 0', 'first: 101', 'after: "x"']) {
      const refused = await ask('u-limited', 'pr-ingrid', `treatmentPlans(${args}) { totalCount }`);
      expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  it('shows the lab orders of the author’s plans by the same rules', async () => {
    const answer = await ask(
      'u-limited',
      'pr-ingrid',
      'labOrders(first: 100) { totalCount nodes { id patient { id } treatmentPlan { id } } }',
    );
    expect(answer.errors).toEqual([]);
    const { nodes, totalCount } = answer.data._entities[0].labOrders;
    expect(totalCount).toBe(nodes.length);
    const plans = nodes.map((node: { treatmentPlan: { id: string } }) => node.treatmentPlan.id);
    expect(plans.length).toBeGreaterThan(2);
    for (const id of plans) expect(listVisible()).toContain(id);
    const patients = nodes.map((node: { patient: { id: string } | null }) => node.patient?.id ?? null);
    expect(patients).toContain(null);
    expect(patients).not.toContain('p-1007');
    expect(countCalls(deployment)).toBe(0);
  });

  it('is FORBIDDEN to everybody else, whoever it is', async () => {
    for (const who of ['u-ada', 'u-admin', 'u-carla', 'u-dev', 'service', 'u-tomas']) {
      const answer = await ask(who, 'pr-ingrid', 'treatmentPlans { totalCount } labOrders { totalCount }');
      expect([who, answer.errors.map(({ extensions }) => extensions['code'])]).toEqual([
        who,
        ['FORBIDDEN', 'FORBIDDEN'],
      ]);
      expect(answer.data._entities[0]).toEqual({ treatmentPlans: null, labOrders: null });
    }
    expect((await ask('u-ben', 'pr-ben', 'treatmentPlans { totalCount }')).errors).toMatchObject([
      { extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED' } },
    ]);
  });

  it('hides another author’s plan of somebody who is linked to nobody', async () => {
    const [strange] = listPlans().filter(({ patientId }) => patientId === strangerId);
    const own = await deployment.ask(
      'u-limited',
      `{ fullscriptTreatmentPlan(id: "${strange?.id}") { id patient { id } } }`,
    );
    expect(own.data.fullscriptTreatmentPlan).toEqual({ id: strange?.id, patient: null });
    const other = await deployment.ask('u-ada', `{ fullscriptTreatmentPlan(id: "${strange?.id}") { id } }`);
    expect(other.data.fullscriptTreatmentPlan).toBeNull();
    expect(other.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('reads with a constant number of statements and one question to the EMR, and only the page wide', async () => {
    const { store } = deployment.app.parts;
    const [model] = listPlans().filter(({ patientId }) => patientId !== strangerId);
    const [stored] = (await store.plans.findByIds('org-juniper', [model?.id ?? ''])).get(model?.id ?? '') ?? [];
    if (!stored) throw new Error('The plan is not stored');
    const count = async () => {
      clock.forward(61_000);
      deployment.statements.length = 0;
      deployment.emr.calls.clear();
      const answer = await ask('u-limited', 'pr-ingrid', 'treatmentPlans(first: 2) { totalCount nodes { id } }');
      expect(answer.errors).toEqual([]);
      expect(deployment.emr.calls.count()).toBe(1);
      const { totalCount, nodes } = answer.data._entities[0].treatmentPlans;
      // The audit is written behind the answer.
      const reads = deployment.statements.filter((sql) => /^\s*(SELECT|WITH)\b/.test(sql)).length;
      return { reads, totalCount, ids: nodes.map(({ id }: { id: string }) => id) };
    };
    const few = await count();
    const more = [...Array(250).keys()].map((index) => ({
      ...stored,
      id: `more-${index}`,
      createdAt: new Date(Date.UTC(2001, 0, 1, 0, index)).toISOString(),
    }));
    await store.plans.upsertMany(stored, more, stored.syncedAt);
    expect(await count()).toEqual({ ...few, totalCount: Number(few.totalCount) + 250 });
    const wide = deployment.statements.filter((sql) => sql.includes('recommendations'));
    expect(wide).toHaveLength(1);
  });
});
