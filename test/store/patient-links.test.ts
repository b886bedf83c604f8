import { expect, it } from 'vitest';
import { toClinicKey, toRowKey } from '../../src/store/keys.ts';
import { insertMetadataTask } from '../../src/store/metadata-tasks.ts';
import type { NewPatientLink } from '../../src/store/patient-links.ts';
import { describeEachDatabase } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

function buildLink(organizationId: string, overrides: Partial<NewPatientLink> = {}): NewPatientLink {
  return {
    organizationId,
    clinicId: 'clinic',
    patientId: 'patient',
    fullscriptPatientId: 'fs',
    method: 'MANUAL',
    linkedAt: '2026-03-02T14:00:00.000Z',
    linkedBy: 'user',
    ...overrides,
  };
}

describeEachDatabase('patient links', (get) => {
  it('are one to one in each clinic, and apart in another clinic or organization', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    expect(await store.patientLinks.link(buildLink(organizationId))).toMatchObject({ kind: 'linked', created: true });
    expect(await store.patientLinks.link(buildLink(organizationId))).toMatchObject({ kind: 'linked', created: false });
    expect(await store.patientLinks.link(buildLink(organizationId, { patientId: 'other' }))).toEqual({
      kind: 'taken',
      patientId: 'patient',
    });
    expect(await store.patientLinks.link(buildLink(organizationId, { fullscriptPatientId: 'fs-2' }))).toMatchObject({
      kind: 'other',
      link: { fullscriptPatientId: 'fs' },
    });
    const elsewhere = { ...buildLink(organizationId, { patientId: 'other' }), clinicId: 'second' };
    expect(await store.patientLinks.link(elsewhere)).toMatchObject({ kind: 'linked' });
    expect(await store.patientLinks.link(buildLink(toUnique('org'), { patientId: 'other' }))).toMatchObject({
      kind: 'linked',
    });
    const { statements } = get();
    statements.length = 0;
    const links = await store.patientLinks.findLinks(clinicKey, ['patient', 'other', 'nobody']);
    expect([...links.keys()]).toEqual(['patient']);
    const keys = [
      { clinicKey, id: 'fs' },
      { clinicKey: toClinicKey(organizationId, 'second'), id: 'fs' },
    ];
    const byFullscript = await store.patientLinks.findLinksByFullscriptIds(keys);
    expect(keys.map((key) => byFullscript.get(toRowKey(key.clinicKey, key.id))?.patientId)).toEqual([
      'patient',
      'other',
    ]);
    expect(statements).toHaveLength(2);
    expect(await store.patientLinks.findByPatient(organizationId, 'other')).toHaveLength(1);
  });

  it('have one winner when two patients want the same one at once', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((patientId) => store.patientLinks.link(buildLink(organizationId, { patientId }))),
    );
    const winners = outcomes.filter((outcome) => outcome.kind === 'linked');
    expect(winners).toHaveLength(1);
    const taken = outcomes.filter((outcome) => outcome.kind === 'taken');
    expect(new Set(taken.map((outcome) => outcome.patientId))).toEqual(new Set([winners[0]?.link.patientId]));
    expect(taken).toHaveLength(4);
  });

  it('have one winner when one patient is given several at once', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const outcomes = await Promise.all(
      ['1', '2', '3', '4'].map((fullscriptPatientId) =>
        store.patientLinks.link(buildLink(organizationId, { fullscriptPatientId })),
      ),
    );
    expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['linked', 'other', 'other', 'other']);
  });

  it('are replaced by a person, with history', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    await store.patientLinks.link(buildLink(organizationId));
    const replaced = await store.patientLinks.link(
      buildLink(organizationId, { fullscriptPatientId: 'fs-2', replace: true, linkedAt: '2026-03-03T00:00:00.000Z' }),
    );
    expect(replaced).toMatchObject({ kind: 'linked', replaced: { fullscriptPatientId: 'fs' } });
    expect((await store.patientLinks.findLinks(clinicKey, ['patient'])).get('patient')?.fullscriptPatientId).toBe(
      'fs-2',
    );
    expect(await store.patientLinks.history(clinicKey, 'patient')).toMatchObject([
      { fullscriptPatientId: 'fs', endedAt: '2026-03-03T00:00:00.000Z', endedBy: 'user', endReason: 'replaced' },
    ]);
    const other = buildLink(organizationId, { patientId: 'other', replace: true, fullscriptPatientId: 'fs-2' });
    expect(await store.patientLinks.link(other)).toEqual({ kind: 'taken', patientId: 'patient' });
  });

  it('stay refused after unlinking until a person links the pair again', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    const request = {
      organizationId,
      clinicId: 'clinic',
      patientId: 'patient',
      unlinkedAt: '2026-03-03T00:00:00.000Z',
      unlinkedBy: 'user',
      refuse: true,
    };
    expect(await store.patientLinks.unlink(request)).toBeNull();
    await store.patientLinks.link(buildLink(organizationId));
    expect(await store.patientLinks.unlink(request)).toMatchObject({ fullscriptPatientId: 'fs' });
    expect(await store.patientLinks.findLinks(clinicKey, ['patient'])).toEqual(new Map());
    expect(await store.patientLinks.findRefused(clinicKey, ['patient', 'other'])).toEqual(
      new Map([['patient', new Set(['fs'])]]),
    );
    const automatic = buildLink(organizationId, { method: 'EMAIL_AND_IDENTITY', linkedBy: null });
    expect(await store.patientLinks.link(automatic)).toEqual({ kind: 'refused' });
    expect(await store.patientLinks.link({ ...automatic, patientId: 'other' })).toMatchObject({ kind: 'linked' });
    await store.patientLinks.unlink({ ...request, patientId: 'other', refuse: false });
    expect(await store.patientLinks.link(buildLink(organizationId, { replace: true }))).toMatchObject({
      kind: 'linked',
    });
    expect(await store.patientLinks.findRefused(clinicKey, ['patient'])).toEqual(new Map());
  });

  it('queue what the metadata at Fullscript must become, in the same step', async () => {
    const { store, clock } = createTestStore(get());
    const organizationId = toUnique('org');
    const tasks = async () => {
      const claimed = await store.metadataTasks.claim(100, 60_000);
      await Promise.all(claimed.map((task) => store.metadataTasks.done(task.id)));
      return claimed
        .filter((task) => task.organizationId === organizationId)
        .map(({ kind, fullscriptId, value }) => [kind, fullscriptId, value])
        .sort();
    };
    const linkedAt = clock.text();
    await store.patientLinks.link(buildLink(organizationId, { linkedAt, metadataId: 'ours' }));
    expect(await tasks()).toEqual([['patient', 'fs', 'ours']]);
    // Linked again, it is written again only when it does not stand there.
    await store.patientLinks.link(buildLink(organizationId, { linkedAt, metadataId: null }));
    expect(await tasks()).toEqual([]);
    const replacing = buildLink(organizationId, { fullscriptPatientId: 'fs-2', replace: true, linkedAt });
    await store.patientLinks.link({ ...replacing, metadataId: 'ours' });
    expect(await tasks()).toEqual([
      ['patient', 'fs', null],
      ['patient', 'fs-2', 'ours'],
    ]);
    const taken = { ...replacing, patientId: 'other', metadataId: 'theirs' };
    expect(await store.patientLinks.link(taken)).toMatchObject({ kind: 'taken' });
    expect(await tasks()).toEqual([]);
    await store.patientLinks.unlink({
      organizationId,
      clinicId: 'clinic',
      patientId: 'patient',
      unlinkedAt: linkedAt,
      unlinkedBy: 'user',
      refuse: true,
    });
    expect(await tasks()).toEqual([['patient', 'fs-2', null]]);
  });
});

