import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toClinicScope } from '../../src/mirror/scope.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getPatient, getUser, inventPerson } from '../support/people.ts';
import { askPatient, countCalls, waitFor } from '../support/reading.ts';
import { recommend } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const account = 'connectionStatus fullscriptAccount { id linkedBy archived isDependent clinic { id name } }';

describeEachDatabase('Patient.connectionStatus and Patient.fullscriptAccount', (get) => {
  let deployment: Deployment;
  let clock: TestClock;

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.sandbox.sandbox.calls.clear();
  });

  const read = async (patientId: string, selection = account) => {
    const answer = await askPatient(deployment, 'u-ada', patientId, selection);
    expect(answer.errors).toEqual([]);
    return answer.patient as { connectionStatus: string; fullscriptAccount: { id: string; [field: string]: unknown } };
  };
  const status = async (patientId: string): Promise<string> =>
    (await read(patientId, 'connectionStatus')).connectionStatus;

  it('links an unmistakable match when it is read, and says how and where', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment, {
      emr: { firstName: 'JOSÉ-Luis' },
      fullscript: { firstName: 'Joseluis' },
    });
    expect(await read(patientId)).toMatchObject({
      connectionStatus: 'CONNECTED',
      fullscriptAccount: {
        id: fullscriptPatientId,
        linkedBy: 'EMAIL_AND_IDENTITY',
        archived: false,
        clinic: { name: 'Cedar Row Wellness' },
      },
    });
    // From then on the stored id decides, whatever anybody is called.
    deployment.emr.updatePatient(patientId, { email: 'moved@elsewhere.example', firstName: 'Pepe' });
    deployment.sandbox.sandbox.calls.clear();
    expect((await read(patientId)).fullscriptAccount.id).toBe(fullscriptPatientId);
    expect(countCalls(deployment)).toBe(0);
  });

  it('says NOT_CONNECTED and makes nothing for somebody whom Fullscript does not know', async () => {
    const { id } = deployment.emr.addPatient(inventPerson());
    const before = deployment.sandbox.sandbox.state.patients.size;
    expect(await read(id)).toEqual({ connectionStatus: 'NOT_CONNECTED', fullscriptAccount: null });
    expect(deployment.sandbox.sandbox.state.patients.size).toBe(before);
  });

  it('finds a child without an address under the guardian, and tells twins apart', async () => {
    const guardian = addFullscriptPatient(deployment, { firstName: 'Helen' });
    const twins = ['Tolu', 'Temi'].map((firstName) =>
      addFullscriptPatient(deployment, {
        firstName,
        lastName: 'Adeyemi',
        email: null,
        dateOfBirth: '2012-03-08',
        guardianPatientId: guardian.id,
      }),
    );
    const asked = ['Temi', 'Tolu', 'Taiwo'].map((firstName) =>
      deployment.emr.addPatient({
        firstName,
        lastName: 'Adeyemi',
        email: guardian.email,
        dateOfBirth: '2012-03-08',
      }),
    );
    const [temi, tolu, taiwo] = await Promise.all(asked.map(({ id }) => read(id)));
    expect(temi?.fullscriptAccount).toMatchObject({ id: twins[1]?.id, isDependent: true });
    expect(tolu?.fullscriptAccount).toMatchObject({ id: twins[0]?.id, isDependent: true });
    expect(taiwo).toEqual({ connectionStatus: 'MATCH_REQUIRED', fullscriptAccount: null });
  });

  it('does not link somebody who is linked to another of our patients', async () => {
    const { patientId, person, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    const double = deployment.emr.addPatient(person);
    expect(await read(double.id)).toEqual({ connectionStatus: 'MATCH_REQUIRED', fullscriptAccount: null });
    expect((await read(patientId)).fullscriptAccount.id).toBe(fullscriptPatientId);
  });

  it('links one of two EMR patients that are read at the same moment and could both be the same person', async () => {
    const { patientId, person } = addPerson(deployment);
    const double = deployment.emr.addPatient(person);
    const words = await Promise.all([status(patientId), status(double.id)]);
    expect(words.sort()).toEqual(['CONNECTED', 'MATCH_REQUIRED']);
  });

  it('finds candidates also when the one who asked the same first has left', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const { operationNeeds, store, flights } = deployment.app.parts;
    const [linked] = await store.accounts.findByUser('org-juniper', 'u-ada');
    if (!linked) throw new Error('Ada is not connected');
    const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 1000 });
    const leaving = new AbortController();
    const ask = (signal: AbortSignal) =>
      operationNeeds.patients.findCandidates(
        { scope: toClinicScope(linked), requestId: 'request', signal },
        { patientId, demographics: person },
      );
    const first = expect(ask(leaving.signal)).rejects.toMatchObject({ kind: 'unavailable' });
    await waitFor('the search to be under way', () => fault.hits > 0);
    const { joined } = flights.stats();
    const second = ask(AbortSignal.timeout(5000));
    await waitFor('the second to wait for it too', () => flights.stats().joined > joined);
    leaving.abort();
    await first;
    expect((await second).map(({ patient }) => patient.id)).toEqual([fullscriptPatientId]);
  });

  it('takes our id in the metadata for evidence, whatever the names and the address say', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment, {
      fullscript: { firstName: 'Other', lastName: 'Name', email: inventPerson().email },
    });
    getPatient(deployment, fullscriptPatientId).metadataId = `org-juniper:${patientId}`;
    expect((await read(patientId)).fullscriptAccount).toMatchObject({ id: fullscriptPatientId, linkedBy: 'METADATA' });
  });

  it('remembers a miss for as long as a copy counts as current, and then looks again', async () => {
    const person = inventPerson();
    const { id } = deployment.emr.addPatient(person);
    expect(await status(id)).toBe('NOT_CONNECTED');
    addFullscriptPatient(deployment, person);
    deployment.sandbox.sandbox.calls.clear();
    clock.forward(899_000);
    expect(await status(id)).toBe('NOT_CONNECTED');
    expect(countCalls(deployment)).toBe(0);
    clock.forward(2_000);
    expect(await status(id)).toBe('CONNECTED');
  });

  it('forgets the misses of relatives when a patient is made under their address', async () => {
    const person = inventPerson();
    const { id: sister } = deployment.emr.addPatient({ ...person, firstName: 'Sister' });
    const { id: brother } = deployment.emr.addPatient({ ...person, firstName: 'Brother' });
    expect(await status(brother)).toBe('NOT_CONNECTED');
    const { result } = await recommend(deployment, 'u-ada', { patientId: sister });
    expect(result.createdPatient).toBe(true);
    expect(await status(brother)).toBe('MATCH_REQUIRED');
  });

  it('does not remember a search that an event overtook', async () => {
    const person = inventPerson();
    const { id } = deployment.emr.addPatient(person);
    const { store } = deployment.app.parts;
    const [linked] = await store.accounts.findByUser('org-juniper', 'u-ada');
    if (!linked) throw new Error('Ada is not connected');
    const fault = deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', latencyMs: 500 });
    const asked = status(id);
    await waitFor('the search to be under way', () => fault.hits > 0);
    await store.matches.forgetClinic(toClinicScope(linked).clinicKey);
    expect(await asked).toBe('NOT_CONNECTED');
    deployment.sandbox.sandbox.faults.clear();
    addFullscriptPatient(deployment, person);
    expect(await status(id)).toBe('CONNECTED');
  });

  it('forgets a miss when the demographics change', async () => {
    const { patientId, person } = addPerson(deployment, { emr: { dateOfBirth: '1999-09-09' } });
    expect(await status(patientId)).toBe('MATCH_REQUIRED');
    deployment.emr.updatePatient(patientId, { dateOfBirth: person.dateOfBirth });
    expect(await status(patientId)).toBe('CONNECTED');
  });

  it('says UNKNOWN without an error while Fullscript is out of reach and nothing is stored', async () => {
    const { patientId } = addPerson(deployment);
    deployment.sandbox.sandbox.faults.add({ status: 503 });
    expect(await status(patientId)).toBe('UNKNOWN');
    const answer = await askPatient(deployment, 'u-ada', patientId, 'id fullscriptAccount { id }');
    expect(answer.patient).toEqual({ id: patientId, fullscriptAccount: null });
    expect(answer.errors.map((error) => error.extensions['code'])).toEqual(['FULLSCRIPT_UNAVAILABLE']);
    // An outage is no miss: nothing of it is remembered.
    deployment.sandbox.sandbox.faults.clear();
    expect(await status(patientId)).toBe('CONNECTED');
  });

  it('says UNKNOWN without an error for a viewer who is not connected, there or anywhere', async () => {
    const { patientId } = addPerson(deployment);
    for (const [who, selection] of [
      ['u-ben', 'connectionStatus'],
      ['u-ada', 'connectionStatus(clinicId: "a-clinic-of-others")'],
    ] as const) {
      const answer = await askPatient(deployment, who, patientId, selection);
      expect(answer).toMatchObject({ patient: { connectionStatus: 'UNKNOWN' }, errors: [] });
    }
    const answer = await askPatient(deployment, 'u-ben', patientId, 'fullscriptAccount { id }');
    expect(answer.patient).toEqual({ fullscriptAccount: null });
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'FULLSCRIPT_CONNECTION_REQUIRED',
      status: 'NOT_CONNECTED',
    });
  });

  it('compares opaque ids byte by byte, up to 255 characters, in any format', async () => {
    const long = 'ü'.repeat(127) + 'x';
    const ids = ['p-Case', 'p-case', 'p-space', 'p-space ', '0', '00', '🙂', `${long}A`, `${long}a`, 'a'.repeat(255)];
    const asked = ids.map((id) => ({ id, ...addPerson(deployment, { emr: { id } }) }));
    const linked = await Promise.all(asked.map(({ id }) => read(id)));
    expect(linked.map((patient) => patient.fullscriptAccount.id)).toEqual(
      asked.map((person) => person.fullscriptPatientId),
    );
  });
});

