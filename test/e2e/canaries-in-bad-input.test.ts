import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FullscriptFailure } from '../../src/domain/errors.ts';
import { findLeaks } from '../support/canaries.ts';
import { gatewaySecret, startDeployment, type Deployment } from '../support/deployment.ts';
import { createWatchedLog } from '../support/watched-log.ts';

const word = 'Kanarie0000Qx7';
const email = 'kanarie0000qx7@canary.example';
const birthDate = '1909-09-09';
const phone = '+19995550000';

/** Everything that a caller may get wrong, each with a patient in it. */
const documents: Record<string, [query: string, variables?: object]> = {
  'a document that ends too soon': [`{ fullscriptTreatmentPlan(id: "${word}"`],
  'a text where none may be': [`{ fullscriptViewer { connectionStatus } "${word}" }`],
  'a block of text where none may be': [`{ fullscriptViewer { connectionStatus } """${word} "at" """ }`],
  'a text that does not end': [`{ fullscriptTreatmentPlan(id: "${word} }`],
  'words instead of a document': [word],
  'a number where none may be': [`{ fullscriptViewer { connectionStatus } 9995550000 }`],
  'a literal of another type': [`{ fullscriptAccounts(first: "${word}") { totalCount } }`],
  'an enumeration in quotes': [`{ fullscriptTreatmentPlan(id: "x", freshness: "${word}") { id } }`],
  'a word that an enumeration does not have': [`{ fullscriptTreatmentPlan(id: "x", freshness: ${word}) { id } }`],
  'an object for an id': [`{ fullscriptTreatmentPlan(id: { name: "${word}", email: "${email}" }) { id } }`],
  'a list for an id': [`{ fullscriptTreatmentPlan(id: ["${word}"]) { id } }`],
  'a number that is too large': [`{ fullscriptAccounts(first: 9995550000) { totalCount } }`],
  'a literal that is no date': [
    `mutation { updateFullscriptPatient(input: { patientId: "x", dateOfBirth: "${birthDate} ${word}" }) { __typename } }`,
  ],
  'a date of a day that is none': [
    'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename } }',
    { input: { patientId: 'x', dateOfBirth: `${birthDate}T` } },
  ],
  'a variable of another type': [
    'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename } }',
    { input: `${word} at "x" of required type "y"` },
  ],
  'a field of another type': [
    'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename } }',
    { input: { patientId: { name: word }, firstName: [email], discountPercent: phone } },
  ],
  'a field that is not there': [
    'mutation ($input: FullscriptUpdatePatientInput!) { updateFullscriptPatient(input: $input) { __typename } }',
    { input: { patientId: 'x', nickName: word } },
  ],
  'a variable that is an enumeration': [
    'query ($freshness: FullscriptFreshness!) { fullscriptTreatmentPlan(id: "x", freshness: $freshness) { id } }',
    { freshness: word },
  ],
  'a default of another type': [`query ($first: Int = "${word}") { fullscriptAccounts(first: $first) { totalCount } }`],
  'an id that is too long': ['query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { id } }', { id: word.repeat(40) }],
  'an id of nobody': ['query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { agrees } }', { id: word }],
  'a cursor that is none': ['query ($at: String) { fullscriptAccounts(after: $at) { totalCount } }', { at: word }],
  'a cursor of something else': [
    'query ($at: String) { fullscriptAuditEvents(after: $at) { totalCount } }',
    { at: Buffer.from(JSON.stringify([word, email])).toString('base64url') },
  ],
  'a representation without an id': [
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { connectionStatus } } }',
    { r: [{ __typename: 'Patient', firstName: word, email }] },
  ],
  'a representation of nothing': [
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { connectionStatus } } }',
    { r: [{ __typename: word, id: email }] },
  ],
  'a representation that is a text': [
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { connectionStatus } } }',
    { r: [`${word} ${email}`] },
  ],
  'a place to return to that is elsewhere': [
    'mutation ($to: String) { connect(input: { returnTo: $to }) { state } }',
    { to: `https://elsewhere.example/${word}?email=${email}` },
  ],
  'words that are too long': [
    'mutation ($input: FullscriptReviewLabResultInput!) { reviewFullscriptLabResult(input: $input) { id } }',
    { input: { resultId: 'x', note: word.repeat(5000) } },
  ],
  'an override of nothing': [
    'mutation ($input: FullscriptImportPlanInput!) { importPlanIntoChart(input: $input) { __typename } }',
    { input: { planId: word, chartId: email, overrides: [{ recommendationId: word, dosage: { amount: phone } }] } },
  ],
  'a recommendation of nothing': [
    'mutation ($input: FullscriptCreateRecommendationInput!) { createRecommendation(input: $input) { __typename } }',
    { input: { patientId: word, items: [{ variantId: word, unitsToPurchase: -1 }], personalMessage: email } },
  ],
};

