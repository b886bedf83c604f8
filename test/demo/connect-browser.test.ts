import { expect, it } from 'vitest';

import { demoPatientIds } from '../../src/demo/emr/patients.ts';
import { seedUsers } from '../../src/sandbox/seed/people.ts';
import { describeInDemoBrowser, type DemoBrowser } from '../support/demo-browser.ts';

const timeout = 120_000;

describeInDemoBrowser('connecting, with all that goes wrong, in a browser', (open) => {
  const at = (testId: string) => open().at(testId);
  const eventually: DemoBrowser['eventually'] = (read) => open().eventually(read);
  const result = (outcome: string) => open().see('connect-result', { 'data-outcome': outcome });
  const status = (value: string) => open().see('status', { 'data-status': value });
  const countLiveTokens = () => open().countLiveTokens();

  /** Signs in at Fullscript with one of the buttons for its logins. */
  async function signInAs(email: string): Promise<void> {
    await open().page.locator(`[data-testid="sign-in-as"][data-email="${email}"]`).click();
  }

  it(
    'shows on the consent page who is signed in, with a way out, and connects nothing after Cancel',
    async () => {
      await status('NOT_CONNECTED');
      await at(`patient-open-${demoPatientIds.hero}`).click();
      await at('recommend-connect').click();
      await signInAs(seedUsers.ben.email);
      await eventually(() => at('consent-user').textContent()).toBe('Ben Okafor');
      await open().page.getByRole('button', { name: 'Sign out and use another account' }).click();
      await signInAs(seedUsers.ada.email);
      await eventually(() => at('consent-user').textContent()).toBe('Ada Lindqvist');
      await at('cancel').click();
      await result('declined');
      await status('NOT_CONNECTED');
      // Back where the person came from, where Connect still stands in the place of Recommend.
      await at('recommend-connect').waitFor();
      expect(await at('recommend').count()).toBe(0);
      expect(countLiveTokens()).toBe(0);
    },
    timeout,
  );

  it(
    'says that a made-up, old or foreign answer is expired, and keeps code and state out of the address',
    async () => {
      await open().page.goto(`${open().demo.url}/connected?code=made-up&state=made-up`);
      // Nobody started in this tab, or the tab forgot: it asks.
      await at('connected-finish').click();
      await result('expired');
      expect(open().page.url()).not.toMatch(/code=|state=/);
      await status('NOT_CONNECTED');
    },
    timeout,
  );

  it(
    'lets only whoever started finish, when somebody else has signed in in between',
    async () => {
      await at('connect').click();
      await at('authorize').waitFor();
      await open().page.goBack();
      await open().switchUser('u-ben');
      await open().page.goForward();
      await at('authorize').click();
      await eventually(() => at('connected-other-user').textContent()).toContain(
        'Dr. Ada Lindqvist started connecting, but Ben Okafor is signed in now.',
      );
      expect(countLiveTokens()).toBe(0);
      await at('connected-leave').click();
      await status('NOT_CONNECTED');
      expect(await at('user-switch').inputValue()).toBe('u-ben');
      expect(countLiveTokens()).toBe(0);
      await open().switchUser('u-ada');
      await status('NOT_CONNECTED');
    },
    timeout,
  );

  it(
    'can be tried again on the spot while Fullscript is down, and connects once it is back',
    async () => {
      const { faults } = open().demo.sandbox.sandbox;
      const fault = faults.add({ path: '/api/oauth/token', status: 503 });
      await at('nav-patients').click();
      await at(`patient-open-${demoPatientIds.hero}`).click();
      await at('recommend-connect').click();
      await at('authorize').click();
      await eventually(() => at('error').first().textContent()).toContain('FULLSCRIPT_UNAVAILABLE');
      await at('connected-retry').click();
      await eventually(() => at('error').first().textContent()).toContain('FULLSCRIPT_UNAVAILABLE');
      faults.clear(fault.id);
      await at('connected-retry').click();
      await result('connected');
      await status('CONNECTED');
      await at('recommend').waitFor();
      expect(await at('recommend-connect').count()).toBe(0);
      expect(await at('clinic').textContent()).toBe('Cedar Row Wellness');
      expect(countLiveTokens()).toBe(1);
    },
    timeout,
  );

  it(
    'calls the answer expired that Back and a second Authorize bring, and stays connected',
    async () => {
      await open().page.goBack();
      await at('authorize').click();
      // The tab has forgotten who started, because connecting had come to its end.
      await at('connected-finish').click();
      await result('expired');
      await status('CONNECTED');
      expect(countLiveTokens()).toBe(1);
    },
    timeout,
  );

  it(
    'hints at signing out of Fullscript before another clinic, and says so when the same one was connected again',
    async () => {
      await at('connect-another').click();
      const dialog = open().page.getByRole('dialog', { name: 'Connect another clinic' });
      expect(await dialog.textContent()).toContain('You are connected to Cedar Row Wellness.');
      await at('connect-go').click();
      await eventually(() => at('consent-user').textContent()).toBe('Ada Lindqvist');
      await at('authorize').click();
      await result('connected');
      expect(await at('connect-result').textContent()).toContain('It was connected already. For another clinic');
      await eventually(countLiveTokens).toBe(1);

      await at('connect-another').click();
      const [tab] = await Promise.all([open().context.waitForEvent('page'), at('fullscript-sign-out').click()]);
      expect(await open().at('sign-out-user', tab).textContent()).toBe('Ada Lindqvist');
      await open().at('sign-out-here', tab).click();
      await open().at('signed-out', tab).waitFor();
      await tab.close();
      await at('connect-go').click();
      await signInAs(seedUsers.tomas.email);
      await at('authorize').click();
      await result('connected');
      expect(await at('connect-result').textContent()).not.toContain('connected already');
      await eventually(() => at('default-clinic').locator('option').count()).toBe(2);
      await eventually(countLiveTokens).toBe(2);
    },
    timeout,
  );

  it(
    'says which permission is missing, and repairs it by connecting again',
    async () => {
      await at('revoke-own').click();
      await at('revoke-own-confirm').click();
      await status('NOT_CONNECTED');
      expect(await at('status-hint').textContent()).toContain('Sign out there');

      const { app } = open().demo.sandbox.sandbox;
      const { scopes } = app;
      app.scopes = scopes.filter((scope) => scope !== 'patients:write');
      await at('connect').click();
      await at('authorize').click();
      await result('connected');
      await status('RECONNECT_REQUIRED');
      expect(await at('status-hint').textContent()).toContain(
        'Fullscript does not let us create and change patients. Reconnect to allow it',
      );
      app.scopes = scopes;
      await at('reconnect').click();
      expect(await at('sign-out-hint').textContent()).toContain('Sign out there first.');
      await at('connect-go').click();
      await at('authorize').click();
      await result('connected');
      await status('CONNECTED');
      expect(await at('connect-result').textContent()).not.toContain('connected already');
    },
    timeout,
  );
});
