import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, GraphQLError, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createPeopleSeed } from '../../src/demo/emr/seed.ts';
import { startDemoEmr, type RunningEmr } from '../../src/demo/emr/start.ts';
import { toTruePath } from '../../src/demo/error-paths.ts';
import { createGateway, type Gateway } from '../../src/demo/gateway.ts';
import { composeSupergraph, fetchSubgraphSdl } from '../../src/demo/supergraph.ts';

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

/** A subgraph that adds a status and plans to the EMR's patients; the plans of `p-hidden` fail. */
async function startPlansSubgraph() {
  const requests: { headers: IncomingHttpHeaders; query: string }[] = [];
  const answers: unknown[] = [];
  const schema = buildSubgraphSchema([
    {
      typeDefs: parse(`
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@external", "@requires"])
        type Patient @key(fields: "id") {
          id: ID!
          email: String @external
          status: String! @requires(fields: "email")
          plans(first: Int = 10): [Plan!] @requires(fields: "email")
        }
        type Plan { id: ID! patient: Patient }
        type Query { plan(id: ID!): Plan }
        type Mutation { refuse: Boolean! }
      `),
      resolvers: {
        Query: { plan: (_root, { id }: { id: string }) => ({ id, patient: { id: 'p-1' } }) },
        Mutation: {
          refuse: () => {
            throw new GraphQLError('Not you.', { extensions: { code: 'FORBIDDEN', status: 'DISABLED' } });
          },
        },
        Patient: {
          status: (patient: { email: string }) => `known as ${patient.email}`,
          plans: (patient: { id: string }, { first }: { first: number }) => {
            if (patient.id === 'p-hidden') {
              throw new GraphQLError('Nothing here.', { extensions: { code: 'NOT_FOUND' } });
            }
            return [{ id: `${patient.id}/${first}`, patient: { id: patient.id } }];
          },
        },
      },
    },
  ]);
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
      requests.push({ headers: request.headers, query });
      response.setHeader('content-type', 'application/json');
      const prepared = answers.shift();
      if (prepared !== undefined) {
        response.end(JSON.stringify(prepared));
        return;
      }
      void graphql({ schema, source: query, variableValues: variables ?? {} }).then((answer) => {
        response.end(JSON.stringify(answer));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    requests,
    /** Given instead of what the schema would say, one for each of the next requests. */
    answers,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

let emr: RunningEmr;
let plans: Awaited<ReturnType<typeof startPlansSubgraph>>;
let gateway: Gateway;

beforeEach(async () => {
  emr = await startDemoEmr({ seed: createPeopleSeed() });
  for (const id of ['p-1', 'p-hidden', 'p-2']) emr.addPatient({ id, email: `${id}@mail.example` });
  plans = await startPlansSubgraph();
  gateway = createGateway({
    supergraphSdl: composeSupergraph([
      { name: 'emr', url: emr.graphqlUrl, sdl: await fetchSubgraphSdl(emr.graphqlUrl) },
      { name: 'fullscript', url: plans.url, sdl: await fetchSubgraphSdl(plans.url) },
    ]),
    secretHeaders: { fullscript: { 'x-gateway-secret': 'between us' } },
  });
  plans.requests.length = 0;
  emr.calls.clear();
});

afterEach(async () => {
  await gateway.stop();
  await plans.stop();
  await emr.stop();
});

async function ask(query: string): Promise<Answer> {
  const response = await gateway.fetch(
    new Request('http://gateway.example/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await emr.tokenFor('u-ada')}`,
        'x-request-id': 'request-7',
        'x-gateway-secret': 'made up by the client',
      },
      body: JSON.stringify({ query }),
    }),
  );
  return (await response.json()) as Answer;
}

describe('createGateway', () => {
  it('forwards who is asking and the request’s id to both, the secret to ours alone', async () => {
    const answer = await ask('{ patientList { id status } }');
    expect(answer.errors).toBeUndefined();
    expect(emr.calls.all).toEqual([
      { operation: 'patientList', fields: ['patientList'], userId: 'u-ada', requestId: 'request-7' },
    ]);
    expect(plans.requests).toHaveLength(1);
    expect(plans.requests[0]?.headers).toMatchObject({
      'x-gateway-secret': 'between us',
      'x-request-id': 'request-7',
      authorization: expect.stringMatching(/^Bearer ey/) as string,
    });
  });

  it('keeps the client from choosing the secret of a subgraph', async () => {
    await ask('{ plan(id: "x") { id } }');
    expect(plans.requests.map((request) => request.headers['x-gateway-secret'])).toEqual(['between us']);
  });

  it('asks for all entities of a list at once and gives them what they require', async () => {
    const answer = await ask('{ patientList { id status plans { id patient { lastName } } } }');
    expect(plans.requests).toHaveLength(1);
    expect(emr.calls.count()).toBe(2);
    const [first] = answer.data?.['patientList'] as unknown[];
    expect(first).toEqual({
      id: 'p-1',
      status: 'known as p-1@mail.example',
      plans: [{ id: 'p-1/10', patient: { lastName: 'Patient p-1' } }],
    });
  });

  it('loses one failing entity only, and says which, under an alias, too', async () => {
    const answer = await ask(
      '{ patients(ids: ["p-1", "nobody", "p-hidden", "p-2"]) { id few: plans(first: 1) { id } many: plans(first: 9) { id } } }',
    );
    expect(answer.data).toEqual({
      patients: [
        { id: 'p-1', few: [{ id: 'p-1/1' }], many: [{ id: 'p-1/9' }] },
        null,
        { id: 'p-hidden', few: null, many: null },
        { id: 'p-2', few: [{ id: 'p-2/1' }], many: [{ id: 'p-2/9' }] },
      ],
    });
    expect(answer.errors?.map(({ message, path, extensions }) => [message, path, extensions?.['code']])).toEqual([
      ['Nothing here.', ['patients', 2, 'few'], 'NOT_FOUND'],
      ['Nothing here.', ['patients', 2, 'many'], 'NOT_FOUND'],
    ]);
  });

  it('shows a subgraph’s code and its other extensions as they are', async () => {
    const answer = await ask('mutation { refuse }');
    expect(answer.errors).toMatchObject([
      { message: 'Not you.', path: ['refuse'], extensions: { code: 'FORBIDDEN', status: 'DISABLED' } },
    ]);
    const chart = await ask('mutation { signChart(id: "none") { id } }');
    expect(chart.errors).toMatchObject([{ path: ['signChart'], extensions: { code: 'NOT_FOUND' } }]);
  });

  it('keeps the code of an error that says nothing of where it belongs', async () => {
    const lost = { message: 'Connect first.', extensions: { code: 'FULLSCRIPT_CONNECTION_REQUIRED' } };
    for (const data of [{ _entities: [{ __typename: 'Patient', plans: null }] }, { _entities: [null] }, null]) {
      plans.answers.push({ data, errors: [lost] });
      const answer = await ask('{ patient(id: "p-1") { id plans { id } } }');
      expect(answer.data).toEqual({ patient: { id: 'p-1', plans: null } });
      expect(answer.errors?.map(({ message, path, extensions }) => [message, path, extensions?.['code']])).toEqual([
        ['Connect first.', ['patient', 'plans'], 'FULLSCRIPT_CONNECTION_REQUIRED'],
      ]);
    }
  });

  it('names a subgraph that is gone, for each entity it was needed for, and keeps the rest', async () => {
    await plans.stop();
    const answer = await ask('{ patientList { id plans { id } } }');
    expect(answer.data).toEqual({ patientList: ['p-1', 'p-2', 'p-hidden'].map((id) => ({ id, plans: null })) });
    expect(answer.errors).toMatchObject(
      [0, 1, 2].map((position) => ({
        path: ['patientList', position, 'plans'],
        extensions: { code: 'SUBGRAPH_UNAVAILABLE', serviceName: 'fullscript' },
      })),
    );
  });

  it('serves the part of a request whose subgraph lives', async () => {
    emr.faults.down = true;
    const answer = await ask('{ plan(id: "x") { id } patient(id: "p-1") { id } }');
    expect(answer.data).toEqual({ plan: { id: 'x' }, patient: null });
    expect(answer.errors).toMatchObject([{ path: ['patient'], extensions: { serviceName: 'emr' } }]);
  });
});

describe('toTruePath', () => {
  it('puts the field’s own path in front and keeps what lies inside the field', () => {
    expect(toTruePath(['list', 3, 'plans'], ['list', 'plans', 'nodes', 1, 'editUrl'])).toEqual([
      'list',
      3,
      'plans',
      'nodes',
      1,
      'editUrl',
    ]);
    expect(toTruePath(['list', 3, 'plans'], ['list', 0, 'plans'])).toEqual(['list', 3, 'plans']);
  });

  it('falls back to the field when the error knows no path or another one', () => {
    expect(toTruePath(['list', 3, 'plans'], undefined)).toEqual(['list', 3, 'plans']);
    expect(toTruePath(['list', 3, 'plans'], ['_entities', 0, 'x'])).toEqual(['list', 3, 'plans']);
  });
});
