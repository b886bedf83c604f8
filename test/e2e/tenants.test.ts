import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectRecords, type ClinicalRecords } from '../support/clinical-records.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';

type Ask = (who: string, deployment: Deployment, records: ClinicalRecords) => Promise<Answer>;

const root =
  (query: string, toVariables: (records: ClinicalRecords) => Record<string, unknown>): Ask =>
  (who, deployment, records) =>
    deployment.ask(who, query, { variables: toVariables(records) });

const entity =
  (typename: string, key: keyof ClinicalRecords, selection: string): Ask =>
  (who, deployment, records) =>
    deployment.askEntities(who, [{ __typename: typename, id: records[key] }], `... on ${typename} { ${selection} }`);

const patientId = ({ patient }: ClinicalRecords): Record<string, unknown> => ({ id: patient.id });
const patientFields = 'fullscriptAccount { id } treatmentPlans { totalCount } labOrders { totalCount }';

/** What somebody of another organization gets: an answer of nothing, with this code for each error. */
const asks: { field: string; ask: Ask; nothing: unknown; code?: string }[] = [
  {
    field: 'Patient (by key)',
    ask: (who, deployment, { patient: { id } }) =>
      deployment.askEntities(
        who,
        [{ __typename: 'Patient', id }],
        `... on Patient { connectionStatus ${patientFields} }`,
      ),
    nothing: [{ connectionStatus: 'UNKNOWN', fullscriptAccount: null, treatmentPlans: null, labOrders: null }],
    code: 'NOT_FOUND',
  },
  {
    field: 'Practitioner',
    ask: (who, deployment) =>
      deployment.askEntities(
        who,
        [{ __typename: 'Practitioner', id: 'pr-ada' }],
        '... on Practitioner { connectionStatus fullscriptAccount { id } }',
      ),
    nothing: [{ connectionStatus: 'NOT_CONNECTED', fullscriptAccount: null }],
  },
  {
    field: 'Practitioner.treatmentPlans, labOrders',
    ask: (who, deployment) =>
      deployment.askEntities(
        who,
        [{ __typename: 'Practitioner', id: 'pr-ada' }],
        '... on Practitioner { treatmentPlans { totalCount } labOrders { totalCount } }',
      ),
    nothing: [{ treatmentPlans: null, labOrders: null }],
    code: 'FORBIDDEN',
  },
  {
    field: 'Chart.fullscriptImports (by key)',
    // Behind the gateway a chart is the EMR's word; the imports are this organization's all the same.
    ask: entity('Chart', 'chartId', 'fullscriptImports { id }'),
    nothing: [{ fullscriptImports: [] }],
  },
  { field: 'FullscriptTreatmentPlan', ask: entity('FullscriptTreatmentPlan', 'planId', 'id'), nothing: [null] },
  { field: 'FullscriptLabOrder', ask: entity('FullscriptLabOrder', 'labOrderId', 'id'), nothing: [null] },
  { field: 'FullscriptLabResult', ask: entity('FullscriptLabResult', 'labResultId', 'pdfUrl'), nothing: [null] },
  {
    field: 'FullscriptPatientAccount',
    ask: entity('FullscriptPatientAccount', 'fullscriptPatientId', 'email'),
    nothing: [null],
  },
  { field: 'FullscriptAccount', ask: entity('FullscriptAccount', 'accountId', 'userId'), nothing: [null] },
  { field: 'FullscriptClinic', ask: entity('FullscriptClinic', 'clinicId', 'name'), nothing: [null] },
  {
    field: 'Query.fullscriptTreatmentPlan',
    ask: root('query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id) { id } }', ({ planId }) => ({ id: planId })),
    nothing: null,
  },
  {
    field: 'Query.fullscriptTreatmentPlan (CURRENT)',
    ask: root('query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { id } }', ({ planId }) => ({
      id: planId,
    })),
    nothing: null,
  },
  {
    field: 'Query.fullscriptLabOrder',
    ask: root('query ($id: ID!) { it: fullscriptLabOrder(id: $id) { id } }', ({ labOrderId }) => ({ id: labOrderId })),
    nothing: null,
  },
  {
    field: 'Query.fullscriptPatientCandidates',
    ask: root(
      'query ($id: ID!) { it: fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }',
      patientId,
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.linkFullscriptPatient',
    ask: root(
      'mutation ($id: ID!, $fs: ID!) { it: linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }',
      (records) => ({ ...patientId(records), fs: records.fullscriptPatientId }),
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.unlinkFullscriptPatient',
    ask: root('mutation ($id: ID!) { it: unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }', patientId),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.updateFullscriptPatient',
    ask: root(
      'mutation ($id: ID!) { it: updateFullscriptPatient(input: { patientId: $id, discountPercent: 50 }) { __typename } }',
      patientId,
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.createRecommendation',
    ask: root('mutation ($id: ID!) { it: createRecommendation(input: { patientId: $id }) { __typename } }', patientId),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.createFullscriptEmbedSession',
    ask: root(
      'mutation ($id: ID!) { it: createFullscriptEmbedSession(input: { patientId: $id }) { __typename } }',
      patientId,
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.createFullscriptInOfficeCheckout',
    ask: root(
      'mutation ($id: ID!) { it: createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      ({ planId }) => ({ id: planId }),
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.importPlanIntoChart (chart)',
    ask: root(
      'mutation ($plan: ID!, $chart: ID!) { it: importPlanIntoChart(input: { planId: $plan, chartId: $chart }) { __typename } }',
      ({ planId, chartId }) => ({ plan: planId, chart: chartId }),
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.importPlanIntoChart (plan)',
    ask: root(
      'mutation ($plan: ID!) { it: importPlanIntoChart(input: { planId: $plan, chartId: "c-2001-2" }) { __typename } }',
      ({ planId }) => ({ plan: planId }),
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
  {
    field: 'Mutation.reviewFullscriptLabResult',
    ask: root(
      'mutation ($id: ID!) { it: reviewFullscriptLabResult(input: { resultId: $id, signOff: true }) { id } }',
      ({ labResultId }) => ({ id: labResultId }),
    ),
    nothing: undefined,
    code: 'NOT_FOUND',
  },
];

describeEachDatabase("Another organization's things", (get) => {
  let deployment: Deployment;
  let records: ClinicalRecords;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
    await deployment.connect('u-tomas', 'tomas@harbour.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it.each(asks)('$field: do not exist', async ({ ask, nothing, code }) => {
    const before = deployment.sandbox.sandbox.state.plans.size;
    const answer = await ask('u-tomas', deployment, records);
    const { data } = answer as { data: { it?: unknown; _entities?: unknown } | null };
    expect(data?._entities ?? data?.it, JSON.stringify(answer)).toEqual(nothing);
    expect(new Set(answer.errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(code ? [code] : []));
    expect(deployment.sandbox.sandbox.state.plans.size).toBe(before);
  });

  it("an admin's lists hold their own organization only, and their switches reach no further", async () => {
    const admin = `token:${await deployment.emr.signToken({ sub: 'u-boss', org: 'org-tamarack', roles: ['admin', 'developer'] })}`;
    const lists = await deployment.ask(
      admin,
      '{ fullscriptAccounts { totalCount nodes { userId } } fullscriptAuditEvents(userId: "u-ada") { nodes { id } } }',
    );
    expect(lists.data.fullscriptAccounts).toEqual({ totalCount: 1, nodes: [{ userId: 'u-tomas' }] });
    expect(lists.data.fullscriptAuditEvents.nodes).toEqual([]);
    await deployment.ask(
      admin,
      'mutation { setFullscriptEnabled(input: { userId: "u-ada", enabled: false }) { enabled } }',
    );
    const revoked = await deployment.ask(
      admin,
      'mutation { revoke(input: { userId: "u-ada" }) { revocation { total } } }',
    );
    expect(revoked.data.revoke.revocation.total).toBe(0);
    const viewer = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
    expect(viewer.data.fullscriptViewer.connectionStatus).toBe('CONNECTED');
  });
});

describe('One clinic connected by two organizations', () => {
  let deployment: Deployment;
  let records: ClinicalRecords;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
    await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, note: "ours" }) { id } }',
      {
        variables: { id: records.labResultId },
      },
    );
    await deployment.connect('u-tomas', 'ben@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('keeps links, imports and reviews apart, and shows nobody the patients of the other', async () => {
    const { planId, labOrderId, labResultId, fullscriptPatientId } = records;
    const answer = await deployment.ask(
      'u-tomas',
      'query ($plan: ID!, $order: ID!) { fullscriptTreatmentPlan(id: $plan) { id chartImports { id } } fullscriptLabOrder(id: $order) { id } }',
      { variables: { plan: planId, order: labOrderId } },
    );
    expect(answer.data).toEqual({ fullscriptTreatmentPlan: null, fullscriptLabOrder: null });
    expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    const entities = await deployment.askEntities(
      'u-tomas',
      [
        { __typename: 'FullscriptPatientAccount', id: fullscriptPatientId },
        { __typename: 'FullscriptLabResult', id: labResultId },
      ],
      '__typename',
    );
    expect(entities.data._entities).toEqual([null, null]);
    for (const mutation of [
      'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      'mutation ($id: ID!) { importPlanIntoChart(input: { planId: $id, chartId: "c-2001-2" }) { __typename } }',
    ]) {
      const refused = await deployment.ask('u-tomas', mutation, { variables: { id: planId } });
      const named = JSON.stringify(refused.data ?? {});
      expect(
        named.includes('OTHER_PATIENT') || named.includes('NotImportable') || refused.errors.length > 0,
        named,
      ).toBe(true);
    }
    const review = await deployment.ask(
      'u-tomas',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, note: "theirs" }) { id } }',
      { variables: { id: labResultId } },
    );
    expect(review.errors[0]?.extensions['code']).toBe('NOT_FOUND');
  });

  it("an organization's patient may be linked to the same Fullscript patient, each with its own link", async () => {
    const theirs = deployment.emr.addPatient({
      organizationId: 'org-tamarack',
      firstName: records.patient.firstName,
      lastName: records.patient.lastName,
      email: records.patient.email,
      dateOfBirth: records.patient.dateOfBirth,
    });
    const read = await deployment.askEntities(
      'u-tomas',
      [{ __typename: 'Patient', id: theirs.id }],
      '... on Patient { fullscriptAccount { id } treatmentPlans { nodes { id chartImports { id } } } labOrders { nodes { results { id review { notes { text } } } } } }',
    );
    expect(read.errors).toEqual([]);
    const [found] = read.data._entities;
    expect(found.fullscriptAccount.id).toBe(records.fullscriptPatientId);
    expect(found.treatmentPlans.nodes.map(({ id }: { id: string }) => id)).toContain(records.planId);
    expect(JSON.stringify(found)).not.toContain('ours');
    expect(found.treatmentPlans.nodes.flatMap(({ chartImports }: { chartImports: unknown[] }) => chartImports)).toEqual(
      [],
    );
    await deployment.ask(
      'u-tomas',
      'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
      {
        variables: { id: theirs.id },
      },
    );
    const ours = await deployment.askEntities('u-ada', [records.patient], '... on Patient { connectionStatus }');
    expect(ours.data._entities[0].connectionStatus).toBe('CONNECTED');
  });
});