describeEachDatabase('remembered searches', (get) => {
  const beganAt = '2026-03-02T14:00:00.000Z';
  const search = (organizationId: string, patientId: string, began = beganAt) => ({
    organizationId,
    clinicId: 'clinic',
    patientId,
    beganAt: began,
  });
  const found = { outcome: 'NOT_CONNECTED' as const, demographicsHash: 'h1', decidedAt: '2026-03-02T14:00:01.000Z' };
  const recall = async (store: ReturnType<typeof createTestStore>['store'], organizationId: string) => [
    ...(await store.matches.recall(toClinicKey(organizationId, 'clinic'), ['patient', 'other', 'nobody'])).values(),
  ];

  it('are recalled with what they ended in, once they have ended', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    await store.matches.begin(search(organizationId, 'patient'));
    expect(await recall(store, organizationId)).toEqual([]);
    await store.matches.remember({ ...search(organizationId, 'patient'), ...found });
    expect(await recall(store, organizationId)).toEqual([{ patientId: 'patient', ...found }]);
    // What was remembered counts no more as soon as somebody looks again.
    await store.matches.begin(search(organizationId, 'patient', '2026-03-02T15:00:00.000Z'));
    expect(await recall(store, organizationId)).toEqual([]);
  });

  it('are forgotten with a link, with the patient, and with the clinic', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    const clinicKey = toClinicKey(organizationId, 'clinic');
    for (const patientId of ['patient', 'other', 'nobody']) {
      await store.matches.begin(search(organizationId, patientId));
      await store.matches.remember({ ...search(organizationId, patientId), ...found });
    }
    const left = async () => (await recall(store, organizationId)).map(({ patientId }) => patientId).sort();
    expect(await left()).toEqual(['nobody', 'other', 'patient']);
    await store.patientLinks.link(buildLink(organizationId));
    expect(await left()).toEqual(['nobody', 'other']);
    await store.matches.forgetPatient(clinicKey, 'nobody');
    expect(await left()).toEqual(['other']);
    await store.matches.forgetClinic(clinicKey);
    expect(await left()).toEqual([]);
  });

  it('say nothing when the patient was forgotten, or looked for anew, while they were under way', async () => {
    const { store } = createTestStore(get());
    const organizationId = toUnique('org');
    await store.matches.begin(search(organizationId, 'patient'));
    await store.matches.forgetClinic(toClinicKey(organizationId, 'clinic'));
    await store.matches.remember({ ...search(organizationId, 'patient'), ...found });
    expect(await recall(store, organizationId)).toEqual([]);
    const later = '2026-03-02T14:00:00.500Z';
    await store.matches.begin(search(organizationId, 'patient', later));
    await store.matches.remember({ ...search(organizationId, 'patient'), ...found });
    expect(await recall(store, organizationId)).toEqual([]);
    await store.matches.remember({ ...search(organizationId, 'patient', later), ...found });
    expect(await recall(store, organizationId)).toHaveLength(1);
  });
});

