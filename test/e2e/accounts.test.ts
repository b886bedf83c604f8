import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getUser } from '../support/people.ts';

const benHere = 'ben@cedarrow.example';
const benThere = 'ben@harbour.example';

const setDefault = (deployment: Deployment, who: string, clinicId: string) =>
  deployment.ask(
    who,
    'mutation ($id: ID!) { setDefaultFullscriptClinic(clinicId: $id) { accounts { isDefault clinic { id } } } }',
    { variables: { id: clinicId } },
  );

describeEachDatabase('FullscriptViewer.accounts', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { WORKER: 'on' } });
  }, 60_000);
  afterAll(() => deployment.stop());

  it('is empty and NOT_CONNECTED before anything was connected', async () => {
    expect(await readViewer(deployment, 'u-limited')).toEqual({
      connectionStatus: 'NOT_CONNECTED',
      canRecommend: false,
      canAdminister: false,
      accounts: [],
    });
    expect((await readViewer(deployment, 'u-admin')).canAdminister).toBe(true);
  });

  it('keeps the id when the same clinic is connected again, and the old token dies at Fullscript', async () => {
    const first = await deployment.connect('u-ada', 'ada@cedarrow.example');
    const [old] = listLiveTokens(deployment, 'ada@cedarrow.example');
    const second = await deployment.connect('u-ada', 'ada@cedarrow.example');
    expect(second).toEqual(first);
    await vi.waitFor(() => {
      const live = listLiveTokens(deployment, 'ada@cedarrow.example');
      expect(live).toHaveLength(1);
      expect(live[0]?.accessToken).not.toBe(old?.accessToken);
    }, 10_000);
    const answer = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'Practitioner', id: 'pr-ada' }],
      '... on Practitioner { fullscriptAccount { id verifiedAt } }',
    );
    expect(answer.data._entities[0].fullscriptAccount.id).toBe(first.id);
  });

  it('holds one per clinic, the default first; the first connected is the default', async () => {
    const here = await deployment.connect('u-ben', benHere);
    const there = await deployment.connect('u-ben', benThere);
    const viewer = await readViewer(deployment, 'u-ben');
    expect(viewer.accounts.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      [here.id, true],
      [there.id, false],
    ]);
    const changed = await setDefault(deployment, 'u-ben', there.clinicId);
    expect(changed.errors).toEqual([]);
    expect(changed.data.setDefaultFullscriptClinic.accounts).toEqual([
      { isDefault: true, clinic: { id: there.clinicId } },
      { isDefault: false, clinic: { id: here.clinicId } },
    ]);
  });

  it('lets nobody default to a clinic they have not connected', async () => {
    const { clinicId } = (await deployment.connect('u-tomas', 'tomas@harbour.example')) as { clinicId: string };
    for (const [who, id] of [
      ['u-ada', clinicId],
      ['u-ada', 'no-such-clinic'],
      ['u-carla', clinicId],
    ] as const) {
      const answer = await setDefault(deployment, who, id);
      expect(answer.errors[0]?.extensions['code']).toBe('NOT_FOUND');
    }
  });

  it('hands the default to the oldest that is left when the default goes', async () => {
    const viewer = await readViewer(deployment, 'u-ben');
    const [defaultAccount, other] = viewer.accounts;
    const revoked = await deployment.ask(
      'u-ben',
      'mutation ($id: ID!) { revoke(input: { clinicId: $id }) { revocation { total } } }',
      { variables: { id: defaultAccount?.clinic.id } },
    );
    expect(revoked.data.revoke.revocation.total).toBe(1);
    const left = await readViewer(deployment, 'u-ben');
    expect(left.accounts).toEqual([{ ...other, isDefault: true }]);
    expect(left.connectionStatus).toBe('CONNECTED');
  });

  it('lets two EMR users connect the same Fullscript user, each apart', async () => {
    const mine = await deployment.connect('u-carla', 'carla@cedarrow.example');
    const theirs = await deployment.connect('u-limited', 'carla@cedarrow.example');
    expect(theirs.id).not.toBe(mine.id);
    await deployment.ask('u-limited', 'mutation { revoke { revocation { total } } }');
    await vi.waitFor(() => expect(listLiveTokens(deployment, 'carla@cedarrow.example')).toHaveLength(1), 10_000);
    expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('CONNECTED');
    expect((await readViewer(deployment, 'u-limited')).connectionStatus).toBe('NOT_CONNECTED');
  });

  it('lets two organizations connect the same clinic, each apart', async () => {
    const { clinicId } =
      (await readViewer(deployment, 'u-ada')).accounts.map(({ clinic }) => ({ clinicId: clinic.id }))[0] ?? {};
    const account = await deployment.connect('u-tomas', benHere);
    expect(account.clinicId).toBe(clinicId);
    await deployment.ask(
      'u-tomas',
      'mutation ($id: ID) { revoke(input: { clinicId: $id }) { revocation { total } } }',
      {
        variables: { id: clinicId },
      },
    );
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
    expect((await readViewer(deployment, 'u-tomas')).accounts).toHaveLength(1);
  });
});

