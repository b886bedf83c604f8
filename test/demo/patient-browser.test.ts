import { expect, it } from 'vitest';

import { demoPatientIds } from '../../src/demo/emr/patients.ts';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import type { Plan } from '../../src/sandbox/state.ts';
import { describeInDemoBrowser, type DemoBrowser } from '../support/demo-browser.ts';

const timeout = 120_000;

/** Amara Nwosu, and her son Chidi, who is at the EMR under her address and unknown to Fullscript. */
const mother = 'p-1027';
const son = 'p-1044';
const archived = 'p-1023';

describeInDemoBrowser(
  'matching, recommending and importing in a browser',
  (open) => {
    const at: DemoBrowser['at'] = (testId, on) => open().at(testId, on);
    const eventually: DemoBrowser['eventually'] = (read) => open().eventually(read);
    const status = (value: string) => open().see('patient-status', { 'data-status': value });
    const outcome = (name: string) => open().see('recommend-outcome', { 'data-outcome': name });
    const imported = (attributes: Record<string, string>) => open().see('import-outcome', attributes);
    const fullscript = () => open().demo.sandbox.sandbox;

    /** The plan that is sent on the way, and the chart note it goes into. */
    let planId = '';
    const chartId = `c-${demoPatientIds.hero.slice('p-'.length)}-2`;

    async function openPatient(patientId: string): Promise<void> {
      await at('nav-patients').click();
      await at(`patient-open-${patientId}`).click();
      await at('patient-status').waitFor();
    }

    function getPatient(email: string) {
      const patient = [...fullscript().state.patients.values()].find((one) => one.email === email);
      if (!patient) throw new Error(`Fullscript has no patient ${email}`);
      return patient;
    }

    function getPlan(): Plan {
      const plan = fullscript().state.plans.get(planId);
      if (!plan) throw new Error('Fullscript has no such plan');
      return plan;
    }

    /** Presses Tab until the control with this test id has the focus. */
    async function tabTo(testId: string): Promise<void> {
      for (let presses = 0; presses < 60; presses += 1) {
        if ((await open().page.evaluate('document.activeElement?.getAttribute("data-testid")')) === testId) return;
        await open().page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not lead to ${testId}`);
    }

    it(
      'shows a doubtful match beside the EMR’s record with what differs in words, and links by keyboard alone',
      async () => {
        const { id } = getPatient('marcus.bellweather@mail.example');
        await openPatient(demoPatientIds.doubtful);
        await status('MATCH_REQUIRED');
        await at('recommend').click();
        await outcome('FullscriptPatientMatchRequired');
        expect(
          await open()
            .openTab(() => at('choose-on-fullscript').click())
            .then((tab) => tab.close()),
        ).toBeUndefined();

        await at('recommend-match').focus();
        await open().page.keyboard.press('Enter');
        const dialog = open().page.getByRole('dialog', { name: 'Who is this at Fullscript?' });
        await dialog.locator('td.differs').waitFor();
        expect(await dialog.locator('td.differs').allTextContents()).toEqual(['26 Oct 1978 ✗ differs']);
        expect(await dialog.getByRole('row', { name: /^Birth date/ }).textContent()).toContain('25 Oct 1978');
        expect(await dialog.locator('td.agrees').count()).toBe(3);
        expect(await at(`link-${id}`).textContent()).toBe('Link although birth date differs');
        expect(await open().findUnnamedControls()).toEqual([]);

        await open().page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        expect(await open().page.evaluate('document.activeElement?.getAttribute("data-testid")')).toBe(
          'recommend-match',
        );
        await open().page.keyboard.press('Enter');
        await at(`link-${id}`).waitFor();
        await tabTo(`link-${id}`);
        await open().page.keyboard.press('Enter');
        await eventually(() => at('toast').textContent()).toContain('Linked to Marcus Bellweather.');
        await status('CONNECTED');
        expect(await at('fullscript-account').textContent()).toContain('by hand');
        await eventually(() => at('recommend-outcome').count()).toBe(0);
        await eventually(() => getPatient('marcus.bellweather@mail.example').metadataId).toContain(
          demoPatientIds.doubtful,
        );
      },
      timeout,
    );

    it(
      'unlinks, does not link the same pair again by itself, and lets a person do it; the trail keeps all of it',
      async () => {
        await at('unlink').click();
        expect(await open().page.getByRole('dialog').textContent()).toContain('stays on record');
        await at('unlink-confirm').click();
        await status('MATCH_REQUIRED');
        await at('refresh').click();
        await eventually(() => at('refresh').isEnabled()).toBe(true);
        await status('MATCH_REQUIRED');
        await at('match').click();
        await at(`link-${getPatient('marcus.bellweather@mail.example').id}`).click();
        await status('CONNECTED');

        await open().switchUser('u-admin');
        await at('nav-admin').click();
        await at('audit-patient').fill(demoPatientIds.doubtful);
        const actions = async () => {
          const text = (await at('audit').textContent()) ?? '';
          return [text.split('patient.link').length - 1, text.split('patient.unlink').length - 1];
        };
        await eventually(actions).toEqual([2, 1]);
        await open().switchUser('u-ada');
      },
      timeout,
    );

    it(
      'shows an archived account and a dependent as what they are, and among a family whom each of them is linked to',
      async () => {
        await openPatient(archived);
        await status('CONNECTED');
        expect(await at('fullscript-account').textContent()).toContain('archived');
        await openPatient(demoPatientIds.child);
        await status('CONNECTED');
        expect(await at('fullscript-account').textContent()).toContain('none of their own');
        await at('match').click();
        const family = ['Helen', 'Oscar', 'Wren'].map((firstName) => {
          const one = seedPatients.find((person) => person.firstName === firstName && person.lastName === 'Marsh');
          return one?.id ?? '';
        });
        await at(`taken-${family[0] ?? ''}`).waitFor();
        expect(await at(`taken-${family[1] ?? ''}`).textContent()).toContain('Linked to p-1005 already');
        expect(await at('match-dialog').getByText('linked now').count()).toBe(1);
        expect(await at('match-dialog').locator('[data-testid^="link-"]').count()).toBe(0);
        await open().page.keyboard.press('Escape');
      },
      timeout,
    );

    it(
      'never offers a mother to her son; he is made on Fullscript’s page, and his plan appears by itself',
      async () => {
        await openPatient(son);
        await status('MATCH_REQUIRED');
        await at('match').click();
        const { id } = getPatient('amara.nwosu@mail.example');
        expect(await at(`taken-${id}`).textContent()).toContain(`Linked to ${mother} already`);
        expect(await at(`link-${id}`).count()).toBe(0);
        const picker = await open().openTab(() => at('choose-on-fullscript').click());
        await at('watching').waitFor();

        expect(await at('picker-hint', picker).textContent()).toContain('Chidi Nwosu');
        await at('new-patient', picker).locator('summary').click();
        await picker.getByLabel('Guardian').selectOption(id);
        await at('create-patient', picker).click();
        expect(await at('plan-patient', picker).textContent()).toBe('Chidi Nwosu');
        await at('add-supplement', picker).first().click();
        await at('plan-line', picker).waitFor();
        await at('send-plan', picker).click();
        await at('plan-sent', picker).waitFor();
        await picker.close();
        await open().page.bringToFront();

        await status('CONNECTED');
        await open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]').waitFor();
        await eventually(() => at('watching').count()).toBe(0);
        expect(await at('fullscript-account').textContent()).toContain('dependent');
        const [line] = [...fullscript().state.patients.values()].filter((one) => one.firstName === 'Chidi');
        expect(line).toMatchObject({ guardianPatientId: id, email: null });
      },
      timeout,
    );

    it(
      'names the fields that are missing',
      async () => {
        await openPatient(demoPatientIds.withoutEmail);
        await status('NOT_CONNECTED');
        await at('recommend').click();
        await outcome('FullscriptPatientDetailsMissing');
        expect(await at('recommend-outcome').textContent()).toContain('To be completed in the EMR: E-mail');
      },
      timeout,
    );

    it(
      'makes somebody new with the welcome that was chosen, and opens Fullscript at the labs',
      async () => {
        await openPatient(demoPatientIds.unknown);
        await status('NOT_CONNECTED');
        await at('recommend-welcome').selectOption({ label: 'send' });
        await at('recommend-entrypoint').selectOption('LABS');
        const builder = await open().openTab(() => at('recommend').click());
        await outcome('FullscriptRecommendationDraft');
        expect(await at('recommend-outcome').textContent()).toContain('A new Fullscript patient was made.');
        expect(await builder.locator('aside h3').first().textContent()).toBe('Lab panels');
        await builder.close();
        await status('CONNECTED');
        // There is nobody new to welcome any more.
        expect(await at('recommend-welcome').count()).toBe(0);
        const welcomes = fullscript().state.mails.filter((mail) => mail.kind === 'welcome');
        expect(welcomes.map((mail) => mail.to)).toContain('hugo.ferreira@mail.example');

        await openPatient('p-1046');
        await at('recommend-welcome').selectOption({ label: 'do not send' });
        await open()
          .openTab(() => at('recommend').click())
          .then((tab) => tab.close());
        await status('CONNECTED');
        const later = fullscript().state.mails.filter((mail) => mail.kind === 'welcome');
        expect(later.map((mail) => mail.to)).not.toContain('lotte.vermeer@mail.example');
      },
      timeout,
    );

    it(
      'puts the supplements of an earlier plan onto the draft; once sent, the plan is on the page without a reload',
      async () => {
        await openPatient(demoPatientIds.hero);
        await status('CONNECTED');
        await open().page.evaluate('window.neverReloaded = true');
        const earlier = at('recommend-items').locator('option', { hasText: '4 supplements' }).first();
        await at('recommend-items').selectOption((await earlier.getAttribute('value')) ?? '');
        await at('recommend-chart').selectOption(chartId);
        await at('recommend-message').fill('Again, with one more.');
        const builder = await open().openTab(() => at('recommend').click());
        await outcome('FullscriptRecommendationDraft');
        expect(await at('recommend-outcome').textContent()).not.toContain('could not be put on the draft');

        expect(await at('plan-patient', builder).textContent()).toBe('Mira Okoye');
        expect(await at('plan-line', builder).count()).toBe(4);
        expect(await at('personal-message', builder).inputValue()).toBe('Again, with one more.');
        await at('add-lab', builder).first().click();
        await at('plan-lab', builder).waitFor();
        await at('send-plan', builder).click();
        await at('plan-sent', builder).waitFor();
        await builder.close();
        await open().page.bringToFront();

        const sent = open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]', { hasText: 'Again, with one' });
        await sent.waitFor();
        planId = ((await sent.getAttribute('data-testid')) ?? '').slice('plan-'.length);
        expect(await sent.textContent()).toContain('written in follow-up');
        expect(await open().page.evaluate('window.neverReloaded')).toBe(true);
        await open().page.getByText('The plan was sent and is below.').waitFor();
      },
      timeout,
    );

    it(
      'follows what happens at Fullscript by itself: a plan is changed, results arrive and are filed',
      async () => {
        const karla = getPatient('karla.brandt@mail.example');
        const { labOrders, plans } = fullscript().state;
        const order = [...labOrders.values()].find((one) => one.patientId === karla.id && one.results.length === 0);
        const plan = [...plans.values()].find((one) => one.patientId === karla.id && one.state === 'active');
        const record = [...open().demo.emr.store.patients.values()].find((one) => one.email === karla.email);
        if (!order || !plan || !record) throw new Error('Karla Brandt has no lab order without results, or no plan');
        await openPatient(record.id);
        await at('live').waitFor();
        await open().see(`plan-${plan.id}`, { 'data-state': 'ACTIVE' });
        await open().page.evaluate('window.neverReloaded = true');

        fullscript().actions.cancelPlan(plan.id);
        await open().see(`plan-${plan.id}`, { 'data-state': 'CANCELLED' });
        const card = at(`lab-${order.id}`);
        expect(await card.textContent()).not.toContain('Results ready');
        while (order.state !== 'processing') {
          const [next] = fullscript().actions.listNextLabStates(order.id);
          if (!next) throw new Error(`Nothing follows ${order.state}`);
          fullscript().actions.moveLabOrder(order.id, next);
        }
        fullscript().actions.publishResults(order.id, 1);
        await card.getByText('Results ready').first().waitFor();
        await at('documents').getByText('Fullscript lab result').first().waitFor();
        expect(await open().page.evaluate('window.neverReloaded')).toBe(true);
      },
      timeout,
    );

    it(
      'shows Fullscript’s tool within the page as well, and the plan that is sent there appears by itself',
      async () => {
        await openPatient('p-1047');
        await status('NOT_CONNECTED');
        await at('recommend-here').click();
        const tool = open().page.frameLocator('[data-testid="embed-frame"]');
        expect(await tool.getByTestId('picker-hint').textContent()).toContain('Samir Qureshi');
        await tool.getByTestId('create-patient').click();
        await tool.getByTestId('add-supplement').first().click();
        await tool.getByTestId('plan-line').waitFor();
        await tool.getByTestId('send-plan').click();
        await at('embed-dialog').waitFor({ state: 'detached' });
        await status('CONNECTED');
        await open().page.locator('[data-testid^="plan-"][data-state="ACTIVE"]').waitFor();
        await eventually(() => at('watching').count()).toBe(0);
      },
      timeout,
    );

    it(
      'offers sent plans with supplements alone for import',
      async () => {
        await openPatient(demoPatientIds.hero);
        await at(`plan-${planId}`).waitFor();
        const cards = open().page.locator('[data-testid^="plan-"][data-state]');
        const drafts = open().page.locator('[data-testid^="plan-"][data-state="DRAFT"]');
        expect(await cards.count()).toBeGreaterThan(0);
        expect(await drafts.locator('[data-testid^="import-"], [data-testid^="add-"]').count()).toBe(0);
        expect(
          await cards.filter({ hasText: 'Nothing on this plan.' }).locator('[data-testid^="import-"]').count(),
        ).toBe(0);
      },
      timeout,
    );

    it(
      'adds one product with its dosage completed, then the rest of the plan, and leaves the lab out',
      async () => {
        const card = at(`plan-${planId}`);
        await card.locator('[data-testid^="add-"]').nth(1).click();
        await at('import-chart').selectOption(chartId);
        const dialog = at('import-dialog');
        expect(await dialog.locator('input[type="checkbox"]:checked').count()).toBe(1);
        expect(await at('import-labs').textContent()).toContain('Labs are not imported');
        await dialog.locator('[data-testid^="import-frequency-"]').fill('every night');
        await dialog.locator('[data-testid^="import-refills-"]').fill('3');
        expect(await open().findUnnamedControls()).toEqual([]);
        await at('import-submit').click();
        await imported({ 'data-outcome': 'FullscriptPlanImported', 'data-already-imported': 'false' });
        expect(await at('import-outcome').textContent()).toContain('Left out, as labs are');
        await at('import-close').click();

        const lines = at(`chart-${chartId}`).locator('table.items tbody tr');
        await eventually(() => lines.count()).toBe(1);
        const cells = await lines.locator('th, td').allTextContents();
        expect(cells[1]).toContain('every night');
        expect(cells[3]).toBe('3');
        await eventually(() => card.getByText('in chart', { exact: true }).count()).toBe(1);

        await at(`import-${planId}`).click();
        await at('import-chart').selectOption(chartId);
        expect(await dialog.getByText('in this chart already').count()).toBe(1);
        expect(await dialog.locator('[data-testid^="import-frequency-"]').count()).toBe(3);
        expect(await at('import-submit').textContent()).toBe('Copy 3 supplements');
        await at('import-submit').click();
        await imported({ 'data-outcome': 'FullscriptPlanImported', 'data-already-imported': 'false' });
        await at('import-close').click();
        await eventually(() => lines.count()).toBe(4);
        // What was completed the first time stays.
        expect(open().demo.emr.store.charts.get(chartId)?.items[0]).toMatchObject({ refills: 3 });
        expect(await lines.first().textContent()).toContain('every night');
      },
      timeout,
    );

    it(
      'says when a signed note was locked, also when somebody else signed it meanwhile',
      async () => {
        await at(`import-${planId}`).click();
        await at('import-chart').selectOption(chartId);
        const chart = open().demo.emr.store.charts.get(chartId);
        if (!chart) throw new Error('The EMR has no such chart');
        chart.signedAt = '2026-03-02T09:30:00.000Z';
        await at('import-submit').click();
        await imported({ 'data-outcome': 'FullscriptChartLocked' });
        expect(await at('import-outcome').textContent()).toMatch(/Signed [12] Mar 2026/);
        await eventually(() => at('import-chart').locator(`option[value="${chartId}"]`).textContent()).toMatch(
          /\(signed [12] Mar 2026, locked\)$/,
        );
        await at('import-close').click();
        await open().see(`chart-${chartId}`, { 'data-signed': 'true' });
        expect(chart.items).toHaveLength(4);
      },
      timeout,
    );

    it(
      'marks the import as outdated once the plan was changed at Fullscript',
      async () => {
        const notes = at(`chart-${chartId}`).locator('[data-testid^="chart-import-"]');
        await eventually(() => notes.count()).toBe(2);
        expect(await at(`chart-${chartId}`).locator('[data-outdated="true"]').count()).toBe(0);
        const editor = await open().openTab(() => at(`edit-${planId}`).click());
        await at('frequency-0', editor).fill('twice per day');
        await at('update-plan', editor).click();
        await at('notice', editor).waitFor();
        await editor.close();
        await open().page.bringToFront();
        // A browser without a screen does not tell the page that it has the focus again.
        await open().page.evaluate('window.dispatchEvent(new Event("focus"))');
        await eventually(() => at(`chart-${chartId}`).locator('[data-outdated="true"]').count()).toBe(2);
        expect(await at(`chart-${chartId}`).textContent()).toContain('plan changed since');
        await at(`import-${planId}`).click();
        await at('import-chart').selectOption(chartId);
        expect(await at('import-outdated').textContent()).toContain('has changed since it was imported here');
        await open().page.keyboard.press('Escape');
      },
      timeout,
    );

    it(
      'says in words that a plan was cancelled meanwhile',
      async () => {
        await at(`import-${planId}`).click();
        fullscript().actions.cancelPlan(getPlan().id);
        await at('import-submit').click();
        await imported({ 'data-outcome': 'FullscriptPlanNotImportable', 'data-reason': 'CANCELLED' });
        expect(await at('import-outcome').textContent()).toBe('The plan was cancelled.');
        await at('import-close').click();
        await at('refresh').click();
        await open().see(`plan-${planId}`, { 'data-state': 'CANCELLED' });
        expect(await at(`import-${planId}`).count()).toBe(0);
      },
      timeout,
    );

    it(
      'changes discount, phone number and names at Fullscript, and sends nothing that was not changed',
      async () => {
        await at('edit-account').click();
        expect(await at('account-save').isDisabled()).toBe(true);
        await at('account-discount').fill('12');
        await at('account-mobileNumber').fill('+14165550177');
        await at('account-lastName').fill('Okoye-Brandt');
        expect(await open().findUnnamedControls()).toEqual([]);
        await at('account-save').click();
        await eventually(() => at('fullscript-account').textContent()).toContain('12 %');
        expect(await at('fullscript-account').textContent()).toContain('Mira Okoye-Brandt');
        expect(getPatient('mira.okoye@mail.example')).toMatchObject({
          discount: 12,
          mobileNumber: '+14165550177',
          firstName: 'Mira',
          lastName: 'Okoye-Brandt',
          dateOfBirth: '1988-04-17',
        });
      },
      timeout,
    );

    it(
      'checks a plan out in the office on Fullscript’s page, after a warning about the cart',
      async () => {
        const sell = open().page.locator('[data-state="ACTIVE"] [data-testid^="checkout-"]').first();
        await sell.click();
        expect(await open().page.getByRole('dialog').textContent()).toContain('empties the patient');
        const checkout = await open().openTab(() =>
          open().page.getByRole('button', { name: 'Empty the cart and check out' }).click(),
        );
        await at('checkout', checkout).waitFor();
        expect(new URL(checkout.url()).origin).toBe(open().demo.sandbox.url);
        await checkout.close();
      },
      timeout,
    );

    it(
      'lets staff recommend in a practitioner’s name, without showing them plans or waiting for one',
      async () => {
        await open().switchUser('u-carla');
        await openPatient('p-1002');
        await at('recommend-connect').click();
        await at('switch-account').click();
        await open().page.locator(`[data-testid="sign-in-as"][data-email="${seedUsers.carla.email}"]`).click();
        await at('authorize').click();
        await open().see('status', { 'data-status': 'CONNECTED' });
        await status('CONNECTED');
        await open().page.getByText('Treatment plans and labs are for practitioners.').waitFor();
        expect(await at('recommend-items').count()).toBe(0);
        // Nobody is named yet, and the form says so itself.
        await at('recommend').click();
        expect(await open().page.locator('[data-testid="recommend-practitioner"]:invalid').count()).toBe(1);
        expect(await at('recommend-outcome').count()).toBe(0);
        await at('recommend-practitioner').selectOption({ label: 'Ada Lindqvist' });
        const builder = await open().openTab(() => at('recommend').click());
        await outcome('FullscriptRecommendationDraft');
        expect(await builder.locator('p.lead').first().textContent()).toMatch(/by\s+Ada Lindqvist/);
        await builder.close();
        expect(await at('watching').count()).toBe(0);
      },
      timeout,
    );

    it(
      'fits a phone, and names every control',
      async () => {
        expect(await open().findUnnamedControls()).toEqual([]);
        expect(await open().measureOverflow(420)).toBe(0);
        await open().switchUser('u-ada');
        await openPatient(demoPatientIds.hero);
        await open().page.locator('[data-testid^="plan-"][data-state]').first().waitFor();
        expect(await open().findUnnamedControls()).toEqual([]);
        expect(await open().measureOverflow(420)).toBe(0);
      },
      timeout,
    );
  },
  async (open) => {
    await open.at('connect').click();
    await open.page.locator(`[data-testid="sign-in-as"][data-email="${seedUsers.ada.email}"]`).click();
    await open.at('authorize').click();
    await open.see('status', { 'data-status': 'CONNECTED' });
    await open.at('patient-list').waitFor({ timeout });
  },
);
