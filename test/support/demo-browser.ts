import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { startDemo, type RunningDemo } from '../../src/demo/start.ts';
import { chromiumArguments } from './chromium.ts';

/** A running demo with one tab of a browser on its page. */
export interface DemoBrowser {
  demo: RunningDemo;
  context: BrowserContext;
  page: Page;
  /** What the browser asked of other hosts, and what it complained about; both should stay empty. */
  outside: string[];
  complaints: string[];
  at(testId: string, on?: Page): Locator;
  /** Waits until an element has this test id and these attributes. */
  see(testId: string, attributes: Record<string, string>): Promise<void>;
  /** Expects of what `read` gives, which may take a moment to come about. */
  eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>>;
  /** Signs in as somebody else by the select at the top. */
  switchUser(userId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a demo and a browser, and opens the demo's page in it. */
export async function openDemoBrowser(executablePath: string): Promise<DemoBrowser> {
  const demo = await startDemo();
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(30_000);
  const outside: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(?:https?|wss?):$/.test(protocol) && hostname !== '127.0.0.1') outside.push(request.url());
  });
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (failure) => complaints.push(failure.error().message));
  const page = await context.newPage();
  await page.goto(demo.url);

  const at = (testId: string, on: Page = page) => on.getByTestId(testId);
  const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 100 });
  return {
    demo,
    context,
    page,
    outside,
    complaints,
    at,
    eventually,
    async see(testId, attributes) {
      const wanted = Object.entries(attributes).map(([name, value]) => `[${name}="${value}"]`);
      await page
        .locator(`[data-testid="${testId}"]${wanted.join('')}`)
        .first()
        .waitFor();
    },
    async switchUser(userId) {
      await at('user-switch').selectOption(userId);
      const select = `document.querySelector('[data-testid="user-switch"]')`;
      await page.waitForFunction(`${select}?.value === ${JSON.stringify(userId)}`);
    },
    async stop() {
      await browser.close();
      await demo.stop();
    },
  };
}
