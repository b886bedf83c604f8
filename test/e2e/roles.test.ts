import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sdl } from '../../src/graphql/generated/sdl.ts';
import { collectRecords, type ClinicalRecords } from '../support/clinical-records.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';

type Role = 'admin' | 'practitioner' | 'staff' | 'developer' | 'service';
const roles: Role[] = ['admin', 'practitioner', 'staff', 'developer', 'service'];

interface Cell {
  /** A schema coordinate, with a word when it stands here more than once. */
  field: string;
  allowed: readonly Role[];
  ask: (who: string, deployment: Deployment, records: ClinicalRecords) => Promise<Answer>;
}

const root =
  (query: string, toVariables: (records: ClinicalRecords) => object = () => ({})): Cell['ask'] =>
  (who, deployment, records) =>
    deployment.ask(who, query, { variables: toVariables(records) as Record<string, unknown> });

const entity =
  (toReference: (records: ClinicalRecords) => { __typename: string }, selection: string): Cell['ask'] =>
  (who, deployment, records) => {
    const reference = toReference(records);
    return deployment.askEntities(who, [reference], `... on ${reference.__typename} { ${selection} }`);
  };

const patient = (selection: string): Cell['ask'] => entity((records) => records.patient, selection);
const of =
  (__typename: string, key: keyof ClinicalRecords) =>
  (records: ClinicalRecords): { __typename: string } =>
    ({ __typename, id: records[key] }) as { __typename: string };

const own: Role[] = ['admin', 'practitioner', 'staff'];
const administer: Role[] = ['admin', 'service'];
const account: Role[] = ['practitioner', 'staff'];
const clinical: Role[] = ['practitioner'];