describeEachDatabase('metadata tasks', (get) => {
  it('are replaced by newer ones, and an older worker cannot finish those', async () => {
    const { store, clock } = createTestStore(get());
    const task = {
      organizationId: toUnique('org'),
      clinicId: 'clinic',
      kind: 'patient' as const,
      fullscriptId: 'fs',
      runAt: clock.text(),
    };
    const put = (value: string | null) =>
      get().db.write((tx) => insertMetadataTask(tx, { ...task, value }, clock.text()));
    await put('org:1');
    const [older] = await store.metadataTasks.claim(10, 60_000);
    expect(older).toMatchObject({ value: 'org:1', attempts: 1, fullscriptId: 'fs' });
    expect(await store.metadataTasks.claim(10, 60_000)).toEqual([]);
    await put(null);
    const [newer] = await store.metadataTasks.claim(10, 60_000);
    expect(newer).toMatchObject({ value: null, attempts: 1 });
    await store.metadataTasks.done(older?.id ?? '');
    expect(await store.metadataTasks.depth()).toBe(1);
    await store.metadataTasks.retryAt(newer?.id ?? '', clock.text());
    expect(await store.metadataTasks.claim(10, 60_000)).toMatchObject([{ id: newer?.id, attempts: 2 }]);
    await store.metadataTasks.done(newer?.id ?? '');
    expect(await store.metadataTasks.depth()).toBe(0);
  });
});
