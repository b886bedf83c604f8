import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { FullscriptFailure } from '../../src/domain/errors.ts';
import { createVerifyAuthorizations } from '../../src/operations/verify-authorizations.ts';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const ada = 'ada@cedarrow.example';
const ben = 'ben@cedarrow.example';
const dayMs = 24 * 3600_000;

describeEachDatabase('The daily check of authorizations', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;

  /** Ada and Ben are connected in the same clinic; the clock of both sides can be moved on by `offsetMs`. */
  async function start(): Promise<void> {
    offsetMs = 0;
    const now = () => new Date(Date.now() + offsetMs);
    // What the test before has left, whose clock was ahead.
    for (const table of ['account', 'job_lease']) await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now },
      sandbox: { clock: now },
      emr: { now },
    });
    await deployment.connect('u-ada', ada);
    await deployment.connect('u-ben', ben);
  }
  afterEach(() => deployment.stop());

  const verify = () => createVerifyAuthorizations(deployment.app.parts.operationNeeds)(new AbortController().signal);
  const readStatus = async (who: string) => (await readViewer(deployment, who)).connectionStatus;
  const revokeAtFullscript = (email: string) =>
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, email).id);
  const countLogged = (text: string) => deployment.logs.filter((line) => line.includes(text)).length;
  const readForsaken = async () =>
    /^clinics_forsaken (\d+)/m.exec(await (await fetch(`${deployment.app.url}/metrics`)).text())?.[1];

  /** Connections of further users with Ben's tokens, which live for two hours. */
  async function copyBen(count: number): Promise<void> {
    const [row] = await get().db.read<Record<string, string | number | null>>(
      "SELECT * FROM account WHERE user_id = 'u-ben'",
    );
    if (!row) throw new Error('Ben is not connected');
    const columns = Object.keys(row);
    await get().db.write(async (tx) => {
      for (let index = 0; index < count; index += 1) {
        const copy = { ...row, id: randomUUID(), user_id: `u-${index}`, is_default: 1 };
        const values = columns.map((column) => copy[column as keyof typeof copy]);
        await tx.run(
          `INSERT INTO account (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          values,
        );
      }
    });
  }

  it('notices who has revoked inside Fullscript, keeps the reason, hides what is stored, and tells of the last one', async () => {
    await start();
    await askPatient(deployment, 'u-ada', 'p-1001', 'treatmentPlans { totalCount }');
    revokeAtFullscript(ada);
    expect(await verify()).toBe(0);
    expect(await readStatus('u-ada')).toBe('CONNECTED');
    offsetMs = dayMs + 60_000;
    expect(await verify()).toBe(2);
    expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['RECONNECT_REQUIRED', 'CONNECTED']);
    const [row] = await get().db.read<{ state_reason: string }>(
      "SELECT state_reason FROM account WHERE user_id = 'u-ada'",
    );
    expect(row?.state_reason).toMatch(/refuses/);
    const { errors } = await askPatient(
      deployment,
      'u-ada',
      'p-1001',
      'treatmentPlans(freshness: STORED) { totalCount }',
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: 'FULLSCRIPT_CONNECTION_REQUIRED',
      status: 'RECONNECT_REQUIRED',
    });
    expect(countLogged('its user has to connect again')).toBe(1);
    expect(countLogged('nobody of this clinic is connected any more')).toBe(0);
    expect(await readForsaken()).toBe('0');
    revokeAtFullscript(ben);
    offsetMs = 2 * dayMs + 120_000;
    expect(await verify()).toBe(1);
    expect(countLogged('nobody of this clinic is connected any more')).toBe(1);
    expect(await readForsaken()).toBe('1');
    await deployment.connect('u-ada', ada);
    expect(await readForsaken()).toBe('0');
  }, 120_000);

  it('keeps the tokens of those alive who do not work for weeks', async () => {
    await start();
    for (let day = 1; day <= 21; day += 1) {
      offsetMs = day * (dayMs + 60_000);
      expect(await verify()).toBe(2);
    }
    const until = new Date(Date.now() + offsetMs + 3600_000).toISOString();
    const rows = await get().db.read<{ access_expires_at: string }>('SELECT access_expires_at FROM account');
    expect(rows.map((row) => row.access_expires_at > until)).toEqual([true, true]);
    expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['CONNECTED', 'CONNECTED']);
    expect(listLiveTokens(deployment, ada).length).toBeGreaterThan(0);
  }, 120_000);

  it('disconnects nobody by a failure that passes, and looks again in the next round', async () => {
    await start();
    offsetMs = dayMs + 60_000;
    for (const fault of [{ status: 500 }, { status: 503 }, { reset: true }]) {
      // At the refresh too, which would count as an answer.
      deployment.sandbox.sandbox.faults.add(fault);
      expect(await verify()).toBe(2);
      deployment.sandbox.sandbox.faults.clear();
      expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['CONNECTED', 'CONNECTED']);
    }
    // After so many failures Fullscript is left alone for a while: who could not be looked at stays due.
    expect(await verify()).toBe(2);
    await waitFor('all to be looked at', async () => (await verify()) === 0, 90_000);
    expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['CONNECTED', 'CONNECTED']);
  }, 300_000);

  it('withdraws the authorization of somebody whom Fullscript has moved to another clinic', async () => {
    await start();
    const user = getUser(deployment, ada);
    user.clinicId = getUser(deployment, 'tomas@harbour.example').clinicId;
    offsetMs = dayMs + 60_000;
    expect(await verify()).toBe(2);
    expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['RECONNECT_REQUIRED', 'CONNECTED']);
  }, 60_000);

  it('leaves whoever has come back and connected anew while the check was under way', async () => {
    await start();
    const user = getUser(deployment, ada);
    const { clinicId } = user;
    user.clinicId = getUser(deployment, 'tomas@harbour.example').clinicId;
    offsetMs = dayMs + 60_000;
    const needs = deployment.app.parts.operationNeeds;
    const { clinics } = needs.fullscript;
    let isBack = false;
    const get: typeof clinics.get = async (call) => {
      const clinic = await clinics.get(call);
      if (clinic.id !== clinicId && !isBack) {
        isBack = true;
        user.clinicId = clinicId;
        await deployment.connect('u-ada', ada);
      }
      return clinic;
    };
    await createVerifyAuthorizations({ ...needs, fullscript: { ...needs.fullscript, clinics: { ...clinics, get } } })(
      new AbortController().signal,
    );
    expect(isBack).toBe(true);
    expect([await readStatus('u-ada'), await readStatus('u-ben')]).toEqual(['CONNECTED', 'CONNECTED']);
  }, 60_000);

  it('does not take answers that it cannot read for an outage, and goes on to the others', async () => {
    await start();
    await copyBen(20);
    await get().db.write((tx) => tx.run("UPDATE account SET verified_at = '2020-01-01T00:00:00.000Z'"));
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic', status: 200, body: '<html></html>', count: 15 });
    expect(await verify()).toBe(22);
    expect(await verify()).toBe(15);
    expect(await verify()).toBe(0);
  }, 60_000);

  it('looks at everybody else in the next round when the first ten fail for ever', async () => {
    await start();
    await copyBen(20);
    await get().db.write(async (tx) => {
      await tx.run("UPDATE account SET verified_at = '2020-01-02T00:00:00.000Z'");
      const first = await tx.read<{ id: string }>("SELECT id FROM account WHERE user_id LIKE 'u-1%' ORDER BY id");
      for (const { id } of first.slice(0, 10))
        await tx.run("UPDATE account SET verified_at = '2020-01-01T00:00:00.000Z' WHERE id = ?", [id]);
    });
    const needs = deployment.app.parts.operationNeeds;
    const { clinics } = needs.fullscript;
    const failing = new Set(
      (await needs.store.accounts.findUnverifiedSince('2020-01-01T12:00:00.000Z', 100)).map(({ id }) => id),
    );
    const get500: typeof clinics.get = (call) =>
      failing.has(call.accountId)
        ? Promise.reject(new FullscriptFailure('unavailable', 'Fullscript answered 500', { status: 500 }))
        : clinics.get(call);
    const round = createVerifyAuthorizations({
      ...needs,
      fullscript: { ...needs.fullscript, clinics: { ...clinics, get: get500 } },
    });
    const { signal } = new AbortController();
    expect(failing.size).toBe(10);
    expect(await round(signal)).toBe(10);
    expect(await round(signal)).toBe(12);
    expect(await round(signal)).toBe(10);
    expect(await round(signal)).toBe(0);
    expect(await round(signal)).toBe(10);
  }, 60_000);

  it('goes on until nobody is due, once however many processes begin', async () => {
    await start();
    await copyBen(250);
    await get().db.write((tx) => tx.run("UPDATE account SET verified_at = '2020-01-01T00:00:00.000Z'"));
    const other = await deployment.startAnother();
    deployment.sandbox.sandbox.calls.clear();
    const seen = await Promise.all([
      verify(),
      createVerifyAuthorizations(other.parts.operationNeeds)(new AbortController().signal),
    ]);
    expect(seen.sort((a, b) => a - b)).toEqual([0, 252]);
    expect(deployment.sandbox.sandbox.calls.count('GET', '/api/clinic')).toBe(252);
    expect(await verify()).toBe(0);
  }, 180_000);
});
