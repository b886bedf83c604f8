import { afterEach, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/sandbox/ids.ts';
import { toClinicScope } from '../../src/mirror/scope.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { plantSoakClinic } from '../support/soak/people-and-plans.ts';
import { runSoak, type SoakReport, type SoakSettings } from '../support/soak/run-soak.ts';

const settings: SoakSettings = {
  seconds: 12,
  readsPerSecond: 20,
  changesPerSecond: 5,
  silentChangesPerSecond: 0.5,
  sweepSeconds: 3,
  freshForSeconds: 8,
  timeoutMs: 1000,
  seed: 20261122,
};

let deployment: Deployment | undefined;

/** Soaks a deployment of one process over the database. */
async function soak(databaseUrl: string): Promise<SoakReport> {
  const random = createSeededRandom(settings.seed + 1);
  deployment = await startDeployment({
    databaseUrl,
    withWebhooks: true,
    env: {
      WORKER: 'on',
      LOG_LEVEL: 'warn',
      EVENT_SWEEP_SECONDS: String(settings.sweepSeconds),
      FRESH_FOR_SECONDS: String(settings.freshForSeconds),
      FULLSCRIPT_TIMEOUT_MS: String(settings.timeoutMs),
    },
    sandbox: { random },
  });
  const { app, ask, connect, emr, sandbox } = deployment;
  const clinic = plantSoakClinic(sandbox.sandbox, emr, 40, random);
  const { id: accountId } = await connect('u-ada', clinic.email);
  return await runSoak(
    {
      sandbox,
      emr,
      database: app.parts.database,
      clinic,
      async ask(query, variables) {
        const { data, errors } = await ask('u-ada', query, { variables: variables as Record<string, unknown> });
        return {
          data,
          ...(errors.length > 0 ? { errors: errors as unknown as { extensions: { code: string } }[] } : {}),
        };
      },
      async pollLabOrders() {
        const account = await app.parts.store.accounts.findById('org-juniper', accountId);
        if (!account) throw new Error('the account is gone');
        const signal = AbortSignal.timeout(30_000);
        await app.parts.loaderNeeds.labOrders.pollClinic(toClinicScope(account), {
          accountId,
          priority: 'background',
          requestId: 'soak',
          signal,
        });
      },
    },
    settings,
  );
}

afterEach(async () => {
  await deployment?.stop();
  deployment = undefined;
});

describeEachDatabase('A soak', (get) => {
  it('ends with a copy that equals Fullscript row by row, at a cost that grows with changes and not with reads', async () => {
    const report = await soak(get().url);
    expect(report.comparison.differences).toEqual([]);
    expect(report.untruths).toEqual([]);
    expect(report.failures).toEqual([]);
    expect(report.reads).toBe(settings.seconds * settings.readsPerSecond);
    expect(report.changes).toBe(settings.seconds * settings.changesPerSecond);
    expect(report.webhooks.lost).toBeGreaterThan(0);
    expect(report.failedCalls).toBeGreaterThan(0);
  }, 240_000);
});
