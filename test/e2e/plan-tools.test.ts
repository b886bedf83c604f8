import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getPatient, getUser, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { addPlan, buildLine, listCodes, listVariantIds } from '../support/recommending.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment();
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  await deployment.connect('u-carla', 'carla@cedarrow.example');
}, 60_000);
afterAll(() => deployment.stop());
beforeEach(() => {
  deployment.sandbox.sandbox.faults.clear();
  deployment.emr.faults.clear();
});

const required = `... on FullscriptConnectionRequired { status missingScopes authorizeUrl }`;
const link = (patientId: string) => askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
/** A user whose authorization Fullscript has withdrawn behind our back. */
const withdraw = async (): Promise<string> => {
  await deployment.connect('u-ben', 'ben@cedarrow.example');
  deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, 'ben@cedarrow.example').id);
  return 'u-ben';
};
const toReconnect = {
  __typename: 'FullscriptConnectionRequired',
  status: 'RECONNECT_REQUIRED',
  authorizeUrl: expect.stringContaining('state=') as unknown,
};

describe('Mutation.updateFullscriptPatient', () => {
  const update = async (who: string, input: object) => {
    const answer = await deployment.ask(
      who,
      `mutation ($input: FullscriptUpdatePatientInput!) {
        updateFullscriptPatient(input: $input) {
          __typename
          ... on FullscriptPatientUpdated { account { id firstName lastName dateOfBirth discountPercent totalDiscountPercent } }
          ... on FullscriptPatientNotLinked { patientId }
          ... on FullscriptRejected { reasons }
          ${required}
        }
      }`,
      { variables: { input } },
    );
    return { ...answer, result: answer.data?.updateFullscriptPatient };
  };

  it('changes the record at Fullscript and what is shown, and leaves the rest alone', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    await askPatient(deployment, 'u-ada', patientId, 'fullscriptAccount { discountPercent }');
    const changes = {
      discountPercent: 12,
      firstName: 'Renée',
      dateOfBirth: '1980-05-06',
      mobileNumber: '+14165550100',
    };
    const { result, errors } = await update('u-carla', { patientId, ...changes });
    expect(errors).toEqual([]);
    const shown = {
      id: fullscriptPatientId,
      firstName: 'Renée',
      lastName: person.lastName,
      dateOfBirth: '1980-05-06',
      discountPercent: 12,
      // The clinic's ten percent come on top.
      totalDiscountPercent: 22,
    };
    expect(result).toEqual({ __typename: 'FullscriptPatientUpdated', account: shown });
    expect(getPatient(deployment, fullscriptPatientId)).toMatchObject({
      firstName: 'Renée',
      discount: 12,
      mobileNumber: '+14165550100',
      email: person.email,
    });
    const { patient } = await askPatient(
      deployment,
      'u-ada',
      patientId,
      'fullscriptAccount { firstName discountPercent }',
    );
    expect(patient.fullscriptAccount).toEqual({ firstName: 'Renée', discountPercent: 12 });
  });

  it('says what Fullscript says against it', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await link(patientId);
    const { result } = await update('u-ada', { patientId, mobileNumber: '12' });
    expect(result).toEqual({ __typename: 'FullscriptRejected', reasons: ['Mobile number is invalid'] });
    expect(getPatient(deployment, fullscriptPatientId).mobileNumber).toBeNull();
  });

  it('changes a dependent and somebody who is archived as well', async () => {
    const guardian = addFullscriptPatient(deployment);
    const child = addPerson(deployment, { fullscript: { email: null, guardianPatientId: guardian.id } });
    const archived = addPerson(deployment);
    getPatient(deployment, archived.fullscriptPatientId).archived = true;
    for (const { patientId, fullscriptPatientId } of [child, archived]) {
      await deployment.ask(
        'u-ada',
        'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
        { variables: { input: { patientId, fullscriptPatientId } } },
      );
      expect((await update('u-ada', { patientId, firstName: 'Wren' })).result).toMatchObject({
        __typename: 'FullscriptPatientUpdated',
        account: { id: fullscriptPatientId, firstName: 'Wren' },
      });
    }
  });

  it('needs a linked patient in the clinic that is meant, and no more once they were taken apart', async () => {
    const { patientId } = addPerson(deployment);
    await link(patientId);
    const { clinicId } = getUser(deployment, 'tomas@harbour.example');
    expect(listCodes(await update('u-ada', { patientId, clinicId, discountPercent: 5 }))).toEqual(['NOT_FOUND']);
    await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptUnlinkPatientInput!) { unlinkFullscriptPatient(input: $input) { unlinked } }',
      { variables: { input: { patientId } } },
    );
    const { result } = await update('u-ada', { patientId, discountPercent: 5 });
    expect(result).toEqual({ __typename: 'FullscriptPatientNotLinked', patientId });
  });

  it('needs a linked patient, and makes no link by itself', async () => {
    const { patientId } = addPerson(deployment);
    const { result } = await update('u-ada', { patientId, discountPercent: 5 });
    expect(result).toEqual({ __typename: 'FullscriptPatientNotLinked', patientId });
  });

  it.each([
    ['nothing to change', {}],
    ['a discount under 0', { discountPercent: -1 }],
    ['a discount over 100', { discountPercent: 101 }],
    ['a blank name', { firstName: ' ' }],
    ['a date that is none', { dateOfBirth: '1980-02-30' }],
    ['a blank telephone number', { mobileNumber: ' ' }],
    ['a name over 255 characters', { lastName: 'x'.repeat(256) }],
    ['a discount that is not whole', { discountPercent: 12.5 }],
  ])('refuses %s as BAD_USER_INPUT', async (_, changes) => {
    const { patientId } = addPerson(deployment);
    expect(listCodes(await update('u-ada', { patientId, ...changes }))).toEqual(['BAD_USER_INPUT']);
  });

  it('is for practitioners and staff who see the patient and are connected', async () => {
    const { patientId } = addPerson(deployment);
    await link(patientId);
    const change = { patientId, discountPercent: 5 };
    expect(listCodes(await update('u-admin', change))).toEqual(['FORBIDDEN']);
    expect(listCodes(await update('u-limited', change))).toEqual(['NOT_FOUND']);
    expect((await update(await withdraw(), change)).result).toMatchObject(toReconnect);
    deployment.emr.faults.down = true;
    expect(listCodes(await update('u-ada', change))).toEqual(['EMR_UNAVAILABLE']);
  });
});

