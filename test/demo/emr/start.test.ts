import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createPeopleSeed } from '../../../src/demo/emr/seed.ts';
import { startDemoEmr, type RunningEmr } from '../../../src/demo/emr/start.ts';

let emr: RunningEmr;

beforeEach(async () => {
  emr = await startDemoEmr({ seed: createPeopleSeed() });
});

afterEach(async () => {
  await emr.stop();
});

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: { code?: string } }[];
}

async function ask(token: string | null, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const response = await fetch(emr.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

const codes = (answer: Answer): (string | undefined)[] => (answer.errors ?? []).map((error) => error.extensions?.code);

const addItems = `mutation FullscriptAddChartItems($input: AddChartItemsInput!) {
  addChartItems(input: $input) { items { sourceItemId id } }
}`;
const addDocument = `mutation FullscriptAddDocument($input: AddDocumentInput!) { addDocument(input: $input) { id } }`;
const line = { name: 'Magnesium', instructions: 'Take 1 capsule daily', source: 'Fullscript' };

describe('tokens', () => {
  it('carry the contract’s claims and verify against the published keys', async () => {
    const { payload } = await jwtVerify(await emr.tokenFor('u-ada'), createRemoteJWKSet(new URL(emr.jwksUrl)), {
      issuer: emr.issuer,
      audience: emr.audience,
    });
    expect(payload).toMatchObject({
      sub: 'u-ada',
      org: 'org-juniper',
      roles: ['practitioner'],
      practitioner_id: 'pr-ada',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 60 * 60);
    expect(emr.calls.keyFetches()).toBe(1);
  });

  it('of a rotated key verify with the new set, and the old ones no longer once forgotten', async () => {
    const old = await emr.tokenFor('u-ada');
    await emr.rotateKeys();
    expect(codes(await ask(old, '{ me { id } }'))).toEqual([]);
    await emr.rotateKeys({ forgetOld: true });
    expect(codes(await ask(old, '{ me { id } }'))).toEqual(['UNAUTHENTICATED']);
    expect((await ask(await emr.tokenFor('u-ada'), '{ me { name } }')).data).toEqual({
      me: { name: 'Dr. Ada Lindqvist' },
    });
  });

  it.each([
    ['expired', { expiresInSeconds: -60 }],
    ['for somebody else', { audience: 'another' }],
    ['by somebody else', { issuer: 'https://elsewhere.example' }],
  ])('that are %s are refused', async (_what, overrides) => {
    expect(codes(await ask(await emr.tokenFor('u-ada', overrides), '{ me { id } }'))).toEqual(['UNAUTHENTICATED']);
  });

  it('are needed', async () => {
    expect(codes(await ask(null, '{ patientList { id } }'))).toEqual(['UNAUTHENTICATED']);
  });
});

describe('Query.patients', () => {
  const query = `query FullscriptPatients($ids: [ID!]!) { patients(ids: $ids) { id } }`;
  const seenBy = async (token: string, ids: string[]): Promise<(string | null)[]> =>
    ((await ask(token, query, { ids })).data?.['patients'] as ({ id: string } | null)[]).map((one) => one?.id ?? null);

  it('answers in the order asked, with null for the unknown and for another organization', async () => {
    const [first, second] = [emr.addPatient(), emr.addPatient()];
    const foreign = emr.addPatient({ organizationId: 'org-tamarack' });
    const ids = [second.id, 'nobody', foreign.id, first.id];
    for (const userId of ['u-ada', 'u-carla', 'svc-fullscript']) {
      expect(await seenBy(await emr.tokenFor(userId), ids)).toEqual([second.id, null, null, first.id]);
    }
    expect(await seenBy(await emr.tokenFor('u-tomas'), ids)).toEqual([null, null, foreign.id, null]);
  });

  it.each(['u-admin', 'u-dev'])('shows nobody to %s', async (userId) => {
    expect(await seenBy(await emr.tokenFor(userId), [emr.addPatient().id])).toEqual([null]);
  });

  it('shows an admin who is also a practitioner their patients', async () => {
    const { id } = emr.addPatient();
    expect(await seenBy(await emr.tokenFor('u-admin', { roles: ['admin', 'practitioner'] }), [id])).toEqual([id]);
  });

  it('shows a limited user only the listed patients', async () => {
    const [listed, hidden] = [emr.addPatient(), emr.addPatient()];
    emr.addUser({ id: 'u-few', roles: ['practitioner'], practitionerId: 'pr-ada', patientIds: [listed.id] });
    const token = await emr.tokenFor('u-few');
    expect(await seenBy(token, [listed.id, hidden.id])).toEqual([listed.id, null]);
    const answer = await ask(token, '{ patientList { id } }');
    expect(answer.data).toEqual({ patientList: [{ id: listed.id }] });
  });
});

describe('Query.patientList', () => {
  it('finds names whatever their case and accents, and addresses, as many as asked for', async () => {
    emr.addPatient({ id: 'p-1', firstName: 'Zoë', lastName: 'Brandt', email: 'z@mail.example' });
    emr.addPatient({ id: 'p-2', firstName: 'Karl', lastName: 'BRANDT', email: null });
    emr.addPatient({ id: 'p-3', firstName: 'Ivy', lastName: 'Chandler', email: 'ivy@brandt.example' });
    const token = await emr.tokenFor('u-carla');
    const find = async (search: string, first = 50): Promise<unknown> => {
      const query = 'query ($search: String, $first: Int) { patientList(search: $search, first: $first) { id } }';
      return (await ask(token, query, { search, first })).data?.['patientList'];
    };
    expect(await find('zoe b')).toEqual([{ id: 'p-1' }]);
    expect(await find(' Brandt ')).toEqual([{ id: 'p-1' }, { id: 'p-2' }, { id: 'p-3' }]);
    expect(await find('brandt', 2)).toEqual([{ id: 'p-1' }, { id: 'p-2' }]);
    expect(await find('nobody')).toEqual([]);
  });
});

describe('Query.chart', () => {
  it('is for clinical people and the service, staff see none', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    const query = `{ chart(id: "${chart.id}") { id patient { id charts { id } } practitioner { id } } }`;
    expect((await ask(await emr.tokenFor('u-ben'), query)).data).toEqual({
      chart: {
        id: chart.id,
        patient: { id: chart.patientId, charts: [{ id: chart.id }] },
        practitioner: { id: 'pr-ada' },
      },
    });
    expect((await ask(await emr.serviceToken(), query)).data?.['chart']).not.toBeNull();
    expect((await ask(await emr.tokenFor('u-carla'), query)).data).toEqual({ chart: null });
    expect((await ask(await emr.tokenFor('u-tomas'), query)).data).toEqual({ chart: null });
    const staffView = await ask(
      await emr.tokenFor('u-carla'),
      `{ patient(id: "${chart.patientId}") { charts { id } } }`,
    );
    expect(staffView.data).toEqual({ patient: { charts: [] } });
  });
});

describe('_entities', () => {
  it('answers item by item under the caller’s own rules', async () => {
    const seen = emr.addPatient();
    const hidden = emr.addPatient({ organizationId: 'org-tamarack' });
    const answer = await ask(
      await emr.tokenFor('u-ada'),
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { id firstName } } }',
      {
        r: [
          { __typename: 'Patient', id: hidden.id },
          { __typename: 'Patient', id: seen.id },
        ],
      },
    );
    expect(answer).toEqual({ data: { _entities: [null, { id: seen.id, firstName: 'Robin' }] } });
    expect(emr.calls.count('_entities')).toBe(1);
  });
});

