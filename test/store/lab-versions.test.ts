import { expect, it } from 'vitest';
import type { LabOrder, LabResult } from '../../src/domain/lab-order.ts';
import { openDatabase } from '../../src/store/data-source.ts';
import { toClinicKey, toRowKey, type ClinicRef } from '../../src/store/keys.ts';
import type { Store } from '../../src/store/store.ts';
import { describeEachDatabase } from '../support/database.ts';
import { waitFor } from '../support/reading.ts';
import { createTestStore, toUnique } from '../support/store.ts';

function toDay(day: number): string {
  return `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`;
}

function buildResult(overrides: Partial<LabResult> = {}): LabResult {
  return { id: 'r', name: 'Panel', rawStatus: null, fileUrl: 'https://files.example/1.pdf', ...overrides };
}

describeEachDatabase('versions of lab results', (get) => {
  interface Lab {
    store: Store;
    clinic: ClinicRef;
    /** Stores the order as it was read on a day, told of by an event of `eventDay` where there is one. */
    see: (
      state: string,
      results: LabResult[],
      day: number,
      more?: Partial<LabOrder> & { eventDay?: number },
    ) => Promise<[string, number][]>;
    current: () => Promise<{ id: string; version: number; amended: boolean }[]>;
    earlier: (id?: string) => Promise<unknown>;
    history: (id?: string) => Promise<[string, string | null, number][]>;
    review: (change: object, day: number, id?: string) => Promise<{ signedOffBy: string | null; notes: unknown }>;
    signer: (id?: string) => Promise<string | null>;
  }
  function createLab(): Lab {
    const { store } = createTestStore(get());
    const clinic = { organizationId: toUnique('org'), clinicId: 'clinic' };
    const clinicKey = toClinicKey(clinic.organizationId, clinic.clinicId);
    const at = (id: string) => ({ clinicKey, id });
    return {
      store,
      clinic,
      async see(state, results, day, { eventDay, ...more } = {}) {
        const order: LabOrder = {
          id: 'order',
          name: 'Panel',
          rawStatus: state,
          fullscriptPatientId: 'patient',
          fullscriptPractitionerId: null,
          treatmentPlanId: null,
          tests: [],
          results,
          createdAt: null,
          updatedAt: null,
          ...more,
        };
        const told = eventDay === undefined ? null : toDay(eventDay);
        const changes = await store.labOrders.upsertMany(clinic, [order], toDay(day), told);
        return changes.map(({ kind, result }): [string, number] => [kind, result.version]);
      },
      async current() {
        const found = await store.labResults.findByOrders([at('order')]);
        const results = found.get(toRowKey(clinicKey, 'order')) ?? [];
        return results.map(({ id, version, amended }) => ({ id, version, amended }));
      },
      earlier: async (id = 'r') => (await store.labResults.findVersions([at(id)])).get(toRowKey(clinicKey, id)) ?? [],
      async history(id = 'r') {
        const found = (await store.labReviews.findHistory([at(id)])).get(toRowKey(clinicKey, id)) ?? [];
        return found.map(({ action, userId, version }) => [action, userId, version]);
      },
      review: (change, day, id = 'r') =>
        store.labReviews.review({ ...clinic, resultId: id, userId: 'ada', at: toDay(day), ...change }),
      signer: async (id = 'r') =>
        (await store.labReviews.findReviews([at(id)])).get(toRowKey(clinicKey, id))?.signedOffBy ?? null,
    };
  }

  it('are kept when a result is amended: its word, its name, since when and until when', async () => {
    const { see, current, earlier } = createLab();
    expect(await see('results_ready', [buildResult({ rawStatus: 'available' })], 3, { eventDay: 2 })).toEqual([
      ['ready', 1],
    ]);
    expect(await earlier()).toEqual([]);
    const amended = buildResult({ name: 'Panel, corrected', rawStatus: 'amended' });
    expect(await see('results_amended', [amended], 5, { eventDay: 4 })).toEqual([['amended', 2]]);
    expect(await current()).toEqual([{ id: 'r', version: 2, amended: true }]);
    expect(await earlier()).toEqual([
      { version: 1, name: 'Panel', rawStatus: 'available', availableAt: toDay(2), supersededAt: toDay(4) },
    ]);
    expect(await see('interpretation_ready', [amended], 6)).toEqual([]);
    expect(await see('results_amended', [amended], 7)).toEqual([]);
    expect(await current()).toEqual([{ id: 'r', version: 2, amended: true }]);
  });

  it('count an amendment of an amended result by a further event, and not by that event again, nor by one from before', async () => {
    const { see, earlier } = createLab();
    const result = buildResult();
    await see('results_ready', [result], 2);
    expect(await see('results_amended', [result], 4, { eventDay: 3 })).toEqual([['amended', 2]]);
    expect(await see('results_amended', [result], 5, { eventDay: 3 })).toEqual([]);
    expect(await see('results_amended', [result], 6, { eventDay: 2 })).toEqual([]);
    expect(await see('results_amended', [result], 7)).toEqual([]);
    expect(await see('results_amended', [result], 9, { eventDay: 8 })).toEqual([['amended', 3]]);
    expect(await see('results_amended', [result], 10, { eventDay: 8 })).toEqual([]);
    expect(await earlier()).toMatchObject([
      { version: 1, availableAt: toDay(2), supersededAt: toDay(3) },
      { version: 2, availableAt: toDay(3), supersededAt: toDay(8) },
    ]);
  });

  it('of several amended results, count the one that says when it changed, else all that may be meant', async () => {
    const { see } = createLab();
    const amended = (id: string, updatedAt?: string) =>
      buildResult({ id, name: id, rawStatus: 'amended', ...(updatedAt ? { updatedAt } : {}) });
    await see('results_ready', [buildResult({ id: 'a' }), buildResult({ id: 'b' })], 2);
    await see('results_amended', [amended('a', toDay(3)), amended('b', toDay(3))], 4, { eventDay: 3 });
    expect(await see('results_amended', [amended('a', toDay(3)), amended('b', toDay(6))], 7, { eventDay: 6 })).toEqual([
      ['amended', 3],
    ]);
    expect(await see('results_amended', [amended('a'), amended('b')], 9, { eventDay: 8 })).toEqual([
      ['amended', 3],
      ['amended', 4],
    ]);
    // Its own time of change tells also without an event.
    expect(await see('results_amended', [amended('a', toDay(9)), amended('b', toDay(6))], 10)).toEqual([
      ['amended', 4],
    ]);
  });

  it('count another file of the same result, though nobody calls it amended, when something else says that it moved', async () => {
    const { see, current, signer, review, history } = createLab();
    const withFile = (artifactId: string) => buildResult({ artifactId });
    await see('partial_results', [withFile('file-1')], 2);
    await review({ signOff: true }, 3);
    // An id that is made anew with each answer proves nothing by itself.
    expect(await see('partial_results', [withFile('file-x')], 4)).toEqual([]);
    expect(await signer()).toBe('ada');
    expect(await see('results_ready', [withFile('file-2')], 6, { eventDay: 5 })).toEqual([['replaced', 2]]);
    expect(await current()).toEqual([{ id: 'r', version: 2, amended: false }]);
    expect(await signer()).toBeNull();
    expect(await history()).toEqual([
      ['SIGNED_OFF', 'ada', 1],
      ['SIGN_OFF_LOST', null, 1],
    ]);
  });

  it('go on in a result that takes the place of another, with its notes, its sharing and its history', async () => {
    const lab = createLab();
    await lab.see('results_ready', [buildResult({ id: 'old' }), buildResult({ id: 'other', name: 'Other' })], 2);
    await lab.review({ signOff: true, share: true, note: { id: crypto.randomUUID(), text: 'fine' } }, 3, 'old');
    const after = [buildResult({ id: 'other', name: 'Other' }), buildResult({ id: 'new' })];
    expect(await lab.see('results_amended', after, 5, { eventDay: 4 })).toEqual([
      ['amended', 2],
      ['ready', 2],
    ]);
    expect((await lab.current()).map(({ id }) => id)).toEqual(['other', 'new']);
    expect(await lab.earlier('new')).toMatchObject([{ version: 1, availableAt: toDay(2), supersededAt: toDay(4) }]);
    expect(await lab.signer('new')).toBeNull();
    const review = await lab.review({}, 6, 'new');
    expect(review).toMatchObject({ sharedWithPatientAt: toDay(3), notes: [{ text: 'fine' }] });
    expect(await lab.history('new')).toEqual([
      ['SIGNED_OFF', 'ada', 1],
      ['SHARED', 'ada', 1],
      ['NOTED', 'ada', 1],
      ['SIGN_OFF_LOST', null, 1],
    ]);
    const old = (await lab.store.labResults.findByIds(lab.clinic.organizationId, ['old'])).get('old');
    expect(old).toMatchObject([{ supersededAt: toDay(4), supersededBy: 'new', hasFile: false, version: 1 }]);
    // The one that was put in its place is replaced in its turn.
    await lab.see('results_amended', [buildResult({ id: 'other', name: 'Other' }), buildResult({ id: 'newest' })], 8, {
      eventDay: 7,
    });
    expect(await lab.earlier('newest')).toMatchObject([{ version: 1 }, { version: 2, availableAt: toDay(4) }]);
    const oldest = (await lab.store.labResults.findByIds(lab.clinic.organizationId, ['old'])).get('old');
    expect(oldest).toMatchObject([{ supersededBy: 'newest' }]);
  });

  it('are not guessed: of two that went and two that came, only those of one name are a pair', async () => {
    const lab = createLab();
    await lab.see(
      'results_ready',
      [buildResult({ id: 'a', name: 'Blood' }), buildResult({ id: 'b', name: 'Urine' })],
      2,
    );
    await lab.see(
      'results_ready',
      [buildResult({ id: 'c', name: ' blood' }), buildResult({ id: 'd', name: 'Saliva' })],
      4,
    );
    expect(await lab.current()).toEqual([
      { id: 'c', version: 2, amended: false },
      { id: 'd', version: 1, amended: false },
    ]);
    const key = { clinicKey: toClinicKey(lab.clinic.organizationId, 'clinic'), id: 'order' };
    const withdrawn = (await lab.store.labResults.findWithdrawn([key])).get(toRowKey(key.clinicKey, key.id));
    expect(withdrawn).toMatchObject([{ id: 'b', supersededAt: toDay(4), supersededBy: null }]);
    // What is listed again is current again, as it was.
    await lab.see('results_ready', [buildResult({ id: 'b', name: 'Urine' })], 6);
    expect((await lab.current()).map(({ id }) => id)).toEqual(['b']);
  });

  it('are not made of what was never available', async () => {
    const lab = createLab();
    const waiting = (id: string) => buildResult({ id, rawStatus: 'processing', fileUrl: null });
    await lab.see('processing', [waiting('a')], 2);
    expect(await lab.see('results_ready', [buildResult({ id: 'b' })], 4)).toEqual([['ready', 1]]);
    expect(await lab.earlier('b')).toEqual([]);
    expect((await lab.store.labResults.findByIds(lab.clinic.organizationId, ['a'])).size).toBe(0);
  });

  it('survive rows without a time of change, which neither lose against those that have one nor undo what they said', async () => {
    const lab = createLab();
    const key = { clinicKey: toClinicKey(lab.clinic.organizationId, 'clinic'), id: 'order' };
    await lab.see('processing', [], 2, { updatedAt: toDay(1) });
    await lab.see('results_ready', [buildResult()], 3);
    expect(await lab.store.labOrders.find(key)).toMatchObject({ status: 'RESULTS_READY', updatedAt: toDay(1) });
    expect((await lab.current()).length).toBe(1);
    // Read later, but of an earlier state by Fullscript's own time.
    await lab.see('partial_results', [], 4, { updatedAt: '2026-02-27T00:00:00.000Z' });
    expect(await lab.store.labOrders.find(key)).toMatchObject({ status: 'RESULTS_READY' });
    // Read earlier, and only stored later.
    await lab.see('purchased', [], 1);
    expect(await lab.store.labOrders.find(key)).toMatchObject({ status: 'RESULTS_READY' });
  });

  it('leave a history of reviews that says only what changed, and to which version', async () => {
    const { see, review, history } = createLab();
    await see('results_ready', [buildResult()], 2);
    await review({ signOff: true }, 3);
    await review({ signOff: true, share: true }, 4);
    await review({ signOff: false, share: false }, 5);
    await review({ signOff: false }, 6);
    await review({ signOff: true }, 7);
    await see('results_amended', [buildResult()], 8);
    await review({ signOff: true, note: { id: crypto.randomUUID(), text: 'again' } }, 9);
    expect(await history()).toEqual([
      ['SIGNED_OFF', 'ada', 1],
      ['SHARED', 'ada', 1],
      ['SIGN_OFF_TAKEN_BACK', 'ada', 1],
      ['SHARING_TAKEN_BACK', 'ada', 1],
      ['SIGNED_OFF', 'ada', 1],
      ['SIGN_OFF_LOST', null, 1],
      ['SIGNED_OFF', 'ada', 2],
      ['NOTED', 'ada', 2],
    ]);
  });

  it('are signed as they are, also when an amendment is just being stored', async () => {
    const { db, url, statements } = get();
    const lab = createLab();
    await lab.see('results_ready', [buildResult()], 1);
    statements.length = 0;
    let review: Promise<unknown> | undefined;
    const other = await openDatabase({ url });
    try {
      await other.write(async (tx) => {
        await tx.run('UPDATE lab_result SET version = 2 WHERE organization_id = ?', [lab.clinic.organizationId]);
        review = lab.review({ signOff: true }, 2);
        // SQLite lets it begin only when this is over; elsewhere it has done by the note whatever it does without waiting.
        const isUnderWay = (sql: string) => /FROM lab_result .*FOR UPDATE|INTO lab_review_event/s.test(sql);
        if (db.engine !== 'sqlite') await waitFor('the review to begin', () => statements.some(isUnderWay));
      });
      await review;
    } finally {
      await other.close();
    }
    expect(await lab.history()).toEqual([['SIGNED_OFF', 'ada', 2]]);
  });

  it('count once though several processes bring the same amendment at once', async () => {
    const { see, earlier } = createLab();
    await see('results_ready', [buildResult()], 2);
    const brought = await Promise.all(
      Array.from({ length: 6 }, () => see('results_amended', [buildResult()], 4, { eventDay: 3 })),
    );
    expect(brought.flat()).toEqual([['amended', 2]]);
    expect(await earlier()).toHaveLength(1);
  });

  it('are not made twice of one amendment that was seen already when an older event was applied', async () => {
    const { see } = createLab();
    const amended = [buildResult({ rawStatus: 'amended' })];
    await see('results_ready', [buildResult({ rawStatus: 'available' })], 2);
    expect(await see('results_amended', amended, 5, { eventDay: 3 })).toEqual([['amended', 2]]);
    // The amendment's own event: what it tells of was read on day 5.
    expect(await see('results_amended', amended, 6, { eventDay: 4 })).toEqual([]);
    expect(await see('results_amended', amended, 8, { eventDay: 7 })).toEqual([['amended', 3]]);
  });

  it('are available since the time that their event tells, also when somebody came upon them first', async () => {
    const { see, store, clinic } = createLab();
    const since = async () => {
      const key = { clinicKey: toClinicKey(clinic.organizationId, clinic.clinicId), id: 'order' };
      const found = await store.labResults.findByOrders([key]);
      return found.get(toRowKey(key.clinicKey, 'order'))?.[0]?.availableAt;
    };
    const ready = [buildResult({ rawStatus: 'available' })];
    await see('results_ready', ready, 5);
    expect(await since()).toBe(toDay(5));
    expect(await see('results_ready', ready, 6, { eventDay: 4 })).toEqual([]);
    expect(await since()).toBe(toDay(4));
    // What another, older event is about is something else.
    await see('results_ready', ready, 7, { eventDay: 2 });
    expect(await since()).toBe(toDay(4));
  });
});
