import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

import { readEnvironment } from '../config.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { GatewaySettingsError, readGatewaySettings, type GatewaySettings } from './gateway-settings.ts';
import { composeSupergraph, fetchSubgraphSdl, type Subgraph } from './supergraph.ts';

/*
 * A gateway by itself, before a subgraph and an EMR that run elsewhere: it asks both for their schemas, composes them and
 * serves the supergraph at /graphql, with an explorer at /playground. The schemas are read once, at the start. Our subgraph
 * shows its schema with INTROSPECTION=on only.
 */

const retryMs = 1000;
/** Longest wait for requests under way at the end. */
const drainMs = 3000;

const firstQuery = `# Put a token of the EMR into the Headers tab below, then run this.
query WhereDoIStand {
  fullscriptViewer {
    connectionStatus
    canRecommend
  }
}
`;

/** Asks until there is an answer, and says why it has to ask again whenever the reason is a new one. Rejects when the signal fires. */
async function waitForSdl(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<string> {
  let told = '';
  for (;;) {
    try {
      return await fetchSubgraphSdl(url, headers);
    } catch (error) {
      const cause = error instanceof Error && error.message.includes(url) ? error.message : `${url} does not answer.`;
      if (cause !== told) console.log(`${cause} Trying again.`);
      told = cause;
    }
    await wait(retryMs, undefined, { signal });
  }
}

function createApp(gateway: Gateway): Hono {
  const app = new Hono();
  let playground: string | undefined;
  app.get('/', (context) => context.redirect('/playground'));
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/playground', (context) => {
    playground ??= renderGraphiQL({
      title: 'Supergraph',
      defaultQuery: firstQuery,
      headers: JSON.stringify({ authorization: 'Bearer ' }, null, 2),
      endpoint: '/graphql',
    });
    return context.html(playground);
  });
  app.all('/graphql', async (context) => {
    const isVisit = context.req.method === 'GET' && context.req.header('accept')?.includes('text/html') === true;
    if (isVisit) return context.redirect('/playground');
    const answer = await gateway.fetch(context.req.raw);
    return new Response(answer.body, { status: answer.status, headers: new Headers(answer.headers) });
  });
  return app;
}

async function start(settings: GatewaySettings, signal: AbortSignal): Promise<{ url: string; stop(): Promise<void> }> {
  const secretHeaders: Record<string, string> = settings.secret === null ? {} : { 'x-gateway-secret': settings.secret };
  const [emr, fullscript] = await Promise.all([
    waitForSdl(settings.emrUrl, {}, signal),
    waitForSdl(settings.subgraphUrl, secretHeaders, signal),
  ]);
  const subgraphs: Subgraph[] = [
    { name: 'emr', url: settings.emrUrl, sdl: emr },
    { name: 'fullscript', url: settings.subgraphUrl, sdl: fullscript },
  ];
  const gateway = createGateway({
    supergraphSdl: composeSupergraph(subgraphs),
    secretHeaders: { fullscript: secretHeaders },
  });
  const server = createAdaptorServer({ fetch: createApp(gateway).fetch });
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  return {
    url: `http://${settings.host}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      // Live updates would never end by themselves.
      const cut = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, drainMs);
      await closed;
      clearTimeout(cut);
      await gateway.stop();
    },
  };
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  let starting: ReturnType<typeof start> | undefined;
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    void (async () => {
      try {
        await (await starting)?.stop();
      } catch {
        // It had not started; that is the end all the same.
      }
      process.exit(0);
    })();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  try {
    starting = start(readGatewaySettings(readEnvironment()), stopping.signal);
    const { url } = await starting;
    console.log(`The gateway is ready: ${url}/graphql, explorer at ${url}/playground`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    if (error instanceof GatewaySettingsError) console.error(`The configuration cannot be used:\n${error.message}`);
    else console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

await main();