const cells: Cell[] = [
  { field: 'Mutation.connect', allowed: own, ask: root('mutation { connect { state } }') },
  {
    field: 'Mutation.completeConnect',
    allowed: own,
    ask: root('mutation { completeConnect(input: { state: "none", code: "none" }) { __typename } }'),
  },
  {
    field: 'Query.fullscriptViewer',
    allowed: own,
    ask: root('{ fullscriptViewer { connectionStatus canRecommend } }'),
  },
  {
    field: 'Mutation.setDefaultFullscriptClinic',
    allowed: own,
    ask: root(
      'mutation ($id: ID!) { setDefaultFullscriptClinic(clinicId: $id) { connectionStatus } }',
      ({ clinicId }) => ({
        id: clinicId,
      }),
    ),
  },
  {
    field: 'Mutation.revoke (own)',
    allowed: own,
    ask: root('mutation { revoke(input: { clinicId: "none" }) { revocation { total } } }'),
  },
  {
    field: 'Mutation.revoke (own, by name)',
    allowed: own,
    ask: root('mutation { revoke(input: { userId: "u-ada", clinicId: "none" }) { revocation { total } } }'),
  },
  {
    field: "Mutation.revoke (another's)",
    allowed: administer,
    ask: root('mutation { revoke(input: { userId: "u-nobody" }) { revocation { total } } }'),
  },
  {
    field: 'Mutation.setFullscriptEnabled',
    allowed: administer,
    ask: root('mutation { setFullscriptEnabled(input: { userId: "u-nobody", enabled: false }) { enabled } }'),
  },
  {
    field: 'Query.fullscriptAccounts',
    allowed: administer,
    ask: root('{ fullscriptAccounts { totalCount nodes { id } } }'),
  },
  {
    field: 'Query.fullscriptAuditEvents',
    allowed: administer,
    ask: root('{ fullscriptAuditEvents { nodes { id } } }'),
  },
  {
    field: 'Mutation.revokeAll (organization)',
    allowed: ['admin', 'developer'],
    ask: root('mutation { revokeAll(input: { confirm: false }) { revocation { total } } }'),
  },
  {
    field: 'Mutation.revokeAll (everywhere)',
    allowed: ['developer'],
    ask: root('mutation { revokeAll(input: { confirm: false, allOrganizations: true }) { revocation { total } } }'),
  },
  {
    field: 'Practitioner.connectionStatus',
    allowed: ['admin', 'practitioner', 'staff', 'service'],
    ask: entity(() => ({ __typename: 'Practitioner', id: 'pr-ben' }), 'connectionStatus'),
  },
  {
    field: 'Practitioner.treatmentPlans',
    allowed: clinical,
    ask: entity(() => ({ __typename: 'Practitioner', id: 'pr-ada' }), 'treatmentPlans { totalCount }'),
  },
  {
    field: 'Practitioner.labOrders',
    allowed: clinical,
    ask: entity(() => ({ __typename: 'Practitioner', id: 'pr-ada' }), 'labOrders { totalCount }'),
  },
  { field: 'Patient.connectionStatus', allowed: account, ask: patient('connectionStatus') },
  { field: 'Patient.fullscriptAccount', allowed: account, ask: patient('fullscriptAccount { id }') },
  { field: 'Patient.treatmentPlans', allowed: clinical, ask: patient('treatmentPlans { totalCount }') },
  { field: 'Patient.labOrders', allowed: clinical, ask: patient('labOrders { totalCount }') },
  {
    field: 'FullscriptPatientAccount',
    allowed: account,
    ask: entity(of('FullscriptPatientAccount', 'fullscriptPatientId'), 'firstName'),
  },
  {
    field: 'FullscriptTreatmentPlan',
    allowed: clinical,
    ask: entity(of('FullscriptTreatmentPlan', 'planId'), 'state'),
  },
  { field: 'FullscriptLabOrder', allowed: clinical, ask: entity(of('FullscriptLabOrder', 'labOrderId'), 'status') },
  { field: 'FullscriptLabResult', allowed: clinical, ask: entity(of('FullscriptLabResult', 'labResultId'), 'pdfUrl') },
  {
    field: 'Chart.fullscriptImports',
    allowed: clinical,
    ask: entity(of('Chart', 'chartId'), 'fullscriptImports { id }'),
  },
  {
    field: 'Query.fullscriptTreatmentPlan',
    allowed: clinical,
    ask: root('query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { state } }', ({ planId }) => ({ id: planId })),
  },
  {
    field: 'Query.fullscriptLabOrder',
    allowed: clinical,
    ask: root('query ($id: ID!) { fullscriptLabOrder(id: $id) { status } }', ({ labOrderId }) => ({ id: labOrderId })),
  },
  {
    field: 'Query.fullscriptPatientCandidates',
    allowed: account,
    ask: root(
      'query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }',
      (records) => ({
        id: records.patient.id,
      }),
    ),
  },
  {
    field: 'Mutation.linkFullscriptPatient',
    allowed: account,
    ask: root(
      'mutation { linkFullscriptPatient(input: { patientId: "p-1045", fullscriptPatientId: "none" }) { __typename } }',
    ),
  },
  {
    field: 'Mutation.unlinkFullscriptPatient',
    allowed: account,
    ask: root('mutation { unlinkFullscriptPatient(input: { patientId: "p-1045" }) { unlinked } }'),
  },
  {
    field: 'Mutation.updateFullscriptPatient',
    allowed: account,
    ask: root(
      'mutation { updateFullscriptPatient(input: { patientId: "p-1045", discountPercent: 5 }) { __typename } }',
    ),
  },
  {
    field: 'Mutation.createRecommendation (named practitioner)',
    allowed: account,
    ask: root(
      'mutation { createRecommendation(input: { patientId: "p-1001", practitionerId: "pr-ada", idempotencyKey: "roles" }) { __typename } }',
    ),
  },
  {
    field: 'Mutation.createFullscriptEmbedSession',
    allowed: account,
    ask: root('mutation { createFullscriptEmbedSession(input: {}) { __typename } }'),
  },
  {
    field: 'Mutation.createFullscriptInOfficeCheckout',
    allowed: clinical,
    ask: root(
      'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: false }) { __typename } }',
      ({ planId }) => ({ id: planId }),
    ),
  },
  {
    field: 'Mutation.importPlanIntoChart',
    allowed: clinical,
    ask: root(
      'mutation ($plan: ID!, $chart: ID!) { importPlanIntoChart(input: { planId: $plan, chartId: $chart }) { __typename } }',
      ({ planId, chartId }) => ({ plan: planId, chart: chartId }),
    ),
  },
  {
    field: 'Mutation.reviewFullscriptLabResult',
    allowed: clinical,
    ask: root(
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, signOff: true }) { id } }',
      ({ labResultId }) => ({ id: labResultId }),
    ),
  },
];

