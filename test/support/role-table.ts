import { expect } from 'vitest';
import { askEntity, askRoot, type Ask, type Scene } from './asks.ts';
import type { ClinicalRecords } from './clinical-records.ts';
import { beginConnect, consent } from './connecting.ts';
import type { AskOptions } from './deployment.ts';
import { parkEventOf } from './parked-event.ts';

export type Role = 'admin' | 'practitioner' | 'staff' | 'developer' | 'service';
export const roles: readonly Role[] = ['admin', 'practitioner', 'staff', 'developer', 'service'];

/** What one prepared question needs besides the records. */
export type Variables = Record<string, unknown>;

/** One row of the role table. */
export interface Cell {
  /** A schema coordinate, or an entity's type; with a word when it stands here more than once. */
  field: string;
  /** Whom it works for; roles add up. */
  allowed: readonly Role[];
  /** Whether it works for somebody without any role, too. */
  everybody?: boolean;
  /** What comes back where it is allowed, to match. */
  gives: unknown;
  /** How it is refused: FORBIDDEN unless said otherwise. `nothing` is null without an error; a role may have another code. */
  refused?: 'nothing' | Partial<Record<Role, string>>;
  /** Who asks, when it is not Dr. Ada of org-juniper; everything is asked by one user, so that only the roles make a difference. */
  asker?: { sub: string; org?: string };
  /** Makes what is asked about, before each question; what it gives are the question's variables. */
  prepare?: (scene: Scene) => Promise<Variables> | Variables;
  ask: Ask;
}

const own: Role[] = ['admin', 'practitioner', 'staff'];
const administer: Role[] = ['admin', 'service'];
const account: Role[] = ['practitioner', 'staff'];
const clinical: Role[] = ['practitioner'];

const aNumber: unknown = expect.any(Number);
const aText: unknown = expect.any(String);
const someRows: unknown = expect.arrayContaining([expect.anything()]);

/** Asks a root field with what was prepared. */
function asks(query: string): Ask {
  return (who, { deployment }, options) => deployment.ask(who, query, options);
}

const entity = (typename: string, key: keyof ClinicalRecords, selection: string): Ask =>
  askEntity((records) => ({ __typename: typename, id: String(records[key]) }), selection);
const patient = (selection: string): Ask => askEntity((records) => records.patient, selection);
const practitioner = (id: string, selection: string): Ask =>
  askEntity(() => ({ __typename: 'Practitioner', id }), selection);

/** An entity of the prepared id. */
function prepared(typename: string, selection: string): Ask {
  return (who, { deployment }, options: AskOptions = {}) => {
    const { id } = options.variables ?? {};
    return deployment.askEntities(who, [{ __typename: typename, id }], `... on ${typename} { ${selection} }`, {
      headers: options.headers ?? {},
    });
  };
}

const leaver = { sub: 'u-leaver' };

/** Connects the user who is about to leave. */
async function connectLeaver({ deployment }: Scene): Promise<Variables> {
  const token = await deployment.emr.signToken({ ...leaver, org: 'org-juniper', roles: ['practitioner'] });
  await deployment.connect(`token:${token}`, 'carla@cedarrow.example');
  return {};
}

/** Connects somebody of an organization that nobody else here belongs to. */
async function connectElsewhere({ deployment }: Scene): Promise<Variables> {
  const token = await deployment.emr.signToken({ sub: 'u-other', org: 'org-elsewhere', roles: ['practitioner'] });
  await deployment.connect(`token:${token}`, 'tomas@harbour.example');
  return {};
}

async function linkPerson({ deployment, records }: Scene): Promise<Variables> {
  const ids = { id: records.patient.id, fs: records.fullscriptPatientId };
  const answer = await deployment.ask(
    'u-ada',
    'mutation ($id: ID!, $fs: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }',
    { variables: ids },
  );
  expect(answer.data).toEqual({ linkFullscriptPatient: { __typename: 'FullscriptPatientLinked' } });
  return ids;
}

/** Has an event of the records' clinic parked. */
async function parkEvent({ deployment, records }: Scene): Promise<Variables> {
  return { id: await parkEventOf(deployment, records.clinicId) };
}

async function revokeSomebody({ deployment }: Scene): Promise<Variables> {
  const answer = await deployment.ask(
    'service',
    'mutation { revoke(input: { userId: "u-nobody" }) { revocation { id } } }',
  );
  return { id: answer.data.revoke.revocation.id as string };
}

