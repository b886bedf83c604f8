import { expect, it } from 'vitest';
import type { FullscriptPatient } from '../../src/domain/patient.ts';
import type { ProductVariant } from '../../src/domain/product.ts';
import { toCopyKey, type CopyKey } from '../../src/store/copies.ts';
import { toClinicKey, toRowKey } from '../../src/store/keys.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

describeEachDatabase('the copy', (get) => {
  it('knows how current each part is, in one statement', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const key = (kind: CopyKey['kind'], subject: string): CopyKey => ({ clinicKey, kind, subject });
    const start = clock.text();
    await store.copies.setMany(clinic, 'plans', ['a', 'b', 'a'], start);
    await store.copies.set(clinic, 'labs', 'a', start);
    await store.copies.set(clinic, 'plans', 'b', '2026-01-01T00:00:00.000Z');
    const keys = [key('plans', 'a'), key('plans', 'b'), key('labs', 'a'), key('labs', 'b')];
    const { statements } = get();
    statements.length = 0;
    const ages = await store.copies.findMany(keys);
    expect(statements).toHaveLength(1);
    expect(keys.map((each) => ages.get(toCopyKey(each)))).toEqual([
      { syncedAt: start, sweptAt: null, expiredAt: null },
      { syncedAt: start, sweptAt: null, expiredAt: null },
      { syncedAt: start, sweptAt: null, expiredAt: null },
      undefined,
    ]);

    await store.clinics.upsert({ ...clinic, environment: 'us-snd', name: null, discountPercent: null, syncedAt: null });
    await store.clinics.saveSweep(clinicKey, '2026-03-02T15:00:00.000Z', 'cursor');
    await store.clinics.saveSweep(clinicKey, '2026-03-02T14:30:00.000Z', 'older');
    const expiredAt = clock.forward(1000);
    await store.copies.expire(key('plans', 'a'));
    const find = async (each: CopyKey) => (await store.copies.findMany(keys)).get(toCopyKey(each));
    const expired = { syncedAt: start, sweptAt: '2026-03-02T15:00:00.000Z', expiredAt };
    expect(await find(key('plans', 'a'))).toEqual(expired);
    // A comparison that began before the doubt does not take it away.
    await store.copies.set(clinic, 'plans', 'a', start);
    expect(await find(key('plans', 'a'))).toEqual(expired);
    await store.copies.set(clinic, 'plans', 'a', expiredAt);
    expect(await find(key('plans', 'a'))).toMatchObject({ syncedAt: expiredAt, expiredAt: null });
    const plansExpiredAt = clock.forward(1);
    await store.copies.expireClinic(clinicKey, 'plans');
    expect(await find(key('plans', 'b'))).toMatchObject({ expiredAt: plansExpiredAt });
    expect(await find(key('labs', 'a'))).toMatchObject({ expiredAt: null });
    const allExpiredAt = clock.forward(1);
    await store.copies.expireClinic(clinicKey);
    expect([...(await store.copies.findMany(keys)).values()].map((age) => age.expiredAt)).toEqual([
      allExpiredAt,
      allExpiredAt,
      allExpiredAt,
    ]);
  });

  it('is not called current by a first comparison that began before the doubt', async () => {
    const { store, clock } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const key: CopyKey = {
      clinicKey: toClinicKey(clinic.organizationId, 'clinic'),
      kind: 'plans',
      subject: 'never compared',
    };
    await store.clinics.upsert({ ...clinic, environment: 'us-snd', name: null, discountPercent: null, syncedAt: null });
    const listedAt = clock.text();
    const expiredAt = clock.forward(1);
    await store.copies.expire(key);
    expect(await store.copies.findMany([key])).toEqual(new Map());
    await store.copies.set(clinic, 'plans', key.subject, listedAt);
    expect((await store.copies.findMany([key])).get(toCopyKey(key))).toMatchObject({ syncedAt: listedAt, expiredAt });
  });

  it('takes the doubt of an own write back, but no other', async () => {
    const { store, clock } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const key: CopyKey = { clinicKey: toClinicKey(clinic.organizationId, 'clinic'), kind: 'plans', subject: 'a' };
    await store.clinics.upsert({ ...clinic, environment: 'us-snd', name: null, discountPercent: null, syncedAt: null });
    const find = async () => (await store.copies.findMany([key])).get(toCopyKey(key))?.expiredAt;
    await store.copies.set(clinic, 'plans', 'a', clock.text());
    clock.forward(1);
    const first = await store.copies.expireFor(key);
    expect(await find()).toBe(clock.text());
    await store.copies.settle(first);
    expect(await find()).toBeNull();

    clock.forward(1);
    const second = await store.copies.expireFor(key);
    const doubtedAt = clock.forward(1);
    await store.copies.expire(key);
    await store.copies.settle(second);
    expect(await find()).toBe(doubtedAt);
    // What was in doubt before the write is so after it.
    clock.forward(1);
    await store.copies.settle(await store.copies.expireFor(key));
    expect(await find()).toBe(doubtedAt);
  });

  it('stays in doubt for the own writes that are still under way when one is stored', async () => {
    const { store, clock } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const clinicKey = toClinicKey(clinic.organizationId, 'clinic');
    const toKey = (subject: string): CopyKey => ({ clinicKey, kind: 'plans', subject });
    await store.clinics.upsert({ ...clinic, environment: 'us-snd', name: null, discountPercent: null, syncedAt: null });
    // One was read before, of the other nothing is known; in the same millisecond they are told apart, too.
    await store.copies.set(clinic, 'plans', 'known', clock.text());
    clock.forward(1);
    for (const key of [toKey('known'), toKey('new')]) {
      const writes = await Promise.all([1, 2, 3].map(() => store.copies.expireFor(key)));
      const at = writes.map((each) => each.at).toSorted();
      expect(new Set(at).size).toBe(3);
      expect(writes.map((each) => each.before ?? '').toSorted()).toEqual(['', ...at.slice(0, 2)]);
    }
    const [first, second] = [
      await store.copies.expireFor(toKey('known')),
      await store.copies.expireFor(toKey('known')),
    ];
    await store.copies.settle(second);
    expect((await store.copies.findMany([toKey('known')])).get(toCopyKey(toKey('known')))?.expiredAt).toBe(first.at);
  });

  it('keeps clinics with their sweep, whatever is read of them meanwhile', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic', environment: 'us-snd' as const };
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const unnamed = { ...clinic, name: null, discountPercent: null, syncedAt: null };
    await store.clinics.upsert(unnamed);
    await store.clinics.saveSweep(clinicKey, '2026-03-02T15:00:00.000Z', 'c1');
    const syncedAt = '2026-03-02T16:00:00.000Z';
    await store.clinics.upsert({ ...clinic, name: 'Näme', discountPercent: 12.5, syncedAt });
    await store.clinics.upsert(unnamed);
    expect(await store.clinics.find(clinicKey)).toEqual({
      clinicKey,
      organizationId,
      id: 'clinic',
      environment: 'us-snd',
      name: 'Näme',
      discountPercent: 12.5,
      syncedAt,
      sweptAt: '2026-03-02T15:00:00.000Z',
      sweepCursor: 'c1',
    });
    await store.clinics.forgetSweep(clinicKey);
    expect((await store.clinics.findByKeys([clinicKey, 'unknown'])).get(clinicKey)?.sweptAt).toBeNull();
    expect((await store.clinics.listAll()).map((found) => found.clinicKey)).toContain(clinicKey);
  });

  it('keeps the patient and the product that were read last', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinic = { organizationId, clinicId: 'clinic' };
    const key = { clinicKey: toClinicKey(organizationId, 'clinic'), id: 'p' };
    const patient: FullscriptPatient = {
      id: 'p',
      email: 'a@example.org',
      firstName: 'Zoë',
      lastName: null,
      dateOfBirth: '1980-02-29',
      gender: null,
      mobileNumber: null,
      archived: true,
      isDependent: false,
      guardianPatientId: null,
      discountPercent: 5,
      totalDiscountPercent: 15,
      metadataId: 'org:1',
    };
    const later = '2026-03-02T14:00:00.000Z';
    await store.patients.upsertMany(clinic, [patient], later);
    await store.patients.upsertMany(clinic, [{ ...patient, firstName: 'Old' }], '2026-03-01T00:00:00.000Z');
    const found = await store.patients.findMany([key, { ...key, id: 'P' }]);
    const copy = { ...patient, clinicKey: key.clinicKey, clinicId: 'clinic', syncedAt: later, doubtful: false };
    const rowKey = toRowKey(key.clinicKey, 'p');
    expect(found).toEqual(new Map([[rowKey, copy]]));

    clock.forward(1000);
    const doubtedAt = await store.patients.doubt(key);
    expect((await store.patients.findMany([key])).get(rowKey)).toMatchObject({ firstName: 'Zoë', doubtful: true });
    // A read that began before the doubt tells more than the one before, but does not take the doubt away.
    await store.patients.upsertMany(clinic, [{ ...patient, firstName: 'Zoe' }], '2026-03-02T14:00:00.500Z');
    expect((await store.patients.findMany([key])).get(rowKey)).toMatchObject({ firstName: 'Zoe', doubtful: true });
    await store.patients.upsertMany(clinic, [{ ...patient, firstName: 'Zo' }], clock.forward(1));
    expect((await store.patients.findMany([key])).get(rowKey)).toMatchObject({ firstName: 'Zo', doubtful: false });
    clock.forward(1);
    const doubtedAgainAt = await store.patients.doubt(key);
    await store.patients.trust(key, doubtedAt);
    expect((await store.patients.findMany([key])).get(rowKey)).toMatchObject({ doubtful: true });
    await store.patients.trust(key, doubtedAgainAt);
    expect((await store.patients.findMany([key])).get(rowKey)).toMatchObject({ doubtful: false });
    await store.patients.remove(key);
    expect(await store.patients.findMany([key])).toEqual(new Map());

    const variant: ProductVariant = {
      id: toUnique('variant'),
      productId: 'product',
      name: 'Magnesium',
      brand: 'Brand',
      sku: null,
      units: 60,
      unitOfMeasure: 'capsules',
      availability: null,
      msrp: '12.30',
      imageUrl: null,
    };
    await store.products.upsertMany([variant], later);
    await store.products.upsertMany([{ ...variant, name: 'old' }], '2026-03-01T00:00:00.000Z');
    expect(await store.products.findMany([variant.id, 'unknown'])).toEqual(
      new Map([[variant.id, { ...variant, syncedAt: later, expired: false }]]),
    );
    await store.products.expireProduct('product');
    const find = async () => (await store.products.findMany([variant.id])).get(variant.id);
    // A read that was under way when the product changed.
    await store.products.upsertMany([variant], '2026-03-02T14:00:00.500Z');
    expect(await find()).toMatchObject({ expired: true });
    await store.products.upsertMany([variant], clock.forward(1));
    expect(await find()).toMatchObject({ expired: false });
  });
});

