import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginConnect, completeConnect, consent, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';

const benHere = 'ben@cedarrow.example';

async function setEnabled(deployment: Deployment, enabled: boolean, userId?: string): Promise<void> {
  const answer = await deployment.ask(
    'u-admin',
    'mutation ($input: FullscriptSetEnabledInput!) { setFullscriptEnabled(input: $input) { enabled userId } }',
    { variables: { input: { enabled, ...(userId === undefined ? {} : { userId }) } } },
  );
  expect(answer.errors).toEqual([]);
  expect(answer.data.setFullscriptEnabled).toEqual({ enabled, userId: userId ?? null });
}

async function statusOfPractitioner(deployment: Deployment, who: string, id: string): Promise<string> {
  const answer = await deployment.askEntities(
    who,
    [{ __typename: 'Practitioner', id }],
    '... on Practitioner { connectionStatus }',
  );
  expect(answer.errors).toEqual([]);
  return answer.data._entities[0].connectionStatus as string;
}

describeEachDatabase('Mutation.setFullscriptEnabled', (get) => {
  let deployment: Deployment;
  let variantId: string;
  const patient = { __typename: 'Patient', id: 'p-1001' };
  const representation = {
    ...patient,
    email: 'mira.okoye@mail.example',
    firstName: 'Mira',
    lastName: 'Okoye',
    dateOfBirth: '1988-04-17',
  };

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', benHere);
    const read = await deployment.askEntities(
      'u-ada',
      [representation],
      '... on Patient { treatmentPlans { nodes { recommendations { variantId product { name } } } } }',
    );
    const plans = read.data._entities[0].treatmentPlans.nodes as { recommendations: { variantId: string }[] }[];
    variantId = plans.flatMap(({ recommendations }) => recommendations)[0]?.variantId ?? '';
    expect(variantId).not.toBe('');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('switches one user off: DISABLED everywhere, stored data hidden, no way to connect', async () => {
    await setEnabled(deployment, false, 'u-ada');
    const viewer = await readViewer(deployment, 'u-ada');
    expect(viewer).toMatchObject({
      connectionStatus: 'DISABLED',
      canRecommend: false,
      accounts: [{ status: 'DISABLED' }],
    });
    expect(await statusOfPractitioner(deployment, 'u-ben', 'pr-ada')).toBe('DISABLED');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('CONNECTED');

    const stored = await deployment.askEntities(
      'u-ada',
      [representation],
      '... on Patient { id connectionStatus treatmentPlans(freshness: STORED) { totalCount } labOrders(freshness: STORED) { totalCount } fullscriptAccount { id } }',
    );
    expect(stored.data._entities).toEqual([
      { id: 'p-1001', connectionStatus: 'UNKNOWN', treatmentPlans: null, labOrders: null, fullscriptAccount: null },
    ]);
    for (const error of stored.errors) {
      expect(error.extensions).toMatchObject({ code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'DISABLED' });
    }
    expect(stored.errors).toHaveLength(3);

    const connect = await deployment.ask('u-ada', 'mutation { connect { state } }');
    expect(connect.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', status: 'DISABLED' });

    const product = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'FullscriptProductVariant', id: variantId }],
      '... on FullscriptProductVariant { name }',
    );
    expect(product.data._entities).toEqual([null]);
    expect(product.errors[0]?.extensions).toMatchObject({ status: 'DISABLED' });

    const recommend = await deployment.ask(
      'u-ada',
      'mutation { createRecommendation(input: { patientId: "p-1001" }) { __typename ... on FullscriptConnectionRequired { status authorizeUrl } } }',
    );
    expect(recommend.data.createRecommendation).toEqual({
      __typename: 'FullscriptConnectionRequired',
      status: 'DISABLED',
      authorizeUrl: null,
    });
  });

  it('does not let an attempt that began before be finished', async () => {
    await setEnabled(deployment, true, 'u-ada');
    const attempt = await beginConnect(deployment, 'u-ada');
    await setEnabled(deployment, false, 'u-ada');
    const { result, errors } = await completeConnect(deployment, 'u-ada', {
      state: attempt.state,
      code: consent(deployment, attempt, 'ada@cedarrow.example'),
    });
    expect(result).toBeNull();
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', status: 'DISABLED' });
  });

  it('wins over an authorization that has to be renewed, too', async () => {
    await setEnabled(deployment, true, 'u-ben');
    const user = [...deployment.sandbox.sandbox.state.users.values()].find(({ email }) => email === benHere);
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(user?.id ?? '');
    await deployment.askEntities(
      'u-ben',
      [representation],
      '... on Patient { treatmentPlans(freshness: CURRENT) { totalCount } }',
    );
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('RECONNECT_REQUIRED');
    await setEnabled(deployment, false, 'u-ben');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('DISABLED');
    await setEnabled(deployment, true, 'u-ben');
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('RECONNECT_REQUIRED');
  });

  it('switches the organization off, unknown practitioners included, and no other organization', async () => {
    await setEnabled(deployment, false);
    expect((await readViewer(deployment, 'u-ben')).connectionStatus).toBe('DISABLED');
    expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('DISABLED');
    expect(await statusOfPractitioner(deployment, 'u-carla', 'pr-nobody')).toBe('DISABLED');
    expect(await statusOfPractitioner(deployment, 'u-tomas', 'pr-tomas')).toBe('NOT_CONNECTED');
    expect((await readViewer(deployment, 'u-tomas')).connectionStatus).toBe('NOT_CONNECTED');
    const listed = await deployment.ask('u-admin', '{ fullscriptAccounts(statuses: [DISABLED]) { totalCount } }');
    expect(listed.data.fullscriptAccounts.totalCount).toBe(2);
  });

  it('switching the organization on does not switch on a user who was switched off singly', async () => {
    await setEnabled(deployment, false, 'u-ada');
    await setEnabled(deployment, true);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('DISABLED');
    expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('NOT_CONNECTED');
    expect(await statusOfPractitioner(deployment, 'u-carla', 'pr-nobody')).toBe('NOT_CONNECTED');
    await setEnabled(deployment, true, 'u-ada');
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it('takes an empty user id for a mistake, not for the organization', async () => {
    const answer = await deployment.ask(
      'u-admin',
      'mutation { setFullscriptEnabled(input: { enabled: false, userId: "" }) { enabled } }',
    );
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'input.userId' });
    expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('NOT_CONNECTED');
  });

  it('may be said of the same thing many times at once', async () => {
    await Promise.all([...Array(10).keys()].map(() => setEnabled(deployment, true, 'u-new')));
    await Promise.all([...Array(10).keys()].map(() => setEnabled(deployment, true)));
  });
});