describe('Patients in what a caller gets wrong', () => {
  const log = createWatchedLog();
  const texts: string[] = [];
  let deployment: Deployment;
  /** Thrown by the clock, as the first thing that anybody asks for. */
  let bug: (() => never) | null = null;

  async function send(path: string, init: RequestInit): Promise<void> {
    const response = await fetch(`${deployment.app.url}${path}`, init);
    texts.push(`${await response.text()} ${JSON.stringify([...response.headers])}`);
  }
  /** For what a client library would not send. */
  async function sendRaw(lines: readonly string[]): Promise<void> {
    const { hostname, port } = new URL(deployment.app.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => void (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.end(lines.join('\r\n'));
    await once(socket, 'close');
    texts.push(text);
  }
  const expectClean = (): void => {
    expect(findLeaks([...log.lines, ...log.raw].join(''))).toEqual([]);
    expect(findLeaks(texts.join('\n'))).toEqual([]);
  };

  beforeAll(async () => {
    deployment = await startDeployment({
      env: { LOG_LEVEL: 'trace' },
      outside: { log: log.log, now: () => (bug ? bug() : new Date()) },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it.each(Object.entries(documents))('are not repeated: %s', async (_name, [query, variables]) => {
    // The third time it is answered by a compiled document.
    for (let time = 0; time < 3; time += 1) {
      const { errors } = await deployment.ask('u-ada', query, { variables: { ...variables } });
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.map(({ extensions }) => extensions['code'])).not.toContain('INTERNAL_SERVER_ERROR');
      expect(findLeaks(JSON.stringify(errors))).toEqual([]);
    }
    expectClean();
  });

  it('are not repeated when the request itself is wrong', async () => {
    const headers = { 'content-type': 'application/json', 'x-gateway-secret': gatewaySecret };
    const body = JSON.stringify({ query: '{ __typename }', operationName: word });
    await send('/graphql', { method: 'POST', headers, body });
    await send('/graphql', { method: 'POST', headers, body: `{"query": "${word}", "email": "${email}"` });
    await send('/graphql', { method: 'POST', headers, body: JSON.stringify(`${word} ${email}`) });
    await send('/graphql', { method: 'POST', headers, body: JSON.stringify({ query: { word }, variables: email }) });
    await send('/graphql', { method: 'POST', headers, body: JSON.stringify([{ query: word }]) });
    await send('/graphql', { method: 'POST', headers, body: word.repeat(100_000) });
    await send('/graphql', { method: 'POST', headers: { ...headers, 'content-type': word }, body });
    await send('/graphql', { method: 'POST', headers: { ...headers, 'x-gateway-secret': word }, body });
    await send('/graphql', { method: 'POST', headers: { ...headers, 'x-request-id': email }, body });
    await send('/graphql', {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${word}.${word}.x` },
      body,
    });
    await send('/graphql', { method: word, headers });
    await send(`/graphql?query=${word}&variables=${email}`, { headers });
    await send(`/graphql?query={__typename}&variables={"a":"${email}"`, { headers });
    await send(`/${word}/${email}?dateOfBirth=${birthDate}`, {});
    await send(`/lab-results/${word}?email=${email}`, { headers: { authorization: `Basic ${word}` } });
    await send(`/lab-results/${word.repeat(800)}`, {});
    await send(`/%E0%A4%A/${word}`, {});
    await send('/webhooks/fullscript', {
      method: 'POST',
      headers: { 'fullscript-signature': `t=${word},v1=${email}` },
      body: JSON.stringify({ event: { id: word, data: { email } } }),
    });
    await sendRaw([`GET /${word} HTTP/1.1`, `Host: ${word}`, `bad header ${email}`, '', '']);
    await sendRaw([`${word} /${email} HTTP/9.9`, '', '']);
    await sendRaw([`GET /healthz HTTP/1.1`, 'Host: x', `X-Large: ${word.repeat(5000)}`, '', '']);
    await send('/metrics', {});
    expect(texts.length).toBeGreaterThan(20);
    expect(log.lines.length).toBeGreaterThan(20);
    expectClean();
  });

  it.each<[string, () => unknown]>([
    ['JSON that cannot be read', () => JSON.parse(`{"firstName":"${word}","email":"${email}"x}`) as unknown],
    [
      'an error of a driver',
      () =>
        Object.assign(new Error(`Duplicate entry '${word} ${email}'`), {
          parameters: [word],
          sql: `values ("${word}")`,
        }),
    ],
    [
      'an error with a cause',
      () => new Error('It went wrong', { cause: new Error(`for "${word}", born ${birthDate}`) }),
    ],
    ['several errors', () => new AggregateError([new Error(`"${word}"`)], `of "${word}"`)],
    [
      'a failure that was left to itself',
      () => new FullscriptFailure('rejected', 'Refused', { reasons: [`${word} is taken`] }),
    ],
    ['a mistake of the program', () => 'key' in (`${word} and more` as unknown as object)],
    ['a text', () => `"${word}" ${email}`],
    ['an object', () => ({ firstName: word, email })],
  ])('are in no log and no answer when a bug throws %s', async (_name, make) => {
    bug = () => {
      throw make();
    };
    const before = log.lines.length;
    try {
      for (const query of ['{ fullscriptViewer { connectionStatus } }', 'mutation { connect { state } }'])
        await send('/graphql', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-gateway-secret': gatewaySecret,
            authorization: `Bearer ${await deployment.emr.tokenFor('u-ada')}`,
          },
          body: JSON.stringify({ query }),
        });
      await send('/webhooks/fullscript', {
        method: 'POST',
        headers: { 'fullscript-signature': `t=1,v1=${'0'.repeat(64)}` },
        body: '{}',
      });
    } finally {
      bug = null;
    }
    expect(log.lines.slice(before).join('')).toContain('Unexpected error');
    expect(findLeaks(log.lines.join(''))).toEqual([]);
    expect(findLeaks(texts.join('\n'))).toEqual([]);
  });
});
