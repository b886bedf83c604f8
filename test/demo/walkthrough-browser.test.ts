import { expect, it } from 'vitest';

import { demoPatientIds } from '../../src/demo/emr/patients.ts';
import { seedPassword, seedUsers } from '../../src/sandbox/seed/people.ts';
import { describeInDemoBrowser, type DemoBrowser } from '../support/demo-browser.ts';

const timeout = 60_000;

describeInDemoBrowser('the walk-through in a browser', (open) => {
  /** The plan that Ada sends on the way, and the chart note it goes into. */
  let planId = '';
  const chartId = `c-${demoPatientIds.hero.slice('p-'.length)}-2`;

  const at: DemoBrowser['at'] = (testId, on) => open().at(testId, on);
  const see: DemoBrowser['see'] = (testId, attributes, on) => open().see(testId, attributes, on);
  const eventually: DemoBrowser['eventually'] = (read, withinMs) => open().eventually(read, withinMs);
  const openTab: DemoBrowser['openTab'] = (act) => open().openTab(act);
  const switchUser = (userId: string) => open().switchUser(userId);
  const countLiveTokens = () => open().countLiveTokens();

  it(
    'says that it was declined when the person cancels at Fullscript',
    async () => {
      await see('status', { 'data-status': 'NOT_CONNECTED' });
      await at('connect').click();
      await at('field-email').fill(seedUsers.ada.email);
      await at('field-password').fill(seedPassword);
      await at('sign-in').click();
      await eventually(() => at('consent-user').textContent()).toContain('Ada');
      await at('cancel').click();
      await see('connect-result', { 'data-outcome': 'declined' });
      expect(await at('connect-result').textContent()).toContain('Declined');
      await see('status', { 'data-status': 'NOT_CONNECTED' });
      expect(countLiveTokens()).toBe(0);
    },
    timeout,
  );

  it(
    'connects through the consent page',
    async () => {
      await at('connect').click();
      await at('authorize').click();
      await see('connect-result', { 'data-outcome': 'connected' });
      await see('status', { 'data-status': 'CONNECTED' });
      expect(await at('clinic').textContent()).toBe('Cedar Row Wellness');
      expect(new URL(open().page.url()).pathname).toBe('/');
      expect(new URL(open().page.url()).search).toBe('');
      expect(countLiveTokens()).toBe(1);
    },
    timeout,
  );

  it(
    'lists 50 patients with status, account, latest plan and lab stages',
    async () => {
      const rows = at('patient-list').locator('tbody tr');
      await eventually(() => rows.count()).toBe(50);
      // The first look reads everything from Fullscript; on a busy machine that may take longer than one request is given.
      await eventually(async () => {
        const errors = await open().page.locator('[data-testid^="row-error-"]').count();
        const known = open().page.locator('[data-testid^="patient-status-"]:not([data-status="UNKNOWN"])');
        const missing = errors + 50 - (await known.count());
        if (missing > 0 && (await at('patient-refresh').isEnabled())) await at('patient-refresh').click();
        return missing;
      }, 3 * timeout).toBe(0);
      await see(`patient-status-${demoPatientIds.hero}`, { 'data-status': 'CONNECTED' });
      await see(`patient-status-${demoPatientIds.doubtful}`, { 'data-status': 'MATCH_REQUIRED' });
      await see(`patient-status-${demoPatientIds.unknown}`, { 'data-status': 'NOT_CONNECTED' });
      const hero = at(`patient-row-${demoPatientIds.hero}`);
      expect(await hero.locator('[data-state="ACTIVE"], [data-state="DRAFT"]').count()).toBe(1);
      expect(await at(`patient-row-${demoPatientIds.child}`).textContent()).toContain('dependent');
      expect(await at('patient-list').locator('[data-stage="RESULTS_READY"]').count()).toBeGreaterThan(0);
      expect(await at('patient-list').locator('[data-stage="PURCHASED"]').count()).toBeGreaterThan(0);
    },
    4 * timeout,
  );

  it(
    'recommends: the draft opens at Fullscript, and once sent the plan is on the patient’s page by itself',
    async () => {
      await at(`patient-open-${demoPatientIds.hero}`).click();
      await see('patient-status', { 'data-status': 'CONNECTED' });
      await at('plans-more').click();
      const plansBefore = await open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]').count();
      expect(plansBefore).toBeGreaterThan(5);
      await at('recommend-chart').selectOption(chartId);
      const builder = await openTab(() => at('recommend').click());
      await see('recommend-outcome', { 'data-outcome': 'FullscriptRecommendationDraft' });
      await at('watching').waitFor();

      expect(new URL(builder.url()).origin).toBe(open().demo.sandbox.url);
      expect(await at('plan-patient', builder).textContent()).toBe('Mira Okoye');
      await at('catalog-search', builder).fill('magnesium');
      await at('search', builder).click();
      await at('add-supplement', builder).first().click();
      await at('plan-line', builder).waitFor();
      await at('personal-message', builder).fill('See you in six weeks.');
      await at('send-plan', builder).click();
      await at('plan-sent', builder).waitFor();
      await builder.close();
      await open().page.bringToFront();

      const sent = open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]', {
        hasText: 'See you in six weeks.',
      });
      await sent.waitFor();
      planId = ((await sent.getAttribute('data-testid')) ?? '').slice('plan-'.length);
      expect(await sent.textContent()).toContain('written in follow-up');
      await eventually(() => at('watching').count()).toBe(0);
      expect(await open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]').count()).toBe(plansBefore + 1);
    },
    timeout,
  );

  it(
    'imports the plan into an open chart with dosage and refills completed on the way, once',
    async () => {
      await at(`import-${planId}`).click();
      await at('import-chart').selectOption(chartId);
      await open().page.locator('[data-testid^="import-frequency-"]').fill('every night');
      await open().page.locator('[data-testid^="import-timeOfDay-"]').fill('bedtime');
      await open().page.locator('[data-testid^="import-refills-"]').fill('3');
      await at('import-submit').click();
      await see('import-outcome', { 'data-outcome': 'FullscriptPlanImported', 'data-already-imported': 'false' });
      await at('import-close').click();

      const items = at(`chart-${chartId}`).locator('table.items tbody tr');
      await eventually(() => items.count()).toBe(1);
      const cells = await items.locator('th, td').allTextContents();
      expect(cells[0]).toContain('Magnesium');
      expect(cells[1]).toMatch(/every night.*bedtime|bedtime.*every night/i);
      expect(cells[3]).toBe('3');

      await at(`import-${planId}`).click();
      await at('import-chart').selectOption(chartId);
      await at('import-submit').click();
      await see('import-outcome', { 'data-outcome': 'FullscriptPlanImported', 'data-already-imported': 'true' });
      expect(await at('import-outcome').textContent()).toContain('already');
      await at('import-close').click();
      await eventually(() => items.count()).toBe(1);
      expect(open().demo.emr.store.charts.get(chartId)?.items).toHaveLength(1);
    },
    timeout,
  );

  it(
    'refuses the signed chart',
    async () => {
      await at(`sign-${chartId}`).click();
      await at(`sign-${chartId}-confirm`).click();
      await see(`chart-${chartId}`, { 'data-signed': 'true' });
      await at(`import-${planId}`).click();
      await at('import-chart').selectOption(chartId);
      await at('import-submit').click();
      await see('import-outcome', { 'data-outcome': 'FullscriptChartLocked' });
      await at('import-close').click();
      expect(open().demo.emr.store.charts.get(chartId)?.items).toHaveLength(1);
    },
    timeout,
  );

  it(
    'opens a lab result as PDF',
    async () => {
      await at('nav-patients').click();
      await at(`patient-open-${demoPatientIds.withResults}`).click();
      const link = open().page.locator('[data-testid^="pdf-"]').first();
      const [response] = await Promise.all([
        open().context.waitForEvent('response', (answer) => new URL(answer.url()).pathname.startsWith('/lab-results/')),
        link.click(),
      ]);
      expect([response.status(), response.headers()['content-type']]).toEqual([200, 'application/pdf']);
      expect(new URL(response.url()).origin).toBe(open().demo.url);
      for (const tab of open()
        .context.pages()
        .filter((one) => one !== open().page))
        await tab.close();
      await open().page.bringToFront();
    },
    timeout,
  );

  it(
    'leaves a doubtful match to a person, and links what the person chose',
    async () => {
      await at('nav-patients').click();
      await at(`patient-open-${demoPatientIds.doubtful}`).click();
      await see('patient-status', { 'data-status': 'MATCH_REQUIRED' });
      await at('match').click();
      const dialog = at('match-dialog');
      await dialog.locator('td.differs').waitFor();
      expect(await dialog.locator('td.differs').count()).toBe(1);
      expect(await dialog.locator('td.differs').textContent()).toContain('1978');
      expect(await dialog.locator('td.agrees').count()).toBe(3);
      await dialog.locator('[data-testid^="link-"]').click();
      await see('patient-status', { 'data-status': 'CONNECTED' });
    },
    timeout,
  );

  it(
    'disconnects: nothing of Fullscript is shown any more, and reading says why with its code',
    async () => {
      await at('revoke-own').click();
      await at('revoke-own-confirm').click();
      await see('status', { 'data-status': 'NOT_CONNECTED' });
      await eventually(() => at('error').first().textContent()).toContain('FULLSCRIPT_CONNECTION_REQUIRED');
      await eventually(() => open().page.locator('[data-testid^="plan-"][data-state]').count()).toBe(0);
      await at('nav-patients').click();
      await eventually(() => at(`row-error-${demoPatientIds.hero}`).first().textContent()).toBe(
        'FULLSCRIPT_CONNECTION_REQUIRED',
      );
      expect(await at('patient-list').locator('tbody tr').count()).toBe(50);
      await eventually(countLiveTokens).toBe(0);
    },
    timeout,
  );

  it(
    'ends with an admin who revokes all behind typed words: nobody is connected, no token lives',
    async () => {
      await at('connect').click();
      await at('authorize').click();
      await see('status', { 'data-status': 'CONNECTED' });
      await switchUser('u-ben');
      await see('status', { 'data-status': 'NOT_CONNECTED' });
      await at('connect').click();
      await at('switch-account').click();
      await open().page.locator(`[data-testid="sign-in-as"][data-email="${seedUsers.ben.email}"]`).click();
      await at('authorize').click();
      await see('status', { 'data-status': 'CONNECTED' });
      expect(countLiveTokens()).toBe(2);

      await switchUser('u-admin');
      await at('nav-admin').click();
      const accounts = open().page.locator('[data-testid^="account-row-"]');
      await eventually(() => accounts.count()).toBe(2);
      expect(await at('revoke-all').isDisabled()).toBe(true);
      await at('revoke-all-confirm').fill('revoke');
      expect(await at('revoke-all').isDisabled()).toBe(true);
      await at('revoke-all-confirm').fill('Juniper Integrative Medicine');
      await at('revoke-all').click();
      await see('revoke-progress', { 'data-pending': '0' });
      expect(await at('revoke-progress').textContent()).toContain('2 authorizations');
      await eventually(() => accounts.count()).toBe(0);
      expect(countLiveTokens()).toBe(0);
      await eventually(() => at('audit').textContent()).toContain('revoke_all');

      await switchUser('u-ada');
      await see('status', { 'data-status': 'NOT_CONNECTED' });
    },
    timeout,
  );
});
