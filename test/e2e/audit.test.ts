import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { collectRecords, toRepresentation, type ClinicalRecords } from '../support/clinical-records.ts';
import { beginConnect, completeConnect } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { askPatient } from '../support/reading.ts';

interface Row {
  id: string;
  at: string;
  userId: string;
  action: string;
  patientId: string | null;
  subject: string | null;
  outcome: string;
  requestId: string | null;
}

const page = `query ($first: Int, $after: String, $userId: ID, $patientId: ID) {
  fullscriptAuditEvents(first: $first, after: $after, userId: $userId, patientId: $patientId) {
    edges { cursor node { id } }
    nodes { id at userId action patientId subject outcome requestId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

async function readPage(
  deployment: Deployment,
  variables: Record<string, unknown> = {},
): Promise<{
  edges: { cursor: string; node: { id: string } }[];
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}> {
  const answer = await deployment.ask('u-admin', page, { variables: { first: 100, ...variables } });
  expect(answer.errors).toEqual([]);
  return answer.data.fullscriptAuditEvents as Awaited<ReturnType<typeof readPage>>;
}

describeEachDatabase('Query.fullscriptAuditEvents', (get) => {
  let deployment: Deployment;
  let records: ClinicalRecords;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
    const unlinked = await deployment.ask(
      'u-ada',
      'mutation { unlinkFullscriptPatient(input: { patientId: "p-1001" }) { unlinked } }',
    );
    expect(unlinked.errors).toEqual([]);
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.faults.clear());

  let asked = 0;
  /** Asks with a request id of its own and gives the rows that it caused. */
  async function rowsOf(
    work: (headers: Record<string, string>) => Promise<Answer>,
    expected: number,
  ): Promise<{ rows: Omit<Row, 'id' | 'at' | 'requestId'>[]; answer: Answer }> {
    asked += 1;
    const requestId = `audited-${String(asked)}`;
    const answer = await work({ 'x-request-id': requestId });
    const rows = await vi.waitFor(async () => {
      const { nodes } = await readPage(deployment);
      const own = nodes.filter((node) => node.requestId === requestId);
      expect(own.length, JSON.stringify([own, answer.errors])).toBeGreaterThanOrEqual(expected);
      return own;
    }, 5_000);
    for (const { at } of rows) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    return {
      rows: rows.map(({ userId, action, patientId, subject, outcome }) => ({
        userId,
        action,
        patientId,
        subject,
        outcome,
      })),
      answer,
    };
  }
  const run = (who: string, query: string, variables: Record<string, unknown> = {}, expected = 1) =>
    rowsOf((headers) => deployment.ask(who, query, { variables, headers }), expected);

  it('holds connect, connect.declined, and an attempt that was not theirs', async () => {
    const attempt = await beginConnect(deployment, 'u-carla');
    const denied = await run(
      'u-ada',
      'mutation ($state: String!) { completeConnect(input: { state: $state, code: "x" }) { __typename } }',
      { state: attempt.state },
    );
    expect(denied.rows).toMatchObject([{ userId: 'u-ada', action: 'connect', outcome: 'denied' }]);
    const declined = await run(
      'u-carla',
      'mutation ($state: String!) { completeConnect(input: { state: $state, error: "access_denied" }) { __typename } }',
      { state: attempt.state },
    );
    expect(declined.rows).toMatchObject([{ userId: 'u-carla', action: 'connect.declined', outcome: 'ok' }]);
    const failing = await beginConnect(deployment, 'u-carla');
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/token', status: 503 });
    await completeConnect(deployment, 'u-carla', { state: failing.state, code: 'x' });
    const { nodes } = await readPage(deployment, { userId: 'u-carla' });
    expect(nodes[0]).toMatchObject({ action: 'connect', outcome: 'failed' });
    expect((await readPage(deployment, { userId: 'u-ada' })).nodes.at(-1)).toMatchObject({
      action: 'connect',
      outcome: 'ok',
      subject: records.accountId,
      patientId: null,
    });
  });

  it('holds revoke, revoke_all and toggle, refused ones as denied', async () => {
    const revoke = 'mutation { revoke(input: { userId: "u-carla" }) { revocation { total } } }';
    expect((await run('u-admin', revoke)).rows).toEqual([
      { userId: 'u-admin', action: 'revoke', patientId: null, subject: 'u-carla', outcome: 'ok' },
    ]);
    expect((await run('u-ada', revoke)).rows).toMatchObject([{ action: 'revoke', outcome: 'denied', userId: 'u-ada' }]);
    const all = 'mutation ($yes: Boolean!) { revokeAll(input: { confirm: $yes }) { revocation { total } } }';
    expect((await run('u-ada', all, { yes: true })).rows).toMatchObject([{ action: 'revoke_all', outcome: 'denied' }]);
    expect((await run('u-dev', all, { yes: false })).rows).toMatchObject([{ action: 'revoke_all', outcome: 'failed' }]);
    const toggle = 'mutation { setFullscriptEnabled(input: { userId: "u-x", enabled: false }) { enabled } }';
    expect((await run('u-admin', toggle)).rows).toMatchObject([{ action: 'toggle', outcome: 'ok' }]);
    expect((await run('u-dev', toggle)).rows).toMatchObject([{ action: 'toggle', outcome: 'denied' }]);
    const longest = 'u'.repeat(255);
    const toggleLongest = `mutation { setFullscriptEnabled(input: { userId: "${longest}", enabled: false }) { enabled } }`;
    expect((await run('u-admin', toggleLongest)).rows).toMatchObject([
      { action: 'toggle', subject: `${longest} off`, outcome: 'ok' },
    ]);
  });

  it('holds one patient.read for each patient and request, however many fields were read', async () => {
    const patients = ['p-1001', 'p-1002', 'p-1003'].map((id) => toRepresentation(deployment, id));
    const { rows } = await rowsOf(
      (headers) =>
        deployment.askEntities(
          'u-ada',
          [...patients, ...patients],
          '... on Patient { connectionStatus fullscriptAccount { id } a: treatmentPlans { totalCount } b: treatmentPlans(first: 1) { totalCount } labOrders { totalCount } }',
          { headers },
        ),
      3,
    );
    const reads = rows.filter(({ action }) => action === 'patient.read');
    expect(reads.map(({ patientId, outcome }) => [patientId, outcome]).sort()).toEqual([
      ['p-1001', 'ok'],
      ['p-1002', 'ok'],
      ['p-1003', 'ok'],
    ]);
  });

  it('holds a read of a plan, an order, a result, an account and a chart with their patient', async () => {
    const { planId, labOrderId, labResultId, fullscriptPatientId, chartId, patient } = records;
    for (const [typename, id, selection] of [
      ['FullscriptTreatmentPlan', planId, 'state'],
      ['FullscriptLabOrder', labOrderId, 'status'],
      ['FullscriptLabResult', labResultId, 'title'],
      ['FullscriptPatientAccount', fullscriptPatientId, 'firstName'],
      ['Chart', chartId, 'fullscriptImports { id }'],
    ] as const) {
      const { rows } = await rowsOf(
        (headers) =>
          deployment.askEntities('u-ada', [{ __typename: typename, id }], `... on ${typename} { ${selection} }`, {
            headers,
          }),
        1,
      );
      expect(rows, typename).toEqual([
        { userId: 'u-ada', action: 'patient.read', patientId: patient.id, subject: null, outcome: 'ok' },
      ]);
    }
  });

  it('holds refused reads, one row for each request', async () => {
    const patients = ['p-1001', 'p-1002'].map((id) => toRepresentation(deployment, id));
    for (const who of ['u-admin', 'u-dev', 'service']) {
      const { rows } = await rowsOf(
        (headers) =>
          deployment.askEntities(
            who,
            patients,
            '... on Patient { treatmentPlans { totalCount } labOrders { totalCount } }',
            { headers },
          ),
        1,
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ action: 'patient.read', outcome: 'denied' });
    }
    const hidden = await rowsOf(
      (headers) =>
        deployment.askEntities(
          'u-ada',
          [{ __typename: 'Patient', id: 'p-2001' }],
          '... on Patient { treatmentPlans { totalCount } }',
          { headers },
        ),
      1,
    );
    expect(hidden.rows).toMatchObject([{ action: 'patient.read', outcome: 'denied', patientId: 'p-2001' }]);
    const disconnected = await rowsOf(
      (headers) =>
        deployment.askEntities('u-ben', patients, '... on Patient { treatmentPlans { totalCount } }', { headers }),
      1,
    );
    expect(disconnected.rows).toMatchObject([{ userId: 'u-ben', action: 'patient.read', outcome: 'denied' }]);
    for (const [who, query] of [
      ['u-carla', 'query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { id } }'],
      ['u-admin', 'query ($id: ID!) { fullscriptLabOrder(id: $id) { id } }'],
      ['u-dev', 'query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }'],
    ] as const) {
      expect((await run(who, query, { id: records.planId })).rows).toMatchObject([
        { action: 'patient.read', outcome: 'denied' },
      ]);
    }
  });

  it('holds link, unlink and update of a patient', async () => {
    const link =
      'mutation ($id: ID!, $fs: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }';
    const id = records.patient.id;
    const linked = await run('u-ada', link, { id, fs: records.fullscriptPatientId });
    expect(linked.rows).toContainEqual({
      userId: 'u-ada',
      action: 'patient.link',
      patientId: id,
      subject: records.fullscriptPatientId,
      outcome: 'ok',
    });
    expect((await run('u-ada', link, { id: 'p-1001', fs: records.fullscriptPatientId })).rows).toContainEqual(
      expect.objectContaining({ action: 'patient.link', patientId: 'p-1001', outcome: 'failed' }),
    );
    expect((await run('u-admin', link, { id, fs: 'x' })).rows).toContainEqual(
      expect.objectContaining({ action: 'patient.link', patientId: id, outcome: 'denied' }),
    );
    const update =
      'mutation ($id: ID!) { updateFullscriptPatient(input: { patientId: $id, discountPercent: 10 }) { __typename } }';
    expect((await run('u-ada', update, { id })).rows).toContainEqual(
      expect.objectContaining({ action: 'patient.update', patientId: id, outcome: 'ok' }),
    );
    const unlink = 'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }';
    expect((await run('u-ada', unlink, { id })).rows).toContainEqual(
      expect.objectContaining({ action: 'patient.unlink', patientId: id, outcome: 'ok' }),
    );
    await run('u-ada', link, { id, fs: records.fullscriptPatientId });
  });

  it('holds recommendations, embed sessions, checkouts, imports and reviews', async () => {
    const { patient, planId, chartId, labResultId } = records;
    const actions: [string, string, Record<string, unknown>][] = [
      [
        'recommendation.create',
        'mutation ($id: ID!) { createRecommendation(input: { patientId: $id }) { __typename } }',
        { id: patient.id },
      ],
      [
        'embed.create',
        'mutation ($id: ID!) { createFullscriptEmbedSession(input: { patientId: $id }) { __typename } }',
        { id: patient.id },
      ],
      [
        'checkout.create',
        'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
        { id: planId },
      ],
      [
        'chart.import',
        'mutation ($id: ID!, $chart: ID!) { importPlanIntoChart(input: { planId: $id, chartId: $chart }) { __typename } }',
        { id: planId, chart: chartId },
      ],
      [
        'lab.review',
        'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, signOff: true }) { id } }',
        { id: labResultId },
      ],
    ];
    for (const [action, query, variables] of actions) {
      const done = await run('u-ada', query, variables);
      expect(done.answer.errors, action).toEqual([]);
      expect(done.rows).toContainEqual(
        expect.objectContaining({ userId: 'u-ada', action, patientId: patient.id, outcome: 'ok' }),
      );
      const refused = await run('u-admin', query, variables);
      expect(refused.rows).toContainEqual(expect.objectContaining({ userId: 'u-admin', action, outcome: 'denied' }));
    }
  });

  it('holds the views of a result', async () => {
    const answer = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'FullscriptLabResult', id: records.labResultId }],
      '... on FullscriptLabResult { pdfUrl }',
    );
    const response = await fetch(answer.data._entities[0].pdfUrl as string, {
      headers: { 'x-request-id': 'viewing-1' },
    });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    await vi.waitFor(async () => {
      const { nodes } = await readPage(deployment);
      expect(nodes.find(({ requestId }) => requestId === 'viewing-1')).toMatchObject({
        userId: 'u-ada',
        action: 'lab.view',
        patientId: records.patient.id,
        outcome: 'ok',
      });
    }, 5_000);
  });

  it('is newest first, in pages that miss and repeat nothing, by user and by patient', async () => {
    // Rows of reads are written a moment after the answer.
    await deployment.app.parts.audit.flush();
    const whole = await readPage(deployment);
    const times = whole.nodes.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    for (const filter of [
      {},
      { userId: 'u-ada' },
      { patientId: records.patient.id },
      { userId: 'u-admin', patientId: records.patient.id },
    ]) {
      const expected = (await readPage(deployment, filter)).nodes;
      expect(expected.length).toBeGreaterThan(0);
      for (const node of expected) expect(node).toMatchObject(filter);
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const next = await readPage(deployment, { ...filter, first: 3, after });
        expect(next.edges.map(({ node }) => node.id)).toEqual(next.nodes.map(({ id }) => id));
        expect(next.pageInfo.endCursor).toBe(next.edges.at(-1)?.cursor);
        expect(next.pageInfo.hasPreviousPage).toBe(after !== null);
        seen.push(...next.nodes.map(({ id }) => id));
        after = next.pageInfo.hasNextPage ? next.pageInfo.endCursor : null;
      } while (after !== null);
      expect(new Set(seen).size).toBe(seen.length);
      // A first page of 100 may be all there is, or its beginning.
      expect(seen.slice(0, expected.length)).toEqual(expected.map(({ id }) => id));
    }
    expect((await readPage(deployment, { userId: 'nobody' })).nodes).toEqual([]);
  });

  it('names nobody but by id', async () => {
    const { nodes } = await readPage(deployment);
    const text = JSON.stringify(nodes);
    for (const { firstName, lastName, email } of deployment.emr.store.patients.values()) {
      for (const name of [firstName, lastName, email]) {
        if (name && name.length > 3) expect(text).not.toContain(name);
      }
    }
  });

  it('gives nothing of a patient in any field while it takes nothing more', async () => {
    const ask = () =>
      askPatient(deployment, 'u-ada', 'p-1002', 'plans: treatmentPlans { totalCount } labs: labOrders { totalCount }');
    const { loaderNeeds } = deployment.app.parts;
    const { recordReads } = loaderNeeds;
    loaderNeeds.recordReads = () => {
      throw new Error('The audit cannot be written');
    };
    try {
      const { patient, errors } = await ask();
      expect([patient.plans, patient.labs]).toEqual([null, null]);
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual([
        'INTERNAL_SERVER_ERROR',
        'INTERNAL_SERVER_ERROR',
      ]);
    } finally {
      loaderNeeds.recordReads = recordReads;
    }
    const { patient, errors } = await ask();
    expect(errors).toEqual([]);
    expect(patient).toMatchObject({ plans: {}, labs: {} });
  });
});