describeEachDatabase('switches', (get) => {
  it('are on until somebody says otherwise, each for itself', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const set = (userId: string | null, enabled: boolean) =>
      store.switches.set({
        organizationId,
        userId,
        enabled,
        changedBy: 'admin',
        changedAt: '2026-03-02T14:00:00.000Z',
      });
    expect(await store.switches.find(organizationId, ['a'])).toEqual({ organization: true, users: new Map() });
    await set('a', false);
    await set(null, false);
    const { statements } = get();
    statements.length = 0;
    expect(await store.switches.find(organizationId, ['a', 'b'])).toEqual({
      organization: false,
      users: new Map([['a', false]]),
    });
    expect(statements).toHaveLength(1);
    await set(null, true);
    expect(await store.switches.find(organizationId, ['a', 'b'])).toEqual({
      organization: true,
      users: new Map([['a', false]]),
    });
  });
});

describeEachDatabase('the audit', (get) => {
  it('is read newest first, by user and patient, within the organization', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const entries = Array.from({ length: 7 }, (_, i) => ({
      organizationId,
      at: `2026-03-02T14:00:0${String(Math.floor(i / 2))}.000Z`,
      userId: i % 2 === 0 ? 'even' : 'odd',
      action: 'patient.read' as const,
      patientId: i < 3 ? 'p' : null,
      subject: String(i),
      outcome: 'ok' as const,
      requestId: 'r',
    }));
    await store.audit.insertMany(entries);
    await store.audit.insertMany([]);
    const walked: (string | null)[] = [];
    let after: { at: string; id: string } | null = null;
    for (let more = true; more;) {
      const page: Awaited<ReturnType<typeof store.audit.page>> = await store.audit.page(organizationId, {
        page: { first: 3, after },
      });
      walked.push(...page.rows.map((entry) => entry.subject));
      const last = page.rows.at(-1);
      after = last === undefined ? null : { at: last.at, id: last.id };
      more = page.hasNextPage;
    }
    expect(walked.length).toBe(7);
    expect(new Set(walked).size).toBe(7);
    expect(walked[0]).toBe('6');
    const odd = await store.audit.page(organizationId, { userId: 'odd', page: { first: 9, after: null } });
    expect(odd.rows.map((entry) => entry.subject)).toEqual(['5', '3', '1']);
    const ofPatient = await store.audit.page(organizationId, { patientId: 'p', page: { first: 9, after: null } });
    expect(ofPatient.rows).toHaveLength(3);
    const { id: _id, ...first } = odd.rows[0] ?? { id: '' };
    expect(first).toEqual(entries[5]);
    expect((await store.audit.page('another', { page: { first: 9, after: null } })).rows).toEqual([]);
  });
});
