import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectRecords, toRepresentation, type ClinicalRecords } from '../support/clinical-records.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';

const codesOf = (answer: Answer): unknown[] => answer.errors.map(({ extensions }) => extensions['code']);

describeEachDatabase('Malformed arguments', (get) => {
  let deployment: Deployment;
  let records: ClinicalRecords;
  const tooLong = 'x'.repeat(256);
  const huge = 'x'.repeat(200_000);

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
  }, 60_000);
  afterAll(() => deployment.stop());

  const patient = (args: string, variables: Record<string, unknown> = {}, types = '') =>
    deployment.ask(
      'u-ada',
      `query ($representations: [_Any!]! ${types}) { _entities(representations: $representations) { ... on Patient { ${args} } } }`,
      { variables: { representations: [records.patient], ...variables } },
    );

  it.each(['treatmentPlans', 'labOrders'])(
    'Patient.%s refuses first outside 1 to 100 and cursors that are not its own',
    async (field) => {
      for (const first of [0, -1, 101, 2_147_483_647]) {
        expect(codesOf(await patient(`${field}(first: $first) { totalCount }`, { first }, '$first: Int'))).toEqual([
          'BAD_USER_INPUT',
        ]);
      }
      const other = field === 'treatmentPlans' ? 'labOrders' : 'treatmentPlans';
      const foreign = (await patient(`${other}(first: 1) { pageInfo { endCursor } }`)).data._entities[0][other].pageInfo
        .endCursor as string;
      const ofOther = await deployment.askEntities(
        'u-ada',
        [toRepresentation(deployment, 'p-1001')],
        `... on Patient { ${field}(first: 1) { pageInfo { endCursor } } }`,
      );
      const cursors = [
        '',
        ' ',
        'x',
        '%',
        'null',
        'W10',
        Buffer.from('["x"]').toString('base64url'),
        Buffer.from('{}').toString('base64'),
        foreign,
        ofOther.data._entities[0][field].pageInfo.endCursor as string | null,
      ];
      for (const after of cursors.filter((cursor) => cursor !== null)) {
        const answer = await patient(`${field}(after: $after) { totalCount }`, { after }, '$after: String');
        expect(codesOf(answer), after).toEqual(['BAD_USER_INPUT']);
        expect(answer.data._entities[0]).toEqual({ [field]: null });
      }
    },
  );

  it('Query.fullscriptAccounts and fullscriptAuditEvents refuse first outside 1 to 100 and foreign cursors', async () => {
    const accounts = await deployment.ask('u-admin', '{ fullscriptAccounts(first: 1) { pageInfo { endCursor } } }');
    const accountCursor = accounts.data.fullscriptAccounts.pageInfo.endCursor as string;
    for (const args of ['first: 0', 'first: 101', 'first: -5', 'after: ""', 'after: "zzz"']) {
      expect(codesOf(await deployment.ask('u-admin', `{ fullscriptAccounts(${args}) { totalCount } }`)), args).toEqual([
        'BAD_USER_INPUT',
      ]);
      expect(
        codesOf(await deployment.ask('u-admin', `{ fullscriptAuditEvents(${args}) { nodes { id } } }`)),
        args,
      ).toEqual(['BAD_USER_INPUT']);
    }
    expect(
      codesOf(await deployment.ask('u-admin', `{ fullscriptAuditEvents(after: "${accountCursor}") { nodes { id } } }`)),
    ).toEqual(['BAD_USER_INPUT']);
  });

  it.each([
    ['an enum that is none', 'treatmentPlans(states: [SENT]) { totalCount }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a freshness that is none', 'treatmentPlans(freshness: NOW) { totalCount }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a number for a cursor', 'treatmentPlans(after: 7) { totalCount }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown argument', 'treatmentPlans(last: 7) { totalCount }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('refuses %s', async (_, args, code) => {
    expect(codesOf(await patient(args))).toEqual([code]);
  });

  it('refuses variables of another type, and does not repeat their values', async () => {
    for (const [type, value] of [
      ['Int', 'canary-value'],
      ['Int', 1.5],
      ['Int', 3_000_000_000],
      ['FullscriptFreshness', 'canary-value'],
      ['ID', { canary: 'canary-value' }],
      ['ID', ['canary-value']],
      ['[FullscriptPlanState!]', ['canary-value']],
      ['Date', 'canary-value'],
    ] as const) {
      const field =
        type === 'Int'
          ? 'a: treatmentPlans(first: $v) { totalCount }'
          : type === 'ID'
            ? 'a: treatmentPlans(clinicId: $v) { totalCount }'
            : type === 'FullscriptFreshness'
              ? 'a: treatmentPlans(freshness: $v) { totalCount }'
              : 'a: treatmentPlans(states: $v) { totalCount }';
      const answer =
        type === 'Date'
          ? await deployment.ask(
              'u-ada',
              'mutation ($d: Date) { updateFullscriptPatient(input: { patientId: "p-1001", dateOfBirth: $d }) { __typename } }',
              { variables: { d: value } },
            )
          : await patient(field, { v: value }, `$v: ${type}`);
      expect(answer.status).toBe(200);
      expect(codesOf(answer), `${type} ${JSON.stringify(value)}`).toEqual(['BAD_USER_INPUT']);
      expect(JSON.stringify(answer.errors)).not.toContain('canary-value');
    }
  });

  it.each([
    ['no id', { __typename: 'Patient' }],
    ['an id that is null', { __typename: 'Patient', id: null }],
    ['an id that is an object', { __typename: 'Patient', id: { $ne: '' } }],
    ['an id of 256 characters', { __typename: 'Patient', id: tooLong }],
    ['an id of 200000 characters', { __typename: 'Patient', id: huge }],
    ['an unknown type', { __typename: 'Nobody', id: '1' }],
    ['the name of a scalar', { __typename: 'String', id: '1' }],
    ['no type', { id: '1' }],
  ])('a representation with %s is refused by itself, and the others answer', async (_, bad) => {
    const answer = await deployment.askEntities(
      'u-ada',
      [records.patient, bad, records.patient],
      '... on Patient { id connectionStatus treatmentPlans { totalCount } }',
    );
    expect(answer.data?._entities?.[0], JSON.stringify(answer.errors)).toMatchObject({ connectionStatus: 'CONNECTED' });
    expect(answer.data._entities[1]).toBeNull();
    expect(answer.data._entities[2]).toEqual(answer.data._entities[0]);
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
  });

  it('a representation whose demographics are none is not taken for the words of the EMR, which is asked', async () => {
    const changes = [{ email: 7 }, { firstName: {} }, { lastName: ['x'] }, { dateOfBirth: 'yesterday' }];
    for (const [index, change] of changes.entries()) {
      const asked = toRepresentation(deployment, `p-103${String(index)}`);
      deployment.emr.calls.clear();
      const answer = await deployment.askEntities(
        'u-ada',
        [{ ...asked, ...change }],
        '... on Patient { connectionStatus }',
      );
      expect(answer.errors, JSON.stringify(change)).toEqual([]);
      expect(answer.data._entities).toEqual([{ connectionStatus: 'CONNECTED' }]);
      expect(deployment.emr.calls.count('patients')).toBe(1);
    }
  });

  const inputs: [string, string, (id: string) => Record<string, unknown>, string?][] = [
    [
      'Mutation.revoke',
      'mutation ($id: ID!) { revoke(input: { userId: $id }) { revocation { id } } }',
      (id) => ({ id }),
      'u-admin',
    ],
    [
      'Mutation.revoke (clinicId)',
      'mutation ($id: ID!) { revoke(input: { clinicId: $id }) { revocation { id } } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.setFullscriptEnabled',
      'mutation ($id: ID!) { setFullscriptEnabled(input: { userId: $id, enabled: true }) { enabled } }',
      (id) => ({ id }),
      'u-admin',
    ],
    [
      'Mutation.setDefaultFullscriptClinic',
      'mutation ($id: ID!) { setDefaultFullscriptClinic(clinicId: $id) { canRecommend } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.linkFullscriptPatient',
      'mutation ($id: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.linkFullscriptPatient (fullscriptPatientId)',
      'mutation ($id: ID!) { linkFullscriptPatient(input: { patientId: "p-1001", fullscriptPatientId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.unlinkFullscriptPatient',
      'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.updateFullscriptPatient',
      'mutation ($id: ID!) { updateFullscriptPatient(input: { patientId: $id, discountPercent: 1 }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.createRecommendation',
      'mutation ($id: ID!) { createRecommendation(input: { patientId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.createRecommendation (practitionerId)',
      'mutation ($id: ID!) { createRecommendation(input: { patientId: "p-1001", practitionerId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.createRecommendation (variantId)',
      'mutation ($id: ID!) { createRecommendation(input: { patientId: "p-1001", items: [{ variantId: $id, unitsToPurchase: 1 }] }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.createRecommendation (input)',
      'mutation ($input: FullscriptCreateRecommendationInput!) { createRecommendation(input: $input) { __typename } }',
      (id) => ({
        input: {
          patientId: 'p-1001',
          items: [
            { variantId: 'v', unitsToPurchase: 1 },
            { variantId: id, unitsToPurchase: 1 },
          ],
        },
      }),
    ],
    [
      'Mutation.createFullscriptEmbedSession',
      'mutation ($id: ID!) { createFullscriptEmbedSession(input: { patientId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.createFullscriptInOfficeCheckout',
      'mutation ($id: ID!) { createFullscriptInOfficeCheckout(input: { planId: $id, confirmEmptyCart: true }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.importPlanIntoChart',
      'mutation ($id: ID!) { importPlanIntoChart(input: { planId: $id, chartId: $id }) { __typename } }',
      (id) => ({ id }),
    ],
    [
      'Mutation.reviewFullscriptLabResult',
      'mutation ($id: ID!) { reviewFullscriptLabResult(input: { resultId: $id }) { id } }',
      (id) => ({ id }),
    ],
    ['Query.fullscriptTreatmentPlan', 'query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { id } }', (id) => ({ id })],
    ['Query.fullscriptLabOrder', 'query ($id: ID!) { fullscriptLabOrder(id: $id) { id } }', (id) => ({ id })],
    [
      'Query.fullscriptPatientCandidates',
      'query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { linkedPatientId } }',
      (id) => ({ id }),
    ],
    [
      'Query.fullscriptRevocation',
      'query ($id: ID!) { fullscriptRevocation(id: $id) { id } }',
      (id) => ({ id }),
      'u-admin',
    ],
    [
      'Query.fullscriptAuditEvents',
      'query ($id: ID!) { fullscriptAuditEvents(userId: $id, patientId: $id) { nodes { id } } }',
      (id) => ({ id }),
      'u-admin',
    ],
  ];

  it.each(inputs)('%s refuses an id of more than 255 characters', async (_, query, toVariables, who = 'u-ada') => {
    for (const id of [tooLong, huge]) {
      const answer = await deployment.ask(who, query, { variables: toVariables(id) });
      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      expect(JSON.stringify(answer.errors)).not.toContain('xxx');
    }
  });

  it.each(inputs)('%s takes strange ids for unknown ones', async (_, query, toVariables, who = 'u-ada') => {
    const strange = [
      '',
      ' ',
      "'; DROP TABLE account; --",
      '../../etc',
      '%00',
      '\u0000',
      '\ud800',
      '💊'.repeat(60),
      '{"$ne":1}',
      '__proto__',
      '0',
      '1e9',
      'a\nb\r\nc: d',
    ];
    for (const id of strange) {
      const answer = await deployment.ask(who, query, { variables: toVariables(id) });
      expect(answer.status).toBe(200);
      for (const code of codesOf(answer))
        expect(['NOT_FOUND', 'BAD_USER_INPUT'], `${JSON.stringify(id)}: ${JSON.stringify(answer.errors)}`).toContain(
          code,
        );
    }
  });

  it('leaves the audit in order after all this', async () => {
    await deployment.askEntities('u-ada', [records.patient], '... on Patient { connectionStatus }', {
      headers: { 'x-request-id': 'after-all' },
    });
    await expect
      .poll(
        async () => {
          const answer = await deployment.ask(
            'u-admin',
            '{ fullscriptAuditEvents(first: 10) { nodes { requestId } } }',
          );
          return (answer.data.fullscriptAuditEvents.nodes as { requestId: string }[]).map(({ requestId }) => requestId);
        },
        { timeout: 5000 },
      )
      .toContain('after-all');
    expect(deployment.logs.filter((line) => line.includes('audit rows could not be written'))).toEqual([]);
    expect(deployment.logs.filter((line) => line.includes('Unexpected error'))).toEqual([]);
  });
});
