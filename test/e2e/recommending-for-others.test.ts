import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getUser, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { getPlan, listCodes, listVariantIds, recommend } from '../support/recommending.ts';

describe('FullscriptCreateRecommendationInput.practitionerId', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  const authorOf = (planId: string) => deployment.sandbox.sandbox.state.plans.get(planId)?.practitionerId;

  it('staff must name a practitioner', async () => {
    const { patientId } = addPerson(deployment);
    const answer = await recommend(deployment, 'u-carla', { patientId });
    expect(listCodes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.message).toContain('practitionerId');
  });

  it('is found by their own connection first', async () => {
    const { patientId } = addPerson(deployment);
    // Somebody else carries the same id in the metadata: the connection is the better evidence.
    getUser(deployment, 'ingrid@cedarrow.example').metadataId = 'org-juniper:pr-ada';
    const answer = await recommend(deployment, 'u-carla', { patientId, practitionerId: 'pr-ada' });
    expect(authorOf(getPlan(answer).id)).toBe(getUser(deployment).id);
    getUser(deployment, 'ingrid@cedarrow.example').metadataId = null;
  });

  it('is found by our id in the metadata of a practitioner who has not connected', async () => {
    const { id: practitionerId } = deployment.emr.addPractitioner({ email: 'nobody@elsewhere.example' });
    const { patientId } = addPerson(deployment);
    const ingrid = getUser(deployment, 'ingrid@cedarrow.example');
    ingrid.metadataId = `org-juniper:${practitionerId}`;
    const answer = await recommend(deployment, 'u-carla', { patientId, practitionerId });
    expect(authorOf(getPlan(answer).id)).toBe(ingrid.id);
    ingrid.metadataId = null;
  });

  it('is found by the EMR’s address among the clinic’s practitioners, in any case', async () => {
    const { id: practitionerId } = deployment.emr.addPractitioner({ email: ' Ben@CedarRow.example' });
    const { patientId } = addPerson(deployment);
    for (const who of ['u-carla', 'u-ada']) {
      const answer = await recommend(deployment, who, { patientId, practitionerId });
      expect(authorOf(getPlan(answer).id)).toBe(getUser(deployment, 'ben@cedarrow.example').id);
    }
  });

  const toConnect = { __typename: 'FullscriptConnectionRequired', status: 'NOT_CONNECTED', authorizeUrl: null };

  it('is never somebody as whom another practitioner is connected, whatever metadata or address say', async () => {
    const { patientId } = addPerson(deployment);
    const ada = getUser(deployment);
    const elsewhere = deployment.emr.addPractitioner({ email: 'ben@cedarrow.example' });
    const nowhere = deployment.emr.addPractitioner({ email: 'nobody@elsewhere.example' });
    const shared = deployment.emr.addPractitioner({ email: ada.email });
    ada.metadataId = `org-juniper:${elsewhere.id}`;
    const found = await recommend(deployment, 'u-carla', { patientId, practitionerId: elsewhere.id });
    expect(authorOf(getPlan(found).id)).toBe(getUser(deployment, 'ben@cedarrow.example').id);
    ada.metadataId = `org-juniper:${nowhere.id}`;
    for (const practitionerId of [nowhere.id, shared.id]) {
      const { result } = await recommend(deployment, 'u-carla', { patientId, practitionerId });
      expect(result).toMatchObject(toConnect);
    }
    ada.metadataId = null;
  });

  it('is nobody when two of the clinic’s practitioners have the address', async () => {
    const { patientId } = addPerson(deployment);
    const ingrid = getUser(deployment, 'ingrid@cedarrow.example');
    const { id: practitionerId } = deployment.emr.addPractitioner({ email: 'ben@cedarrow.example' });
    ingrid.email = 'ben@cedarrow.example';
    const { result } = await recommend(deployment, 'u-carla', { patientId, practitionerId });
    ingrid.email = 'ingrid@cedarrow.example';
    expect(result).toMatchObject(toConnect);
  });

  it('is not found by a connection that was revoked', async () => {
    const { patientId } = addPerson(deployment);
    const { id: practitionerId } = deployment.emr.addPractitioner({ email: 'nobody@elsewhere.example' });
    const { id: userId } = deployment.emr.addUser({ roles: ['practitioner'], practitionerId });
    await deployment.connect(userId, 'ingrid@cedarrow.example');
    const before = await recommend(deployment, 'u-carla', { patientId, practitionerId });
    expect(authorOf(getPlan(before).id)).toBe(getUser(deployment, 'ingrid@cedarrow.example').id);
    await deployment.ask(userId, 'mutation { revoke { revocation { id } } }');
    const after = await recommend(deployment, 'u-carla', { patientId, practitionerId });
    expect(after.result).toMatchObject(toConnect);
  });

  it.each([
    ['nobody knows', 'pr-unknown'],
    ['belongs to another organization', 'pr-tomas'],
  ])('of somebody whom %s: they have to connect, and nobody else can do it for them', async (_, practitionerId) => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient(person);
    const { result, errors } = await recommend(deployment, 'u-carla', { patientId, practitionerId });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'NOT_CONNECTED',
      authorizeUrl: null,
    });
    const { patients } = deployment.sandbox.sandbox.state;
    expect([...patients.values()].some((patient) => patient.email === person.email)).toBe(false);
  });

  it('must be given by an EMR practitioner who turns out to be staff at Fullscript, too', async () => {
    deployment.emr.addPractitioner({ id: 'pr-nina', email: 'nina@juniper.example' });
    deployment.emr.addUser({ id: 'u-nina', roles: ['practitioner'], practitionerId: 'pr-nina' });
    await deployment.connect('u-nina', 'carla@cedarrow.example');
    const { patientId } = addPerson(deployment);
    expect(listCodes(await recommend(deployment, 'u-nina', { patientId }))).toEqual(['BAD_USER_INPUT']);
    // Naming themselves does not help: no practitioner of the clinic is meant by that.
    const { result } = await recommend(deployment, 'u-nina', { patientId, practitionerId: 'pr-nina' });
    expect(result).toMatchObject({ __typename: 'FullscriptConnectionRequired', authorizeUrl: null });
    const answer = await recommend(deployment, 'u-nina', { patientId, practitionerId: 'pr-ada' });
    expect(authorOf(getPlan(answer).id)).toBe(getUser(deployment).id);
  });

  it('somebody who is not connected is sent to Fullscript, and sent again once Fullscript has withdrawn it', async () => {
    const { patientId } = addPerson(deployment);
    const required = {
      __typename: 'FullscriptConnectionRequired',
      missingScopes: [],
      authorizeUrl: expect.stringContaining('state='),
    };
    const before = await recommend(deployment, 'u-ben', { patientId });
    expect(before.result).toMatchObject({ ...required, status: 'NOT_CONNECTED' });
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, 'ben@cedarrow.example').id);
    const after = await recommend(deployment, 'u-ben', { patientId });
    expect(after.result).toMatchObject({ ...required, status: 'RECONNECT_REQUIRED' });
  });

  it('somebody whose authorization lacks a scope is told which, and nobody is made', async () => {
    const { app } = deployment.sandbox.sandbox;
    const allScopes = app.scopes;
    Object.assign(app, { scopes: allScopes.filter((scope) => scope !== 'clinic:write') });
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    Object.assign(app, { scopes: allScopes });
    const patient = deployment.emr.store.patients.get('p-1002');
    const { result } = await recommend(deployment, 'u-limited', { patientId: patient?.id ?? '' });
    expect(result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'RECONNECT_REQUIRED',
      missingScopes: ['clinic:write'],
      authorizeUrl: expect.stringContaining('state='),
    });
  });

  it('a user who was switched off gets no address to connect', async () => {
    const switchTo = (enabled: boolean) =>
      deployment.ask(
        'u-admin',
        'mutation ($input: FullscriptSetEnabledInput!) { setFullscriptEnabled(input: $input) { enabled } }',
        { variables: { input: { enabled, userId: 'u-carla' } } },
      );
    await switchTo(false);
    const { patientId } = addPerson(deployment);
    const { result } = await recommend(deployment, 'u-carla', { patientId, practitionerId: 'pr-ada' });
    expect(result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'DISABLED',
      authorizeUrl: null,
    });
    await switchTo(true);
  });

  it('a clinic that the viewer has not connected does not exist', async () => {
    const { patientId } = addPerson(deployment);
    const { clinicId } = getUser(deployment, 'tomas@harbour.example');
    for (const id of [clinicId, 'no-such-clinic', '']) {
      expect(listCodes(await recommend(deployment, 'u-ada', { patientId, clinicId: id }))).toEqual(['NOT_FOUND']);
    }
  });

  it('the named clinic is used when there are two, with a patient there of its own', async () => {
    deployment.emr.addPractitioner({ id: 'pr-two', email: 'two@juniper.example' });
    deployment.emr.addUser({ id: 'u-two', roles: ['practitioner'], practitionerId: 'pr-two' });
    const cedar = await deployment.connect('u-two', 'ben@cedarrow.example');
    const harbour = await deployment.connect('u-two', 'ben@harbour.example');
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const there = addFullscriptPatient(deployment, {}, 'ben@harbour.example');
    await deployment.ask(
      'u-two',
      'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
      { variables: { input: { patientId, fullscriptPatientId: there.id, clinicId: harbour.clinicId } } },
    );
    for (const [clinicId, expected] of [
      [cedar.clinicId, fullscriptPatientId],
      [harbour.clinicId, there.id],
    ]) {
      const answer = await recommend(deployment, 'u-two', { patientId, clinicId });
      expect(deployment.sandbox.sandbox.state.plans.get(getPlan(answer).id)?.patientId).toBe(expected);
      const { patient } = await askPatient(
        deployment,
        'u-two',
        patientId,
        `fullscriptAccount(clinicId: "${clinicId ?? ''}") { id } treatmentPlans(clinicId: "${clinicId ?? ''}") { nodes { id } }`,
      );
      expect(patient).toEqual({
        fullscriptAccount: { id: expected },
        treatmentPlans: { nodes: [{ id: getPlan(answer).id }] },
      });
    }
  });
});