async function findBensAccount({ deployment }: Scene): Promise<Variables> {
  const answer = await deployment.ask('u-ben', '{ fullscriptViewer { accounts { id } } }');
  return { id: answer.data.fullscriptViewer.accounts[0].id as string };
}

const connecting: Cell[] = [
  { field: 'Mutation.connect', allowed: own, gives: { state: aText }, ask: asks('mutation { it: connect { state } }') },
  {
    field: 'Mutation.completeConnect',
    allowed: own,
    gives: { __typename: 'FullscriptConnected' },
    prepare: async ({ deployment }) => {
      const attempt = await beginConnect(deployment, 'u-ada');
      return { state: attempt.state, code: consent(deployment, attempt, 'ada@cedarrow.example') };
    },
    ask: asks(
      'mutation ($state: String!, $code: String) { it: completeConnect(input: { state: $state, code: $code }) { __typename } }',
    ),
  },
  {
    field: 'Query.fullscriptViewer',
    allowed: own,
    gives: { connectionStatus: 'CONNECTED' },
    ask: asks('{ it: fullscriptViewer { connectionStatus canRecommend canAdminister accounts { id } } }'),
  },
  {
    field: 'Mutation.setDefaultFullscriptClinic',
    allowed: own,
    gives: { connectionStatus: 'CONNECTED' },
    ask: askRoot(
      'mutation ($id: ID!) { it: setDefaultFullscriptClinic(clinicId: $id) { connectionStatus } }',
      ({ clinicId }) => ({ id: clinicId }),
    ),
  },
  {
    field: 'FullscriptAccount (own)',
    allowed: [...own, 'service'],
    refused: 'nothing',
    gives: { userId: 'u-ada' },
    ask: entity('FullscriptAccount', 'accountId', 'userId'),
  },
  {
    field: 'FullscriptAccount (of another user)',
    allowed: administer,
    refused: 'nothing',
    gives: { userId: 'u-ben' },
    prepare: findBensAccount,
    ask: prepared('FullscriptAccount', 'userId'),
  },
  {
    field: 'FullscriptClinic',
    allowed: roles,
    everybody: true,
    gives: { name: aText },
    ask: entity('FullscriptClinic', 'clinicId', 'name'),
  },
  {
    field: 'FullscriptProductVariant',
    allowed: own,
    gives: { id: aText },
    ask: entity('FullscriptProductVariant', 'variantId', 'id name'),
  },
];

