import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, addPerson, getPatient, getUser, inventPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const linked = `... on FullscriptPatientLinked { patient { id connectionStatus } account { id linkedBy linkedAt } }
  ... on FullscriptPatientTaken { message linkedPatientId }
  ... on FullscriptConnectionRequired { status authorizeUrl }`;

describeEachDatabase('Linking a patient by hand', (get) => {
  let deployment: Deployment;
  let another: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { WORKER: 'on', EVENT_SWEEP_SECONDS: '3600' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    another = askThrough(deployment, await deployment.startAnother({ WORKER: 'off' }));
  }, 60_000);
  afterAll(() => deployment.stop());
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
  });

  const link = async (patientId: string, fullscriptPatientId: string, who = 'u-ada', through = deployment) => {
    const answer = await through.ask(
      who,
      `mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename ${linked} } }`,
      { variables: { input: { patientId, fullscriptPatientId } } },
    );
    return { ...answer, result: answer.data?.linkFullscriptPatient };
  };
  const unlink = async (patientId: string, who = 'u-ada', clinicId?: string) => {
    const answer = await deployment.ask(
      who,
      `mutation ($input: FullscriptUnlinkPatientInput!) { unlinkFullscriptPatient(input: $input) { unlinked patient { id connectionStatus } } }`,
      { variables: { input: { patientId, clinicId } } },
    );
    return { ...answer, result: answer.data?.unlinkFullscriptPatient };
  };
  const candidates = async (patientId: string, who = 'u-ada') => {
    const answer = await deployment.ask(
      who,
      `query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId firstName isDependent agrees differs linkedPatientId } }`,
      { variables: { id: patientId } },
    );
    return { ...answer, found: answer.data?.fullscriptPatientCandidates };
  };
  const status = async (patientId: string): Promise<string> =>
    (await askPatient(deployment, 'u-ada', patientId, 'connectionStatus')).patient.connectionStatus;
  const metadataOf = (id: string): string | null => getPatient(deployment, id).metadataId;
  const codes = ({ errors }: { errors: { extensions: Record<string, unknown> }[] }): unknown[] =>
    errors.map((error) => error.extensions['code']);
  const settled = () =>
    waitFor('the metadata to be written', async () => (await deployment.app.parts.store.metadataTasks.depth()) === 0);

  it('Query.fullscriptPatientCandidates: everybody who shares the address, best first, with what agrees, differs and is taken', async () => {
    const guardian = addFullscriptPatient(deployment, { firstName: 'Helen', lastName: 'Hill' });
    const child = { lastName: 'Hill', email: null, guardianPatientId: guardian.id };
    const oscar = addFullscriptPatient(deployment, { ...child, firstName: 'Oscar', dateOfBirth: '2014-06-05' });
    const wren = addFullscriptPatient(deployment, { ...child, firstName: 'Wren', dateOfBirth: '2017-09-21' });
    const mother = deployment.emr.addPatient({ ...inventPerson({ email: guardian.email ?? '' }), firstName: 'Helen' });
    expect((await link(mother.id, guardian.id)).result.__typename).toBe('FullscriptPatientLinked');

    await settled();

    const { id } = deployment.emr.addPatient({
      firstName: 'Wren',
      lastName: 'Hill',
      email: guardian.email,
      dateOfBirth: '2017-09-20',
    });
    const { found, errors } = await candidates(id);
    expect(errors).toEqual([]);
    expect(found[0]).toEqual({
      fullscriptPatientId: wren.id,
      firstName: 'Wren',
      isDependent: true,
      agrees: ['firstName', 'lastName'],
      differs: ['dateOfBirth'],
      linkedPatientId: null,
    });
    expect(found).toHaveLength(3);
    expect(found).toContainEqual({
      fullscriptPatientId: guardian.id,
      firstName: 'Helen',
      isDependent: false,
      agrees: ['email', 'lastName'],
      // The mother's own id is in her metadata.
      differs: ['firstName', 'dateOfBirth', 'metadata'],
      linkedPatientId: mother.id,
    });
    expect(found).toContainEqual({
      fullscriptPatientId: oscar.id,
      firstName: 'Oscar',
      isDependent: true,
      agrees: ['lastName'],
      differs: ['firstName', 'dateOfBirth'],
      linkedPatientId: null,
    });
  });

  it('Query.fullscriptPatientCandidates asks the EMR every time, and needs a connection', async () => {
    const { patientId } = addPerson(deployment);
    expect((await candidates(patientId)).found).toHaveLength(1);
    deployment.emr.faults.down = true;
    expect(codes(await candidates(patientId))).toEqual(['EMR_UNAVAILABLE']);
    deployment.emr.faults.clear();
    expect(codes(await candidates('p-unknown'))).toEqual(['NOT_FOUND']);
    expect(codes(await candidates(patientId, 'u-ben'))).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    expect(codes(await candidates(patientId, 'u-admin'))).toEqual(['FORBIDDEN']);
  });

  it('Mutation.linkFullscriptPatient links whom a person names, writes our id into the metadata, and may be repeated', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment, { emr: inventPerson() });
    expect(await status(patientId)).toBe('NOT_CONNECTED');
    for (let round = 0; round < 2; round += 1) {
      const { result, errors } = await link(patientId, fullscriptPatientId, 'u-carla');
      expect(errors).toEqual([]);
      expect(result).toMatchObject({
        __typename: 'FullscriptPatientLinked',
        patient: { id: patientId },
        account: { id: fullscriptPatientId, linkedBy: 'MANUAL' },
      });
    }
    expect(await status(patientId)).toBe('CONNECTED');
    await waitFor('our id in the metadata', () => metadataOf(fullscriptPatientId) === `org-juniper:${patientId}`);
  });

  it('Mutation.linkFullscriptPatient replaces an existing link, keeps it in the history and clears the metadata of the former', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    await waitFor('the first metadata', () => metadataOf(fullscriptPatientId));
    const other = addFullscriptPatient(deployment);
    expect((await link(patientId, other.id)).result.account.id).toBe(other.id);
    await waitFor('the second metadata', () => metadataOf(other.id) === `org-juniper:${patientId}`);
    await waitFor('the first to be cleared', () => metadataOf(fullscriptPatientId) === null);
    const { store } = deployment.app.parts;
    const [current] = await store.patientLinks.findByPatient('org-juniper', patientId);
    const history = await store.patientLinks.history(current?.clinicKey ?? '', patientId);
    expect(history).toMatchObject([{ fullscriptPatientId, method: 'EMAIL_AND_IDENTITY', endReason: 'replaced' }]);
  });

  it('Mutation.linkFullscriptPatient says who has a Fullscript patient that is taken, and changes nothing', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    const other = addPerson(deployment);
    expect(await status(other.patientId)).toBe('CONNECTED');
    expect((await link(other.patientId, fullscriptPatientId)).result).toMatchObject({
      __typename: 'FullscriptPatientTaken',
      linkedPatientId: patientId,
    });
    const { patient } = await askPatient(deployment, 'u-ada', other.patientId, 'fullscriptAccount { id }');
    expect(patient.fullscriptAccount.id).toBe(other.fullscriptPatientId);
  });

  it('Mutation.linkFullscriptPatient: unknown patients on either side are NOT_FOUND, one of another clinic, too', async () => {
    const { patientId } = addPerson(deployment);
    const foreign = addFullscriptPatient(deployment, {}, 'tomas@harbour.example');
    expect(codes(await link(patientId, 'nobody'))).toEqual(['NOT_FOUND']);
    expect(codes(await link(patientId, foreign.id))).toEqual(['NOT_FOUND']);
    expect(codes(await link('p-2001', getPatient(deployment, foreign.id).id))).toEqual(['NOT_FOUND']);
    expect(codes(await link(patientId, 'x'.repeat(255)))).toEqual(['NOT_FOUND']);
    expect(codes(await link('p'.repeat(255), foreign.id))).toEqual(['NOT_FOUND']);
  });

  it('Mutation.linkFullscriptPatient sends somebody who is not connected, or no longer, to Fullscript', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect((await link(patientId, fullscriptPatientId, 'u-ben')).result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'NOT_CONNECTED',
      authorizeUrl: expect.stringContaining('state='),
    });
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    deployment.sandbox.sandbox.actions.revokeAuthorizationByUser(getUser(deployment, 'ben@cedarrow.example').id);
    expect((await link(patientId, fullscriptPatientId, 'u-ben')).result).toMatchObject({
      __typename: 'FullscriptConnectionRequired',
      status: 'RECONNECT_REQUIRED',
      authorizeUrl: expect.stringContaining('state='),
    });
  });

  it("never overwrites or clears somebody else's id in the metadata", async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment, { fullscript: { metadataId: 'another-emr-77' } });
    expect(await status(patientId)).toBe('CONNECTED');
    await settled();
    expect(metadataOf(fullscriptPatientId)).toBe('another-emr-77');
    expect((await unlink(patientId)).result.unlinked).toBe(true);
    await settled();
    expect(metadataOf(fullscriptPatientId)).toBe('another-emr-77');
  });

  it('Mutation.unlinkFullscriptPatient clears our id and leaves the pair to a person to link again', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    await waitFor('our id in the metadata', () => metadataOf(fullscriptPatientId));
    const { result, errors } = await unlink(patientId);
    expect(errors).toEqual([]);
    expect(result).toEqual({ unlinked: true, patient: { id: patientId, connectionStatus: 'MATCH_REQUIRED' } });
    await waitFor('the metadata to be cleared', () => metadataOf(fullscriptPatientId) === null);
    expect(await status(patientId)).toBe('MATCH_REQUIRED');
    const lists = await askPatient(
      deployment,
      'u-ada',
      patientId,
      'fullscriptAccount { id } treatmentPlans { totalCount stale syncedAt }',
    );
    expect(lists).toMatchObject({
      errors: [],
      patient: { fullscriptAccount: null, treatmentPlans: { totalCount: 0, stale: false, syncedAt: null } },
    });
    // Not even our own id in the metadata brings the pair back.
    getPatient(deployment, fullscriptPatientId).metadataId = `org-juniper:${patientId}`;
    deployment.emr.updatePatient(patientId, { mobileNumber: '+14165550188', lastName: 'Changed' });
    expect(await status(patientId)).toBe('MATCH_REQUIRED');

    expect((await unlink(patientId)).result.unlinked).toBe(false);
    expect((await link(patientId, fullscriptPatientId)).result.account.linkedBy).toBe('MANUAL');
    expect(await status(patientId)).toBe('CONNECTED');
  });

  it('Mutation.unlinkFullscriptPatient leaves NOT_CONNECTED when that candidate is gone', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    await settled();
    deployment.sandbox.sandbox.state.patients.delete(fullscriptPatientId);
    expect((await unlink(patientId)).result).toMatchObject({
      unlinked: true,
      patient: { connectionStatus: 'NOT_CONNECTED' },
    });
    await settled();
  });

  it('Mutation.unlinkFullscriptPatient works at once while Fullscript is down; the metadata is cleared later', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    await waitFor('our id in the metadata', () => metadataOf(fullscriptPatientId));
    deployment.sandbox.sandbox.faults.add({ status: 503 });
    const { result, errors } = await unlink(patientId);
    expect(errors).toEqual([]);
    expect(result).toEqual({ unlinked: true, patient: { id: patientId, connectionStatus: 'MATCH_REQUIRED' } });
    const down = await askPatient(deployment, 'u-ada', patientId, 'fullscriptAccount { id }');
    expect(down).toMatchObject({ patient: { fullscriptAccount: null }, errors: [] });
    expect(metadataOf(fullscriptPatientId)).not.toBeNull();
    deployment.sandbox.sandbox.faults.clear();
    await waitFor('the metadata to be cleared', () => metadataOf(fullscriptPatientId) === null);
    expect(await status(patientId)).toBe('MATCH_REQUIRED');
  });

  it('Mutation.unlinkFullscriptPatient refuses without a usable account, in an unknown clinic, and to other roles', async () => {
    const { patientId } = addPerson(deployment);
    expect(await status(patientId)).toBe('CONNECTED');
    expect(codes(await unlink(patientId, 'u-limited'))).toEqual(['NOT_FOUND']);
    const stranger = deployment.emr.addUser({ roles: ['staff'] });
    expect(codes(await unlink(patientId, stranger.id))).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    expect(codes(await unlink(patientId, 'u-ada', 'elsewhere'))).toEqual(['NOT_FOUND']);
    expect(codes(await unlink(patientId, 'u-admin'))).toEqual(['FORBIDDEN']);
    expect(codes(await unlink(patientId, 'u-tomas'))).toEqual(['NOT_FOUND']);
    deployment.emr.faults.down = true;
    expect(codes(await unlink(patientId))).toEqual(['EMR_UNAVAILABLE']);
    deployment.emr.faults.clear();
    expect(await status(patientId)).toBe('CONNECTED');
  });

  it('two people who link two EMR patients to the same Fullscript patient at once: one is told that it is taken', async () => {
    const { id } = addFullscriptPatient(deployment);
    const asked = [1, 2].map(() => deployment.emr.addPatient(inventPerson()).id);
    const results = await Promise.all(asked.map((patientId) => link(patientId, id)));
    expect(results.map(({ result }) => result.__typename).sort()).toEqual([
      'FullscriptPatientLinked',
      'FullscriptPatientTaken',
    ]);
  });

  it('of two processes that link a Fullscript patient to two EMR patients at once, one wins and the other says who has it', async () => {
    const rounds = Array.from({ length: 6 }, async () => {
      const { id } = addFullscriptPatient(deployment);
      const mine = deployment.emr.addPatient(inventPerson()).id;
      const theirs = deployment.emr.addPatient(inventPerson()).id;
      const results = await Promise.all([link(mine, id), link(theirs, id, 'u-carla', another)]);
      expect(results.flatMap(({ errors }) => errors)).toEqual([]);
      const winner = results[0].result.__typename === 'FullscriptPatientLinked' ? mine : theirs;
      const lost = results[winner === mine ? 1 : 0].result;
      expect(lost).toMatchObject({ __typename: 'FullscriptPatientTaken', linkedPatientId: winner });
      expect(await status(winner)).toBe('CONNECTED');
      expect(await status(winner === mine ? theirs : mine)).toBe('NOT_CONNECTED');
    });
    await Promise.all(rounds);
  }, 60_000);

  it('of two processes that link one EMR patient to two Fullscript patients at once, both succeed and the later one stays', async () => {
    const rounds = Array.from({ length: 6 }, async () => {
      const { id: patientId } = deployment.emr.addPatient(inventPerson());
      const [first, second] = [addFullscriptPatient(deployment), addFullscriptPatient(deployment)];
      const results = await Promise.all([link(patientId, first.id), link(patientId, second.id, 'u-carla', another)]);
      expect(results.flatMap(({ errors }) => errors)).toEqual([]);
      expect(results.map(({ result }) => result.__typename)).toEqual(Array(2).fill('FullscriptPatientLinked'));
      const { store } = deployment.app.parts;
      const links = await store.patientLinks.findByPatient('org-juniper', patientId);
      const history = await store.patientLinks.history(links[0]?.clinicKey ?? '', patientId);
      expect(links).toHaveLength(1);
      expect(history).toMatchObject([{ endReason: 'replaced' }]);
      const everLinked = [...links, ...history].map(({ fullscriptPatientId }) => fullscriptPatientId);
      expect(everLinked.sort()).toEqual([first.id, second.id].sort());
    });
    await Promise.all(rounds);
    await settled();
  }, 60_000);

  it('of a person who links by hand and another process that finds the match for another patient, one wins', async () => {
    const rounds = Array.from({ length: 6 }, async () => {
      const { patientId, fullscriptPatientId } = addPerson(deployment);
      const { id: byHand } = deployment.emr.addPatient(inventPerson());
      const [linkedByHand, found] = await Promise.all([
        link(byHand, fullscriptPatientId),
        askPatient(another, 'u-carla', patientId, 'connectionStatus'),
      ]);
      const outcomes = [linkedByHand.result.__typename as unknown, found.patient.connectionStatus as unknown];
      expect([
        ['FullscriptPatientLinked', 'MATCH_REQUIRED'],
        ['FullscriptPatientTaken', 'CONNECTED'],
      ]).toContainEqual(outcomes);
    });
    await Promise.all(rounds);
  }, 60_000);

  it('links, unlinks and links again as often as people wish, with all of it in the history', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const other = addFullscriptPatient(deployment);
    for (const id of [fullscriptPatientId, other.id, fullscriptPatientId]) {
      expect((await link(patientId, id)).result.account.id).toBe(id);
      expect((await unlink(patientId)).result.unlinked).toBe(true);
      expect(await status(patientId)).toBe('MATCH_REQUIRED');
    }
    expect((await link(patientId, other.id)).result.account.id).toBe(other.id);
    await settled();
    const { store } = deployment.app.parts;
    const [current] = await store.patientLinks.findByPatient('org-juniper', patientId);
    const history = await store.patientLinks.history(current?.clinicKey ?? '', patientId);
    expect(history.map((ended) => ended.fullscriptPatientId)).toEqual([
      fullscriptPatientId,
      other.id,
      fullscriptPatientId,
    ]);
    expect(metadataOf(other.id)).toBe(`org-juniper:${patientId}`);
    expect(metadataOf(fullscriptPatientId)).toBeNull();
  });
});