describe('With the restricted endpoints open', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({
      env: { FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on', FULLSCRIPT_WELCOME_EMAIL: 'on' },
      sandbox: { restrictedEndpoints: true },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  const createRoute = '/api/clinic/patients/:patient_id/treatment_plans';

  it('a plan with items is created as a draft with everything on it, and nobody is mailed', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, personalMessage: 'Hello', items: [{ variantId, unitsToPurchase: 2 }] };
    const answer = await recommend(deployment, 'u-ada', input);
    expect(answer.result).toMatchObject({
      itemsApplied: true,
      plan: { state: 'DRAFT', personalMessage: 'Hello', recommendations: [{ variantId, unitsToPurchase: 2 }] },
    });
    expect(answer.result.redirectUrl).toContain('/o/treatment_plans/');
    const { calls, state } = deployment.sandbox.sandbox;
    expect(calls.count('POST', createRoute)).toBe(1);
    expect([...state.plans.values()].filter((plan) => plan.patientId === fullscriptPatientId)).toHaveLength(1);
    expect(state.mails.filter((mail) => mail.to === person.email)).toEqual([]);
  });

  it('one draft is made when the answer that created it got lost', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, idempotencyKey: 'lost', items: [{ variantId, unitsToPurchase: 2 }] };
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: createRoute, lost: true, count: 1 });
    expect(listCodes(await recommend(deployment, 'u-ada', input))).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    const again = await recommend(deployment, 'u-ada', input);
    expect(again.result).toMatchObject({ itemsApplied: true });
    const plans = [...deployment.sandbox.sandbox.state.plans.values()];
    expect(plans.filter((plan) => plan.patientId === fullscriptPatientId)).toMatchObject([{ id: getPlan(again).id }]);
  });

  it.each([422, 403, 503])('one draft is made when its page is answered %i', async (status) => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const input = { patientId, idempotencyKey: `page-${status}`, items: [{ variantId, unitsToPurchase: 2 }] };
    const path = '/api/clinic/dynamic_links/treatment_plans/:id';
    const { faults, state } = deployment.sandbox.sandbox;
    const plans = () => [...state.plans.values()].filter((plan) => plan.patientId === fullscriptPatientId);
    faults.add({ method: 'GET', path, status });
    const first = await recommend(deployment, 'u-ada', input);
    expect(first.result.__typename).not.toBe('FullscriptRecommendationDraft');
    faults.clear();
    const [made, ...more] = plans();
    expect(more).toEqual([]);
    // Whoever was refused for want of permission connects again.
    if (status === 403) await deployment.connect('u-ada', 'ada@cedarrow.example');
    expect(getPlan(await recommend(deployment, 'u-ada', input)).id).toBe(made?.id);
    expect(plans()).toHaveLength(1);
  });

  it('the draft link is used when Fullscript has not opened them after all', async () => {
    deployment.sandbox.sandbox.settings.restrictedEndpoints = false;
    const { patientId } = addPerson(deployment);
    const [variantId] = listVariantIds(deployment, 1);
    const answer = await recommend(deployment, 'u-ada', { patientId, items: [{ variantId, unitsToPurchase: 2 }] });
    expect(answer.result).toMatchObject({ itemsApplied: true, plan: { recommendations: [{ variantId }] } });
    deployment.sandbox.sandbox.settings.restrictedEndpoints = true;
    // That says nothing about the authorization.
    const viewer = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus canRecommend } }');
    expect(viewer.data.fullscriptViewer).toEqual({ connectionStatus: 'CONNECTED', canRecommend: true });
  });

  it('the deployment’s word on welcome mails holds where the caller says nothing', async () => {
    const { mails } = deployment.sandbox.sandbox.state;
    for (const [sendWelcomeEmail, count] of [
      [undefined, 1],
      [false, 0],
    ] as const) {
      const person = inventPerson();
      const { id: patientId } = deployment.emr.addPatient(person);
      expect((await recommend(deployment, 'u-ada', { patientId, sendWelcomeEmail })).result.createdPatient).toBe(true);
      expect(mails.filter(({ to, kind }) => to === person.email && kind === 'welcome')).toHaveLength(count);
    }
  });
});
