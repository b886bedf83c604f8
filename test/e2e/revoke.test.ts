import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';

const progress = '{ id requestedBy requestedAt finishedAt total revoked pending }';

interface Revocation {
  id: string;
  requestedBy: string;
  requestedAt: string;
  finishedAt: string | null;
  total: number;
  revoked: number;
  pending: number;
}

const revoke = (deployment: Deployment, who: string, input: object | null = null): Promise<Answer> =>
  deployment.ask(who, `mutation ($input: FullscriptRevokeInput) { revoke(input: $input) { revocation ${progress} } }`, {
    variables: { input },
  });

const revokeAll = (deployment: Deployment, who: string, input: object): Promise<Answer> =>
  deployment.ask(
    who,
    `mutation ($input: FullscriptRevokeAllInput!) { revokeAll(input: $input) { revocation ${progress} } }`,
    { variables: { input } },
  );

const look = (deployment: Deployment, who: string, id: string): Promise<Answer> =>
  deployment.ask(who, `query ($id: ID!) { fullscriptRevocation(id: $id) ${progress} }`, { variables: { id } });

async function waitUntilFinished(deployment: Deployment, who: string, id: string): Promise<Revocation> {
  return await vi.waitFor(
    async () => {
      const revocation = (await look(deployment, who, id)).data.fullscriptRevocation as Revocation;
      expect(revocation.finishedAt).not.toBeNull();
      return revocation;
    },
    { timeout: 30_000, interval: 100 },
  );
}

