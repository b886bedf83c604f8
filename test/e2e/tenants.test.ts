import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toCursor } from '../../src/domain/page.ts';
import { toIt, type Scene } from '../support/asks.ts';
import { collectRecords, type ClinicalRecords } from '../support/clinical-records.ts';
import { beginConnect, completeConnect, consent, listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { parkEventOf } from '../support/parked-event.ts';
import { createRecordedFetch } from '../support/recorded-fetch.ts';
import { recommend } from '../support/recommending.ts';
import { listIdPlaces } from '../support/schema.ts';
import { readTables } from '../support/tables.ts';
import { placesElsewhere, placesOfNothing, type ForeignThings, type Place } from '../support/tenant-table.ts';

/** The answer as text, with the id that was asked for taken out. */
function toWords({ status, data, errors }: Answer, id: string): string {
  return JSON.stringify({ status, data: data as unknown, errors }).replaceAll(id, '<id>');
}

/** Collects something of every kind that belongs to org-juniper. */
async function collectThings(deployment: Deployment): Promise<ForeignThings> {
  const records = await collectRecords(deployment, 'u-ada');
  const page = 'edges { cursor }';
  const lists = await deployment.askEntities(
    'u-ada',
    [records.patient, { __typename: 'Practitioner', id: 'pr-ada' }],
    `... on Patient { treatmentPlans { ${page} nodes { id recommendations { id } } } labOrders { ${page} } }
     ... on Practitioner { ownPlans: treatmentPlans { ${page} } }`,
  );
  const [ofPatient, ofPractitioner] = lists.data._entities;
  const plan = (ofPatient.treatmentPlans.nodes as { id: string; recommendations: { id: string }[] }[]).find(
    ({ id }) => id === records.planId,
  );
  const idempotencyKey = 'the-key-of-ada';
  const drafted = await recommend(deployment, 'u-ada', { patientId: 'p-1001', idempotencyKey });
  expect(drafted.result.__typename).toBe('FullscriptRecommendationDraft');
  const attempt = await beginConnect(deployment, 'u-ben');
  const revoked = await deployment.ask(
    'u-admin',
    'mutation { revoke(input: { userId: "u-x" }) { revocation { id } } }',
  );
  const admin = await deployment.ask('u-admin', `{ fullscriptAccounts { ${page} } fullscriptAuditEvents { ${page} } }`);
  const things = {
    ...records,
    patientId: records.patient.id,
    userId: 'u-ada',
    practitionerId: 'pr-ada',
    revocationId: revoked.data.revoke.revocation.id as string,
    recommendationId: plan?.recommendations[0]?.id ?? '',
    idempotencyKey,
    state: attempt.state,
    code: consent(deployment, attempt, 'ben@cedarrow.example'),
    planCursor: ofPatient.treatmentPlans.edges[0].cursor as string,
    orderCursor: ofPatient.labOrders.edges[0].cursor as string,
    ownPlanCursor: ofPractitioner.ownPlans.edges[0].cursor as string,
    // None of these orders need be of a plan that she wrote herself.
    ownOrderCursor: toCursor('lab orders by pr-ada', { at: '2026-01-01T00:00:00.000Z', id: records.labOrderId }),
    accountCursor: admin.data.fullscriptAccounts.edges[0].cursor as string,
    auditCursor: admin.data.fullscriptAuditEvents.edges[0].cursor as string,
    parkedEventId: await parkEventOf(deployment, records.clinicId),
  };
  expect(Object.entries(things).filter(([, value]) => value === '')).toEqual([]);
  return things;
}

describe('Every place where a caller names something', () => {
  it('is in the tests of what belongs to another organization', () => {
    const tested = new Set([...placesOfNothing.map(({ place }) => place.split(' ')[0]), ...placesElsewhere]);
    const all = listIdPlaces();
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((place) => !tested.has(place))).toEqual([]);
  });
});

