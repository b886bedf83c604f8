import { askEntity, askRoot, type Ask } from './asks.ts';
import type { ClinicalRecords } from './clinical-records.ts';

/** What somebody of another organization can get to know and try: ids of every kind, and secrets that were handed out. */
export interface ForeignThings extends ClinicalRecords {
  userId: string;
  practitionerId: string;
  revocationId: string;
  recommendationId: string;
  idempotencyKey: string;
  /** A connect state that waits for its answer, and the code that Fullscript gave for it. */
  state: string;
  code: string;
  planCursor: string;
  orderCursor: string;
  ownPlanCursor: string;
  ownOrderCursor: string;
  accountCursor: string;
  auditCursor: string;
  parkedEventId: string;
  patientId: string;
}

/** A place where a caller names something, asked about with an id of another organization and with one that never was. */
export interface Place {
  /** As `listIdPlaces` writes it; with a word when it stands here more than once. */
  place: string;
  /** What of the other organization is named here. */
  thing: keyof ForeignThings;
  /** Who asks: the practitioner, unless it takes an administrator; a stranger is one of an organization that never asked about anything. */
  as?: 'admin' | 'stranger';
  ask: (id: string) => Ask;
  /** Tables that get a row of the asker's own organization, whatever id was named; the audit always may. */
  writes?: readonly string[];
}

const root =
  (query: string): Place['ask'] =>
  (id) =>
    askRoot(query, () => ({ id }));
const entity =
  (typename: string, selection: string): Place['ask'] =>
  (id) =>
    askEntity(() => ({ __typename: typename, id }), selection);
/** A field of the asker's own patient or practitioner. */
const below =
  (typename: string, own: string, toSelection: (id: string) => string): Place['ask'] =>
  (id) =>
    askEntity(() => ({ __typename: typename, id: own }), toSelection(JSON.stringify(id)));
const ownPatient = 'p-2001';
const ownChart = 'c-2001-2';

const entities: Place[] = [
  { place: 'FullscriptAccount(id)', thing: 'accountId', ask: entity('FullscriptAccount', 'userId') },
  {
    place: 'FullscriptAccount(id) as admin',
    thing: 'accountId',
    as: 'admin',
    ask: entity('FullscriptAccount', 'userId'),
  },
  { place: 'FullscriptClinic(id)', thing: 'clinicId', ask: entity('FullscriptClinic', 'name discountPercent') },
  {
    place: 'Patient(id)',
    thing: 'patientId',
    ask: entity(
      'Patient',
      'connectionStatus fullscriptAccount { id } treatmentPlans { totalCount } labOrders { totalCount }',
    ),
  },
  {
    place: 'Practitioner(id)',
    thing: 'practitionerId',
    ask: entity(
      'Practitioner',
      'connectionStatus fullscriptAccount { id } treatmentPlans { totalCount } labOrders { totalCount }',
    ),
  },
  {
    place: 'Practitioner(id) as admin',
    thing: 'practitionerId',
    as: 'admin',
    ask: entity('Practitioner', 'connectionStatus fullscriptAccount { id }'),
  },
  // Behind the gateway a chart is the EMR's word; the imports are the asker's organization's all the same.
  { place: 'Chart(id)', thing: 'chartId', ask: entity('Chart', 'fullscriptImports { id }') },
  { place: 'FullscriptLabOrder(id)', thing: 'labOrderId', ask: entity('FullscriptLabOrder', 'id status') },
  { place: 'FullscriptLabResult(id)', thing: 'labResultId', ask: entity('FullscriptLabResult', 'pdfUrl') },
  {
    place: 'FullscriptPatientAccount(id)',
    thing: 'fullscriptPatientId',
    ask: entity('FullscriptPatientAccount', 'email'),
  },
  { place: 'FullscriptRevocation(id)', thing: 'revocationId', ask: entity('FullscriptRevocation', 'total') },
  {
    place: 'FullscriptRevocation(id) as admin',
    thing: 'revocationId',
    as: 'admin',
    ask: entity('FullscriptRevocation', 'total'),
  },
  { place: 'FullscriptTreatmentPlan(id)', thing: 'planId', ask: entity('FullscriptTreatmentPlan', 'id state') },
];

