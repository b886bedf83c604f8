import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, countCalls, getFullscriptPatientId } from '../support/reading.ts';

const hero = 'p-1001';
const page =
  'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id createdAt } }';

interface Plan {
  id: string;
  state: string;
  createdAt: string;
}

/** The hero's plans in Fullscript's own records, newest first. */
function listPlans(deployment: Deployment): Plan[] {
  const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
  return [...deployment.sandbox.sandbox.state.plans.values()]
    .filter((plan) => plan.patientId === patientId)
    .toSorted((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1));
}

function getUserId(deployment: Deployment, email: string): string {
  const user = [...deployment.sandbox.sandbox.state.users.values()].find((candidate) => candidate.email === email);
  if (!user) throw new Error(`The sandbox has no user ${email}`);
  return user.id;
}

describeEachDatabase('The pages of Patient.treatmentPlans', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const { actions, state } = deployment.sandbox.sandbox;
    const ada = state.users.get(getUserId(deployment, 'ada@cedarrow.example'));
    const patientId = getFullscriptPatientId(deployment, 'mira.okoye@mail.example');
    // Several of the very same instant, so that the id has to decide.
    for (let index = 0; index < 5; index += 1) {
      const plan = actions.createPlan(ada?.clinicId ?? '', { practitionerId: ada?.id ?? '', patientId });
      plan.createdAt = '2026-01-05T10:00:00.000Z';
    }
  }, 60_000);
  afterAll(() => deployment.stop());

  const ask = async (args: string) => {
    const answer = await askPatient(deployment, 'u-ada', hero, `treatmentPlans${args} { ${page} }`);
    return { ...answer, plans: answer.patient?.treatmentPlans };
  };

  it('walks through all plans, newest first and then by id, each exactly once', async () => {
    const expected = listPlans(deployment).map((plan) => plan.id);
    expect(expected.length).toBeGreaterThan(6);
    const seen: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn <= expected.length; turn += 1) {
      const { plans, errors } = await ask(`(first: 2${after === null ? '' : `, after: "${after}"`})`);
      expect(errors).toEqual([]);
      expect(plans.totalCount).toBe(expected.length);
      expect(plans.pageInfo.hasPreviousPage).toBe(turn > 0);
      expect(plans.pageInfo.startCursor).toBe(plans.edges[0].cursor);
      expect(plans.pageInfo.endCursor).toBe(plans.edges.at(-1).cursor);
      seen.push(...plans.edges.map((edge: { node: Plan }) => edge.node.id));
      after = plans.pageInfo.endCursor;
      if (!plans.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(expected);
  });

  it('takes ten without `first`, a hundred at most, and at least one', async () => {
    expect((await ask('')).plans.edges).toHaveLength(Math.min(10, listPlans(deployment).length));
    expect((await ask('(first: 100)')).plans.edges).toHaveLength(listPlans(deployment).length);
    for (const first of [0, -1, 101, 2_000_000_000]) {
      const { plans, errors } = await ask(`(first: ${first})`);
      expect(plans).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  it('refuses a cursor that is nobody’s, another list’s or another patient’s', async () => {
    const own = (await ask('(first: 1)')).plans.pageInfo.endCursor as string;
    const labs = await askPatient(deployment, 'u-ada', hero, 'labOrders(first: 1) { pageInfo { endCursor } }');
    const other = await askPatient(
      deployment,
      'u-ada',
      'p-1002',
      'treatmentPlans(first: 1) { pageInfo { endCursor } }',
    );
    const foreign = [
      'x',
      '',
      `${own}x`.slice(1),
      labs.patient.labOrders.pageInfo.endCursor,
      other.patient.treatmentPlans.pageInfo.endCursor,
    ];
    for (const cursor of foreign) {
      expect(typeof cursor).toBe('string');
      const { plans, errors } = await ask(`(first: 1, after: "${cursor}")`);
      expect(plans).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect((await ask(`(first: 1, after: "${own}")`)).errors).toEqual([]);
  });

  it('filters by state and counts what is left; without states, or with null, all are meant', async () => {
    const all = listPlans(deployment);
    for (const states of [['DRAFT'], ['ACTIVE', 'CANCELLED']]) {
      const expected = all.filter((plan) => states.includes(plan.state.toUpperCase())).map((plan) => plan.id);
      const { plans } = await ask(`(first: 100, states: [${states.join()}])`);
      expect(plans.edges.map((edge: { node: Plan }) => edge.node.id)).toEqual(expected);
      expect(plans.totalCount).toBe(expected.length);
    }
    expect((await ask('(first: 100, states: null)')).plans.totalCount).toBe(all.length);
  });

  it('answers two pages of one patient in one request without mixing them up', async () => {
    const answer = await askPatient(
      deployment,
      'u-ada',
      hero,
      'one: treatmentPlans(first: 1) { nodes { id } } all: treatmentPlans(first: 100) { nodes { id } } drafts: treatmentPlans(states: [DRAFT]) { nodes { state } }',
    );
    const ids = listPlans(deployment).map(({ id }) => ({ id }));
    expect(answer.patient.one.nodes).toEqual(ids.slice(0, 1));
    expect(answer.patient.all.nodes).toEqual(ids);
    expect(new Set(answer.patient.drafts.nodes.map((node: Plan) => node.state))).toEqual(new Set(['DRAFT']));
  });
});

describe('FullscriptTreatmentPlan', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.sandbox.sandbox.calls.clear();
  });

  const askPlan = (id: string, selection: string, who = 'u-ada') =>
    deployment.ask(who, `query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { ${selection} } }`, {
      variables: { id },
    });

  it('Query.fullscriptTreatmentPlan is null without an error for an id that nobody knows, whatever it looks like', async () => {
    for (const id of ['nobody', '', ' ', '../clinic', 'ä'.repeat(255), 'x'.repeat(255), "'; DROP TABLE account; --"]) {
      for (const freshness of ['STORED', 'STALE_WHILE_REVALIDATE', 'CURRENT']) {
        const answer = await deployment.ask(
          'u-ada',
          `query ($id: ID!) { fullscriptTreatmentPlan(id: $id, freshness: ${freshness}) { id } fullscriptLabOrder(id: $id, freshness: ${freshness}) { id } }`,
          { variables: { id } },
        );
        expect(answer.errors).toEqual([]);
        expect(answer.data).toEqual({ fullscriptTreatmentPlan: null, fullscriptLabOrder: null });
      }
    }
  });

  it('Query.fullscriptTreatmentPlan finds a plan of a linked patient that was never stored, with patient and author', async () => {
    await askPatient(deployment, 'u-ada', 'p-1002', 'connectionStatus');
    const patientId = getFullscriptPatientId(deployment, 'jonah.feld@mail.example');
    const plan = [...deployment.sandbox.sandbox.state.plans.values()].find((each) => each.patientId === patientId);
    const answer = await askPlan(plan?.id ?? '', 'id patient { id } state clinic { name } createdAt');
    expect(answer.errors).toEqual([]);
    expect(answer.data.fullscriptTreatmentPlan).toEqual({
      id: plan?.id,
      patient: { id: 'p-1002' },
      state: plan?.state.toUpperCase(),
      clinic: { name: 'Cedar Row Wellness' },
      createdAt: plan?.createdAt,
    });
  });

  it('a plan that was stored and is gone at Fullscript is NOT_FOUND once that is noticed', async () => {
    const { plans } = deployment.sandbox.sandbox.state;
    const [plan] = listPlans(deployment);
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    const kept = plans.get(plan?.id ?? '');
    plans.delete(plan?.id ?? '');
    const gone = await deployment.ask(
      'u-ada',
      `{ fullscriptTreatmentPlan(id: "${plan?.id}", freshness: CURRENT) { id } }`,
    );
    expect(gone.data.fullscriptTreatmentPlan).toBeNull();
    expect(gone.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    if (kept) plans.set(kept.id, kept);
  });

  it('editUrl asks Fullscript every time, also from the stored copy, and is null without a call for a cancelled plan', async () => {
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    deployment.sandbox.sandbox.calls.clear();
    const answer = await askPatient(
      deployment,
      'u-ada',
      hero,
      'treatmentPlans(first: 100, freshness: STORED) { nodes { id state editUrl } }',
    );
    expect(answer.errors).toEqual([]);
    const nodes = answer.patient.treatmentPlans.nodes as (Plan & { editUrl: string | null })[];
    const open = nodes.filter((plan) => plan.state !== 'CANCELLED');
    expect(nodes.length).toBeGreaterThan(open.length);
    for (const plan of nodes) {
      if (plan.state === 'CANCELLED') expect(plan.editUrl).toBeNull();
      else expect(plan.editUrl).toMatch(/\/o\/treatment_plans\/[^/]+\/edit$/);
    }
    const count = () => deployment.sandbox.sandbox.calls.count('GET', '/api/clinic/dynamic_links/treatment_plans/:id');
    expect(count()).toBe(open.length);
    expect(countCalls(deployment)).toBe(open.length);
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(first: 100, freshness: STORED) { nodes { editUrl } }');
    expect(count()).toBe(2 * open.length);
    deployment.sandbox.sandbox.calls.clear();
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(first: 100, freshness: STORED) { nodes { id } }');
    expect(countCalls(deployment)).toBe(0);
  });

  it('an editUrl that cannot be had is that field’s error alone', async () => {
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/dynamic_links/treatment_plans/*', status: 500 });
    const [plan] = listPlans(deployment).filter(({ state }) => state === 'active');
    const answer = await askPlan(plan?.id ?? '', 'id state editUrl');
    expect(answer.data.fullscriptTreatmentPlan).toEqual({ id: plan?.id, state: 'ACTIVE', editUrl: null });
    expect(answer.errors).toMatchObject([
      { path: ['fullscriptTreatmentPlan', 'editUrl'], extensions: { code: 'FULLSCRIPT_UNAVAILABLE' } },
    ]);
  });
});

describe.each([{ status: 404 }, { status: 500 }, { status: 403 }, { status: 200, body: '<html>' }])(
  'FullscriptRecommendation.product while the catalogue answers $status',
  (fault) => {
    let deployment: Deployment;
    beforeAll(async () => {
      deployment = await startDeployment();
      await deployment.connect('u-ada', 'ada@cedarrow.example');
    }, 60_000);
    afterAll(() => deployment.stop());

    it('is null without an error, and the line itself is there', async () => {
      deployment.sandbox.sandbox.faults.add({ path: '/api/catalog/variants/*', ...fault });
      const answer = await askPatient(
        deployment,
        'u-ada',
        hero,
        'treatmentPlans(first: 100, states: [ACTIVE]) { nodes { recommendations { id variantId unitsToPurchase product { name } } } }',
      );
      expect(answer.errors).toEqual([]);
      const plans = answer.patient.treatmentPlans.nodes as {
        recommendations: { product: unknown; variantId: string }[];
      }[];
      const lines = plans.flatMap((plan) => plan.recommendations);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(line.product).toBeNull();
        expect(line.variantId).not.toBe('');
      }
    });
  },
);