const administering: Cell[] = [
  {
    field: 'Mutation.revoke (own)',
    allowed: own,
    gives: { revocation: { total: 1 } },
    asker: leaver,
    prepare: connectLeaver,
    ask: asks('mutation { it: revoke { revocation { total } } }'),
  },
  {
    field: 'Mutation.revoke (own, by name)',
    allowed: own,
    gives: { revocation: { total: 1 } },
    asker: leaver,
    prepare: connectLeaver,
    ask: asks('mutation { it: revoke(input: { userId: "u-leaver" }) { revocation { total } } }'),
  },
  {
    field: "Mutation.revoke (another's)",
    allowed: administer,
    gives: { revocation: { total: 1 } },
    prepare: connectLeaver,
    ask: asks('mutation { it: revoke(input: { userId: "u-leaver" }) { revocation { total } } }'),
  },
  {
    field: 'Mutation.revokeAll (organization)',
    allowed: ['admin', 'developer'],
    gives: { revocation: { total: 1 } },
    asker: { sub: 'u-other', org: 'org-elsewhere' },
    prepare: connectElsewhere,
    ask: asks('mutation { it: revokeAll(input: { confirm: true }) { revocation { total } } }'),
  },
  {
    field: 'Mutation.setFullscriptEnabled (a user)',
    allowed: administer,
    gives: { userId: 'u-nobody', enabled: false },
    ask: asks(
      'mutation { it: setFullscriptEnabled(input: { userId: "u-nobody", enabled: false }) { userId enabled } }',
    ),
  },
  {
    field: 'Mutation.setFullscriptEnabled (the organization)',
    allowed: administer,
    gives: { userId: null, enabled: true },
    ask: asks('mutation { it: setFullscriptEnabled(input: { enabled: true }) { userId enabled } }'),
  },
  {
    field: 'Query.fullscriptAccounts',
    allowed: administer,
    gives: { nodes: someRows },
    ask: asks('{ it: fullscriptAccounts { totalCount nodes { id } } }'),
  },
  {
    field: 'Query.fullscriptAuditEvents',
    allowed: administer,
    gives: { nodes: someRows },
    ask: asks('{ it: fullscriptAuditEvents { nodes { id } } }'),
  },
  {
    field: 'Query.fullscriptSync',
    allowed: administer,
    gives: { pendingEvents: aNumber, parkedEvents: aNumber, clinics: someRows },
    ask: asks('{ it: fullscriptSync { pendingEvents parkedEvents clinics { clinic { id } sweptAt } } }'),
  },
  {
    field: 'Query.fullscriptParkedEvents',
    allowed: administer,
    gives: { nodes: someRows },
    prepare: parkEvent,
    ask: asks('{ it: fullscriptParkedEvents { nodes { id } } }'),
  },
  {
    field: 'Mutation.retryFullscriptEvents',
    allowed: administer,
    gives: { retried: 1 },
    prepare: parkEvent,
    ask: asks('mutation ($id: ID!) { it: retryFullscriptEvents(input: { ids: [$id] }) { retried } }'),
  },
  {
    field: 'Query.fullscriptRevocation (of another user)',
    allowed: ['admin', 'developer'],
    gives: { total: 0 },
    prepare: revokeSomebody,
    ask: asks('query ($id: ID!) { it: fullscriptRevocation(id: $id) { total } }'),
  },
  {
    field: 'FullscriptRevocation (of another user)',
    allowed: ['admin', 'developer'],
    gives: { total: 0 },
    prepare: revokeSomebody,
    ask: prepared('FullscriptRevocation', 'total'),
  },
  {
    field: 'Practitioner.connectionStatus',
    allowed: ['admin', 'practitioner', 'staff', 'service'],
    gives: { connectionStatus: 'CONNECTED' },
    ask: practitioner('pr-ben', 'connectionStatus'),
  },
  {
    field: 'Practitioner.fullscriptAccount (own)',
    allowed: [...own, 'service'],
    refused: 'nothing',
    gives: { fullscriptAccount: { userId: 'u-ada' } },
    ask: practitioner('pr-ada', 'fullscriptAccount { userId }'),
  },
  {
    field: 'Practitioner.fullscriptAccount (of another)',
    allowed: administer,
    refused: 'nothing',
    gives: { fullscriptAccount: { userId: 'u-ben' } },
    ask: practitioner('pr-ben', 'fullscriptAccount { userId }'),
  },
];

const reading: Cell[] = [
  {
    field: 'Practitioner.treatmentPlans (own)',
    allowed: clinical,
    gives: { treatmentPlans: { totalCount: aNumber } },
    ask: practitioner('pr-ada', 'treatmentPlans { totalCount }'),
  },
  {
    field: 'Practitioner.treatmentPlans (of another)',
    allowed: [],
    gives: null,
    ask: practitioner('pr-ben', 'treatmentPlans { totalCount }'),
  },
  {
    field: 'Practitioner.labOrders (own)',
    allowed: clinical,
    gives: { labOrders: { totalCount: aNumber } },
    ask: practitioner('pr-ada', 'labOrders { totalCount }'),
  },
  {
    field: 'Practitioner.labOrders (of another)',
    allowed: [],
    gives: null,
    ask: practitioner('pr-ben', 'labOrders { totalCount }'),
  },
  {
    field: 'Patient.connectionStatus',
    allowed: account,
    gives: { connectionStatus: 'CONNECTED' },
    ask: patient('connectionStatus'),
  },
  {
    field: 'Patient.fullscriptAccount',
    allowed: account,
    gives: { fullscriptAccount: { id: aText } },
    ask: patient('fullscriptAccount { id }'),
  },
  {
    field: 'Patient.treatmentPlans',
    allowed: clinical,
    gives: { treatmentPlans: { nodes: someRows } },
    ask: patient('treatmentPlans { nodes { id } }'),
  },
  {
    field: 'Patient.labOrders',
    allowed: clinical,
    gives: { labOrders: { nodes: someRows } },
    ask: patient('labOrders { nodes { id } }'),
  },
  {
    field: 'FullscriptPatientAccount',
    allowed: account,
    gives: { firstName: aText },
    ask: entity('FullscriptPatientAccount', 'fullscriptPatientId', 'firstName'),
  },
  {
    field: 'FullscriptTreatmentPlan',
    allowed: clinical,
    gives: { state: 'ACTIVE', chartImports: someRows },
    ask: entity('FullscriptTreatmentPlan', 'planId', 'state chartImports { id }'),
  },
  {
    field: 'FullscriptLabOrder',
    allowed: clinical,
    gives: { status: aText },
    ask: entity('FullscriptLabOrder', 'labOrderId', 'status'),
  },
  {
    field: 'FullscriptLabResult',
    allowed: clinical,
    gives: { pdfUrl: aText },
    ask: entity('FullscriptLabResult', 'labResultId', 'pdfUrl'),
  },
  {
    field: 'Chart.fullscriptImports',
    allowed: clinical,
    gives: { fullscriptImports: someRows },
    ask: entity('Chart', 'chartId', 'fullscriptImports { id }'),
  },
  {
    field: 'Query.fullscriptTreatmentPlan',
    allowed: clinical,
    gives: { state: 'ACTIVE' },
    ask: askRoot('query ($id: ID!) { it: fullscriptTreatmentPlan(id: $id) { state } }', ({ planId }) => ({
      id: planId,
    })),
  },
  {
    field: 'Query.fullscriptLabOrder',
    allowed: clinical,
    gives: { status: aText },
    ask: askRoot('query ($id: ID!) { it: fullscriptLabOrder(id: $id) { status } }', ({ labOrderId }) => ({
      id: labOrderId,
    })),
  },
  {
    field: 'Query.fullscriptPatientCandidates',
    allowed: account,
    gives: someRows,
    ask: askRoot(
      'query ($id: ID!) { it: fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }',
      (records) => ({ id: records.patient.id }),
    ),
  },
];

