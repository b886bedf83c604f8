import { expect, it } from 'vitest';

import { describeInDemoBrowser, type DemoBrowser } from '../support/demo-browser.ts';

const timeout = 120_000;
const manyUsers = 55;
const organizationName = 'Juniper Integrative Medicine';

interface SeedAnswer {
  data: { connect?: { authorizeUrl: string; state: string }; completeConnect?: { __typename: string } } | null;
}

/** Connects a practitioner of the EMR whom the demo's page does not know, as the `index`-th of many. */
async function connectPractitioner({ demo }: DemoBrowser, index: number): Promise<void> {
  const { state, actions, app } = demo.sandbox.sandbox;
  const person = { firstName: 'Many', lastName: `Number ${index}`, email: `many${index}@juniper.example` };
  const { id } = demo.emr.addPractitioner({ ...person, organizationId: 'org-juniper' });
  const [clinic] = state.clinics.values();
  const user = actions.signUp({
    ...person,
    password: 'demo',
    type: 'Practitioner',
    clinicId: clinic?.id ?? null,
    clinicName: null,
  });
  const token = await demo.emr.signToken({
    sub: `u-many-${index}`,
    org: 'org-juniper',
    roles: ['practitioner'],
    practitioner_id: id,
  });
  const ask = async (query: string, variables: object): Promise<SeedAnswer> => {
    const response = await fetch(demo.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as SeedAnswer;
  };
  const started = await ask('mutation { connect { authorizeUrl state } }', {});
  const code = actions.authorize({ userId: user.id, redirectUri: app.redirectUris[0] ?? '' });
  const completed = await ask(
    'mutation ($input: FullscriptCompleteConnectInput!) { completeConnect(input: $input) { __typename } }',
    { input: { code, state: started.data?.connect?.state } },
  );
  expect(completed.data?.completeConnect?.__typename).toBe('FullscriptConnected');
}

describeInDemoBrowser(
  'the admin view in a browser',
  (open) => {
    const at = (testId: string) => open().at(testId);
    const rowOf = (userId: string) => open().page.locator(`[data-testid^="account-row-"][data-user="${userId}"]`);
    const rows = () => at('accounts').locator('tbody tr');
    const eventually: DemoBrowser['eventually'] = (read) => open().eventually(read);
    const range = () => at('accounts-range').textContent();
    const countLiveTokens = () => open().countLiveTokens();

    it(
      'shows the accounts page by page, in both directions, and nothing moves meanwhile',
      async () => {
        await eventually(range).toBe(`1–25 of ${manyUsers + 1}`);
        await eventually(() => at('account-counts').textContent()).toContain(
          `${manyUsers + 1} accounts, 1 to reconnect`,
        );
        expect(await at('accounts-previous').isDisabled()).toBe(true);
        const seen = new Set<string | null>();
        const look = async () => {
          for (const row of await rows().all()) seen.add(await row.getAttribute('data-user'));
        };
        await look();
        // By keyboard: Next keeps the focus and is pressed again.
        await at('accounts-next').focus();
        const before = await at('accounts-next').boundingBox();
        await open().page.keyboard.press('Enter');
        await eventually(range).toBe(`26–50 of ${manyUsers + 1}`);
        const after = await at('accounts-next').boundingBox();
        expect([after?.x, Math.abs((after?.y ?? 0) - (before?.y ?? 0)) < 2]).toEqual([before?.x, true]);
        await look();
        await open().page.keyboard.press('Enter');
        await eventually(range).toBe(`51–${manyUsers + 1} of ${manyUsers + 1}`);
        await look();
        expect(seen.size).toBe(manyUsers + 1);
        expect(await at('accounts-next').isDisabled()).toBe(true);
        await at('accounts-previous').click();
        await eventually(range).toBe(`26–50 of ${manyUsers + 1}`);
      },
      timeout,
    );

    it(
      'filters by status, and says what an account lacks in words',
      async () => {
        await at('accounts-status').selectOption('RECONNECT_REQUIRED');
        await eventually(range).toBe('1–1 of 1');
        expect(await rowOf(`u-many-${manyUsers}`).textContent()).toContain('may not prepare treatment plans');
        await at('accounts-status').selectOption('DISABLED');
        await eventually(() => at('admin-page').textContent()).toContain('No account stands like this.');
        await at('accounts-status').selectOption('');
        await eventually(range).toBe(`1–25 of ${manyUsers + 1}`);
      },
      timeout,
    );

    it(
      'switches one user off and the organization too; on again, the one stays off until switched on singly',
      async () => {
        const user = `u-many-${manyUsers - 1}`;
        const status = () => rowOf(user).getAttribute('data-status');
        const toggle = rowOf(user).locator('[data-testid^="account-toggle-"]');
        expect(await toggle.getAttribute('aria-label')).toBe(`Switch Fullscript off for Many Number ${manyUsers - 1}`);
        await toggle.click();
        await eventually(status).toBe('DISABLED');
        await eventually(() => at('account-counts').textContent()).toContain('1 switched off');

        await at('toggle-org-off').click();
        await eventually(() => rows().locator('[data-status="DISABLED"]').count()).toBe(25);
        await open().see('status', { 'data-status': 'DISABLED' });
        await eventually(() => at('status-hint').textContent()).toContain('An admin has switched Fullscript off');
        expect(await at('connect').count()).toBe(0);

        await at('toggle-org-on').click();
        await eventually(() => rows().locator('[data-status="DISABLED"]').count()).toBe(1);
        expect(await status()).toBe('DISABLED');
        await toggle.click();
        await eventually(status).toBe('CONNECTED');
      },
      timeout,
    );

    it(
      'revokes one account with a reason for the record, and follows it until Fullscript has confirmed',
      async () => {
        const user = `u-many-${manyUsers - 2}`;
        const before = countLiveTokens();
        const opener = rowOf(user).locator('button.danger');
        const dialog = open().page.getByRole('dialog', { name: 'Revoke' });
        await opener.focus();
        await open().page.keyboard.press('Enter');
        await dialog.waitFor();
        await open().page.keyboard.press('Escape');
        await eventually(() => opener.evaluate((button) => button.matches(':focus'))).toBe(true);
        await opener.click();
        await dialog.getByLabel('Reason').fill('Left the practice');
        const [request] = await Promise.all([
          open().page.waitForRequest((sent) => sent.postData()?.includes('RevokeUser') ?? false),
          dialog.getByRole('button', { name: 'Revoke' }).click(),
        ]);
        const { variables } = request.postDataJSON() as { variables: { input: { userId: string; reason: string } } };
        expect(variables.input).toMatchObject({ userId: user, reason: 'Left the practice' });
        await eventually(() => rowOf(user).count()).toBe(0);
        await open().see('revoke-progress', { 'data-pending': '0', 'data-total': '1' });
        expect(await at('revoke-progress').textContent()).toContain('confirmed by Fullscript');
        await eventually(countLiveTokens).toBe(before - 1);
        await eventually(range).toBe(`1–25 of ${manyUsers}`);
      },
      timeout,
    );

    it(
      'shows the audit trail by user and by patient, and older entries on demand',
      async () => {
        const entries = at('audit').locator('tbody tr');
        await at('audit-more').waitFor();
        const shown = await entries.count();
        await at('audit-more').click();
        await eventually(async () => (await entries.count()) > shown).toBe(true);

        await at('audit-user').fill('u-many-3');
        await eventually(() => entries.count()).toBe(1);
        expect(await entries.first().textContent()).toContain('connect');
        await at('audit-user').fill('');
        await at('audit-patient').fill('p-nobody');
        await eventually(() => at('admin-page').textContent()).toContain('Nothing recorded of this.');
        await at('audit-patient').fill('');
        await eventually(() => at('audit').textContent()).toContain('revoke');
      },
      timeout,
    );

    it(
      'keeps the button off until the organization’s name or id is typed',
      async () => {
        for (const wrong of ['', 'yes', 'revoke all', 'Juniper', 'Tamarack Family Health', `${organizationName}!`]) {
          await at('revoke-all-confirm').fill(wrong);
          expect(await at('revoke-all').isDisabled()).toBe(true);
          await open().page.keyboard.press('Enter');
        }
        for (const right of ['org-juniper', ` ${organizationName.toLowerCase()} `]) {
          await at('revoke-all-confirm').fill(right);
          expect(await at('revoke-all').isEnabled()).toBe(true);
        }
        await eventually(range).toBe(`1–25 of ${manyUsers}`);
      },
      timeout,
    );

    it(
      'revokes all while Fullscript is down: says what is pending, survives a reload, and finishes when Fullscript is back',
      async () => {
        const { faults } = open().demo.sandbox.sandbox;
        const fault = faults.add({ path: '/api/oauth/revoke', status: 503 });
        await at('revoke-all-confirm').fill(organizationName);
        await open().page.keyboard.press('Enter');
        await open().see('revoke-progress', { 'data-pending': String(manyUsers), 'data-total': String(manyUsers) });
        const progress = open().page.locator(`[data-testid="revoke-progress"][data-total="${manyUsers}"]`);
        expect(await progress.textContent()).toContain(
          `0 of ${manyUsers} confirmed by Fullscript, ${manyUsers} pending.`,
        );
        expect(await progress.textContent()).toContain('nobody can use them any more');
        await eventually(() => at('admin-page').textContent()).toContain('Nobody has connected Fullscript.');
        expect(countLiveTokens()).toBe(manyUsers);

        await open().page.reload();
        await open().see('revoke-progress', { 'data-pending': String(manyUsers) });
        await eventually(() => at('revoke-waiting').textContent()).toContain('may be out of reach');

        faults.clear(fault.id);
        await progress.and(open().page.locator('[data-pending="0"]')).waitFor({ timeout: 100_000 });
        expect(await progress.textContent()).toContain(`Done: ${manyUsers} authorizations revoked`);
        expect(await progress.locator('progress').getAttribute('value')).toBe(String(manyUsers));
        expect(countLiveTokens()).toBe(0);
        await progress.getByRole('button').click();
        await eventually(() => progress.count()).toBe(0);
      },
      2 * timeout,
    );

    it(
      'tells how the stored copy of each clinic keeps up',
      async () => {
        const clinics = at('sync').getByTestId('sync-clinic');
        expect(await clinics.first().textContent()).toContain('Cedar Row Wellness');
        expect(await at('sync-events').textContent()).toBe('no events wait');
        expect(await at('sync-parked').count()).toBe(0);
      },
      timeout,
    );

    it(
      'fits a narrow screen, and names every control',
      async () => {
        await open().page.setViewportSize({ width: 420, height: 900 });
        expect(await open().page.evaluate('document.documentElement.scrollWidth')).toBe(420);
        const nameless = await open().page.evaluate(
          `[...document.querySelectorAll('button, a, input, select')]
          .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
          .map((one) => one.outerHTML)`,
        );
        expect(nameless).toEqual([]);
      },
      timeout,
    );
  },
  async (open) => {
    for (let index = 0; index < manyUsers; index += 1) await connectPractitioner(open, index);
    // The last one to connect did so when the app was registered for less.
    const { app } = open.demo.sandbox.sandbox;
    const { scopes } = app;
    app.scopes = scopes.filter((scope) => scope !== 'clinic:write');
    await connectPractitioner(open, manyUsers);
    app.scopes = scopes;
    await open.switchUser('u-admin');
    await open.at('nav-admin').click();
    await open.at('accounts').waitFor();
  },
);