interface FullscriptCall {
  path: string;
  /** What the call takes. */
  scope: string;
  input: object;
}

/** One call of each mutation that goes to Fullscript, and where it goes. */
const calls: Readonly<Record<string, () => Promise<FullscriptCall>>> = {
  async updateFullscriptPatient() {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await link(patientId);
    const input = { patientId, discountPercent: 5 };
    return { path: `/api/clinic/patients/${fullscriptPatientId}`, scope: 'patients:write', input };
  },
  linkFullscriptPatient() {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const input = { patientId, fullscriptPatientId };
    return Promise.resolve({ path: `/api/clinic/patients/${fullscriptPatientId}`, scope: 'patients:read', input });
  },
  createFullscriptEmbedSession: () =>
    Promise.resolve({ path: '/api/clinic/embeddable/session_grants', scope: 'clinic:write', input: {} }),
  async createFullscriptInOfficeCheckout() {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const lines = listVariantIds(deployment, 1).map((variantId) => buildLine(variantId));
    const planId = addPlan(deployment, fullscriptPatientId, { lines });
    await askPatient(deployment, 'u-ada', patientId, 'treatmentPlans { totalCount }');
    const path = `/api/clinic/treatment_plans/${planId}/in_office_checkout`;
    return { path, scope: 'clinic:write', input: { planId, confirmEmptyCart: true } };
  },
};
const inputs: Readonly<Record<string, string>> = {
  updateFullscriptPatient: 'FullscriptUpdatePatientInput',
  linkFullscriptPatient: 'FullscriptLinkPatientInput',
  createFullscriptEmbedSession: 'FullscriptEmbedSessionInput',
  createFullscriptInOfficeCheckout: 'FullscriptInOfficeCheckoutInput',
};

