import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addLabOrder } from '../support/labs.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const hero = 'p-1001';
const pdf = `%PDF-1.7 ${'x'.repeat(3000)}`;

let deployment: Deployment;
let order: LabOrder;
afterEach(() => deployment.stop());

/** Starts with an outside that answers for result files as told; `asked` are the addresses that were asked for one. */
async function start(
  answer: (url: URL, init: RequestInit | undefined) => Response | Promise<Response>,
  env: Record<string, string> = {},
): Promise<URL[]> {
  const asked: URL[] = [];
  const sandboxHosts = new Set(['127.0.0.1', 'localhost']);
  const intercept: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (sandboxHosts.has(url.hostname) && !url.pathname.startsWith('/files/')) return await fetch(input, init);
    asked.push(url);
    return await answer(url, init);
  };
  deployment = await startDeployment({ env, outside: { fetch: intercept } });
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  order = addLabOrder(deployment);
  deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
  return asked;
}

async function getLink(): Promise<string> {
  const answer = await askPatient(
    deployment,
    'u-ada',
    hero,
    'labOrders(first: 100, freshness: CURRENT) { nodes { id results { pdfUrl } } }',
  );
  const orders = answer.patient.labOrders.nodes as { id: string; results: { pdfUrl: string }[] }[];
  const url = orders.find(({ id }) => id === order.id)?.results[0]?.pdfUrl;
  if (!url) throw new Error('There is no link');
  return url;
}

/** A file that begins at once and then brings nothing more; `givenUp` tells whether anybody still wants it, `taken` how many pieces were asked for. */
function buildEndlessFile(): { answer: () => Response; givenUp: () => boolean; taken: () => number } {
  let isGivenUp = false;
  let taken = 0;
  return {
    answer: () =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              taken += 1;
              controller.enqueue(Buffer.from(taken === 1 ? '%PDF-1.7 ' : 'x'.repeat(16_384)));
            },
            cancel: () => void (isGivenUp = true),
          },
          { highWaterMark: 0 },
        ),
        { headers: { 'content-length': '20000000' } },
      ),
    givenUp: () => isGivenUp,
    taken: () => taken,
  };
}

describe('GET /lab-results/{token}', () => {
  it('answers HEAD with the headers of GET, and does not download the file for it', async () => {
    const file = buildEndlessFile();
    await start(file.answer);
    const response = await fetch(await getLink(), { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '20000000',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    await waitFor('the download to end', () => file.givenUp());
    expect(file.taken()).toBeLessThan(20);
    expect((await fetch(`${deployment.app.url}/lab-results/made-up`, { method: 'HEAD' })).status).toBe(404);
  });

  it('gives the whole file to whoever asks for a range of it, and says that it knows no ranges', async () => {
    await start(() => new Response(pdf));
    const response = await fetch(await getLink(), { headers: { range: 'bytes=5-9' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('accept-ranges')).toBe('none');
    expect(response.headers.get('content-range')).toBeNull();
    expect(await response.text()).toBe(pdf);
  });

  it('takes nothing but GET and HEAD', async () => {
    await start(() => new Response(pdf));
    const url = await getLink();
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await fetch(url, { method })).status).toBe(404);
  });

  it('ends the download at Fullscript when the browser goes away half-way', async () => {
    const file = buildEndlessFile();
    await start(file.answer);
    const url = new URL(await getLink());
    await new Promise<void>((resolve, reject) => {
      const asking = httpRequest(url, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      asking.once('error', reject);
      asking.end();
    });
    await waitFor('the download to end', () => file.givenUp());
    const taken = file.taken();
    // Streamed, not gathered: far less than the file was taken when nobody listened any more.
    expect(taken * 16_384).toBeLessThan(10_000_000);
  });

  it('ends the call to Fullscript when the browser goes away before the file begins', async () => {
    const signals: AbortSignal[] = [];
    await start(
      (_, init) =>
        new Promise((_resolve, reject) => {
          if (init?.signal) signals.push(init.signal);
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    const url = await getLink();
    const gone = new AbortController();
    const asking = fetch(url, { signal: gone.signal }).catch(() => null);
    await waitFor('the call', () => signals.length > 0);
    gone.abort();
    await asking;
    await waitFor('the end of the call', () => signals[0]?.aborted);
  });

  it('is broken off, and never a whole file, when Fullscript stalls half-way', async () => {
    await start(
      () =>
        new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('%PDF-1.7 half')) })),
      { FULLSCRIPT_TIMEOUT_MS: '300' },
    );
    const response = await fetch(await getLink());
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('is 404 when the link of Fullscript’s own is dead, and 503 when its file host fails or asks for patience', async () => {
    const statuses = new Map<number, number>([
      [404, 404],
      [410, 404],
      [500, 503],
      [503, 503],
      [429, 503],
    ]);
    let status = 200;
    await start(() => new Response(pdf, { status }));
    const url = await getLink();
    for (const [theirs, ours] of statuses) {
      status = theirs;
      expect([theirs, (await fetch(url)).status]).toEqual([theirs, ours]);
    }
    status = 200;
    expect((await fetch(url)).status).toBe(200);
  }, 60_000);

  it('is 502, without a call, for every host but Fullscript’s own, however alike it looks', async () => {
    const asked = await start(() => new Response(pdf));
    const url = await getLink();
    const setFileUrl = (pdfUrl: string): void => {
      deployment.sandbox.sandbox.faults.clear();
      deployment.sandbox.sandbox.faults.add({
        path: `/api/clinic/labs/orders/${order.id}`,
        status: 200,
        body: {
          order: {
            id: order.id,
            state: 'results_ready',
            tests: [],
            results: [{ id: order.results[0]?.id, pdf_url: pdfUrl }],
          },
        },
      });
    };
    const refused = [
      'https://fullscript.com.evil.example/f.pdf',
      'https://evilfullscript.com/f.pdf',
      'https://fullscript.com@evil.example/f.pdf',
      'https://user:secret@files.fullscript.com/f.pdf',
      'https://files.fullscript.com:8443/f.pdf',
      'https://fullscript.com./f.pdf',
      'https://fullscript.co/f.pdf',
      'https://fullscript.com%2eevil.example/f.pdf',
      'https://xn--fullscrpt-4wb.com/f.pdf',
      'http://files.fullscript.com/f.pdf',
      'ftp://files.fullscript.com/f.pdf',
      'https://10.0.0.8/f.pdf',
      'https://[::1]/f.pdf',
      'https://169.254.169.254/latest/meta-data',
      'https://2130706433/f.pdf',
      '//evil.example/f.pdf',
      'file:///etc/passwd',
    ];
    for (const address of refused) {
      setFileUrl(address);
      const response = await fetch(url);
      expect([address, response.status]).toEqual([address, /^(ftp|file)/.test(address) ? 404 : 502]);
      expect(await response.text()).not.toContain('evil');
    }
    expect(asked).toEqual([]);
    for (const address of ['https://fullscript.com/f.pdf', 'https://eu.files.fullscript.io/f.pdf']) {
      setFileUrl(address);
      expect([address, (await fetch(url)).status]).toEqual([address, 200]);
    }
    expect(asked.map(({ hostname }) => hostname)).toEqual(['fullscript.com', 'eu.files.fullscript.io']);
    expect(deployment.logs.join('\n')).not.toContain('secret@');
  }, 60_000);

  it('is 502 when Fullscript sends the browser round in circles', async () => {
    const asked = await start((url) => new Response(null, { status: 302, headers: { location: `${url.pathname}x` } }));
    expect((await fetch(await getLink())).status).toBe(502);
    expect(asked.length).toBeLessThan(10);
  });
});