/** Told by more than a role, so they have tests of their own below or beside the tests of revoking. */
const elsewhere = [
  'Practitioner.id',
  'Practitioner.fullscriptAccount',
  'Patient.id',
  'Chart.id',
  'Query.fullscriptRevocation',
];

describe('Who may do what', () => {
  let deployment: Deployment;
  let records: ClinicalRecords;

  // Everybody is the same connected user, so that nothing but the roles can make a difference.
  const as = async (...held: Role[]): Promise<string> =>
    `token:${await deployment.emr.tokenFor('u-ada', { roles: held })}`;
  const isForbidden = (answer: Answer): boolean =>
    answer.errors.some(({ extensions }) => extensions['code'] === 'FORBIDDEN');

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('is told here for every field of Query, Mutation, Patient, Practitioner and Chart', () => {
    const schema = buildSchema(sdl, { assumeValidSDL: true });
    const all = ['Query', 'Mutation', 'Patient', 'Practitioner', 'Chart'].flatMap((name) => {
      const type = schema.getType(name);
      if (!type || !('getFields' in type)) throw new Error(`the schema has no ${name}`);
      return Object.keys(type.getFields()).map((field) => `${name}.${field}`);
    });
    const external = ['Patient.email', 'Patient.firstName', 'Patient.lastName', 'Patient.dateOfBirth'];
    const told = new Set([...cells.map(({ field }) => field.split(' ')[0]), ...elsewhere, ...external]);
    expect(all.filter((field) => !told.has(field))).toEqual([]);
  });

  describe.each(cells)('$field', ({ allowed, ask }) => {
    it.each(roles)('%s', async (role) => {
      const answer = await ask(await as(role), deployment, records);
      expect(answer.status).toBe(200);
      expect(isForbidden(answer), JSON.stringify(answer)).toBe(!allowed.includes(role));
      if (!allowed.includes(role)) {
        const values = Object.values((answer.data ?? {}) as Record<string, unknown>);
        expect(JSON.stringify(values)).toMatch(/^\[((null|\[null\]|\[\{("\w+":null,?)+\}\]),?)*\]$/);
      } else {
        const codes = answer.errors.map(({ extensions }) => extensions['code']);
        expect(
          codes.filter((code) => code !== 'BAD_USER_INPUT' && code !== 'NOT_FOUND'),
          JSON.stringify(answer),
        ).toEqual([]);
      }
    });

    it('nobody without a role', async () => {
      const answer = await ask(await as(), deployment, records);
      expect(isForbidden(answer), JSON.stringify(answer)).toBe(true);
    });

    it('roles add up', async () => {
      const answer = await ask(await as(...roles), deployment, records);
      expect(isForbidden(answer), JSON.stringify(answer)).toBe(false);
    });
  });

  it('staff must name the practitioner of a recommendation', async () => {
    const answer = await deployment.ask(
      await as('staff'),
      'mutation { createRecommendation(input: { patientId: "p-1001" }) { __typename } }',
    );
    expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it("Practitioner.fullscriptAccount is the user's own, or an admin's or a service's to see; null for others", async () => {
    const see = async (who: string, id: string): Promise<unknown> => {
      const answer = await deployment.askEntities(
        who,
        [{ __typename: 'Practitioner', id }],
        '... on Practitioner { fullscriptAccount { userId } }',
      );
      expect(answer.errors).toEqual([]);
      return (answer.data._entities[0].fullscriptAccount as { userId: string } | null)?.userId ?? null;
    };
    expect(await see('u-ada', 'pr-ada')).toBe('u-ada');
    expect(await see('u-ada', 'pr-ben')).toBeNull();
    expect(await see('u-carla', 'pr-ben')).toBeNull();
    expect(await see('u-dev', 'pr-ben')).toBeNull();
    expect(await see('u-admin', 'pr-ben')).toBe('u-ben');
    expect(await see('service', 'pr-ben')).toBe('u-ben');
  });

  it("a practitioner's own lists are refused to everybody else, admins and services included", async () => {
    for (const who of ['u-ben', 'u-admin', 'service', 'u-carla', await as('admin', 'practitioner')]) {
      const id = who.startsWith('token:') ? 'pr-ben' : 'pr-ada';
      const answer = await deployment.askEntities(
        who,
        [{ __typename: 'Practitioner', id }],
        '... on Practitioner { treatmentPlans { totalCount } labOrders { totalCount } }',
      );
      expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    }
  });
});