describe('Mutation.addChartItems', () => {
  it('adds in order, and a repeat with the key adds nothing and answers the same, even once signed', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    const token = await emr.tokenFor('u-ada');
    const input = {
      chartId: chart.id,
      idempotencyKey: 'k1',
      items: [
        { ...line, sourceItemId: 'a' },
        { ...line, sourceItemId: 'b', brand: 'Alder', units: 2, refills: 1 },
      ],
    };
    const first = await ask(token, addItems, { input });
    expect(emr.store.charts.get(chart.id)?.items.map((item) => item.sourceItemId)).toEqual(['a', 'b']);
    emr.signChart(chart.id);
    expect(await ask(token, addItems, { input })).toEqual(first);
    expect(emr.store.charts.get(chart.id)?.items).toHaveLength(2);
    expect(emr.calls.count('FullscriptAddChartItems')).toBe(2);
  });

  it('fails on a signed chart with CHART_SIGNED and leaves it alone', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    emr.signChart(chart.id);
    const input = { chartId: chart.id, idempotencyKey: 'k1', items: [{ ...line, sourceItemId: 'a' }] };
    const answer = await ask(await emr.tokenFor('u-ada'), addItems, { input });
    expect(codes(answer)).toEqual(['CHART_SIGNED']);
    expect(emr.store.charts.get(chart.id)?.items).toEqual([]);
  });

  it('knows no chart of another organization, and none for staff', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    const input = { chartId: chart.id, idempotencyKey: 'k1', items: [{ ...line, sourceItemId: 'a' }] };
    for (const userId of ['u-tomas', 'u-carla']) {
      expect(codes(await ask(await emr.tokenFor(userId), addItems, { input }))).toEqual(['NOT_FOUND']);
    }
    expect(emr.store.charts.get(chart.id)?.items).toEqual([]);
  });
});