const writing: Cell[] = [
  {
    field: 'Mutation.linkFullscriptPatient',
    allowed: account,
    gives: { __typename: 'FullscriptPatientLinked' },
    ask: askRoot(
      'mutation ($id: ID!, $fs: ID!) { it: linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }',
      (records) => ({ id: records.patient.id, fs: records.fullscriptPatientId }),
    ),
  },
  {
    field: 'Mutation.unlinkFullscriptPatient',
    allowed: account,
    gives: { unlinked: true },
    prepare: linkPerson,
    ask: asks('mutation ($id: ID!) { it: unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }'),
  },
  {
    field: 'Mutation.updateFullscriptPatient',
    allowed: account,
    gives: { __typename: 'FullscriptPatientUpdated' },
    prepare: linkPerson,
    ask: asks(
      'mutation ($id: ID!) { it: updateFullscriptPatient(input: { patientId: $id, discountPercent: 5 }) { __typename } }',
    ),
  },
  {
    field: 'Mutation.createRecommendation (in the name of a named practitioner)',
    allowed: account,
    gives: { __typename: 'FullscriptRecommendationDraft' },
    ask: asks(
      'mutation { it: createRecommendation(input: { patientId: "p-1001", practitionerId: "pr-ben" }) { __typename } }',
    ),
  },
  {
    field: 'Mutation.createRecommendation (in no name)',
    allowed: clinical,
    refused: { staff: 'BAD_USER_INPUT' },
    gives: { __typename: 'FullscriptRecommendationDraft' },
    ask: asks('mutation { it: createRecommendation(input: { patientId: "p-1001" }) { __typename } }'),
  },
  {
    field: 'Mutation.createFullscriptEmbedSession',
    allowed: account,
    gives: { __typename: 'FullscriptEmbedSession' },
    ask: asks('mutation { it: createFullscriptEmbedSession(input: { patientId: "p-1001" }) { __typename } }'),
  },
  {
    field: 'Mutation.createFullscriptInOfficeCheckout',
    allowed: clinical,
    gives: { __typename: 'FullscriptInOfficeCheckout' },
    ask: askRoot(
      'mutation ($id: ID!) { it: createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      ({ planId }) => ({ id: planId }),
    ),
  },
  {
    field: 'Mutation.importPlanIntoChart',
    allowed: clinical,
    gives: { __typename: 'FullscriptPlanImported' },
    ask: askRoot(
      'mutation ($plan: ID!, $chart: ID!) { it: importPlanIntoChart(input: { planId: $plan, chartId: $chart }) { __typename } }',
      ({ planId, chartId }) => ({ plan: planId, chart: chartId }),
    ),
  },
  {
    field: 'Mutation.reviewFullscriptLabResult',
    allowed: clinical,
    gives: { review: { signedOffBy: 'u-ada' } },
    ask: askRoot(
      'mutation ($id: ID!) { it: reviewFullscriptLabResult(input: { resultId: $id, signOff: true }) { review { signedOffBy } } }',
      ({ labResultId }) => ({ id: labResultId }),
    ),
  },
];

/** Everything that can be asked, with who may: the whole role table but for revoking over all organizations, which leaves nothing to ask about. */
export const roleTable: readonly Cell[] = [...connecting, ...administering, ...reading, ...writing];