describeEachDatabase("Another organization's things", (get) => {
  const recorded = createRecordedFetch();
  let deployment: Deployment;
  let things: ForeignThings;
  let scene: Scene;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, outside: { fetch: recorded.fetch } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    things = await collectThings(deployment);
    scene = { deployment, records: things };
    await deployment.connect('u-tomas', 'tomas@harbour.example');
    // What is the asker's own is known by now, so that nothing but the id makes a difference.
    await deployment.askEntities(
      'u-tomas',
      [{ __typename: 'Patient', id: 'p-2001' }],
      '... on Patient { treatmentPlans { totalCount } labOrders { totalCount } }',
    );
  }, 60_000);
  afterAll(() => deployment.stop());

  const boss = async (org = 'org-tamarack'): Promise<string> =>
    `token:${await deployment.emr.signToken({ sub: 'u-boss', org, roles: ['admin', 'developer'] })}`;

  async function askAbout({ ask, as }: Place, id: string): Promise<{ words: string; calls: string[] }> {
    recorded.requests.length = 0;
    const who = as === undefined ? 'u-tomas' : await boss(as === 'stranger' ? 'org-strange' : undefined);
    const answer = await ask(id)(who, scene);
    const calls = recorded.requests
      .filter(({ url }) => url.href.startsWith(deployment.sandbox.apiUrl))
      .map(({ method, url }) => `${method} ${decodeURIComponent(url.href)}`.replaceAll(id, '<id>'));
    return { words: toWords(answer, id), calls };
  }

  it.each(placesOfNothing)('$place: like what never was', async (place) => {
    const foreignTokens = listLiveTokens(deployment, 'ada@cedarrow.example').flatMap((pair) => Object.values(pair));
    expect(foreignTokens.length).toBeGreaterThan(0);
    const never = randomUUID();
    const ofNothing = await askAbout(place, never);
    const before = await readTables(deployment, ['audit_event']);
    const ofForeign = await askAbout(place, String(things[place.thing]));
    const after = await readTables(deployment, ['audit_event']);

    expect(ofForeign).toEqual(ofNothing);
    const sent = JSON.stringify(recorded.requests.map(({ headers, body }) => ({ headers, body })));
    for (const token of foreignTokens) expect(sent).not.toContain(token);
    const kept = new Set(after.map(({ table, row }) => `${table} ${row}`));
    expect(before.filter(({ table, row }) => !kept.has(`${table} ${row}`))).toEqual([]);
    const known = new Set(before.map(({ table, row }) => `${table} ${row}`));
    const added = after.filter(({ table, row }) => !known.has(`${table} ${row}`));
    expect(added.filter(({ table }) => !place.writes?.includes(table))).toEqual([]);
    for (const { row } of added) expect(row).toContain('org-tamarack');
  });

  it('are as they were after all of that', async () => {
    const viewer = await readViewer(deployment, 'u-ada');
    expect(viewer.connectionStatus).toBe('CONNECTED');
    const read = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'Patient', id: things.patientId }],
      '... on Patient { connectionStatus fullscriptAccount { id } }',
    );
    expect(read.data._entities[0]).toEqual({
      connectionStatus: 'CONNECTED',
      fullscriptAccount: { id: things.fullscriptPatientId },
    });
    const completed = await completeConnect(deployment, 'u-ben', { state: things.state, code: things.code });
    expect(completed.result?.__typename).toBe('FullscriptConnected');
  });

  it("an idempotency key of another organization's user is a new one", async () => {
    const input = { patientId: 'p-2001', idempotencyKey: things.idempotencyKey };
    const theirs = await recommend(deployment, 'u-tomas', input);
    expect(theirs.errors).toEqual([]);
    expect(theirs.result.__typename).toBe('FullscriptRecommendationDraft');
    const ours = await recommend(deployment, 'u-ada', { patientId: 'p-1001', idempotencyKey: things.idempotencyKey });
    expect(ours.result.plan?.id).not.toBe(theirs.result.plan?.id);
  });

  it("an admin's lists hold their own organization only, from whatever place in another's they begin", async () => {
    const lists = await deployment.ask(
      await boss(),
      `query ($accounts: String, $events: String) {
        fullscriptAccounts { totalCount nodes { userId } }
        afterAccount: fullscriptAccounts(after: $accounts) { totalCount nodes { userId } }
        fullscriptAuditEvents(first: 100) { nodes { userId } }
        afterEvent: fullscriptAuditEvents(first: 100, after: $events) { nodes { userId } }
      }`,
      { variables: { accounts: things.accountCursor, events: things.auditCursor } },
    );
    expect(lists.errors).toEqual([]);
    expect(lists.data.fullscriptAccounts).toEqual({ totalCount: 1, nodes: [{ userId: 'u-tomas' }] });
    expect(lists.data.afterAccount.totalCount).toBe(1);
    const users = [
      ...lists.data.afterAccount.nodes,
      ...lists.data.fullscriptAuditEvents.nodes,
      ...lists.data.afterEvent.nodes,
    ] as { userId: string }[];
    expect(users.filter(({ userId }) => userId !== 'u-tomas' && userId !== 'u-boss')).toEqual([]);
  });

  it("an admin's switch for the whole organization and their revoking of everybody reach no further", async () => {
    for (const mutation of [
      'mutation { it: setFullscriptEnabled(input: { enabled: false }) { enabled } }',
      'mutation { it: setFullscriptEnabled(input: { enabled: true }) { enabled } }',
    ])
      expect((await deployment.ask(await boss(), mutation)).errors).toEqual([]);
    const revoked = await deployment.ask(
      await boss(),
      'mutation { it: revokeAll(input: { confirm: true }) { revocation { total } } }',
    );
    expect(toIt(revoked)).toEqual({ revocation: { total: 1 } });
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
    expect((await readViewer(deployment, 'u-tomas')).connectionStatus).toBe('NOT_CONNECTED');
    expect(listLiveTokens(deployment, 'ada@cedarrow.example')).toHaveLength(1);
  });
});