describeEachDatabase('Mutation.revoke', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { WORKER: 'on' } });
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.faults.clear());

  it("takes all of one's own away without input: at once here, then at Fullscript", async () => {
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    await deployment.connect('u-ben', 'ben@harbour.example');
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const answer = await revoke(deployment, 'u-ben');
    const { revocation } = answer.data.revoke as { revocation: Revocation };
    expect(revocation).toMatchObject({ requestedBy: 'u-ben', total: 2 });
    expect(revocation.revoked + revocation.pending).toBe(2);
    expect(await readViewer(deployment, 'u-ben')).toMatchObject({ connectionStatus: 'NOT_CONNECTED', accounts: [] });
    const finished = await waitUntilFinished(deployment, 'u-ben', revocation.id);
    expect(finished).toMatchObject({ total: 2, revoked: 2, pending: 0 });
    expect(listLiveTokens(deployment, 'ben@cedarrow.example')).toEqual([]);
    expect(listLiveTokens(deployment, 'ben@harbour.example')).toEqual([]);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
    expect(listLiveTokens(deployment, 'ada@cedarrow.example')).toHaveLength(1);
  });

  it('refuses an empty id, which names nobody, so that a mistake is noticed', async () => {
    for (const [who, input, argument] of [
      ['service', { userId: '' }, 'input.userId'],
      ['u-admin', { userId: '' }, 'input.userId'],
      ['u-admin', { userId: 'u-ada', clinicId: '' }, 'input.clinicId'],
      ['u-ben', { clinicId: '' }, 'input.clinicId'],
    ] as const) {
      const { errors } = await revoke(deployment, who, input);
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
    }
  });

  it('is finished at once with nobody to revoke, the second time as well', async () => {
    for (const input of [null, {}, { clinicId: 'no-such-clinic' }]) {
      const { revocation } = (await revoke(deployment, 'u-ben', input)).data.revoke as { revocation: Revocation };
      expect(revocation).toMatchObject({ total: 0, revoked: 0, pending: 0 });
      expect(revocation.finishedAt).not.toBeNull();
    }
    const nobody = await revoke(deployment, 'u-admin', { userId: 'u-nobody' });
    expect(nobody.data.revoke.revocation).toMatchObject({ total: 0 });
  });

  it('takes the clinic that is named and leaves the other', async () => {
    const here = await deployment.connect('u-ben', 'ben@cedarrow.example');
    const there = await deployment.connect('u-ben', 'ben@harbour.example');
    await revoke(deployment, 'u-ben', { clinicId: there.clinicId, reason: 'moved' });
    expect((await readViewer(deployment, 'u-ben')).accounts.map(({ id }) => id)).toEqual([here.id]);
    await vi.waitFor(() => expect(listLiveTokens(deployment, 'ben@harbour.example')).toEqual([]), 10_000);
    expect(listLiveTokens(deployment, 'ben@cedarrow.example')).toHaveLength(1);
  });

  it("takes another user's away for admins and services, and an account that is gone is listed no more", async () => {
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    await deployment.connect('u-limited', 'ingrid@cedarrow.example');
    for (const [who, userId] of [
      ['u-admin', 'u-carla'],
      ['service', 'u-limited'],
    ] as const) {
      const { revocation } = (await revoke(deployment, who, { userId })).data.revoke as { revocation: Revocation };
      expect(revocation.total).toBe(1);
      await waitUntilFinished(deployment, who === 'service' ? 'u-admin' : who, revocation.id);
      const listed = await deployment.ask('u-admin', '{ fullscriptAccounts { nodes { userId } } }');
      expect(listed.data.fullscriptAccounts.nodes.map((node: { userId: string }) => node.userId)).not.toContain(userId);
    }
    expect(listLiveTokens(deployment, 'carla@cedarrow.example')).toEqual([]);
    expect(listLiveTokens(deployment, 'ingrid@cedarrow.example')).toEqual([]);
  });

  it('keeps an account usable nowhere while Fullscript is down, and revokes once it is back', async () => {
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/revoke', status: 503 });
    const { revocation } = (await revoke(deployment, 'u-carla')).data.revoke as { revocation: Revocation };
    expect(revocation).toMatchObject({ total: 1, revoked: 0, pending: 1, finishedAt: null });
    expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('NOT_CONNECTED');
    await vi.waitFor(
      () => expect(deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/revoke')).toBeGreaterThan(2),
      10_000,
    );
    deployment.sandbox.sandbox.faults.clear();
    await waitUntilFinished(deployment, 'u-carla', revocation.id);
    expect(listLiveTokens(deployment, 'carla@cedarrow.example')).toEqual([]);
  });

  it('takes 401 invalid_client for unconfirmed: retried, logged as an error and counted', async () => {
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    const fault = deployment.sandbox.sandbox.faults.add({
      method: 'POST',
      path: '/api/oauth/revoke',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Client authentication failed' },
    });
    deployment.logs.length = 0;
    const { revocation } = (await revoke(deployment, 'u-carla')).data.revoke as { revocation: Revocation };
    await vi.waitFor(() => expect(fault.hits).toBeGreaterThanOrEqual(2), 10_000);
    expect((await look(deployment, 'u-carla', revocation.id)).data.fullscriptRevocation).toMatchObject({ pending: 1 });
    const errors = deployment.logs.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(errors.filter(({ level, msg }) => level >= 50 && /revocation/.test(msg)).length).toBeGreaterThan(0);
    const metrics = await (await fetch(`${deployment.app.url}/metrics`)).text();
    expect(metrics).toMatch(/revocations?_pending\S* 1\b/);
    deployment.sandbox.sandbox.faults.clear();
    await waitUntilFinished(deployment, 'u-carla', revocation.id);
    expect(listLiveTokens(deployment, 'carla@cedarrow.example')).toEqual([]);
  });

  it.each([
    [400, { error: 'invalid_grant', error_description: 'The token is invalid' }, true],
    [400, { error: 'invalid_token', error_description: 'The token is not valid' }, true],
    [400, { error: 'invalid_request', error_description: 'Missing required parameter: token.' }, false],
    [404, { error: 'Not Found' }, false],
    [403, { error: 'forbidden' }, false],
    [429, { error: 'Too Many Requests' }, false],
  ])('answered %i %o, is confirmed: %s', async (status, body, isConfirmed) => {
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    const fault = deployment.sandbox.sandbox.faults.add({
      method: 'POST',
      path: '/api/oauth/revoke',
      status,
      body,
      headers: { 'retry-after': '1' },
    });
    const { revocation } = (await revoke(deployment, 'u-carla')).data.revoke as { revocation: Revocation };
    if (isConfirmed) {
      await waitUntilFinished(deployment, 'u-carla', revocation.id);
      expect(fault.hits).toBe(1);
      return;
    }
    await vi.waitFor(() => expect(fault.hits).toBeGreaterThanOrEqual(1), 10_000);
    expect((await look(deployment, 'u-carla', revocation.id)).data.fullscriptRevocation.pending).toBe(1);
    deployment.sandbox.sandbox.faults.clear();
    await waitUntilFinished(deployment, 'u-carla', revocation.id);
  });

  it('is not undone by, and does not touch, a connection made while it is pending', async () => {
    const old = await deployment.connect('u-ada', 'ada@cedarrow.example');
    const [oldToken] = listLiveTokens(deployment, 'ada@cedarrow.example');
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/revoke', status: 503 });
    const { revocation } = (await revoke(deployment, 'u-ada')).data.revoke as { revocation: Revocation };
    const again = await deployment.connect('u-ada', 'ada@cedarrow.example');
    expect(again.clinicId).toBe(old.clinicId);
    expect((await look(deployment, 'u-ada', revocation.id)).data.fullscriptRevocation.pending).toBe(1);
    deployment.sandbox.sandbox.faults.clear();
    await waitUntilFinished(deployment, 'u-ada', revocation.id);
    const live = listLiveTokens(deployment, 'ada@cedarrow.example');
    expect(live).toHaveLength(1);
    expect(live[0]?.accessToken).not.toBe(oldToken?.accessToken);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it('does not touch a connection that is made while Fullscript is being asked', async () => {
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    const [oldToken] = listLiveTokens(deployment, 'ada@cedarrow.example');
    const slow = deployment.sandbox.sandbox.faults.add({ path: '/api/oauth/revoke', latencyMs: 2000, count: 1 });
    const { revocation } = (await revoke(deployment, 'u-ada')).data.revoke as { revocation: Revocation };
    await vi.waitFor(() => expect(slow.hits).toBe(1), 10_000);
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await waitUntilFinished(deployment, 'u-ada', revocation.id);
    const live = listLiveTokens(deployment, 'ada@cedarrow.example');
    expect(live).toHaveLength(1);
    expect(live[0]?.accessToken).not.toBe(oldToken?.accessToken);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it.each(['pair', 'authorization'] as const)(
    'leaves the other of two who connected the same Fullscript user, when revoking there ends the whole %s',
    async (reaches) => {
      const { settings } = deployment.sandbox.sandbox;
      settings.revokeReaches = reaches;
      try {
        const mine = await deployment.connect('u-ben', 'ben@cedarrow.example');
        const theirs = await deployment.connect('u-carla', 'ben@cedarrow.example');
        expect(theirs.clinicId).toBe(mine.clinicId);
        expect(listLiveTokens(deployment, 'ben@cedarrow.example')).toHaveLength(2);
        const first = (await revoke(deployment, 'u-ben')).data.revoke.revocation as Revocation;
        await waitUntilFinished(deployment, 'u-ben', first.id);
        expect(listLiveTokens(deployment, 'ben@cedarrow.example')).toHaveLength(1);
        expect((await readViewer(deployment, 'u-carla')).connectionStatus).toBe('CONNECTED');
        const second = (await revoke(deployment, 'u-carla')).data.revoke.revocation as Revocation;
        await waitUntilFinished(deployment, 'u-carla', second.id);
        expect(listLiveTokens(deployment, 'ben@cedarrow.example')).toEqual([]);
      } finally {
        settings.revokeReaches = 'pair';
      }
    },
  );

  it('harms nobody when it is asked for five times at once', async () => {
    const answers = await Promise.all([...Array(5).keys()].map(() => revoke(deployment, 'u-ada')));
    const revocations = answers.map((answer) => (answer.data.revoke as { revocation: Revocation }).revocation);
    expect(revocations.map(({ total }) => total).sort()).toEqual([0, 0, 0, 0, 1]);
    await vi.waitFor(() => expect(listLiveTokens(deployment, 'ada@cedarrow.example')).toEqual([]), 10_000);
  });

  it('refuses a reason of more than 500 characters', async () => {
    const answer = await revoke(deployment, 'u-carla', { reason: 'x'.repeat(501) });
    expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});

describeEachDatabase('Mutation.revokeAll', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { WORKER: 'on' } });
  }, 60_000);
  afterAll(() => deployment.stop());

  async function connectEverybody(): Promise<void> {
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    await deployment.connect('u-tomas', 'tomas@harbour.example');
  }

  it('needs the confirmation to be true', async () => {
    await connectEverybody();
    const answer = await revokeAll(deployment, 'u-admin', { confirm: false });
    expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  });

  it('takes everybody of the organization away, and nobody else', async () => {
    const { revocation } = (await revokeAll(deployment, 'u-admin', { confirm: true })).data.revokeAll as {
      revocation: Revocation;
    };
    expect(revocation.total).toBe(3);
    await waitUntilFinished(deployment, 'u-admin', revocation.id);
    expect(listLiveTokens(deployment).length).toBe(1);
    expect((await readViewer(deployment, 'u-tomas')).connectionStatus).toBe('CONNECTED');
  });

  it('reaches over all organizations for developers alone, also while a fifth of the calls fails', async () => {
    await connectEverybody();
    deployment.sandbox.sandbox.faults.add({ method: 'POST', path: '/api/oauth/revoke', status: 500, share: 0.2 });
    for (const who of ['u-admin', 'u-ada', 'service', 'u-carla']) {
      const refused = await revokeAll(deployment, who, { confirm: true, allOrganizations: true });
      expect(refused.errors[0]?.extensions['code']).toBe('FORBIDDEN');
    }
    const { revocation } = (await revokeAll(deployment, 'u-dev', { confirm: true, allOrganizations: true })).data
      .revokeAll as { revocation: Revocation };
    expect(revocation.total).toBe(4);
    await waitUntilFinished(deployment, 'u-dev', revocation.id);
    expect(listLiveTokens(deployment)).toEqual([]);
    expect((await readViewer(deployment, 'u-tomas')).connectionStatus).toBe('NOT_CONNECTED');
    // Each organization that has lost somebody finds it in its own audit, once.
    const rows = await get().db.read<{ organization_id: string }>(
      `SELECT organization_id FROM audit_event
        WHERE action = 'revoke_all' AND outcome = 'ok' AND user_id = 'u-dev' AND subject = 'all organizations'
        ORDER BY organization_id`,
    );
    expect(rows.map((row) => row.organization_id)).toEqual(['org-juniper', 'org-tamarack']);
  });
});