const queries: Place[] = [
  {
    place: 'Query.fullscriptTreatmentPlan(id)',
    thing: 'planId',
    ask: root('query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id) { id } }'),
  },
  {
    place: 'Query.fullscriptTreatmentPlan(id) CURRENT',
    thing: 'planId',
    ask: root('query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { id } }'),
  },
  {
    place: 'Query.fullscriptLabOrder(id)',
    thing: 'labOrderId',
    ask: root('query ($id: ID!) { it: fullscriptLabOrder(id: $id) { id } }'),
  },
  {
    place: 'Query.fullscriptLabOrder(id) STORED',
    thing: 'labOrderId',
    ask: root('query ($id: ID!) { it: fullscriptLabOrder(id: $id, freshness: STORED) { id } }'),
  },
  {
    place: 'Query.fullscriptRevocation(id)',
    thing: 'revocationId',
    as: 'admin',
    ask: root('query ($id: ID!) { it: fullscriptRevocation(id: $id) { total } }'),
  },
  {
    place: 'Query.fullscriptPatientCandidates(patientId)',
    thing: 'patientId',
    ask: root('query ($id: ID!) { it: fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }'),
  },
  {
    place: 'Query.fullscriptPatientCandidates(clinicId)',
    thing: 'clinicId',
    ask: root(
      `query ($id: ID!) { it: fullscriptPatientCandidates(patientId: "${ownPatient}", clinicId: $id) { fullscriptPatientId } }`,
    ),
  },
  {
    place: 'Query.fullscriptAuditEvents(userId)',
    thing: 'userId',
    as: 'stranger',
    ask: root('query ($id: ID!) { it: fullscriptAuditEvents(userId: $id) { nodes { id } } }'),
  },
  {
    place: 'Query.fullscriptAuditEvents(patientId)',
    thing: 'patientId',
    as: 'stranger',
    ask: root('query ($id: ID!) { it: fullscriptAuditEvents(patientId: $id) { nodes { id } } }'),
  },
  {
    place: 'Patient.connectionStatus(clinicId)',
    thing: 'clinicId',
    ask: below('Patient', ownPatient, (id) => `connectionStatus(clinicId: ${id})`),
  },
  {
    place: 'Patient.fullscriptAccount(clinicId)',
    thing: 'clinicId',
    ask: below('Patient', ownPatient, (id) => `fullscriptAccount(clinicId: ${id}) { id }`),
  },
  {
    place: 'Patient.treatmentPlans(clinicId)',
    thing: 'clinicId',
    ask: below('Patient', ownPatient, (id) => `treatmentPlans(clinicId: ${id}) { totalCount }`),
  },
  {
    place: 'Patient.labOrders(clinicId)',
    thing: 'clinicId',
    ask: below('Patient', ownPatient, (id) => `labOrders(clinicId: ${id}) { totalCount }`),
  },
  {
    place: 'Patient.treatmentPlans(after)',
    thing: 'planCursor',
    ask: below('Patient', ownPatient, (id) => `treatmentPlans(after: ${id}) { nodes { id } }`),
  },
  {
    place: 'Patient.labOrders(after)',
    thing: 'orderCursor',
    ask: below('Patient', ownPatient, (id) => `labOrders(after: ${id}) { nodes { id } }`),
  },
  {
    place: 'Practitioner.treatmentPlans(after)',
    thing: 'ownPlanCursor',
    ask: below('Practitioner', 'pr-tomas', (id) => `treatmentPlans(after: ${id}) { nodes { id } }`),
  },
  {
    place: 'Practitioner.labOrders(after)',
    thing: 'ownOrderCursor',
    ask: below('Practitioner', 'pr-tomas', (id) => `labOrders(after: ${id}) { nodes { id } }`),
  },
];

