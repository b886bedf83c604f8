import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectRecords, toRepresentation, type ClinicalRecords } from '../support/clinical-records.ts';
import { beginConnect, completeConnect, consent } from '../support/connecting.ts';
import { gatewaySecret, startDeployment, type Answer, type Deployment } from '../support/deployment.ts';

const canary = (name: string): string => `Kanarie${name}Qx7`;

describe('Secrets and patient data', () => {
  let deployment: Deployment;
  let records: ClinicalRecords;
  const answers: Answer[] = [];
  const carried: string[] = [];

  const ask = async (who: string, query: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
    const answer = await deployment.ask(who, query, { variables });
    answers.push(answer);
    return answer;
  };

  /** Walks through reads and mutations; called in fair weather and again while everything fails. */
  async function useEverything(): Promise<void> {
    const { planId, labOrderId, labResultId, chartId } = records;
    const stranger = deployment.emr.store.patients.get('p-canary')?.id ?? '';
    for (const id of [records.patient.id, stranger]) {
      answers.push(
        await deployment.askEntities(
          'u-ada',
          [toRepresentation(deployment, id)],
          '... on Patient { connectionStatus fullscriptAccount { id } treatmentPlans(freshness: CURRENT) { nodes { id editUrl } } labOrders(freshness: CURRENT) { nodes { id results { pdfUrl } } } }',
        ),
      );
      await ask('u-ada', 'query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId } }', {
        id,
      });
      await ask(
        'u-ada',
        'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename ... on FullscriptRejected { message } } }',
        {
          input: {
            patientId: id,
            firstName: canary('NewFirst'),
            mobileNumber: '+14165559999',
            dateOfBirth: '1933-03-13',
          },
        },
      );
      await ask(
        'u-ada',
        'mutation ($input: FullscriptCreateRecommendationInput!) { createRecommendation(input: $input) { __typename } }',
        { input: { patientId: id, personalMessage: canary('Message'), idempotencyKey: canary('Key') } },
      );
      await ask(
        'u-ada',
        'mutation ($id: ID) { createFullscriptEmbedSession(input: { patientId: $id }) { __typename ... on FullscriptEmbedSession { secretToken } } }',
        { id },
      );
    }
    await ask(
      'u-ada',
      'query ($a: ID!, $b: ID!) { fullscriptTreatmentPlan(id: $a, freshness: CURRENT) { editUrl } fullscriptLabOrder(id: $b, freshness: CURRENT) { id } }',
      { a: planId, b: labOrderId },
    );
    await ask(
      'u-ada',
      'mutation ($input: FullscriptReviewLabResultInput!) { reviewFullscriptLabResult(input: $input) { pdfUrl } }',
      { input: { resultId: labResultId, note: canary('Note') } },
    );
    await ask(
      'u-ada',
      'mutation ($a: ID!, $b: ID!) { importPlanIntoChart(input: { planId: $a, chartId: $b }) { __typename } }',
      { a: planId, b: chartId },
    );
    await ask(
      'u-ada',
      'mutation ($a: ID!) { createFullscriptInOfficeCheckout(input: { planId: $a, confirmEmptyCart: true }) { __typename } }',
      { a: planId },
    );
    await ask(
      'u-ada',
      'mutation { revoke(input: { clinicId: "none", reason: "KanarieReasonQx7" }) { revocation { id } } }',
    );
    const attempt = await beginConnect(deployment, 'u-ada', `https://emr.juniper.example/${canary('Return')}`);
    const code = consent(deployment, attempt, 'ada@cedarrow.example');
    carried.push(attempt.state, code);
    answers.push(await completeConnect(deployment, 'u-ada', { state: attempt.state, code }));
  }

  beforeAll(async () => {
    deployment = await startDeployment({ env: { WORKER: 'on', LOG_LEVEL: 'debug' }, withWebhooks: true });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    records = await collectRecords(deployment, 'u-ada');
    deployment.emr.addPatient({
      id: 'p-canary',
      firstName: canary('First'),
      lastName: canary('Last'),
      email: 'kanarie.mail@canary.example',
      dateOfBirth: '1931-01-31',
      mobileNumber: '+14165557777',
    });
    await useEverything();
    const { faults } = deployment.sandbox.sandbox;
    const body = {
      error: `${canary('Echo')} of kanarie.mail@canary.example at_secret`,
      error_description: canary('Echo'),
    };
    for (const status of [422, 500, 401, 403, 200]) {
      faults.clear();
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      faults.add({ path: '/api/*', status, body });
      await useEverything();
    }
    faults.clear();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    deployment.emr.faults.failNext = 1000;
    await useEverything();
    deployment.emr.faults.clear();
    await useEverything();
    for (const link of JSON.stringify(answers)
      .match(/http[^"\\]+\/lab-results\/[^"\\]+/g)
      ?.slice(0, 5) ?? []) {
      carried.push(link.split('/').at(-1) ?? '');
      await (await fetch(link)).arrayBuffer();
      await (await fetch(`${link}x`)).arrayBuffer();
    }
    await deployment.ask('token:KanarieTokenQx7', '{ fullscriptViewer { connectionStatus } }');
    await fetch(`${deployment.app.url}/graphql?query=${canary('Query')}`, {
      headers: { 'x-gateway-secret': gatewaySecret },
    });
    await fetch(`${deployment.app.url}/${canary('Path')}`);
    await fetch(`${deployment.app.url}/webhooks/fullscript`, {
      method: 'POST',
      body: JSON.stringify({ a: canary('Hook') }),
    });
  }, 120_000);
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.sandbox.sandbox.faults.clear());

  const credentials = (): string[] => {
    const { state } = deployment.sandbox.sandbox;
    return [
      ...[...state.tokens.values()].flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
      ...[...state.sessionGrants.values()].map(({ secretToken }) => secretToken),
      ...carried,
      deployment.env['FULLSCRIPT_CLIENT_SECRET'] ?? '',
      deployment.env['FULLSCRIPT_WEBHOOK_SECRET'] ?? '',
      (deployment.env['ENCRYPTION_KEYS'] ?? '').split(':')[1] ?? '',
      deployment.env['EMR_SERVICE_TOKEN'] ?? '',
      gatewaySecret,
    ];
  };
  const patientData = (): string[] => {
    const people = [
      deployment.emr.store.patients.get('p-canary'),
      deployment.emr.store.patients.get(records.patient.id),
    ];
    return [
      'Kanarie',
      'kanarie.mail',
      '1933-03-13',
      '+14165559999',
      ...people.flatMap((person) =>
        person
          ? [person.lastName, person.email, person.dateOfBirth, person.mobileNumber].filter((value) => value !== null)
          : [],
      ),
    ];
  };
  const expectNone = (text: string, secrets: readonly string[]): void => {
    for (const secret of secrets) {
      expect(secret.length, 'a secret too short to look for').toBeGreaterThan(4);
      const at = text.indexOf(secret);
      expect(at < 0 ? null : text.slice(Math.max(0, at - 200), at + 60)).toBeNull();
    }
  };

  it('were used in this test at all', () => {
    expect(answers.length).toBeGreaterThan(100);
    expect(carried.length).toBeGreaterThan(15);
    const codes = new Set(answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code'])));
    for (const code of [
      'FULLSCRIPT_UNAVAILABLE',
      'FULLSCRIPT_CONTRACT',
      'FULLSCRIPT_CONNECTION_REQUIRED',
      'EMR_UNAVAILABLE',
    ]) {
      expect(codes).toContain(code);
    }
    expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
  });

  it('are in no log line', () => {
    const text = deployment.logs.join('');
    expect(deployment.logs.length).toBeGreaterThan(200);
    expectNone(text, credentials());
    expectNone(text, patientData());
  });

  it('are in no metric', async () => {
    const text = await (await fetch(`${deployment.app.url}/metrics`)).text();
    expect(text).toContain('fullscript_calls_total');
    expectNone(text, credentials());
    expectNone(text, [
      ...patientData(),
      'u-ada',
      'org-juniper',
      records.patient.id,
      records.planId,
      records.clinicId,
      records.accountId,
    ]);
  });

  it('are in no error', () => {
    const text = JSON.stringify(answers.map(({ errors }) => errors));
    expectNone(text, credentials());
    expectNone(text, patientData());
  });

  it('credentials are not readable in the database', async () => {
    const { database } = deployment.app.parts;
    const tables = await database.read<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
    expect(tables.length).toBeGreaterThan(10);
    const rows = await Promise.all(tables.map(({ name }) => database.read(`SELECT * FROM "${name}"`)));
    const text = JSON.stringify(rows);
    expect(text).toContain(records.planId);
    expectNone(text, credentials());
    expect(text).not.toMatch(/eyJhbGciOiJFUzI1NiI/);
  });
});
