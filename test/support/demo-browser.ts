import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemo, type RunningDemo } from '../../src/demo/start.ts';
import { chromiumArguments, findChromium } from './chromium.ts';

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
  see(testId: string, attributes: Record<string, string>, on?: Page): Promise<void>;
  /** Expects of what `read` gives, which may take a moment to come about: 30 s at most by default. */
  eventually<T>(read: () => T | Promise<T>, withinMs?: number): ReturnType<typeof expect.poll<T>>;
  /** Waits for what the browser opens in a new tab while `act` runs. */
  openTab(act: () => Promise<unknown>): Promise<Page>;
  /** The roles of the controls on the page that a screen reader would have no name for; should be empty. */
  findUnnamedControls(): Promise<string[]>;
  /** By how many pixels the page is wider than a window of this width. */
  measureOverflow(widthPixels: number): Promise<number>;
  /** How many authorizations live at Fullscript. */
  countLiveTokens(): number;
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
async function openDemoBrowser(executablePath: string): Promise<DemoBrowser> {
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
  const eventually = <T>(read: () => T | Promise<T>, withinMs = 30_000) =>
    expect.poll(read, { timeout: withinMs, interval: 100 });
  return {
    demo,
    context,
    page,
    outside,
    complaints,
    at,
    eventually,
    async see(testId, attributes, on = page) {
      const wanted = Object.entries(attributes).map(([name, value]) => `[${name}="${value}"]`);
      await on
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
    countLiveTokens: () =>
      [...demo.sandbox.sandbox.state.tokens.values()].filter((pair) => pair.endedAt === null).length,
    async stop() {
      await browser.close();
      await demo.stop();
    },
  };
}

/**
 * A suite of steps in one demo and one browser tab, each of which starts where the one before ended: after one has failed the others are not run. It ends
 * with a look at what the browser asked of other hosts and what it complained about. Skipped without a Chromium. `prepare` runs before the first step.
 */
export function describeInDemoBrowser(
  name: string,
  defineSteps: (get: () => DemoBrowser) => void,
  prepare: (open: DemoBrowser) => Promise<void> = () => Promise.resolve(),
): void {
  const executablePath = findChromium();
  describe.skipIf(executablePath === null)(name, () => {
    let open: DemoBrowser;
    beforeAll(async () => {
      open = await openDemoBrowser(executablePath ?? '');
      await prepare(open);
    }, 240_000);
    afterAll(() => open.stop());

    let hasFailed = false;
    beforeEach((test) => {
      test.skip(hasFailed, 'an earlier step failed');
      test.onTestFailed(() => {
        hasFailed = true;
      });
    });

    defineSteps(() => open);

    it('asked nothing of another host and caused no error in the browser', () => {
      expect(open.outside).toEqual([]);
      expect(open.complaints).toEqual([]);
    });
  });
}
