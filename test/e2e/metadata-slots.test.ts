import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWriteMetadata } from '../../src/operations/write-metadata.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addPerson, getPatient } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const hourMs = 3_600_000;

describeEachDatabase('Our ids in the metadata of patients', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  beforeEach(async () => {
    for (const table of ['account', 'job_lease', 'metadata_task', 'patient_link', 'clinic', 'integration_switch']) {
      await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    }
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterEach(() => deployment.stop());

  const runJob = (process = deployment.app) =>
    createWriteMetadata(process.parts.operationNeeds)(new AbortController().signal);
  const slotOf = (id: string): string | null => getPatient(deployment, id).metadataId;
  const depth = () => deployment.app.parts.store.metadataTasks.depth();
  const read = (patientId: string, who = 'u-ada') => askPatient(deployment, who, patientId, 'connectionStatus');
  const mutate = async (field: 'linkFullscriptPatient' | 'unlinkFullscriptPatient', input: object): Promise<void> => {
    const type = field === 'linkFullscriptPatient' ? 'FullscriptLinkPatientInput' : 'FullscriptUnlinkPatientInput';
    const { errors } = await deployment.ask(
      'u-ada',
      `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`,
      { variables: { input } },
    );
    expect(errors).toEqual([]);
  };
  const countWrites = (id: string): number =>
    deployment.sandbox.sandbox.calls.list().filter(({ method, path }) => method === 'PATCH' && path.endsWith(id))
      .length;

  it.each([
    ['plain', 'p-short', 'org-juniper:p-short'],
    ['too long for a slot', `p-${'x'.repeat(100)}`, /^h:[0-9a-f]{40}$/],
    ['not ASCII', 'p-žluť', /^h:[0-9a-f]{40}$/],
  ])('an id that is %s is written, found again by it, and cleared with the link', async (_, id, slot) => {
    const { patientId, fullscriptPatientId } = addPerson(deployment, { emr: { id } });
    await read(patientId);
    await runJob();
    expect(slotOf(fullscriptPatientId)).toEqual(typeof slot === 'string' ? slot : expect.stringMatching(slot));
    await mutate('unlinkFullscriptPatient', { patientId });
    await runJob();
    expect(slotOf(fullscriptPatientId)).toBeNull();
  });

  it('are in the stored copy, too, as soon as they are written or cleared: no event tells of them', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const stored = async () =>
      await get().db.read('SELECT metadata_id FROM fullscript_patient WHERE id = ?', [fullscriptPatientId]);
    await read(patientId);
    await runJob();
    expect(await stored()).toEqual([{ metadata_id: `org-juniper:${patientId}` }]);
    await mutate('unlinkFullscriptPatient', { patientId });
    await runJob();
    expect(await stored()).toEqual([{ metadata_id: null }]);
  });

  it('stay when a pair was taken apart and put together again before the slot was cleared', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await read(patientId);
    await runJob();
    await mutate('unlinkFullscriptPatient', { patientId });
    await mutate('linkFullscriptPatient', { patientId, fullscriptPatientId });
    await runJob();
    expect(await depth()).toBe(0);
    expect(slotOf(fullscriptPatientId)).toBe(`org-juniper:${patientId}`);
  });

  it('are handed on when another of our patients is linked to the same person', async () => {
    const first = addPerson(deployment);
    await read(first.patientId);
    await runJob();
    await mutate('unlinkFullscriptPatient', { patientId: first.patientId });
    const second = deployment.emr.addPatient();
    await mutate('linkFullscriptPatient', { patientId: second.id, fullscriptPatientId: first.fullscriptPatientId });
    await runJob();
    expect(slotOf(first.fullscriptPatientId)).toBe(`org-juniper:${second.id}`);
  });

  it('of two organizations that want one slot at the same moment, in two processes, the first stays', async () => {
    await deployment.connect('u-tomas', 'ada@cedarrow.example');
    // Both want the practitioner's slot, too.
    await runJob();
    clock.forward(hourMs);
    await runJob();
    expect(await depth()).toBe(0);
    const { patientId, person, fullscriptPatientId } = addPerson(deployment);
    const theirs = deployment.emr.addPatient({ ...person, organizationId: 'org-tamarack' });
    await read(patientId);
    await read(theirs.id, 'u-tomas');
    expect(await depth()).toBe(2);
    const another = await deployment.startAnother();
    // Whoever looks has not written yet when the other looks.
    const path = `/api/clinic/patients/${fullscriptPatientId}`;
    deployment.sandbox.sandbox.faults.add({ method: 'PATCH', path, latencyMs: 300 });
    await Promise.all([runJob(), runJob(another)]);
    const winner = slotOf(fullscriptPatientId);
    expect([`org-juniper:${patientId}`, `org-tamarack:${theirs.id}`]).toContain(winner);
    clock.forward(hourMs);
    await runJob();
    expect(await depth()).toBe(0);
    expect(slotOf(fullscriptPatientId)).toBe(winner);
    expect(countWrites(fullscriptPatientId)).toBe(1);
  });

  it('are written once Fullscript is there again, however long it was away', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await read(patientId);
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ path: `/api/clinic/patients/${fullscriptPatientId}`, status: 503 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await runJob();
      expect(await depth()).toBe(1);
      clock.forward(hourMs);
    }
    faults.clear();
    await runJob();
    expect(await depth()).toBe(0);
    expect(slotOf(fullscriptPatientId)).toBe(`org-juniper:${patientId}`);
  });

  it('are given up with a warning when Fullscript refuses, and after a week in which nobody was connected', async () => {
    const refused = addPerson(deployment);
    const unreachable = addPerson(deployment);
    await read(refused.patientId);
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ method: 'PATCH', path: `/api/clinic/patients/${refused.fullscriptPatientId}`, status: 422 });
    await runJob();
    expect(await depth()).toBe(0);
    const warnings = () => deployment.logs.filter((line) => line.includes('metadata cannot be written'));
    expect(warnings()).toHaveLength(1);

    await read(unreachable.patientId);
    await deployment.ask('u-ada', 'mutation { revoke { revocation { id } } }');
    let attempts = 0;
    while ((await depth()) > 0 && attempts < 500) {
      attempts += 1;
      await runJob();
      clock.forward(hourMs);
    }
    expect(attempts).toBeGreaterThan(150);
    expect(attempts).toBeLessThan(200);
    expect(warnings()).toHaveLength(2);
    // Neither says who it is.
    for (const line of warnings()) expect(line).not.toContain(unreachable.patientId);
  }, 60_000);
});
