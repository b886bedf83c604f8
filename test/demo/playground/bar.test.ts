import { existsSync } from 'node:fs';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startDemoEmr, type RunningEmr } from '../../../src/demo/emr/start.ts';
import { startSite, type RunningSite } from '../../../src/demo/site.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const quietArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Asked {
  operationName?: string;
  query: string;
  variables?: Record<string, unknown>;
  authorization: string | null;
}

describe.skipIf(executablePath === undefined)('the playground in a browser', () => {
  let browser: Browser;
  let emr: RunningEmr;
  let site: RunningSite;
  let page: Page;
  let asked: Asked[];
  let outside: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ args: quietArguments, ...(executablePath ? { executablePath } : {}) });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    emr = await startDemoEmr();
    site = await startSite({ port: 0, host: '127.0.0.1' });
    asked = [];
    outside = [];
    site.open({
      emr,
      page: new Map(),
      subgraphOrigin: site.url,
      fullscriptUrl: site.url,
      gateway: {
        fetch: async (request) => {
          const body = (await request.json()) as Omit<Asked, 'authorization'>;
          asked.push({ ...body, authorization: request.headers.get('authorization') });
          const connect = {
            authorizeUrl: `${site.url}/consent`,
            state: 'state-1',
            expiresAt: '2026-03-02T14:00:00.000Z',
          };
          return Response.json({ data: body.query.includes('mutation Connect') ? { connect } : { said: 'hello' } });
        },
        stop: () => Promise.resolve(),
      },
    });
    page = await browser.newPage();
    page.context().on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'blob:' && protocol !== 'data:' && origin !== site.url) outside.push(request.url());
    });
    await page.goto(`${site.url}/playground`);
    await page.waitForSelector('.graphiql-container .view-line', { timeout: 45_000 });
  }, 60_000);

  afterEach(async () => {
    await page.context().close();
    await site.stop();
    await emr.stop();
  });

  const run = async (operation: string): Promise<Asked> => {
    // GraphiQL reads the operation out of the editor with a delay, and then puts its name on the tab.
    await page.locator('.graphiql-tab', { hasText: operation.replace('mutation ', '') }).waitFor();
    await page.click('button[aria-label^="Execute query"]');
    await expect.poll(() => asked.some((one) => one.query.includes(operation)), { timeout: 10_000 }).toBe(true);
    const found = asked.find((one) => one.query.includes(operation));
    if (!found) throw new Error(`${operation} was not asked`);
    return found;
  };
  const getSubject = (authorization: string | null): unknown => {
    const [, claims = ''] = (authorization ?? '').replace('Bearer ', '').split('.');
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: unknown }).sub;
  };

  it('asks as the chosen user, takes values from step to step, and stays on this machine', async () => {
    const first = await run('WhereDoIStand');
    expect(getSubject(first.authorization)).toBe('u-ada');

    await page.click('[data-testid=step-connect]');
    await run('mutation Connect');
    const link = page.locator('[data-testid=step-links] a');
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe(`${site.url}/consent`);
    const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await tab.goto(`${site.url}/connected?code=code-1&state=state-1`);
    await tab.getByText('Back from Fullscript').first().waitFor();
    expect(tab.url()).toBe(`${site.url}/connected`);
    await page.locator('[data-testid=step-complete-connect][aria-current=step]').waitFor();
    const completed = await run('mutation CompleteConnect');
    expect(completed.variables).toEqual({ input: { code: 'code-1', state: 'state-1' } });

    await page.click('[data-testid=step-accounts]');
    expect(await page.inputValue('[data-testid=demo-user]')).toBe('u-admin');
    await page.selectOption('[data-testid=demo-user]', 'u-carla');
    const asStaff = await run('WhoIsConnected');
    expect(getSubject(asStaff.authorization)).toBe('u-carla');
    expect(await page.textContent('[data-testid=demo-who]')).toBe('staff · Juniper Integrative Medicine');
    expect(outside).toEqual([]);
  }, 60_000);
});