describe('Jobs of a user or an organization that is switched off', () => {
  it.each([
    ['the organization', undefined],
    ['the only connected user', 'u-ada'],
  ])(
    'ask Fullscript nothing for %s until it is switched on',
    async (_, userId) => {
      const deployment = await startDeployment({ env: { EVENT_SWEEP_SECONDS: '1' } });
      try {
        await deployment.connect('u-ada', 'ada@cedarrow.example');
        await deployment.connect('u-tomas', 'tomas@harbour.example');
        await setEnabled(deployment, false, userId);
        const { calls } = deployment.sandbox.sandbox;
        const countSweeps = () => calls.list().filter(({ path }) => path === '/api/events/lab_orders').length;
        calls.clear();
        deployment.app.parts.runner.start();
        // Another organization's clinic is swept, this one's is not.
        await waitFor('two rounds', () => countSweeps() >= 2, 60_000);
        const clinics = await deployment.app.parts.store.clinics.listAll();
        expect(clinics.filter(({ sweptAt }) => sweptAt !== null).map(({ organizationId }) => organizationId)).toEqual([
          'org-tamarack',
        ]);
        await setEnabled(deployment, true, userId);
        await waitFor(
          'this clinic to be swept',
          async () => (await deployment.app.parts.store.clinics.listAll()).every(({ sweptAt }) => sweptAt !== null),
          60_000,
        );
      } finally {
        await deployment.stop();
      }
    },
    180_000,
  );
});