describe('FullscriptAccount.missingScopes', () => {
  it('makes the status RECONNECT_REQUIRED while everything whose scope is there goes on working', async () => {
    const deployment = await startDeployment();
    try {
      const app = deployment.sandbox.sandbox.app as { scopes: readonly string[] };
      const all = app.scopes;
      app.scopes = all.filter((scope) => scope !== 'patients:order_history');
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      app.scopes = all.filter((scope) => scope !== 'clinic:write');
      await deployment.connect('u-ben', benHere);
      const viewer = await readViewer(deployment, 'u-ada');
      expect(viewer).toMatchObject({
        connectionStatus: 'RECONNECT_REQUIRED',
        canRecommend: true,
        accounts: [{ status: 'RECONNECT_REQUIRED', missingScopes: ['patients:order_history'] }],
      });
      expect(await readViewer(deployment, 'u-ben')).toMatchObject({
        connectionStatus: 'RECONNECT_REQUIRED',
        canRecommend: false,
      });
      const answer = await deployment.askEntities(
        'u-ada',
        [
          {
            __typename: 'Patient',
            id: 'p-1001',
            email: 'mira.okoye@mail.example',
            firstName: 'Mira',
            lastName: 'Okoye',
            dateOfBirth: '1988-04-17',
          },
        ],
        '... on Patient { connectionStatus treatmentPlans { totalCount } }',
      );
      expect(answer.errors).toEqual([]);
      expect(answer.data._entities[0].connectionStatus).toBe('CONNECTED');
      expect(answer.data._entities[0].treatmentPlans.totalCount).toBeGreaterThan(0);
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});

describeEachDatabase('ENCRYPTION_KEYS', (get) => {
  it('rotate without anybody noticing; a missing key makes the account RECONNECT_REQUIRED at first sight, and is logged', async () => {
    const key = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;
    const [k1, k2, k3] = [key('k1'), key('k2'), key('k3')];
    const deployment = await startDeployment({ databaseUrl: get().url, env: { ENCRYPTION_KEYS: k1 } });
    try {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      const look = async (url: string): Promise<{ status: string; code: unknown }> => {
        const viewer = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }', { url });
        const read = await deployment.ask(
          'u-ada',
          '{ fullscriptPatientCandidates(patientId: "p-1001") { fullscriptPatientId } }',
          { url },
        );
        return { code: read.errors[0]?.extensions['code'], status: viewer.data.fullscriptViewer.connectionStatus };
      };
      const rotated = await deployment.startAnother({ ENCRYPTION_KEYS: `${k2},${k1}` });
      expect(await look(rotated.url)).toEqual({ code: undefined, status: 'CONNECTED' });
      deployment.logs.length = 0;
      const without = await deployment.startAnother({ ENCRYPTION_KEYS: k3 });
      expect(await look(without.url)).toEqual({
        code: 'FULLSCRIPT_CONNECTION_REQUIRED',
        status: 'RECONNECT_REQUIRED',
      });
      const listed = await deployment.ask('u-admin', '{ fullscriptAccounts(statuses: [CONNECTED]) { totalCount } }', {
        url: without.url,
      });
      expect(listed.data.fullscriptAccounts.totalCount).toBe(0);
      const errors = deployment.logs.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
      expect(errors.join('\n')).toMatch(/key/);
      expect(await look(rotated.url)).toEqual({ code: undefined, status: 'CONNECTED' });
      expect(await look(deployment.app.url)).toEqual({ code: undefined, status: 'CONNECTED' });
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});

describe('Query.fullscriptTreatmentPlan of a user in two clinics', () => {
  it('is found in the one although Fullscript no longer accepts the authorization of the other', async () => {
    const deployment = await startDeployment();
    try {
      await deployment.connect('u-ben', benHere);
      await deployment.connect('u-ben', benThere);
      const { patientId } = addPerson(deployment);
      const there = addFullscriptPatient(deployment, {}, benThere);
      const { id: practitionerId, clinicId } = getUser(deployment, benThere);
      const linked = await deployment.ask(
        'u-ben',
        'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
        { variables: { input: { patientId, fullscriptPatientId: there.id, clinicId } } },
      );
      expect(linked.errors).toEqual([]);
      const plan = deployment.sandbox.sandbox.actions.createPlan(clinicId, { practitionerId, patientId: there.id });
      const ask = () => deployment.ask('u-ben', `{ fullscriptTreatmentPlan(id: "${plan.id}") { id } }`);
      deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, benHere).id);
      expect(await ask()).toMatchObject({ errors: [], data: { fullscriptTreatmentPlan: { id: plan.id } } });
      const statuses = (await readViewer(deployment, 'u-ben')).accounts.map(({ status }) => status);
      expect(statuses).toContain('RECONNECT_REQUIRED');
    } finally {
      await deployment.stop();
    }
  });
});
