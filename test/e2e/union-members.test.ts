import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginConnect, consent } from '../support/connecting.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { selectEverything } from '../support/every-field.ts';
import { addEncounter } from '../support/importing.ts';
import { addFullscriptPatient, addPerson, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { addPlan, buildLine, listVariantIds } from '../support/recommending.ts';
import { listUnionMembers } from '../support/schema.ts';

/** The mutation that answers with a union. */
const mutations: Readonly<Record<string, { field: string; input: string }>> = {
  FullscriptCompleteConnectResult: { field: 'completeConnect', input: 'FullscriptCompleteConnectInput' },
  FullscriptImportPlanResult: { field: 'importPlanIntoChart', input: 'FullscriptImportPlanInput' },
  FullscriptLinkPatientResult: { field: 'linkFullscriptPatient', input: 'FullscriptLinkPatientInput' },
  FullscriptUpdatePatientResult: { field: 'updateFullscriptPatient', input: 'FullscriptUpdatePatientInput' },
  FullscriptCreateRecommendationResult: {
    field: 'createRecommendation',
    input: 'FullscriptCreateRecommendationInput',
  },
  FullscriptEmbedSessionResult: { field: 'createFullscriptEmbedSession', input: 'FullscriptEmbedSessionInput' },
  FullscriptInOfficeCheckoutResult: {
    field: 'createFullscriptInOfficeCheckout',
    input: 'FullscriptInOfficeCheckoutInput',
  },
};

interface Request {
  who?: string;
  input: object;
}

/** How each member comes about, as a user asks for it. */
const requests: Readonly<Record<string, (deployment: Deployment) => Request | Promise<Request>>> = {
  async 'FullscriptCompleteConnectResult.FullscriptConnected'(deployment) {
    const attempt = await beginConnect(deployment, 'u-ben');
    return {
      who: 'u-ben',
      input: { state: attempt.state, code: consent(deployment, attempt, 'ben@cedarrow.example') },
    };
  },
  async 'FullscriptCompleteConnectResult.FullscriptConnectDeclined'(deployment) {
    return { input: { state: (await beginConnect(deployment, 'u-ada')).state, error: 'access_denied' } };
  },
  'FullscriptCompleteConnectResult.FullscriptConnectExpired': () => ({ input: { state: 'long-gone', code: 'any' } }),

  async 'FullscriptImportPlanResult.FullscriptPlanImported'(deployment) {
    const { planId, chartId } = await addEncounter(deployment);
    return { input: { planId, chartId } };
  },
  async 'FullscriptImportPlanResult.FullscriptChartLocked'(deployment) {
    const { planId, chartId } = await addEncounter(deployment);
    deployment.emr.signChart(chartId);
    return { input: { planId, chartId } };
  },
  async 'FullscriptImportPlanResult.FullscriptPlanNotImportable'(deployment) {
    const { planId, chartId } = await addEncounter(deployment, { sent: false });
    return { input: { planId, chartId } };
  },
  async 'FullscriptImportPlanResult.FullscriptConnectionRequired'(deployment) {
    const { planId, chartId } = await addEncounter(deployment);
    return { who: addStranger(deployment), input: { planId, chartId } };
  },

  'FullscriptLinkPatientResult.FullscriptPatientLinked'(deployment) {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    return { input: { patientId, fullscriptPatientId } };
  },
  async 'FullscriptLinkPatientResult.FullscriptPatientTaken'(deployment) {
    const { fullscriptPatientId } = await addLinked(deployment);
    return { input: { patientId: deployment.emr.addPatient(inventPerson()).id, fullscriptPatientId } };
  },
  'FullscriptLinkPatientResult.FullscriptConnectionRequired'(deployment) {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    return { who: addStranger(deployment), input: { patientId, fullscriptPatientId } };
  },

  async 'FullscriptUpdatePatientResult.FullscriptPatientUpdated'(deployment) {
    return { input: { patientId: (await addLinked(deployment)).patientId, discountPercent: 5 } };
  },
  'FullscriptUpdatePatientResult.FullscriptPatientNotLinked': (deployment) => ({
    input: { patientId: addPerson(deployment).patientId, discountPercent: 5 },
  }),
  async 'FullscriptUpdatePatientResult.FullscriptConnectionRequired'(deployment) {
    const { patientId } = await addLinked(deployment);
    return { who: addStranger(deployment), input: { patientId, discountPercent: 5 } };
  },
  async 'FullscriptUpdatePatientResult.FullscriptRejected'(deployment) {
    return { input: { patientId: (await addLinked(deployment)).patientId, mobileNumber: '12' } };
  },

  'FullscriptCreateRecommendationResult.FullscriptRecommendationDraft': (deployment) => ({
    input: { patientId: addPerson(deployment).patientId },
  }),
  'FullscriptCreateRecommendationResult.FullscriptConnectionRequired': (deployment) => ({
    who: addStranger(deployment),
    input: { patientId: addPerson(deployment).patientId },
  }),
  'FullscriptCreateRecommendationResult.FullscriptPatientMatchRequired': (deployment) => ({
    input: { patientId: addPerson(deployment, { emr: { firstName: 'Oscar' } }).patientId },
  }),
  'FullscriptCreateRecommendationResult.FullscriptPatientDetailsMissing': (deployment) => ({
    input: { patientId: deployment.emr.addPatient({ ...inventPerson(), email: null }).id },
  }),
  'FullscriptCreateRecommendationResult.FullscriptRejected'(deployment) {
    const person = inventPerson();
    addFullscriptPatient(deployment, person, 'tomas@harbour.example');
    return { input: { patientId: deployment.emr.addPatient(person).id } };
  },

  'FullscriptEmbedSessionResult.FullscriptEmbedSession': (deployment) => ({
    input: { patientId: addPerson(deployment).patientId },
  }),
  'FullscriptEmbedSessionResult.FullscriptConnectionRequired': (deployment) => ({
    who: addStranger(deployment),
    input: {},
  }),

  async 'FullscriptInOfficeCheckoutResult.FullscriptInOfficeCheckout'(deployment) {
    return { input: { planId: await addSale(deployment), confirmEmptyCart: true } };
  },
  async 'FullscriptInOfficeCheckoutResult.FullscriptConnectionRequired'(deployment) {
    return {
      who: addStranger(deployment),
      input: { planId: await addSale(deployment), confirmEmptyCart: true },
    };
  },
  async 'FullscriptInOfficeCheckoutResult.FullscriptRejected'(deployment) {
    return { input: { planId: await addSale(deployment, { sent: false }), confirmEmptyCart: true } };
  },
};

/** A practitioner who has never connected. */
function addStranger(deployment: Deployment): string {
  const { id: practitionerId } = deployment.emr.addPractitioner();
  return deployment.emr.addUser({ roles: ['practitioner'], practitionerId }).id;
}

async function addLinked(deployment: Deployment): Promise<ReturnType<typeof addPerson>> {
  const person = addPerson(deployment);
  await askPatient(deployment, 'u-ada', person.patientId, 'connectionStatus');
  return person;
}

async function addSale(deployment: Deployment, more: { sent?: boolean } = {}): Promise<string> {
  const { fullscriptPatientId } = await addLinked(deployment);
  const lines = listVariantIds(deployment, 1).map((variantId) => buildLine(variantId));
  return addPlan(deployment, fullscriptPatientId, { lines, ...more });
}

describe('Every member of every result', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('is asked for below, and nothing that the schema does not have', () => {
    expect(Object.keys(requests).sort()).toEqual(listUnionMembers().sort());
  });

  it.each(listUnionMembers())('%s comes about, with all its fields readable', async (name) => {
    const [union = '', member] = name.split('.');
    const mutation = mutations[union];
    const request = requests[name];
    if (!mutation || !request) throw new Error(`nothing here brings ${name} about`);
    const { who = 'u-ada', input } = await request(deployment);
    const { data, errors } = await deployment.ask(
      who,
      `mutation ($input: ${mutation.input}!) { ${mutation.field}(input: $input) { ${selectEverything(union)} } }`,
      { variables: { input } },
    );
    expect(errors).toEqual([]);
    expect(data[mutation.field].__typename).toBe(member);
  });
});
