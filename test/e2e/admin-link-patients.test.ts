import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toMetadataId } from '../../src/domain/metadata.ts';
import { createWriteMetadata } from '../../src/operations/write-metadata.ts';
import { readObjects, runCommand, type RunOptions } from '../support/admin-command.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getPatient, getUser, inventPerson, type Person } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { spawnProcess } from '../support/spawned-process.ts';
import { readTables } from '../support/tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'link-patients-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a list of patients; gives the path. */
let files = 0;
function writeList(text: string): string {
  files += 1;
  const path = join(folder, `${String(files)}.csv`);
  writeFileSync(path, text);
  return path;
}

const who = '--organization org-juniper --user u-ada';

/** What became of each patient, by id. */
function byPatient(objects: readonly Record<string, unknown>[]): Map<unknown, Record<string, unknown>> {
  return new Map(objects.map((object) => [object['patientId'], object]));
}

describeEachDatabase('link-patients', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 60_000);
  afterAll(() => deployment.stop());

  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
    deployment.sandbox.sandbox.calls.clear();
    deployment.emr.calls.clear();
  });

  const link = async (ids: readonly string[], more = '', options: RunOptions = {}) =>
    await runCommand(deployment, `link-patients ${who} --json --ids ${ids.join(',')} ${more}`.trim(), options);
  const outcomesOf = async (ids: readonly string[], more = '') => {
    const found = byPatient((await link(ids, more)).objects());
    return ids.map((id) => found.get(id)?.['outcome']);
  };
  const calls = () => deployment.sandbox.sandbox.calls.list().map(({ method, route }) => `${method} ${route}`);
  const readLinks = async (patientId: string) =>
    await get().db.read<{ fullscript_patient_id: string; method: string; linked_by: string | null }>(
      'SELECT fullscript_patient_id, method, linked_by FROM patient_link WHERE patient_id = ?',
      [patientId],
    );
  const readAudit = async (patientId: string) =>
    await get().db.read(
      'SELECT user_id, action, subject, outcome FROM audit_event WHERE patient_id = ? ORDER BY at, action DESC',
      [patientId],
    );
  /** Every row, but for the audit and when Fullscript last accepted the account. */
  const readAllButTraces = async () =>
    (await readTables(deployment, ['audit_event'])).map(({ table, row }) => ({
      table,
      row: row.replace(/"verified_at":"[^"]*"/, ''),
    }));
  /** The sandbox's memory, without what only counts calls. */
  const readSandbox = () => {
    const { patients, plans, users, clinics } = deployment.sandbox.sandbox.state;
    return structuredClone({ patients, plans, users, clinics });
  };
  /** An EMR patient for the record of somebody at Fullscript. */
  const addToEmr = (person: Partial<Person>, more: object = {}): string =>
    deployment.emr.addPatient({ ...inventPerson(), ...person, ...more }).id;

  it('tells of each who it is, in a process of its own, and changes nothing', async () => {
    const same = addPerson(deployment);
    const linked = addPerson(deployment);
    await link([linked.patientId], '--apply');
    const other = addPerson(deployment, { emr: { dateOfBirth: '1980-05-06' } });
    const absent = addToEmr({});
    const withoutEmail = addToEmr({}, { email: null });
    const foreign = addToEmr({}, { organizationId: 'org-tamarack' });
    const path = writeList(
      `\ufeffname,patient_id\r\n"Someone, Robin",${same.patientId}\r\n,${linked.patientId}\r\n\r\nx,${other.patientId}\r\n,${absent}\r\n` +
        `,${withoutEmail}\r\n,${foreign}\r\n,nobody-knows\r\nagain,${same.patientId}\r\n`,
    );
    const before = { tables: await readAllButTraces(), sandbox: readSandbox() };
    deployment.sandbox.sandbox.calls.clear();
    deployment.emr.calls.clear();

    const line = `link-patients ${who} --file ${path} --json --operator olga`;
    const command = spawnProcess(deployment.env, 'src/admin.ts', ...line.split(' '));
    expect([await command.ended, command.written.err]).toEqual([0, expect.stringContaining('7 patients')]);
    const objects = readObjects(command.written.out);
    expect(byPatient(objects)).toEqual(
      new Map<string, object>([
        [
          same.patientId,
          {
            patientId: same.patientId,
            outcome: 'matched',
            fullscriptPatientId: same.fullscriptPatientId,
            method: 'EMAIL_AND_IDENTITY',
          },
        ],
        [
          linked.patientId,
          {
            patientId: linked.patientId,
            outcome: 'already_linked',
            fullscriptPatientId: linked.fullscriptPatientId,
            method: 'EMAIL_AND_IDENTITY',
          },
        ],
        [
          other.patientId,
          {
            patientId: other.patientId,
            outcome: 'doubtful',
            candidates: [
              {
                fullscriptPatientId: other.fullscriptPatientId,
                agrees: ['email', 'firstName', 'lastName'],
                differs: ['dateOfBirth'],
                linkedPatientId: null,
              },
            ],
            rivalPatientIds: [],
          },
        ],
        [absent, { patientId: absent, outcome: 'absent', hasEmail: true }],
        [withoutEmail, { patientId: withoutEmail, outcome: 'absent', hasEmail: false }],
        [foreign, { patientId: foreign, outcome: 'unknown' }],
        ['nobody-knows', { patientId: 'nobody-knows', outcome: 'unknown' }],
      ]),
    );
    expect(objects).toHaveLength(7);
    for (const text of [
      '7 of 7 patients, 1 match, 1 already linked, 1 doubtful, 2 absent, 2 unknown to the EMR',
      'Nothing was changed',
      '1 rows repeat an id',
    ])
      expect(command.written.err).toContain(text);
    for (const { person } of [same, linked, other])
      for (const value of [person.email, person.lastName, '1980-05-0'])
        expect(command.written.out + command.written.err).not.toContain(value);

    expect(await readAllButTraces()).toEqual(before.tables);
    expect(readSandbox()).toEqual(before.sandbox);
    expect(new Set(calls().map((call) => call.split(' ')[0]))).toEqual(new Set(['GET']));
    expect(await readAudit(same.patientId)).toEqual([
      { user_id: 'operator:olga', action: 'patient.read', subject: null, outcome: 'ok' },
    ]);
    expect(await readAudit('nobody-knows')).toMatchObject([{ action: 'patient.read', outcome: 'denied' }]);

    // Had the miss been remembered, nobody would look again for a quarter of an hour.
    const { email, firstName, lastName, dateOfBirth } = deployment.emr.store.patients.get(absent)!;
    addFullscriptPatient(deployment, { email, firstName: firstName!, lastName: lastName!, dateOfBirth });
    const { patient } = await askPatient(deployment, 'u-ada', absent, 'connectionStatus');
    expect(patient.connectionStatus).toBe('CONNECTED');
  }, 180_000);

  it('links the unmistakable with --apply, says who did it, and finds them linked the next time', async () => {
    const people = [addPerson(deployment), addPerson(deployment)];
    const known = addPerson(deployment, { emr: { email: inventPerson().email } });
    getPatient(deployment, known.fullscriptPatientId).metadataId = `org-juniper:${known.patientId}`;
    const doubtful = addPerson(deployment, { emr: { firstName: 'Toni' } });
    const ids = [...people, known, doubtful].map(({ patientId }) => patientId);
    // A miss that a reader remembers does not outlive the link.
    const late = addToEmr({ email: 'late.miss@mail.example' });
    expect((await askPatient(deployment, 'u-ada', late, 'connectionStatus')).patient.connectionStatus).toBe(
      'NOT_CONNECTED',
    );
    const { firstName, lastName, dateOfBirth } = deployment.emr.store.patients.get(late)!;
    addFullscriptPatient(deployment, {
      email: 'late.miss@mail.example',
      firstName: firstName!,
      lastName: lastName!,
      dateOfBirth,
    });
    ids.push(late);

    const line = `link-patients ${who} --ids ${ids.join(',')} --apply --operator olga`;
    const command = spawnProcess(deployment.env, 'src/admin.ts', ...line.split(' '));
    expect([await command.ended, command.written.err]).toEqual([
      0,
      expect.stringContaining('5 of 5 patients, 4 linked now, 1 doubtful.'),
    ]);
    expect(command.written.out).toContain(`${doubtful.fullscriptPatientId}, differs in firstName`);
    for (const { patientId, fullscriptPatientId } of people) {
      expect(await readLinks(patientId)).toEqual([
        { fullscript_patient_id: fullscriptPatientId, method: 'EMAIL_AND_IDENTITY', linked_by: 'operator:olga' },
      ]);
      expect(await readAudit(patientId)).toEqual(
        expect.arrayContaining([
          { user_id: 'operator:olga', action: 'patient.link', subject: fullscriptPatientId, outcome: 'ok' },
        ]),
      );
    }
    expect(await readLinks(known.patientId)).toMatchObject([{ method: 'METADATA', linked_by: 'operator:olga' }]);
    expect(await readLinks(doubtful.patientId)).toEqual([]);
    expect((await askPatient(deployment, 'u-ada', late, 'connectionStatus')).patient.connectionStatus).toBe(
      'CONNECTED',
    );

    deployment.sandbox.sandbox.calls.clear();
    expect(await outcomesOf(ids, '--apply')).toEqual([
      ...Array<string>(3).fill('already_linked'),
      'doubtful',
      'already_linked',
    ]);
    // Only the doubtful one is looked for again.
    expect(deployment.sandbox.sandbox.calls.count('GET', '/api/clinic/search/patients')).toBe(1);

    const [first] = people;
    await createWriteMetadata(deployment.app.parts.operationNeeds)(new AbortController().signal);
    for (const { patientId, fullscriptPatientId } of people)
      expect(getPatient(deployment, fullscriptPatientId).metadataId).toBe(`org-juniper:${patientId}`);
    await deployment.ask(
      'u-ada',
      `mutation { unlinkFullscriptPatient(input: { patientId: "${first!.patientId}" }) { unlinked } }`,
    );
    const history = await get().db.read(
      'SELECT method, linked_by, ended_by FROM patient_link_history WHERE patient_id = ?',
      [first!.patientId],
    );
    expect(history).toEqual([{ method: 'EMAIL_AND_IDENTITY', linked_by: 'operator:olga', ended_by: 'u-ada' }]);
    // Whom a person took away, no command gives back.
    const again = (await link([first!.patientId], '--apply')).objects();
    expect(again).toMatchObject([
      { outcome: 'doubtful', candidates: [{ fullscriptPatientId: first!.fullscriptPatientId }] },
    ]);
  }, 180_000);

  it.each([['in this order'], ['in the other order']])(
    'never lets the order of rows decide: %s',
    async (order) => {
      const arrange = <T>(list: T[]): T[] => (order === 'in this order' ? list : list.reverse());
      // The EMR knows the same person twice, and a relative.
      const { person, patientId, fullscriptPatientId } = addPerson(deployment);
      const twin = addToEmr(person, { dateOfBirth: null, email: ` ${person.email.toUpperCase()}` });
      const relative = addToEmr({ ...person, firstName: 'Kim', dateOfBirth: '2015-01-01' });
      // Far apart in the list, in different calls to the EMR.
      const strangers = Array.from({ length: 450 }, (_, index) => `stranger-${order.length}-${index}`);
      const list = arrange([patientId, ...strangers, relative, twin]);
      const path = writeList(list.join('\n'));
      const ran = await runCommand(deployment, `link-patients ${who} --json --apply --file ${path}`);
      expect(ran.code).toBe(0);
      const found = byPatient(ran.objects());
      expect(found.get(patientId)).toMatchObject({
        outcome: 'doubtful',
        candidates: [{ fullscriptPatientId, differs: [], linkedPatientId: null }],
        rivalPatientIds: [twin],
      });
      expect(found.get(twin)).toMatchObject({ outcome: 'doubtful', rivalPatientIds: [patientId] });
      expect(found.get(relative)).toMatchObject({ outcome: 'doubtful', rivalPatientIds: [] });
      expect(await Promise.all([patientId, twin, relative].map(readLinks))).toEqual([[], [], []]);
      expect(deployment.sandbox.sandbox.calls.count('GET', '/api/clinic/search/patients')).toBe(1);
      // 453 patients: three calls to sort them by address, one for the family.
      expect(deployment.emr.calls.count('FullscriptPatients')).toBe(4);
      expect(found.size).toBe(453);

      // A person decides, and the other one is not taken for the same.
      const input = `{ patientId: "${twin}", fullscriptPatientId: "${fullscriptPatientId}" }`;
      await deployment.ask('u-ada', `mutation { linkFullscriptPatient(input: ${input}) { __typename } }`);
      expect((await link(arrange([patientId, twin]), '--apply')).objects()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ patientId: twin, outcome: 'already_linked', method: 'MANUAL' }),
          expect.objectContaining({
            patientId,
            outcome: 'doubtful',
            candidates: [expect.objectContaining({ linkedPatientId: twin })],
          }),
        ]),
      );
    },
    60_000,
  );

  it.each([['in this order'], ['in the other order']])(
    'follows the metadata before the address, also when it does not tell whose it is: %s',
    async (order) => {
      const arrange = <T>(list: T[]): T[] => (order === 'in this order' ? list : list.reverse());
      const { person, patientId: byAddress, fullscriptPatientId } = addPerson(deployment);
      // An id outside of ASCII is written as a hash.
      const id = `p-ø-${person.lastName}`;
      const byMetadata = addToEmr({ dateOfBirth: person.dateOfBirth }, { id });
      getPatient(deployment, fullscriptPatientId).metadataId = toMetadataId('org-juniper', id);
      const list = arrange([byAddress, byMetadata]);
      for (const [more, outcome] of [
        ['', 'matched'],
        ['--apply', 'linked'],
      ] as const) {
        const found = byPatient((await link(list, more)).objects());
        expect(found.get(byMetadata)).toMatchObject({ outcome, method: 'METADATA', fullscriptPatientId });
        expect(found.get(byAddress)).toMatchObject({ outcome: 'doubtful' });
      }
    },
  );

  it('leaves two candidates for one to a person, and tells relatives apart who are beyond doubt', async () => {
    const { person, patientId, fullscriptPatientId } = addPerson(deployment, { fullscript: { dateOfBirth: null } });
    const guardianPatientId = fullscriptPatientId;
    const junior = addFullscriptPatient(deployment, { ...person, email: null, guardianPatientId });
    const childOf = addFullscriptPatient(deployment, {
      ...person,
      firstName: 'Wren',
      dateOfBirth: '2016-02-03',
      email: null,
      guardianPatientId,
    });
    const child = addToEmr({ ...person, firstName: 'Wren', dateOfBirth: '2016-02-03' });
    const found = byPatient((await link([patientId, child], '--apply')).objects());
    expect(found.get(child)).toMatchObject({ outcome: 'linked', fullscriptPatientId: childOf.id });
    expect(found.get(patientId)?.['outcome']).toBe('doubtful');
    const candidates = found.get(patientId)?.['candidates'] as { fullscriptPatientId: string }[];
    expect(candidates.map((candidate) => candidate.fullscriptPatientId).sort()).toEqual(
      [fullscriptPatientId, junior.id, childOf.id].sort(),
    );
  });

  it('asks Fullscript little: four calls for a match, two for a miss, none for a link; one search for a family', async () => {
    const routes = (list: readonly string[]) => list.map((call) => call.replace('GET /api/clinic/', '')).sort();
    const { person, patientId } = addPerson(deployment);
    await link([patientId]);
    expect(routes(calls())).toEqual([
      'metadata',
      'patients/:patient_id',
      'patients/:patient_id/dependents',
      'search/patients',
    ]);
    deployment.sandbox.sandbox.calls.clear();
    await link([addToEmr({})]);
    expect(routes(calls())).toEqual(['metadata', 'search/patients']);
    deployment.sandbox.sandbox.calls.clear();
    await link([addToEmr({}, { email: null })]);
    expect(routes(calls())).toEqual(['metadata']);
    deployment.sandbox.sandbox.calls.clear();
    const family = ['Ada', 'Ben', 'Cyd', 'Dan'].map((firstName) => addToEmr({ ...person, firstName }));
    await link([patientId, ...family], '--apply');
    expect(routes(calls())).toEqual([
      ...Array<string>(5).fill('metadata'),
      'patients/:patient_id',
      'patients/:patient_id/dependents',
      'search/patients',
    ]);
    deployment.sandbox.sandbox.calls.clear();
    await link([patientId]);
    expect(calls()).toEqual([]);
  });

  it('leaves the last fifth of the calls to users, and ends when it is stopped while it waits', async () => {
    const people = Array.from({ length: 12 }, () => addPerson(deployment).patientId);
    const stop = new AbortController();
    const running = link(people, '--apply', { env: { FULLSCRIPT_RATE_LIMIT: '20' }, signal: stop.signal });
    await waitFor('the calls', () => calls().length === 16, 60_000);
    stop.abort();
    const ran = await running;
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('The rest was not looked at: run it again.');
    expect(calls()).toHaveLength(16);
    for (const object of ran.objects()) expect(object['outcome']).toBe('linked');
  }, 120_000);

  it('is stopped by Ctrl-C with a summary, and the next run goes on from there', async () => {
    const people = Array.from({ length: 60 }, () => addPerson(deployment).patientId);
    // After the first ten searches Fullscript hangs.
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', skip: 10, latencyMs: 20_000 });
    const args = ['link-patients', ...who.split(' '), '--ids', people.join(','), '--apply', '--json'];
    const command = spawnProcess(deployment.env, 'src/admin.ts', ...args);
    await waitFor('the first links', () => command.written.out.includes('"linked"'), 120_000);
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(1);
    const first = readObjects(command.written.out);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(60);
    expect(new Set(first.map(({ outcome }) => outcome))).toEqual(new Set(['linked']));
    expect(command.written.err).toContain(`${first.length} of 60 patients, ${first.length} linked now`);
    const linked = await Promise.all(people.map(readLinks));
    expect(linked.filter((links) => links.length > 0)).toHaveLength(first.length);

    deployment.sandbox.sandbox.faults.clear();
    const again = await link(people, '--apply');
    expect(again.code).toBe(0);
    expect(again.err).toContain(`${60 - first.length} linked now, ${first.length} already linked`);
  }, 240_000);

  it('shows a bar on a terminal only, with the lines above it', async () => {
    const { patientId } = addPerson(deployment);
    const line = `link-patients ${who} --ids ${patientId}`;
    const seen = await runCommand(deployment, line, { typed: '' });
    expect(seen.err).toContain('[##############################] Looked for: 1 of 1');
    const piped = await runCommand(deployment, line);
    expect(piped.err).not.toContain('[#');
    expect(piped.out).toMatch(new RegExp(`^match +${patientId} +\\S+ +EMAIL_AND_IDENTITY\n$`));
  });

  describe('when something is out of reach', () => {
    it('says of whom it could not tell, goes on, and ends with 1', async () => {
      const broken = addPerson(deployment);
      const whole = addPerson(deployment);
      const path = `/api/clinic/patients/${broken.fullscriptPatientId}`;
      deployment.sandbox.sandbox.faults.add({ path, status: 500 });
      const ran = await link([broken.patientId, whole.patientId], '--apply');
      expect(ran.code).toBe(1);
      const found = byPatient(ran.objects());
      expect(found.get(broken.patientId)).toMatchObject({ outcome: 'failed', reason: 'FULLSCRIPT_UNAVAILABLE' });
      expect(found.get(whole.patientId)).toMatchObject({ outcome: 'linked' });
      expect(await readAudit(broken.patientId)).toMatchObject([{ action: 'patient.read', outcome: 'failed' }]);
      // A relative whose own search fails is still a rival.
      const twin = addToEmr(broken.person);
      deployment.sandbox.sandbox.faults.clear();
      deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/metadata', status: 500, count: 3 });
      const both = byPatient((await link([broken.patientId, twin], '--apply')).objects());
      expect([both.get(broken.patientId)?.['outcome'], both.get(twin)?.['outcome']]).not.toContain('linked');
    }, 60_000);

    it('gives up when Fullscript does not answer, and when the EMR does not', async () => {
      const people = Array.from({ length: 45 }, () => addPerson(deployment).patientId);
      deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/metadata', status: 503 });
      const ran = await link(people, '--apply');
      expect(ran.code).toBe(1);
      expect(ran.err).toContain('Fullscript is out of reach');
      expect(ran.objects()).toHaveLength(20);
      deployment.sandbox.sandbox.faults.clear();

      deployment.emr.faults.down = true;
      const without = await link(people, '--apply');
      expect(without).toMatchObject({ code: 1, out: '' });
      expect(without.err).toContain('The EMR did not answer');
    }, 120_000);

    it('stops when Fullscript does not accept the account any more', async () => {
      await deployment.connect('u-carla', 'carla@cedarrow.example');
      const people = Array.from({ length: 15 }, () => addPerson(deployment).patientId);
      const { id } = getUser(deployment, 'carla@cedarrow.example');
      expect(deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(id)).toBe(1);
      const ran = await runCommand(
        deployment,
        `link-patients --organization org-juniper --user u-carla --ids ${people.join(',')} --apply --json`,
      );
      expect(ran.code).toBe(1);
      expect(ran.err).toContain('Fullscript does not accept the account of this user');
      const next = await runCommand(
        deployment,
        `link-patients --organization org-juniper --user u-carla --ids ${people.join(',')} --apply --json`,
      );
      expect(next).toMatchObject({ code: 1, out: '' });
      expect(next.err).toContain('RECONNECT_REQUIRED');
    }, 60_000);

    it('fails whoever has another address than when the list was sorted', async () => {
      const { patientId } = addPerson(deployment);
      const other = addPerson(deployment);
      deployment.emr.faults.delayMs = 300;
      const running = link([patientId, other.patientId], '--apply');
      await waitFor('the first question', () => deployment.emr.calls.count('FullscriptPatients') > 0, 60_000);
      await waitFor('the second question', () => deployment.emr.calls.count('FullscriptPatients') > 1, 60_000);
      deployment.emr.updatePatient(patientId, { email: other.person.email });
      const ran = await running;
      expect(byPatient(ran.objects()).get(patientId)).toMatchObject({ outcome: 'failed', reason: 'CHANGED' });
      expect(await readLinks(patientId)).toEqual([]);
    }, 60_000);
  });

  it('refuses what it cannot do before it does anything', async () => {
    const run = async (line: string, env: RunOptions['env'] = {}) => {
      const { code, out, err } = await runCommand(deployment, `link-patients ${line}`, { env });
      expect(out).toBe('');
      return [code, err];
    };
    expect(await run(`${who} --ids p-1001`, { EMR_SERVICE_TOKEN: undefined })).toEqual([
      1,
      expect.stringContaining('EMR_SERVICE_TOKEN is missing'),
    ]);
    const foreign = await deployment.emr.serviceToken('org-tamarack');
    expect(await run(`${who} --ids p-1001`, { EMR_SERVICE_TOKEN: foreign })).toEqual([
      1,
      expect.stringContaining('the token of another organization'),
    ]);
    expect(await run('--organization org-juniper --user u-tomas --ids p-1001')).toEqual([
      1,
      expect.stringContaining('NOT_CONNECTED'),
    ]);
    expect(await run(`${who} --clinic nowhere --ids p-1001`)).toEqual([
      1,
      expect.stringContaining('has not connected this clinic'),
    ]);
    await runCommand(deployment, 'switch --organization org-juniper off');
    expect(await run(`${who} --ids p-1001`)).toEqual([1, expect.stringContaining('DISABLED')]);
    await runCommand(deployment, 'switch --organization org-juniper on');
    for (const line of [
      who,
      `${who} --ids p-1 --file x`,
      `${who} --ids ,`,
      '--user u-ada --ids p-1',
      '--organization org-juniper --ids p-1',
      `${who} --file ${join(folder, 'nowhere.csv')}`,
      `${who} --file ${writeList('"p-1')}`,
    ])
      expect(await run(line)).toEqual([2, expect.stringContaining('link-patients --help')]);
    expect(calls()).toEqual([]);
    expect(deployment.emr.calls.count('FullscriptPatients')).toBe(0);
  });
});