const mutations: Place[] = [
  {
    place: 'Mutation.retryFullscriptEvents(input.ids)',
    thing: 'parkedEventId',
    as: 'admin',
    ask: root('mutation ($id: ID!) { it: retryFullscriptEvents(input: { ids: [$id] }) { retried } }'),
  },
  {
    place: 'Mutation.completeConnect(input.state)',
    thing: 'state',
    ask: root('mutation ($id: String!) { it: completeConnect(input: { state: $id, code: "abc" }) { __typename } }'),
  },
  {
    place: 'Mutation.completeConnect(input.state) declined',
    thing: 'state',
    ask: root('mutation ($id: String!) { it: completeConnect(input: { state: $id, error: "denied" }) { __typename } }'),
  },
  {
    place: 'Mutation.setFullscriptEnabled(input.userId)',
    thing: 'userId',
    as: 'admin',
    ask: root(
      'mutation ($id: ID!) { it: setFullscriptEnabled(input: { userId: $id, enabled: false }) { userId enabled } }',
    ),
    writes: ['integration_switch'],
  },
  {
    place: 'Mutation.setDefaultFullscriptClinic(clinicId)',
    thing: 'clinicId',
    ask: root('mutation ($id: ID!) { it: setDefaultFullscriptClinic(clinicId: $id) { connectionStatus } }'),
  },
  {
    place: 'Mutation.revoke(input.userId)',
    thing: 'userId',
    as: 'admin',
    ask: root('mutation ($id: ID!) { it: revoke(input: { userId: $id }) { revocation { total revoked pending } } }'),
    writes: ['revocation'],
  },
  {
    place: 'Mutation.revoke(input.clinicId)',
    thing: 'clinicId',
    ask: root('mutation ($id: ID!) { it: revoke(input: { clinicId: $id }) { revocation { total revoked pending } } }'),
    writes: ['revocation'],
  },
  {
    place: 'Mutation.linkFullscriptPatient(input.patientId)',
    thing: 'patientId',
    ask: root(
      'mutation ($id: ID!) { it: linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: "x" }) { __typename } }',
    ),
  },
  {
    place: 'Mutation.linkFullscriptPatient(input.fullscriptPatientId)',
    thing: 'fullscriptPatientId',
    ask: root(
      `mutation ($id: ID!) { it: linkFullscriptPatient(input: { patientId: "${ownPatient}", fullscriptPatientId: $id }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.linkFullscriptPatient(input.clinicId)',
    thing: 'clinicId',
    ask: root(
      `mutation ($id: ID!) { it: linkFullscriptPatient(input: { patientId: "${ownPatient}", fullscriptPatientId: "x", clinicId: $id }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.unlinkFullscriptPatient(input.patientId)',
    thing: 'patientId',
    ask: root('mutation ($id: ID!) { it: unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }'),
  },
  {
    place: 'Mutation.unlinkFullscriptPatient(input.clinicId)',
    thing: 'clinicId',
    ask: root(
      `mutation ($id: ID!) { it: unlinkFullscriptPatient(input: { patientId: "${ownPatient}", clinicId: $id }) { unlinked } }`,
    ),
  },
  {
    place: 'Mutation.updateFullscriptPatient(input.patientId)',
    thing: 'patientId',
    ask: root(
      'mutation ($id: ID!) { it: updateFullscriptPatient(input: { patientId: $id, discountPercent: 50 }) { __typename } }',
    ),
  },
  {
    place: 'Mutation.updateFullscriptPatient(input.clinicId)',
    thing: 'clinicId',
    ask: root(
      `mutation ($id: ID!) { it: updateFullscriptPatient(input: { patientId: "${ownPatient}", clinicId: $id, discountPercent: 50 }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.createRecommendation(input.patientId)',
    thing: 'patientId',
    ask: root('mutation ($id: ID!) { it: createRecommendation(input: { patientId: $id }) { __typename } }'),
  },
  {
    place: 'Mutation.createRecommendation(input.practitionerId)',
    thing: 'practitionerId',
    ask: root(
      `mutation ($id: ID!) { it: createRecommendation(input: { patientId: "${ownPatient}", practitionerId: $id }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.createRecommendation(input.clinicId)',
    thing: 'clinicId',
    ask: root(
      `mutation ($id: ID!) { it: createRecommendation(input: { patientId: "${ownPatient}", clinicId: $id }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.createRecommendation(input.chartId)',
    thing: 'chartId',
    ask: root(
      `mutation ($id: ID!) { it: createRecommendation(input: { patientId: "${ownPatient}", chartId: $id }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.createFullscriptEmbedSession(input.patientId)',
    thing: 'patientId',
    ask: root('mutation ($id: ID!) { it: createFullscriptEmbedSession(input: { patientId: $id }) { __typename } }'),
  },
  {
    place: 'Mutation.createFullscriptEmbedSession(input.clinicId)',
    thing: 'clinicId',
    ask: root('mutation ($id: ID!) { it: createFullscriptEmbedSession(input: { clinicId: $id }) { __typename } }'),
  },
  {
    place: 'Mutation.createFullscriptInOfficeCheckout(input.planId)',
    thing: 'planId',
    ask: root(
      'mutation ($id: ID!) { it: createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
    ),
  },
  {
    place: 'Mutation.importPlanIntoChart(input.planId)',
    thing: 'planId',
    ask: root(
      `mutation ($id: ID!) { it: importPlanIntoChart(input: { planId: $id, chartId: "${ownChart}" }) { __typename } }`,
    ),
  },
  {
    place: 'Mutation.importPlanIntoChart(input.chartId)',
    thing: 'chartId',
    ask: root('mutation ($id: ID!) { it: importPlanIntoChart(input: { planId: "x", chartId: $id }) { __typename } }'),
  },
  {
    place: 'Mutation.reviewFullscriptLabResult(input.resultId)',
    thing: 'labResultId',
    ask: root(
      'mutation ($id: ID!) { it: reviewFullscriptLabResult(input: { resultId: $id, signOff: true, note: "n" }) { id } }',
    ),
  },
];

/** Where the answer to a foreign id must be the answer to an id that never was, word for word. */
export const placesOfNothing: readonly Place[] = [...entities, ...queries, ...mutations];

/** Places with a test of their own in the file that uses this table, because there the same id means something to both organizations. */
export const placesElsewhere = [
  // Products and packs are Fullscript's catalogue, which is nobody's own.
  'FullscriptProductVariant(id)',
  'Mutation.createRecommendation(input.items.variantId)',
  // A code is looked at only with a state of the asker's own.
  'Mutation.completeConnect(input.code)',
  // Named within a plan that is the asker's own.
  'Mutation.importPlanIntoChart(input.recommendationIds)',
  'Mutation.importPlanIntoChart(input.overrides.recommendationId)',
  // Counts per user, so each has their own.
  'Mutation.createRecommendation(input.idempotencyKey)',
  // Positions in time, which name nothing of anybody.
  'Query.fullscriptAccounts(after)',
  'Query.fullscriptAuditEvents(after)',
  'Query.fullscriptParkedEvents(after)',
];