describe('Two organizations in one clinic', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ env: { WORKER: 'on' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-tomas', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  it('each links the same Fullscript patient for itself, and the first id in the metadata stays', async () => {
    const { patientId, person, fullscriptPatientId } = addPerson(deployment);
    const theirs = deployment.emr.addPatient({ ...person, organizationId: 'org-tamarack' });
    const first = await askPatient(deployment, 'u-ada', patientId, account);
    await waitFor('our id in the metadata', () => getPatient(deployment, fullscriptPatientId).metadataId);
    const second = await askPatient(deployment, 'u-tomas', theirs.id, account);
    for (const { patient } of [first, second]) {
      expect(patient.fullscriptAccount).toMatchObject({ id: fullscriptPatientId, linkedBy: 'EMAIL_AND_IDENTITY' });
    }
    const { store } = deployment.app.parts;
    await waitFor('the metadata to be looked at', async () => (await store.metadataTasks.depth()) === 0);
    expect(getPatient(deployment, fullscriptPatientId).metadataId).toBe(`org-juniper:${patientId}`);
  });

  it('the practitioner who connected carries the id of whoever came first', async () => {
    const { store } = deployment.app.parts;
    await waitFor('the metadata to be looked at', async () => (await store.metadataTasks.depth()) === 0);
    expect(getUser(deployment).metadataId).toBe('org-juniper:pr-ada');
  });

  it('a patient event of the clinic makes both forget whom they did not find', async () => {
    const person = inventPerson();
    const ours = deployment.emr.addPatient(person);
    const theirs = deployment.emr.addPatient({ ...person, organizationId: 'org-tamarack' });
    const words = async (): Promise<unknown[]> => {
      const answers = await Promise.all([
        askPatient(deployment, 'u-ada', ours.id, 'connectionStatus'),
        askPatient(deployment, 'u-tomas', theirs.id, 'connectionStatus'),
      ]);
      return answers.map(({ patient }) => patient.connectionStatus as unknown);
    };
    expect(await words()).toEqual(['NOT_CONNECTED', 'NOT_CONNECTED']);
    deployment.sandbox.sandbox.settings.webhooks.target = `${deployment.app.url}/webhooks/fullscript`;
    addFullscriptPatient(deployment, person);
    await waitFor('both to look again', async () => (await words()).every((word) => word === 'CONNECTED'));
  });
});