describe('Mutation.addDocument', () => {
  it('files once per key and keeps the instant', async () => {
    const patient = emr.addPatient();
    const input = {
      patientId: patient.id,
      idempotencyKey: 'k1',
      title: 'Fullscript lab result 2026-03-02',
      kind: 'LAB_RESULT',
      occurredAt: '2026-03-02T14:00:00.000Z',
      sourceId: 'result-1',
    };
    const token = await emr.serviceToken();
    const first = await ask(token, addDocument, { input });
    expect(await ask(token, addDocument, { input })).toEqual(first);
    await ask(token, addDocument, { input: { ...input, idempotencyKey: 'k2' } });
    expect(emr.documentsOf(patient.id)).toHaveLength(2);
    expect(emr.documentsOf(patient.id)[0]).toMatchObject({
      title: input.title,
      occurredAt: input.occurredAt,
      sourceId: 'result-1',
    });
  });

  it('refuses an instant that is not ISO with milliseconds in UTC', async () => {
    const input = {
      patientId: emr.addPatient().id,
      idempotencyKey: 'k1',
      title: 'x',
      kind: 'LAB_RESULT',
      occurredAt: '2026-03-02',
      sourceId: 'r',
    };
    expect(codes(await ask(await emr.serviceToken(), addDocument, { input }))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('Mutation.createChart and signChart', () => {
  it('start and lock a note with the time of the given clock', async () => {
    const at = new Date(Date.now() + 1000);
    const other = await startDemoEmr({ seed: createPeopleSeed(), now: () => at });
    try {
      const patient = other.addPatient();
      const send = async (query: string): Promise<Answer> => {
        const response = await fetch(other.graphqlUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${await other.tokenFor('u-ada')}` },
          body: JSON.stringify({ query }),
        });
        return (await response.json()) as Answer;
      };
      const made = await send(
        `mutation { createChart(patientId: "${patient.id}", kind: BASIC_NOTE) { id kind createdAt signedAt practitioner { id } } }`,
      );
      const chart = made.data?.['createChart'] as { id: string };
      expect(chart).toMatchObject({
        kind: 'BASIC_NOTE',
        createdAt: at.toISOString(),
        signedAt: null,
        practitioner: { id: 'pr-ada' },
      });
      const signed = await send(`mutation { signChart(id: "${chart.id}") { signedAt } }`);
      expect(signed.data).toEqual({ signChart: { signedAt: at.toISOString() } });
    } finally {
      await other.stop();
    }
  });

  it('are for practitioners', async () => {
    const patient = emr.addPatient();
    const start = `mutation { createChart(patientId: "${patient.id}", kind: FOLLOW_UP) { id } }`;
    expect(codes(await ask(await emr.tokenFor('u-carla'), start))).toEqual(['FORBIDDEN']);
    const chart = emr.addChart({ patientId: patient.id });
    const sign = `mutation { signChart(id: "${chart.id}") { id } }`;
    expect(codes(await ask(await emr.tokenFor('u-carla'), sign))).toEqual(['NOT_FOUND']);
    expect(emr.store.charts.get(chart.id)?.signedAt).toBeNull();
  });
});

describe('faults', () => {
  it('down closes the connection, failNext answers 500, both leave no trace', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    const token = await emr.tokenFor('u-ada');
    const input = { chartId: chart.id, idempotencyKey: 'k1', items: [{ ...line, sourceItemId: 'a' }] };
    emr.faults.down = true;
    await expect(ask(token, addItems, { input })).rejects.toThrow(TypeError);
    emr.faults.clear();
    emr.faults.failNext = 1;
    emr.faults.only = 'addChartItems';
    expect(codes(await ask(token, '{ me { id } }'))).toEqual([]);
    const failed = await ask(token, addItems, { input });
    expect(failed.data).toBeUndefined();
    expect(emr.store.charts.get(chart.id)?.items).toEqual([]);
    expect((await ask(token, addItems, { input })).data).toBeDefined();
  });

  it('loseNext carries the request out and loses the answer', async () => {
    const chart = emr.addChart({ patientId: emr.addPatient().id });
    const token = await emr.tokenFor('u-ada');
    const input = { chartId: chart.id, idempotencyKey: 'k1', items: [{ ...line, sourceItemId: 'a' }] };
    emr.faults.loseNext = 1;
    await expect(ask(token, addItems, { input })).rejects.toThrow(TypeError);
    expect(emr.store.charts.get(chart.id)?.items).toHaveLength(1);
    await ask(token, addItems, { input });
    expect(emr.store.charts.get(chart.id)?.items).toHaveLength(1);
  });

  it('delayMs holds answers back, keysDown hides the keys', async () => {
    emr.faults.delayMs = 60;
    const startedAt = performance.now();
    await ask(await emr.tokenFor('u-ada'), '{ me { id } }');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
    emr.faults.keysDown = true;
    expect((await fetch(emr.jwksUrl)).status).toBe(503);
  });
});
