import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { countCalls } from '../support/reading.ts';

describe('The limits of a document', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${deployment.app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
        'x-gateway-secret': gatewaySecret,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, codes: [...text.matchAll(/"code":"([A-Z_]+)"/g)].map(([, code]) => code) };
  };
  const viewer = (index: number) => `v${index}: fullscriptViewer { canRecommend }`;
  const many = (count: number) => Array.from({ length: count }, (_, index) => viewer(index)).join(' ');
  const loop = (depth: number): string =>
    depth === 0
      ? 'id'
      : `treatmentPlan { chartImports { plan { labRecommendations { labOrder { ${loop(depth - 1)} } } } } }`;

  it('lets fifty aliases, fifty root fields and twelve levels pass', async () => {
    expect((await post({ query: `{ ${many(50)} }` })).codes).toEqual([]);
    const deep =
      '{ a: fullscriptLabOrder(id: "x") { treatmentPlan { chartImports { plan { labRecommendations { labOrder { treatmentPlan { recommendations { product { id } } } } } } } } } }';
    expect((await post({ query: deep })).codes).toEqual([]);
  });

  it('refuses more quickly, with BAD_USER_INPUT and at HTTP 200, and without asking anybody', async () => {
    deployment.sandbox.sandbox.calls.clear();
    deployment.emr.calls.clear();
    const representations = Array.from({ length: 1001 }, (_, index) => ({ __typename: 'Patient', id: `p-${index}` }));
    const requests = [
      { query: `{ ${many(51)} }` },
      { query: `{ fullscriptLabOrder(id: "x") { ${loop(3)} } }` },
      {
        query: `{ fullscriptViewer { ${Array.from({ length: 51 }, (_, index) => `a${index}: canRecommend`).join(' ')} } }`,
      },
      { query: `{ fullscriptViewer { canRecommend } } # ${'x'.repeat(20_500)}` },
      {
        query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { connectionStatus } } }',
        variables: { r: representations },
      },
      {
        query: `query { ${many(26)} ...F } fragment F on Query { ${Array.from({ length: 25 }, (_, index) => viewer(100 + index)).join(' ')} }`,
      },
    ];
    for (const request of requests) {
      const startedMs = Date.now();
      const { status, codes } = await post(request);
      expect([status, codes]).toEqual([200, ['BAD_USER_INPUT']]);
      expect(Date.now() - startedMs).toBeLessThan(5000);
    }
    expect(countCalls(deployment)).toBe(0);
    expect(deployment.emr.calls.count()).toBe(0);
  });

  it('answers a thousand representations', async () => {
    const representations = Array.from({ length: 1000 }, () => ({ __typename: 'Practitioner', id: 'pr-ada' }));
    const answer = await deployment.askEntities('u-ada', representations, '... on Practitioner { connectionStatus }');
    expect(answer.errors).toEqual([]);
    expect(answer.data._entities).toHaveLength(1000);
  });

  it('keeps Apollo’s own codes and HTTP 400 for what does not parse or validate', async () => {
    expect(await post({ query: '{ fullscriptViewer {' })).toMatchObject({
      status: 400,
      codes: ['GRAPHQL_PARSE_FAILED'],
    });
    expect(await post({ query: '{ nothing }' })).toMatchObject({ status: 400, codes: ['GRAPHQL_VALIDATION_FAILED'] });
  });

  it('knows no batches, and takes mutations by POST with a JSON content type only', async () => {
    const query = 'mutation { connect { state } }';
    const batch = await post([{ query }, { query }]);
    expect(batch.status).toBeGreaterThanOrEqual(400);
    expect(batch.text).not.toContain('"state"');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const other = await post({ query }, { 'content-type': type });
      expect(other.status).toBeGreaterThanOrEqual(400);
      expect(other.text).not.toContain('"state"');
    }
    const byGet = await fetch(`${deployment.app.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: {
        authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
        'x-gateway-secret': gatewaySecret,
        'apollo-require-preflight': 'true',
      },
    });
    expect(byGet.status).toBeGreaterThanOrEqual(400);
    expect(await byGet.text()).not.toContain('"state"');
  });
});
