import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createLabLinks } from '../../src/operations/lab-links.ts';
import type { OperationNeeds } from '../../src/operations/needs.ts';
import { createOpenLabResult } from '../../src/operations/open-lab-result.ts';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { createSecrets } from '../../src/store/secrets.ts';
import { startDeployment, type Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { askPatient, getFullscriptPatientId } from '../support/reading.ts';

const hero = 'p-1001';

let deployment: Deployment;
let offsetMs = 0;
let order: LabOrder;

async function start(options: DeploymentOptions = {}): Promise<void> {
  offsetMs = 0;
  const now = () => new Date(Date.now() + offsetMs);
  deployment = await startDeployment({ ...options, outside: { now, ...options.outside } });
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  const { actions, state } = deployment.sandbox.sandbox;
  const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
  const panel = [...state.labPanels.values()][0]?.id ?? '';
  const plan = actions.createPlan(ada?.clinicId ?? '', {
    practitionerId: ada?.id ?? '',
    patientId: getFullscriptPatientId(deployment, 'mira.okoye@mail.example'),
    labPanelIds: [panel],
  });
  actions.sendPlan(plan.id);
  const found = [...state.labOrders.values()].find(({ planId }) => planId === plan.id);
  if (!found) throw new Error('The sandbox made no lab order');
  order = found;
  actions.moveLabOrder(order.id, 'purchased');
  actions.publishResults(order.id, 1);
}

async function getLink(who = 'u-ada'): Promise<string> {
  const answer = await askPatient(
    deployment,
    who,
    hero,
    'labOrders(first: 100, freshness: CURRENT) { nodes { id results { pdfUrl } } }',
  );
  const orders = answer.patient.labOrders.nodes as { id: string; results: { pdfUrl: string }[] }[];
  const url = orders.find(({ id }) => id === order.id)?.results[0]?.pdfUrl;
  if (!url) throw new Error('There is no link');
  return url;
}

const tokenOf = (who: string) => deployment.emr.tokenFor(who);

afterEach(() => deployment.stop());

describe('FullscriptLabResult.pdfUrl', () => {
  beforeEach(() => start());

  it('leads to the PDF, never to be stored, for whoever holds the link', async () => {
    const url = await getLink();
    expect(url.startsWith(`${deployment.app.url}/lab-results/`)).toBe(true);
    for (const headers of [{}, { authorization: `Bearer ${await tokenOf('u-ada')}` }]) {
      const response = await fetch(url, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/pdf');
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-disposition')).toMatch(
        /filename="Fullscript lab result \d{4}-\d\d-\d\d\.pdf"/,
      );
      expect(
        Buffer.from(await response.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
    }
    const audit = await deployment.ask(
      'u-admin',
      '{ fullscriptAuditEvents { nodes { action userId patientId outcome subject } } }',
    );
    expect(audit.data.fullscriptAuditEvents.nodes).toContainEqual({
      action: 'lab.view',
      userId: 'u-ada',
      patientId: hero,
      outcome: 'ok',
      subject: order.results[0]?.id,
    });
  });

  it('says nothing of patient or result, and differs each time', async () => {
    const [one, two] = [await getLink(), await getLink()];
    expect(one).not.toBe(two);
    for (const word of [hero, order.id, order.results[0]?.id ?? '', 'u-ada', 'juniper'])
      expect(Buffer.from(one, 'base64url').toString('latin1') + one).not.toContain(word);
  });

  it('is 404 when tampered with, cut, or made up', async () => {
    const url = await getLink();
    const middle = url.length - 40;
    const changed = url[middle] === 'A' ? 'B' : 'A';
    for (const bad of [
      `${url.slice(0, middle)}${changed}${url.slice(middle + 1)}`,
      url.slice(0, -2),
      `${deployment.app.url}/lab-results/x`,
      `${deployment.app.url}/lab-results/${'y'.repeat(4000)}`,
    ])
      expect((await fetch(bad)).status).toBe(404);
  });

  it('is 410 once LAB_LINK_SECONDS are over, 300 by default', async () => {
    const url = await getLink();
    offsetMs += 295_000;
    expect((await fetch(url)).status).toBe(200);
    offsetMs += 10_000;
    expect((await fetch(url)).status).toBe(410);
  });

  it('is 404 with the Authorization header of somebody else, of another organization, or of nobody', async () => {
    const url = await getLink();
    for (const authorization of [
      `Bearer ${await tokenOf('u-ben')}`,
      `Bearer ${await tokenOf('u-tomas')}`,
      `Bearer ${await deployment.emr.tokenFor('u-ada', { org: 'org-tamarack' })}`,
      'Bearer nonsense',
      'Basic dTpw',
    ])
      expect((await fetch(url, { headers: { authorization } })).status).toBe(404);
  });

  it('is 503 while Fullscript is down, and works again afterwards', async () => {
    const url = await getLink();
    const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/labs/orders/*', status: 500 });
    expect((await fetch(url)).status).toBe(503);
    deployment.sandbox.sandbox.faults.clear(fault.id);
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/labs/orders/*', reset: true, count: 9 });
    expect((await fetch(url)).status).toBe(503);
    deployment.sandbox.sandbox.faults.clear();
    expect((await fetch(url)).status).toBe(200);
  });

  it('is 403 once the authorization is gone, revoked here or at Fullscript, and once the user is switched off', async () => {
    const url = await getLink();
    const off = 'mutation { setFullscriptEnabled(input: { enabled: false, userId: "u-ada" }) { enabled } }';
    await deployment.ask('u-admin', off);
    expect((await fetch(url)).status).toBe(403);
    await deployment.ask('u-admin', off.replace('false', 'true'));
    expect((await fetch(url)).status).toBe(200);
    const { actions, state } = deployment.sandbox.sandbox;
    const ada = [...state.users.values()].find((user) => user.email === 'ada@cedarrow.example');
    actions.revokeAuthorizationByUser(ada?.id ?? '');
    expect((await fetch(url)).status).toBe(403);
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    expect((await fetch(url)).status).toBe(200);
    await deployment.ask('u-ada', 'mutation { revoke { revocation { total } } }');
    expect((await fetch(url)).status).toBe(403);
  });

  it('is null for a result without a file', async () => {
    deployment.sandbox.sandbox.settings.labFileField = 'url';
    expect(await getLink()).toContain('/lab-results/');
    deployment.sandbox.sandbox.faults.add({
      path: `/api/clinic/labs/orders/${order.id}`,
      status: 200,
      body: {
        order: {
          id: order.id,
          state: 'results_ready',
          patient_id: order.patientId,
          tests: [],
          results: [{ id: 'r-1', name: 'One' }],
        },
      },
    });
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${order.id}", freshness: CURRENT) { results { id pdfUrl } } }`,
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data.fullscriptLabOrder.results).toEqual([{ id: 'r-1', pdfUrl: null }]);
  });
});

describe('A result file that is not to be shown', () => {
  /** Starts with an outside that answers for result files as told; `asked` are the addresses that were asked. */
  async function startWithFile(answer: (url: URL) => Response, env: Record<string, string> = {}): Promise<URL[]> {
    const asked: URL[] = [];
    const intercept: typeof fetch = (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (!url.pathname.startsWith('/files/') && !url.hostname.endsWith('.example')) return fetch(input, init);
      asked.push(url);
      return Promise.resolve(answer(url));
    };
    await start({ env, outside: { fetch: intercept } });
    return asked;
  }
  /** Lets Fullscript say that the file of the order is at this address. */
  function setFileUrl(pdfUrl: string): void {
    deployment.sandbox.sandbox.faults.add({
      path: `/api/clinic/labs/orders/${order.id}`,
      status: 200,
      body: {
        order: {
          id: order.id,
          state: 'results_ready',
          patient_id: order.patientId,
          tests: [],
          results: [{ id: order.results[0]?.id, name: 'One', pdf_url: pdfUrl }],
        },
      },
    });
  }

  it('is 502 when it is no PDF, whatever it calls itself', async () => {
    await startWithFile(() => new Response('<html>sign in</html>', { headers: { 'content-type': 'application/pdf' } }));
    const response = await fetch(await getLink());
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('sign in');
  });

  it('is 502 when it says that it is larger than LAB_PDF_MAX_BYTES', async () => {
    await startWithFile(() => new Response(`%PDF-${'x'.repeat(2000)}`, { headers: { 'content-length': '2005' } }), {
      LAB_PDF_MAX_BYTES: '1000',
    });
    expect((await fetch(await getLink())).status).toBe(502);
  });

  it('is never given out whole when it turns out larger than LAB_PDF_MAX_BYTES on the way', async () => {
    const chunks = () =>
      new ReadableStream({
        start(controller) {
          for (let index = 0; index < 20; index += 1) controller.enqueue(Buffer.from(`%PDF-${'x'.repeat(200)}`));
          controller.close();
        },
      });
    await startWithFile(() => new Response(chunks()), { LAB_PDF_MAX_BYTES: '1000' });
    const size = await fetch(await getLink())
      .then(
        async (response) => (response.status === 502 ? 0 : (await response.arrayBuffer()).byteLength),
        () => 0,
      )
      .catch(() => 0);
    expect(size).toBeLessThanOrEqual(1000);
  });

  it('is 502, without being asked for, when it is at a host that is not allowed, plain or by redirect', async () => {
    const asked = await startWithFile((url) =>
      url.hostname.endsWith('.example')
        ? new Response('%PDF-stolen')
        : new Response(null, { status: 302, headers: { location: 'https://evil.example/file.pdf' } }),
    );
    const url = await getLink();
    expect((await fetch(url)).status).toBe(502);
    expect(asked.map(({ hostname }) => hostname)).not.toContain('evil.example');
    for (const foreign of [
      'https://evil.example/file.pdf',
      'https://fullscript.com.evil.example/file.pdf',
      'http://fullscript.com/file.pdf',
      'https://user:pass@fullscript.com/file.pdf',
      'https://127.0.0.1:1/file.pdf',
    ]) {
      deployment.sandbox.sandbox.faults.clear();
      setFileUrl(foreign);
      expect([foreign, (await fetch(url)).status]).toEqual([foreign, 502]);
    }
    expect(asked.map(({ hostname }) => hostname)).not.toContain('evil.example');
  });

  /** Opens the result in this very process, with an operation of its own. */
  async function openHere(
    options: Parameters<typeof createOpenLabResult>[2],
    needs: Partial<OperationNeeds>,
  ): Promise<ReturnType<ReturnType<typeof createOpenLabResult>>> {
    const links = createLabLinks(createSecrets(readConfig(deployment.env).encryptionKeys));
    const open = createOpenLabResult({ ...deployment.app.parts.operationNeeds, ...needs }, links, options);
    const token = (await getLink()).split('/').at(-1) ?? '';
    return await open(token, undefined, { requestId: 'r', signal: new AbortController().signal });
  }
  /** A file that begins at once; `end` gives the rest of it, and `givenUp` resolves when nobody wants that any more. */
  function buildSlowFile(): { answer: () => Response; end: () => void; givenUp: Promise<void> } {
    let end: () => void = () => undefined;
    let giveUp: () => void = () => undefined;
    const givenUp = new Promise<void>((resolve) => (giveUp = resolve));
    const answer = (): Response =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from('%PDF-begin '));
            end = () => {
              controller.enqueue(Buffer.from('end'));
              controller.close();
            };
          },
          cancel: () => giveUp(),
        }),
      );
    return { answer, end: () => end(), givenUp };
  }

  it('must begin in time, and may then take its time', async () => {
    const slow = buildSlowFile();
    const signals: AbortSignal[] = [];
    let held = false;
    const intercept: typeof fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (!url.pathname.startsWith('/files/')) return await fetch(input, init);
      if (init?.signal) signals.push(init.signal);
      if (!held) return slow.answer();
      return await new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    await start({ outside: { fetch: intercept } });
    const openTimeoutMs = 1500;
    const opened = await openHere({ openTimeoutMs }, {});
    if (opened.kind !== 'file') throw new Error(opened.kind);
    held = true;
    // This one takes longer than is allowed, and so the first one has been open for as long.
    expect((await openHere({ openTimeoutMs }, {})).kind).toBe('unavailable');
    expect(signals[0]?.aborted).toBe(false);
    slow.end();
    expect(Buffer.concat(await opened.stream.toArray()).toString()).toBe('%PDF-begin end');
  });

  it('is downloaded no further when it cannot be recorded who looks at it', async () => {
    const slow = buildSlowFile();
    await startWithFile(slow.answer);
    const { audit } = deployment.app.parts.operationNeeds;
    const record = () => Promise.reject(new Error('The database is gone'));
    await expect(openHere({}, { audit: { ...audit, record } })).rejects.toThrow('The database is gone');
    await slow.givenUp;
  });
});
