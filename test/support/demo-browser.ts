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
  /** Waits for what the browser opens in a new tab while `act` runs. */
  openTab(act: () => Promise<unknown>): Promise<Page>;
  /** The roles of the controls on the page that a screen reader would have no name for; should be empty. */
  findUnnamedControls(): Promise<string[]>;
  /** By how many pixels the page is wider than a window of this width. */
  measureOverflow(widthPixels: number): Promise<number>;
  /** Signs in as somebody else by the select at the top. */
  switchUser(userId: string): Promise<void>;
  stop(): Promise<void>;
}

const controls = new Set([
  'button',
  'checkbox',
  'combobox',
  'dialog',
  'link',
  'radio',
  'searchbox',
  'spinbutton',
  'textbox',
  'Date',
]);

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
    async openTab(act) {
      const [tab] = await Promise.all([context.waitForEvent('page'), act()]);
      await tab.waitForLoadState();
      return tab;
    },
    async findUnnamedControls() {
      const devtools = await context.newCDPSession(page);
      const { nodes } = await devtools.send('Accessibility.getFullAXTree');
      await devtools.detach();
      return nodes
        .filter((node) => !node.ignored && controls.has(String(node.role?.value)) && !node.name?.value)
        .map((node) => String(node.role?.value));
    },
    async measureOverflow(widthPixels) {
      const size = page.viewportSize();
      await page.setViewportSize({ width: widthPixels, height: 900 });
      const root = 'document.documentElement';
      const overflow = Number(await page.evaluate(`${root}.scrollWidth - ${root}.clientWidth`));
      if (size) await page.setViewportSize(size);
      return overflow;
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
