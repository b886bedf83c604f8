import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAccessTokens } from '../../src/fullscript/access-tokens.ts';
import { createFullscript } from '../../src/fullscript/fullscript.ts';
import type { CallRecord } from '../../src/fullscript/transport.ts';
import { verify } from '../../src/fullscript/webhook-signature.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { startSandbox } from '../../src/sandbox/start.ts';
import { createMemoryLog, toFailureOf, toSettings } from '../support/fullscript-room.ts';
import { createMemoryTokenStore } from '../support/memory-token-store.ts';

/** A connected practitioner at a sandbox of its own. */
async function connect(options: SandboxOptions = {}) {
  const { sandbox, ...running } = await startSandbox(options);
  const store = createMemoryTokenStore(() => new Date());
  const log = createMemoryLog();
  const records: CallRecord[] = [];
  const redirectUri = sandbox.app.redirectUris[0]!;
  const fullscript = createFullscript({
    settings: toSettings(running.url, {
      clientId: sandbox.app.clientId,
      clientSecret: sandbox.app.clientSecret,
      redirectUri,
    }),
    tokens: store,
    log,
    random: () => 0,
    onCall: (record) => records.push(record),
  });
  onTestFinished(async () => {
    await fullscript.close();
    await running.stop();
  });
  const user = [...sandbox.state.users.values()].find((one) => one.type === 'Practitioner')!;
  const code = sandbox.actions.authorize({ userId: user.id, redirectUri });
  const granted = await fullscript.oauth.exchangeCode(code);
  store.pairs.set('account-1', { ...granted, version: 1 });
  const patients = [...sandbox.state.patients.values()].filter((one) => one.clinicId === user.clinicId);
  return {
    sandbox,
    fullscript,
    store,
    log,
    records,
    user,
    granted,
    code,
    patients,
    call: { accountId: 'account-1', priority: 'interactive' as const },
    expire: () =>
      store.pairs.set('account-1', { ...store.pairs.get('account-1')!, expiresAt: '2020-01-01T00:00:00.000Z' }),
  };
}

const tokenCalls = (records: readonly CallRecord[]) =>
  records.filter((record) => record.endpoint === 'POST /oauth/token').length;

