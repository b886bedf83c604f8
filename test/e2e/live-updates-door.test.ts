import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
const subscription = `subscription { fullscriptPatientChanged(patientId: "${hero}") { at } }`;

describe('The door to live updates', () => {
  let deployment: Deployment;
  let token: string;
  let headers: Record<string, string>;

  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await askPatient(deployment, 'u-ada', hero, 'treatmentPlans(freshness: CURRENT) { totalCount }');
    token = await deployment.emr.tokenFor('u-ada');
    headers = { authorization: `Bearer ${token}`, 'x-gateway-secret': deployment.env['GATEWAY_SECRET'] ?? '' };
  }, 60_000);
  afterAll(() => deployment.stop(), 60_000);

  /** Sends a request as it is, also one that `fetch` would not. */
  async function send(
    path: string,
    { method = 'GET', body, ...more }: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<{ status: number; text: string }> {
    return await new Promise((resolve, reject) => {
      const sent = request(`${deployment.app.url}${path}`, { method, headers: more.headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async function openSocket(given: Record<string, string> = headers): Promise<WebSocket> {
    const address = `${deployment.app.url.replace('http', 'ws')}/graphql`;
    const socket = new WebSocket(address, ['graphql-transport-ws'], { headers: given });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  }

  it('answers programs that offer HTTP/2 with each request as if they had not', async () => {
    const offer = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABk',
    };
    const post = { method: 'POST', headers: { ...headers, ...offer, 'content-type': 'application/json' } };
    const answer = await send('/graphql', { ...post, body: JSON.stringify({ query: '{ __typename }' }) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ data: { __typename: 'Query' } });
    expect((await send('/webhooks/fullscript', { ...post, body: '{}' })).status).toBe(401);
    expect((await send('/healthz', { headers: offer })).status).toBe(200);
  });

  it('lets a client go that sends without reading what it is answered', async () => {
    const socket = await openSocket();
    let acknowledged = false;
    let closed = false;
    socket.once('message', () => (acknowledged = true));
    socket.on('close', () => (closed = true));
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await waitFor('the acknowledgement', () => acknowledged);
    // What the client sees of the network.
    const { _socket: connection } = socket as unknown as { _socket: { pause(): void; resume(): void } };
    connection.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(60_000) } });
    for (let count = 0; count < 1000; count += 1) socket.send(ping);
    await waitFor('the pings to be sent or refused', () => socket.bufferedAmount === 0 || closed, 20_000);
    connection.resume();
    await waitFor('the end', () => closed, 20_000);
    socket.terminate();
  }, 60_000);

  it('ends with its socket also a stream whose id was taken by another before it had begun', async () => {
    const socket = await openSocket();
    let acknowledged = false;
    socket.on('message', () => (acknowledged = true));
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await waitFor('the acknowledgement', () => acknowledged);
    for (const type of ['subscribe', 'complete', 'subscribe', 'complete', 'subscribe'])
      socket.send(JSON.stringify({ id: 'same', type, payload: { query: subscription } }));
    await waitFor('the streams', () => deployment.app.liveStreams() > 1);
    socket.close();
    await waitFor('all streams to end', () => deployment.app.liveStreams() === 0);
  }, 60_000);

  it('does nothing for a client that takes nothing but streams before it is clear that it can be streamed', async () => {
    const ask = async (query: string, more: object = {}): Promise<{ status: number; text: string }> =>
      await send('/graphql', {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query, ...more }),
      });
    const revoke = 'mutation { revoke { revocation { total } } }';
    expect((await ask(revoke)).text).toContain('BAD_USER_INPUT');
    expect((await ask('{ __typename }')).text).toContain('BAD_USER_INPUT');
    const viewer = await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
    expect(viewer.data).toEqual({ fullscriptViewer: { connectionStatus: 'CONNECTED' } });
    expect(await ask('subscription {')).toMatchObject({ status: 400 });
    expect((await ask('subscription {')).text).toContain('GRAPHQL_PARSE_FAILED');
    expect((await ask(`${subscription} #${'x'.repeat(21_000)}`)).text).toContain('BAD_USER_INPUT');
    const two = `${subscription.replace('subscription', 'subscription A')} ${subscription.replace('subscription', 'subscription B')}`;
    expect((await ask(two, { operationName: 'C' })).text).toContain('OPERATION_RESOLUTION_FAILURE');
    expect(deployment.app.liveStreams()).toBe(0);
  });

  it('takes what breaks the protocol for a fault of the client, which no error is logged for', async () => {
    const subscribe = { id: 'x'.repeat(200), type: 'subscribe', payload: { query: subscription } };
    const errors = (): number => deployment.logs.filter((line) => line.includes('"level":50')).length;
    const before = errors();
    for (const [messages, code] of [
      [[{ id: 'x', type: 'next', payload: {} }], 4400],
      [['no JSON'], 4400],
      [[Buffer.from([0xff, 0x00])], 4400],
      [[subscribe], 4401],
      [[{ type: 'connection_init' }, { type: 'connection_init' }], 4429],
      [[{ type: 'connection_init' }, subscribe, subscribe], 4409],
    ] as const) {
      const socket = await openSocket();
      let closed = 0;
      socket.on('close', (given) => (closed = given));
      for (const message of messages) {
        socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message));
        // The second subscription comes after the acknowledgement.
        if (messages.length > 2 && message === messages[0])
          await new Promise((resolve) => socket.once('message', resolve));
      }
      await waitFor('the end', () => closed > 0);
      expect(closed).toBe(code);
    }
    expect(errors()).toBe(before);
    await waitFor('all streams to end', () => deployment.app.liveStreams() === 0);
  }, 60_000);
});