describe('Query.fullscriptRevocation', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-carla', 'carla@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('is for its requester, admins and developers; others are refused, other organizations find nothing', async () => {
    const { id } = (await revoke(deployment, 'u-carla')).data.revoke.revocation as Revocation;
    const tamarackAdmin = `token:${await deployment.emr.signToken({ sub: 'u-x', org: 'org-tamarack', roles: ['admin'] })}`;
    for (const who of ['u-carla', 'u-admin', 'u-dev']) {
      expect((await look(deployment, who, id)).data.fullscriptRevocation).toMatchObject({ id, total: 1, pending: 1 });
    }
    for (const who of ['u-ada', 'u-ben', 'service']) {
      const answer = await look(deployment, who, id);
      expect(answer.data.fullscriptRevocation).toBeNull();
      expect(answer.errors[0]?.extensions['code']).toBe('FORBIDDEN');
    }
    for (const who of ['u-tomas', tamarackAdmin]) {
      expect(await look(deployment, who, id)).toMatchObject({ data: { fullscriptRevocation: null }, errors: [] });
    }
    const asEntity = await deployment.askEntities(
      'u-tomas',
      [{ __typename: 'FullscriptRevocation', id }],
      '... on FullscriptRevocation { total }',
    );
    expect(asEntity.data._entities).toEqual([null]);
  });

  it("finds nothing for an unknown id, and another organization's that reached here", async () => {
    expect(await look(deployment, 'u-admin', 'nothing')).toMatchObject({
      data: { fullscriptRevocation: null },
      errors: [],
    });
    const developer = `token:${await deployment.emr.signToken({ sub: 'u-d', org: 'org-tamarack', roles: ['developer'] })}`;
    const all = await revokeAll(deployment, developer, { confirm: true, allOrganizations: true });
    const { id } = all.data.revokeAll.revocation as Revocation;
    expect((await look(deployment, developer, id)).data.fullscriptRevocation.id).toBe(id);
    expect(await look(deployment, 'u-admin', id)).toMatchObject({ data: { fullscriptRevocation: null }, errors: [] });
  });
});