describe.each(Object.keys(calls))('Mutation.%s, when Fullscript answers', (field) => {
  const mayBeRejected = field !== 'linkFullscriptPatient' && field !== 'createFullscriptEmbedSession';
  const prepare = async (): Promise<FullscriptCall> => {
    const call = await calls[field]?.();
    if (!call) throw new Error(`nothing calls ${field}`);
    return call;
  };
  const send = async (who: string, input: object) => {
    const rejected = mayBeRejected ? '... on FullscriptRejected { reasons }' : '';
    const document = `mutation ($input: ${inputs[field] ?? ''}!) { ${field}(input: $input) { __typename ${rejected} ${required} } }`;
    const answer = await deployment.ask(who, document, { variables: { input } });
    return { ...answer, result: answer.data?.[field] };
  };
  const run = async (fault: { status?: number; body?: unknown; reset?: boolean }) => {
    const { path, input } = await prepare();
    deployment.sandbox.sandbox.faults.add({ path, ...fault });
    return await send('u-ada', input);
  };

  it.each([
    [404, {}, 'NOT_FOUND'],
    [409, {}, 'FULLSCRIPT_UNAVAILABLE'],
    [429, {}, 'FULLSCRIPT_RATE_LIMITED'],
    [500, {}, 'FULLSCRIPT_UNAVAILABLE'],
    [200, { unreadable: true }, 'FULLSCRIPT_CONTRACT'],
  ])('%i with %j: %s', async (status, body, code) => {
    expect(listCodes(await run({ status, body }))).toEqual([code]);
  });

  it('nothing at all: FULLSCRIPT_UNAVAILABLE', async () => {
    expect(listCodes(await run({ reset: true }))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
  });

  it('422: its own sentences, where the result has a place for them', async () => {
    const answer = await run({ status: 422, body: { error: '["Something is not right"]' } });
    if (mayBeRejected) {
      expect(answer.result).toMatchObject({
        __typename: 'FullscriptRejected',
        reasons: ['Something is not right'],
      });
    } else {
      expect(listCodes(answer)).toEqual(['BAD_USER_INPUT']);
    }
  });

  it('403: to connect again, with the scope that is missing', async () => {
    const { scope, input } = await prepare();
    const { app } = deployment.sandbox.sandbox;
    const granted = app.scopes;
    const { id: practitionerId } = deployment.emr.addPractitioner();
    const { id: who } = deployment.emr.addUser({ roles: ['practitioner'], practitionerId });
    Object.assign(app, { scopes: granted.filter((one) => one !== scope) });
    await deployment.connect(who, 'ben@cedarrow.example');
    Object.assign(app, { scopes: granted });
    const { result, errors } = await send(who, input);
    expect(errors).toEqual([]);
    expect(result).toMatchObject({ ...toReconnect, missingScopes: [scope] });
  });
});

describe('Mutation.createFullscriptEmbedSession', () => {
  const embed = async (who: string, input: object = {}) => {
    const answer = await deployment.ask(
      who,
      `mutation ($input: FullscriptEmbedSessionInput!) {
        createFullscriptEmbedSession(input: $input) {
          __typename
          ... on FullscriptEmbedSession { secretToken publicKey env expiresAt patient { id firstName lastName email dateOfBirth } }
          ${required}
        }
      }`,
      { variables: { input } },
    );
    return { ...answer, result: answer.data?.createFullscriptEmbedSession };
  };

  it('gives a grant for one use within two minutes, for the user who asks', async () => {
    const { result } = await embed('u-carla');
    expect(result).toMatchObject({ publicKey: 'sandbox-embed-key', env: 'us-snd', patient: null });
    expect(Date.parse(result.expiresAt) - Date.now()).toBeLessThanOrEqual(120_000);
    const { actions } = deployment.sandbox.sandbox;
    expect(actions.claimSessionGrant(result.secretToken)?.userId).toBe(
      getUser(deployment, 'carla@cedarrow.example').id,
    );
    expect(actions.claimSessionGrant(result.secretToken)).toBeNull();
    expect((await embed('u-carla')).result.secretToken).not.toBe(result.secretToken);
  });

  it('hands over Fullscript’s id of an unmistakable patient, linked before or not, and otherwise what Fullscript may look for', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    for (let round = 0; round < 2; round += 1) {
      expect((await embed('u-ada', { patientId })).result.patient.id).toBe(fullscriptPatientId);
    }
    const person = inventPerson();
    const unknown = deployment.emr.addPatient(person);
    expect((await embed('u-ada', { patientId: unknown.id })).result.patient).toEqual({ id: null, ...person });
  });

  it('leaves somebody who only shares an address to Fullscript’s own choice', async () => {
    const guardian = addFullscriptPatient(deployment, { firstName: 'Helen' });
    const child = deployment.emr.addPatient({ ...inventPerson(), email: guardian.email });
    expect((await embed('u-ada', { patientId: child.id })).result.patient).toMatchObject({
      id: null,
      firstName: 'Robin',
    });
  });

  it('is for practitioners and staff who see the patient and are connected', async () => {
    const { patientId } = addPerson(deployment);
    expect(listCodes(await embed('u-admin'))).toEqual(['FORBIDDEN']);
    expect(listCodes(await embed('u-ada', { patientId: '' }))).toEqual(['NOT_FOUND']);
    const { clinicId } = getUser(deployment, 'tomas@harbour.example');
    expect(listCodes(await embed('u-ada', { clinicId }))).toEqual(['NOT_FOUND']);
    expect(listCodes(await embed('u-limited', { patientId }))).toEqual(['NOT_FOUND']);
    expect((await embed('u-limited')).result).toMatchObject({ status: 'NOT_CONNECTED' });
    expect((await embed(await withdraw())).result).toMatchObject(toReconnect);
    deployment.sandbox.sandbox.faults.add({ status: 503 });
    expect(listCodes(await embed('u-ada'))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
  });

  it('without an embed key it is NOT_CONFIGURED', async () => {
    const bare = await startDeployment({ env: { FULLSCRIPT_EMBED_PUBLIC_KEY: undefined } });
    try {
      await bare.connect('u-ada', 'ada@cedarrow.example');
      const answer = await bare.ask('u-ada', 'mutation { createFullscriptEmbedSession(input: {}) { __typename } }');
      expect(listCodes(answer)).toEqual(['NOT_CONFIGURED']);
    } finally {
      await bare.stop();
    }
  });
});

describe('Mutation.createFullscriptInOfficeCheckout', () => {
  const checkOut = async (who: string, planId: string, confirmEmptyCart = true) => {
    const answer = await deployment.ask(
      who,
      `mutation ($input: FullscriptInOfficeCheckoutInput!) {
        createFullscriptInOfficeCheckout(input: $input) {
          __typename
          ... on FullscriptInOfficeCheckout { url }
          ... on FullscriptRejected { reasons }
          ${required}
        }
      }`,
      { variables: { input: { planId, confirmEmptyCart } } },
    );
    return { ...answer, result: answer.data?.createFullscriptInOfficeCheckout };
  };
  const addSale = async (more: { sent?: boolean; author?: string } = {}) => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const lines = listVariantIds(deployment, 2).map((variantId) => buildLine(variantId));
    const planId = addPlan(deployment, fullscriptPatientId, { lines, ...more });
    await link(patientId);
    return { patientId, fullscriptPatientId, planId };
  };

  it('fills the patient’s cart with the plan and gives the page where the sale is finished', async () => {
    const { fullscriptPatientId, planId } = await addSale();
    const { result, errors } = await checkOut('u-ada', planId);
    expect(errors).toEqual([]);
    const { number } = getPatient(deployment, fullscriptPatientId);
    expect(result).toEqual({
      __typename: 'FullscriptInOfficeCheckout',
      url: expect.stringContaining(`/o/patients/${number}/checkout`),
    });
    expect(deployment.sandbox.sandbox.state.carts.get(fullscriptPatientId)).toMatchObject({ planId });
  });

  it('empties no cart that nobody confirmed', async () => {
    const { fullscriptPatientId, planId } = await addSale();
    expect(listCodes(await checkOut('u-ada', planId, false))).toEqual(['BAD_USER_INPUT']);
    expect(deployment.sandbox.sandbox.state.carts.has(fullscriptPatientId)).toBe(false);
  });

  it('says what Fullscript says against a plan that is not active', async () => {
    const draft = await addSale({ sent: false });
    const cancelled = await addSale();
    deployment.sandbox.sandbox.actions.cancelPlan(cancelled.planId);
    for (const { planId, fullscriptPatientId } of [draft, cancelled]) {
      expect((await checkOut('u-ada', planId)).result).toEqual({
        __typename: 'FullscriptRejected',
        reasons: ['Treatment plan is not active'],
      });
      expect(deployment.sandbox.sandbox.state.carts.has(fullscriptPatientId)).toBe(false);
    }
  });

  it('is for practitioners who see the plan’s patient and are connected', async () => {
    const { planId } = await addSale();
    expect(listCodes(await checkOut('u-ada', 'no-such-plan'))).toEqual(['NOT_FOUND']);
    expect(listCodes(await checkOut('u-carla', planId))).toEqual(['FORBIDDEN']);
    expect((await checkOut('u-limited', planId)).result).toMatchObject({ status: 'NOT_CONNECTED' });
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    expect(listCodes(await checkOut('u-limited', planId))).toEqual(['NOT_FOUND']);
    await deployment.connect('u-tomas', 'tomas@harbour.example');
    expect(listCodes(await checkOut('u-tomas', planId))).toEqual(['NOT_FOUND']);
    expect((await checkOut(await withdraw(), planId)).result).toMatchObject(toReconnect);
    deployment.emr.faults.down = true;
    expect(listCodes(await checkOut('u-ada', planId))).toEqual(['EMR_UNAVAILABLE']);
  });

  it('the plan of somebody who is linked to nobody is its author’s only', async () => {
    const nobody = addFullscriptPatient(deployment);
    const lines = listVariantIds(deployment, 1).map((variantId) => buildLine(variantId));
    const own = addPlan(deployment, nobody.id, { lines });
    const bens = addPlan(deployment, nobody.id, { lines, author: 'ben@cedarrow.example' });
    expect((await checkOut('u-ada', own)).result.__typename).toBe('FullscriptInOfficeCheckout');
    expect(listCodes(await checkOut('u-ada', bens))).toEqual(['NOT_FOUND']);
  });
});