describe('authorization at the sandbox', () => {
  test('a code gives tokens of its user, once', async () => {
    const { fullscript, granted, user, code, call } = await connect();
    expect(granted).toMatchObject({ ownerId: user.id, ownerType: 'PRACTITIONER' });
    expect(granted.scopes).toContain('patients:treatment_plan_history');
    await expect(fullscript.clinics.get(call)).resolves.toMatchObject({ id: user.clinicId });
    expect(await toFailureOf(fullscript.oauth.exchangeCode(code))).toMatchObject({ kind: 'rejected' });
  });

  test.each([[true], [false]])(
    '50 callers with an expired token cause one refresh (grace: %s)',
    async (refreshGrace) => {
      const { fullscript, call, expire, records, store } = await connect({ refreshGrace });
      expire();
      await Promise.all(Array.from({ length: 50 }, () => fullscript.clinics.get(call)));
      expect(tokenCalls(records)).toBe(2);
      expect(store.pairs.get('account-1')?.version).toBe(2);
      expect(store.withdrawn).toEqual([]);
    },
  );

  test('a lost refresh answer is recovered with the old refresh token', async () => {
    const { fullscript, sandbox, call, expire, store } = await connect();
    expire();
    sandbox.faults.add({ path: '/api/oauth/token', lost: true, count: 1 });
    await expect(fullscript.clinics.get(call)).resolves.toBeDefined();
    expect(store.withdrawn).toEqual([]);
    await expect(fullscript.clinics.get(call)).resolves.toBeDefined();
  });

  test('a refresh slower than its lease: the lease is prolonged, the other process waits, and one pair is made', async () => {
    const { fullscript, sandbox, call, expire, store, log, records } = await connect();
    expire();
    sandbox.faults.add({ path: '/api/oauth/token', latencyMs: 600, count: 1 });
    const needs = { store, oauth: fullscript.oauth, now: () => new Date(), random: () => 0, log, leaseMs: 300 };
    const [slow, other] = [createAccessTokens(needs), createAccessTokens(needs)];
    const [first, second] = await Promise.all([slow.get('account-1'), other.get('account-1')]);
    expect(first.accessToken).toBe(second.accessToken);
    expect(tokenCalls(records)).toBe(2);
    await expect(fullscript.clinics.get(call)).resolves.toBeDefined();
  });

  test('a lease that is lost during a slow refresh: the other process refreshes, both end with its pair, and the connection lives', async () => {
    const { fullscript, sandbox, call, expire, store, log, records } = await connect();
    expire();
    sandbox.faults.add({ path: '/api/oauth/token', latencyMs: 400, count: 1 });
    const cutOff = { ...store, prolongLease: () => Promise.reject(new Error('database away')) };
    const needs = { oauth: fullscript.oauth, now: () => new Date(), random: () => 0, log, leaseMs: 50 };
    const [slow, quick] = [createAccessTokens({ ...needs, store: cutOff }), createAccessTokens({ ...needs, store })];
    const first = slow.get('account-1');
    const second = await quick.get('account-1');
    // Its first use ends the old refresh token, while the slow refresh with just that token is still under way.
    await fullscript.clinics.get(call);
    expect((await first).accessToken).toBe(second.accessToken);
    expect(tokenCalls(records)).toBe(3);
    expect(store.withdrawn).toEqual([]);
    await expect(fullscript.clinics.get(call)).resolves.toBeDefined();
  });

  test('a user who revokes inside Fullscript is noticed at the next call', async () => {
    const { fullscript, sandbox, call, user, store } = await connect();
    sandbox.actions.revokeAuthorizationByUser(user.id);
    expect(await toFailureOf(fullscript.patients.searchAll(call, 'a'))).toMatchObject({ kind: 'withdrawn' });
    expect(store.withdrawn).toHaveLength(1);
  });

  test('revoking is confirmed, also twice and when the token is long dead', async () => {
    const { fullscript, sandbox, granted, user } = await connect();
    await expect(fullscript.oauth.revoke(granted.accessToken)).resolves.toBe('confirmed');
    await expect(fullscript.oauth.revoke(granted.accessToken)).resolves.toBe('confirmed');
    expect(sandbox.actions.hasAuthorization(user.id)).toBe(false);
  });

  test('a token born without a scope is told which one', async () => {
    const scopes = ['catalog:read', 'clinic:read', 'patients:read', 'patients:treatment_plan_history'];
    const { fullscript, call, patients, store } = await connect({ app: { scopes } });
    expect(await toFailureOf(fullscript.labs.listByPatient(call, patients[0]!.id))).toMatchObject({
      kind: 'forbidden',
      missingScope: 'patients:order_history',
    });
    expect(store.denied).toEqual([{ accountId: 'account-1', scope: 'patients:order_history' }]);
  });

  test('the sandbox’s own limit is respected and told', async () => {
    const { fullscript, call } = await connect({ rateLimit: { limit: 3 } });
    const failures = await Promise.all(
      Array.from({ length: 6 }, () =>
        fullscript.clinics.get(call).then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    );
    const refused = failures.filter((failure) => failure !== null);
    expect(refused.length).toBeGreaterThan(0);
    for (const failure of refused) expect(failure).toMatchObject({ kind: 'rate_limited' });
  });
});

describe('resources at the sandbox', () => {
  test('every patient, plan, product and lab order of the seed can be read', async () => {
    const { fullscript, sandbox, call, user, patients } = await connect();
    const people = await fullscript.practitioners.list(call);
    expect(people.some((one) => one.id === user.id)).toBe(true);
    await expect(fullscript.practitioners.get(call, user.id)).resolves.toMatchObject({ email: user.email });
    await expect(fullscript.staff.list(call)).resolves.toBeDefined();

    const plans = [...sandbox.state.plans.values()].filter((one) => one.clinicId === user.clinicId && one.patientId);
    expect(plans.length).toBeGreaterThan(0);
    const read = [];
    for (const patient of patients.slice(0, 12)) {
      await expect(fullscript.patients.get(call, patient.id)).resolves.toMatchObject({
        id: patient.id,
        firstName: patient.firstName,
        dateOfBirth: patient.dateOfBirth,
        archived: patient.archived,
      });
      const rows = await fullscript.plans.listByPatient(call, patient.id);
      const own = plans.filter((plan) => plan.patientId === patient.id);
      expect(new Set(rows.map((row) => row.id))).toEqual(new Set(own.map((plan) => plan.id)));
      for (const row of rows) read.push(await fullscript.plans.get(call, row.id));
    }
    const line = read.flatMap((plan) => plan.recommendations)[0];
    await expect(fullscript.catalog.getVariant(call, line!.variantId)).resolves.toMatchObject({
      id: line!.variantId,
      name: expect.stringMatching(/./) as string,
      brand: expect.stringMatching(/./) as string,
    });
  });

  test('lists longer than a page are read to the end', async () => {
    const { fullscript, sandbox, call, user } = await connect();
    for (let i = 0; i < 230; i += 1) {
      sandbox.actions.createPatient(
        user.clinicId,
        { firstName: 'Zebedee', lastName: `Number${i}`, email: `zebedee${i}@mail.test` },
        { sendWelcomeEmail: false },
      );
    }
    expect(await fullscript.patients.searchAll(call, 'zebedee')).toHaveLength(230);
  });

  test('a metadata id that is written is found again', async () => {
    const { fullscript, call, patients } = await connect();
    const id = patients[0]!.id;
    await expect(fullscript.patients.update(call, id, { metadataId: 'org-1:patient-9' })).resolves.toMatchObject({
      metadataId: 'org-1:patient-9',
    });
    const found = await fullscript.patients.findByMetadata(call, 'org-1:patient-9');
    expect(found.map((one) => one.id)).toEqual([id]);
    await fullscript.patients.update(call, id, { metadataId: null });
    expect(await fullscript.patients.findByMetadata(call, 'org-1:patient-9')).toEqual([]);
  });

  test('a draft link makes patient and draft without a mail; the draft takes lines, is edited, and seen as an event once sent', async () => {
    const { fullscript, sandbox, call, user } = await connect();
    const mailsBefore = sandbox.state.mails.length;
    const link = await fullscript.dynamicLinks.draft(call, {
      practitionerId: user.id,
      patient: { email: 'new.person@mail.test', firstName: 'New', lastName: 'Person', sendWelcomeEmail: false },
    });
    expect(link).toMatchObject({
      plan: { state: 'DRAFT' },
      patient: { email: 'new.person@mail.test', firstName: 'New' },
    });
    expect(sandbox.state.mails).toHaveLength(mailsBefore);
    const [variant] = sandbox.state.variants.values();
    const updated = await fullscript.plans.update(call, link.plan.id, {
      recommendations: [
        {
          variantId: variant!.id,
          unitsToPurchase: 2,
          refill: true,
          dosage: { amount: '1', frequency: 'once per day' },
        },
      ],
      personalMessage: 'Good luck',
    });
    expect(updated).toMatchObject({
      personalMessage: 'Good luck',
      recommendations: [
        { id: variant!.id, unitsToPurchase: 2, refill: true, dosage: { amount: '1', frequency: 'once per day' } },
      ],
    });
    await expect(fullscript.dynamicLinks.edit(call, link.plan.id)).resolves.toMatchObject({
      redirectUrl: expect.stringMatching(/^http/) as string,
    });
    sandbox.actions.sendPlan(link.plan.id);
    const createdFrom = sandbox.now().toISOString().slice(0, 10);
    const events = await fullscript.events.list(call, { category: 'treatment_plans', createdFrom });
    const event = events.at(-1)!;
    expect(event).toMatchObject({ type: 'treatment_plan.created', clinicId: user.clinicId });
    await expect(fullscript.events.get(call, event.id)).resolves.toMatchObject({ data: { id: link.plan.id } });
    await expect(fullscript.checkout.inOffice(call, link.plan.id)).resolves.toMatchObject({
      url: expect.stringMatching(/^http/) as string,
    });
    await expect(fullscript.plans.cancel(call, link.plan.id)).resolves.toMatchObject({ state: 'CANCELLED' });
  });

  test('gateway and generic links, session grants', async () => {
    const { fullscript, call, patients } = await connect();
    const gateway = fullscript.dynamicLinks.gateway(call, { patient: { id: patients[0]!.id, externalId: 'org-1:1' } });
    await expect(gateway).resolves.toMatchObject({ redirectUrl: expect.stringMatching(/^http/) as string });
    await expect(fullscript.dynamicLinks.generic(call)).resolves.toBeDefined();
    await expect(fullscript.sessionGrants.create(call)).resolves.toMatchObject({
      secretToken: expect.stringMatching(/./) as string,
    });
  });

  test.each([['stringified' as const], ['array' as const], ['object' as const], ['sentence' as const]])(
    'a refused patient comes with reasons (%s)',
    async (errorShape) => {
      const { fullscript, call } = await connect({ errorShape });
      const failure = await toFailureOf(
        fullscript.patients.create(call, {
          email: 'not an address',
          firstName: '',
          lastName: '',
          sendWelcomeEmail: false,
        }),
      );
      expect(failure).toMatchObject({ kind: 'rejected', status: 422 });
      expect((failure as { reasons: string[] }).reasons.length).toBeGreaterThan(0);
    },
  );

  test('a restricted endpoint says so', async () => {
    const { fullscript, call, patients, store } = await connect();
    const creating = fullscript.plans.create(call, patients[0]!.id, { state: 'draft', recommendations: [] });
    expect(await toFailureOf(creating)).toMatchObject({ kind: 'forbidden', restricted: true });
    expect(store.denied).toEqual([]);
  });

  test('somebody else’s patient is not found', async () => {
    const { fullscript, sandbox, call, user } = await connect();
    const foreign = [...sandbox.state.patients.values()].find((one) => one.clinicId !== user.clinicId)!;
    expect(await toFailureOf(fullscript.patients.get(call, foreign.id))).toMatchObject({ kind: 'not_found' });
  });

  test.each([
    ['order' as const, 'pdf_url' as const],
    ['lab_order' as const, 'url' as const],
  ])('lab orders under %s with files under %s are read and their PDFs opened', async (labEnvelope, labFileField) => {
    const { fullscript, sandbox, call, user } = await connect({ labEnvelope, labFileField });
    const seeded = [...sandbox.state.labOrders.values()].filter(
      (one) => one.clinicId === user.clinicId && one.results.length > 0,
    );
    expect(seeded.length).toBeGreaterThan(0);
    const all = await fullscript.labs.listAll(call);
    for (const { id } of seeded) expect(all.some((one) => one.id === id)).toBe(true);
    const order = await fullscript.labs.get(call, seeded[0]!.id);
    expect(order).toMatchObject({ isDetailed: true, rawStatus: seeded[0]!.state });
    const { fileUrl } = order.results[0]!;
    const file = await fullscript.files.open(call, fileUrl!, { allowedHosts: [], maxBytes: 1_000_000 });
    expect((await buffer(file.stream)).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

test('a webhook of the sandbox carries a signature that is good, for that body alone', async () => {
  const got: { body: string; signature: string | null }[] = [];
  const { sandbox, user } = await connect({
    webhooks: { target: 'https://ehr.example.test/webhooks' },
    fetch: (_, init) => {
      got.push({
        body: typeof init?.body === 'string' ? init.body : Buffer.from((init?.body ?? '') as Uint8Array).toString(),
        signature: new Headers(init?.headers).get('fullscript-signature'),
      });
      return Promise.resolve(Response.json({ challenge: 'sandbox-challenge' }));
    },
  });
  sandbox.actions.createPatient(user.clinicId, { firstName: 'Zoë', lastName: 'Ünlü', email: 'zoe@mail.test' });
  await expect.poll(() => got.filter((one) => one.body !== '').length).toBeGreaterThan(0);
  const { body, signature } = got.find((one) => one.body !== '')!;
  expect(verify(body, signature, [sandbox.app.webhookSecret], new Date())).toBe(true);
  expect(verify(`${body} `, signature, [sandbox.app.webhookSecret], new Date())).toBe(false);
});
