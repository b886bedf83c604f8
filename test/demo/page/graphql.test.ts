import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, distinctByCode, errorsUnder, isOutage } from '../../../src/demo/page/graphql.ts';

async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => answer(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

const json = (response: ServerResponse, status: number, value: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

describe('ask', () => {
  it('sends document, variables and bearer, and gives data together with errors', async () => {
    const seen: { authorization: string | undefined; body: string }[] = [];
    const url = await serve((request, response, body) => {
      seen.push({ authorization: request.headers.authorization, body });
      json(response, 200, {
        data: { rows: [{ plans: null }] },
        errors: [
          {
            message: 'Fullscript asks for a pause.',
            path: ['rows', 0, 'plans'],
            extensions: { code: 'FULLSCRIPT_RATE_LIMITED', retryAfterSeconds: 12 },
          },
        ],
      });
    });

    const answer = await ask('query A($id: ID) { rows }', { id: 'p-1' }, { token: 'abc', url });

    expect(seen).toEqual([
      { authorization: 'Bearer abc', body: '{"query":"query A($id: ID) { rows }","variables":{"id":"p-1"}}' },
    ]);
    expect(answer).toEqual({
      data: { rows: [{ plans: null }] },
      errors: [
        {
          code: 'FULLSCRIPT_RATE_LIMITED',
          message: 'Fullscript asks for a pause.',
          path: ['rows', 0, 'plans'],
          retryAfterSeconds: 12,
        },
      ],
    });
  });

  it('gives the errors of a refused request, whatever the HTTP status', async () => {
    const url = await serve((_request, response) =>
      json(response, 400, { errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }] }),
    );
    const answer = await ask('{ a }', {}, { token: 't', url });
    expect(answer).toEqual({ data: null, errors: [{ code: 'UNAUTHENTICATED', message: 'No.', path: [] }] });
  });

  it.each([
    [401, 'UNAUTHENTICATED'],
    [503, 'HTTP_503'],
  ])('names HTTP status %i without a GraphQL answer %s', async (status, code) => {
    const url = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/plain' });
      response.end('not json');
    });
    const answer = await ask('{ a }', {}, { token: 't', url });
    expect(answer.data).toBeNull();
    expect(answer.errors.map((error) => error.code)).toEqual([code]);
  });

  it('calls a server that does not answer NETWORK, and passes an abort on', async () => {
    const url = await serve((request) => void request.socket.destroy());
    const answer = await ask('{ a }', {}, { token: 't', url });
    expect(answer.errors.map((error) => error.code)).toEqual(['NETWORK']);
    await expect(ask('{ a }', {}, { token: 't', url, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('errors of an answer', () => {
  const at = (code: string, ...path: (string | number)[]) => ({ code, message: code, path });

  it('belong to the row whose path they carry', () => {
    const errors = [at('A', 'list', 1, 'plans'), at('B', 'list', 10, 'plans'), at('C', 'list', 1), at('D')];
    expect(errorsUnder(errors, ['list', 1]).map((error) => error.code)).toEqual(['A', 'C']);
  });

  it('are told once for each code', () => {
    expect(distinctByCode([at('A', 'x'), at('B', 'y'), at('A', 'z')])).toEqual([at('A', 'x'), at('B', 'y')]);
  });

  it('are outages only when nothing definite was said', () => {
    const codes = ['NETWORK', 'HTTP_502', 'INTERNAL_SERVER_ERROR', 'FULLSCRIPT_UNAVAILABLE', 'EMR_UNAVAILABLE'];
    expect(codes.filter((code) => isOutage(at(code)))).toEqual(codes);
    expect(
      ['FORBIDDEN', 'FULLSCRIPT_CONNECTION_REQUIRED', 'NOT_FOUND', 'HTTP_404'].filter((code) => isOutage(at(code))),
    ).toEqual([]);
  });
});
