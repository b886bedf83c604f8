import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The raw body; empty without one. */
  text: string;
  /** The parsed body; undefined without one. */
  json: unknown;
}

export interface GivenAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Text and bytes go out as they are, everything else as JSON. */
  body?: unknown;
  /** 'hang' never answers, 'reset' breaks the connection off after the request has come in. */
  fault?: 'hang' | 'reset';
}

export interface HttpServer {
  url: string;
  /** All requests so far, in order. */
  seen: SeenRequest[];
  close(): Promise<void>;
}

/** A real HTTP server on 127.0.0.1 that answers with what `answer` says. */
export async function startHttpServer(
  answer: (request: SeenRequest) => GivenAnswer | Promise<GivenAnswer>,
): Promise<HttpServer> {
  const seen: SeenRequest[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const text = Buffer.concat(chunks).toString('utf8');
      const entry: SeenRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        text,
        json: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      seen.push(entry);
      void Promise.resolve(answer(entry)).then((given) => {
        if (given.fault === 'reset') return request.socket.destroy();
        if (given.fault === 'hang') return undefined;
        const raw = typeof given.body === 'string' || given.body instanceof Uint8Array;
        response.writeHead(given.status ?? 200, {
          ...(raw ? {} : { 'content-type': 'application/json' }),
          'x-request-id': `up-${seen.length}`,
          ...given.headers,
        });
        return response.end(raw ? given.body : given.body === undefined ? undefined : JSON.stringify(given.body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