describe('One Fullscript user connected by users of two organizations', () => {
  it('is two connections, and the end of one leaves the other', async () => {
    const deployment = await startDeployment();
    try {
      const ours = await deployment.connect('u-ada', 'ada@cedarrow.example');
      const theirs = await deployment.connect('u-tomas', 'ada@cedarrow.example');
      expect(theirs.id).not.toBe(ours.id);
      expect(theirs.clinicId).toBe(ours.clinicId);
      for (const [who, id, own] of [
        ['u-ada', theirs.id, ours.id],
        ['u-tomas', ours.id, theirs.id],
      ] as const) {
        const answer = await deployment.askEntities(
          who,
          [
            { __typename: 'FullscriptAccount', id },
            { __typename: 'FullscriptAccount', id: own },
          ],
          '... on FullscriptAccount { id }',
        );
        expect(answer).toMatchObject({ errors: [], data: { _entities: [null, { id: own }] } });
      }
      await deployment.ask('u-tomas', 'mutation { revoke { revocation { total } } }');
      expect((await readViewer(deployment, 'u-tomas')).connectionStatus).toBe('NOT_CONNECTED');
      expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
      const read = await deployment.askEntities(
        'u-ada',
        [{ __typename: 'Patient', id: 'p-1003' }],
        '... on Patient { treatmentPlans(freshness: CURRENT) { nodes { id } } }',
      );
      expect(read.errors).toEqual([]);
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});

describe('One clinic connected by two organizations', () => {
  let deployment: Deployment;
  let records: ClinicalRecords;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
    await deployment.ask(
      'u-ada',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, note: "ours" }) { id } }',
      {
        variables: { id: records.labResultId },
      },
    );
    await deployment.connect('u-tomas', 'ben@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('keeps links, imports and reviews apart, and shows nobody the patients of the other', async () => {
    const { planId, labOrderId, labResultId, fullscriptPatientId } = records;
    const answer = await deployment.ask(
      'u-tomas',
      'query ($plan: ID!, $order: ID!) { fullscriptTreatmentPlan(id: $plan) { id chartImports { id } } fullscriptLabOrder(id: $order) { id } }',
      { variables: { plan: planId, order: labOrderId } },
    );
    expect(answer.data).toEqual({ fullscriptTreatmentPlan: null, fullscriptLabOrder: null });
    expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    const entities = await deployment.askEntities(
      'u-tomas',
      [
        { __typename: 'FullscriptPatientAccount', id: fullscriptPatientId },
        { __typename: 'FullscriptLabResult', id: labResultId },
      ],
      '__typename',
    );
    expect(entities.data._entities).toEqual([null, null]);
    for (const mutation of [
      'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      'mutation ($id: ID!) { importPlanIntoChart(input: { planId: $id, chartId: "c-2001-2" }) { __typename } }',
    ]) {
      const refused = await deployment.ask('u-tomas', mutation, { variables: { id: planId } });
      const named = JSON.stringify(refused.data ?? {});
      expect(
        named.includes('OTHER_PATIENT') || named.includes('NotImportable') || refused.errors.length > 0,
        named,
      ).toBe(true);
    }
    const review = await deployment.ask(
      'u-tomas',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id, note: "theirs" }) { id } }',
      { variables: { id: labResultId } },
    );
    expect(review.errors[0]?.extensions['code']).toBe('NOT_FOUND');
  });

  it("an organization's patient may be linked to the same Fullscript patient, each with its own link", async () => {
    const theirs = deployment.emr.addPatient({
      organizationId: 'org-tamarack',
      firstName: records.patient.firstName,
      lastName: records.patient.lastName,
      email: records.patient.email,
      dateOfBirth: records.patient.dateOfBirth,
    });
    const read = await deployment.askEntities(
      'u-tomas',
      [{ __typename: 'Patient', id: theirs.id }],
      '... on Patient { fullscriptAccount { id } treatmentPlans { nodes { id chartImports { id } } } labOrders { nodes { results { id review { notes { text } } } } } }',
    );
    expect(read.errors).toEqual([]);
    const [found] = read.data._entities;
    expect(found.fullscriptAccount.id).toBe(records.fullscriptPatientId);
    expect(found.treatmentPlans.nodes.map(({ id }: { id: string }) => id)).toContain(records.planId);
    expect(JSON.stringify(found)).not.toContain('ours');
    expect(found.treatmentPlans.nodes.flatMap(({ chartImports }: { chartImports: unknown[] }) => chartImports)).toEqual(
      [],
    );
    await deployment.ask(
      'u-tomas',
      'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
      {
        variables: { id: theirs.id },
      },
    );
    const ours = await deployment.askEntities('u-ada', [records.patient], '... on Patient { connectionStatus }');
    expect(ours.data._entities[0].connectionStatus).toBe('CONNECTED');
  });
});
