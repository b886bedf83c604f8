import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toMetadataId } from '../../src/domain/metadata.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import {
  matchingCases,
  readComparison,
  type FullscriptRecord,
  type MatchingCase,
  type Status,
  type Step,
} from '../support/matching-cases.ts';
import { addFullscriptPatient, getPatient, getUser, inventPerson } from '../support/people.ts';
import { askPatient } from '../support/reading.ts';
import { listCodes, recommend } from '../support/recommending.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const organizationId = 'org-juniper';
const otherClinic = 'tomas@harbour.example';

/** A case whose records have been put into the EMR and the clinic. */
interface Staged {
  patientId: string;
  /** The ids at Fullscript, by label. */
  ids: Map<string, string>;
  /** The EMR ids of the other patients, by label. */
  others: Map<string, string>;
}

function toMetadata(record: FullscriptRecord, patientId: string): string | null {
  switch (record.metadata) {
    case undefined:
      return null;
    case 'ours':
      return toMetadataId(organizationId, patientId);
    case 'of another patient':
      return toMetadataId(organizationId, 'p-somebody-else');
    case 'of another organization':
      return toMetadataId('org-tamarack', patientId);
    default:
      return record.metadata.text;
  }
}

describe.each(['as they are written', 'the other way round'])('Who is who, the records put in %s', (order) => {
  let deployment: Deployment;
  let clock: TestClock;

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      outside: { now: clock.now },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  });
  afterAll(() => deployment.stop());

  const state = () => deployment.sandbox.sandbox.state;
  const counts = () => ({ patients: state().patients.size, plans: state().plans.size });

  function addRecord(label: string, record: FullscriptRecord, staged: Staged): void {
    const patient = addFullscriptPatient(deployment, {}, record.elsewhere ? otherClinic : undefined);
    const [firstName, lastName, dateOfBirth, email] = record.written;
    // As it is, also where Fullscript's own pages would not let it in any more.
    Object.assign(patient, {
      firstName,
      lastName,
      dateOfBirth,
      email,
      archived: record.archived ?? false,
      metadataId: toMetadata(record, staged.patientId),
    });
    staged.ids.set(label, patient.id);
  }

  function addCrowd(count: number): void {
    for (let number = 0; number < count; number += 1) {
      addFullscriptPatient(deployment, { email: `otis.stranger${number}@mail.example` });
    }
  }

  function addEmrPatient(written: MatchingCase['emr'], id?: string): string {
    const [firstName, lastName, dateOfBirth, email] = written;
    return deployment.emr.addPatient({ firstName, lastName, dateOfBirth, email, ...(id ? { id } : {}) }).id;
  }

  async function link(patientId: string, fullscriptPatientId: string): Promise<void> {
    const { data, errors } = await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
      { variables: { input: { patientId, fullscriptPatientId } } },
    );
    expect([data?.linkFullscriptPatient, errors]).toEqual([{ __typename: 'FullscriptPatientLinked' }, []]);
  }

  async function unlink(patientId: string): Promise<void> {
    const { data } = await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptUnlinkPatientInput!) { unlinkFullscriptPatient(input: $input) { unlinked } }',
      { variables: { input: { patientId } } },
    );
    expect(data?.unlinkFullscriptPatient).toEqual({ unlinked: true });
  }

  async function stage(one: MatchingCase): Promise<Staged> {
    const staged: Staged = { patientId: addEmrPatient(one.emr, one.emrId), ids: new Map(), others: new Map() };
    const records = Object.entries(one.fullscript).filter(([, record]) => !record.later);
    if (order === 'as they are written') addCrowd(one.crowd ?? 0);
    for (const [label, record] of order === 'as they are written' ? records : records.toReversed()) {
      addRecord(label, record, staged);
    }
    if (order !== 'as they are written') addCrowd(one.crowd ?? 0);
    for (const [label, { under }] of records) {
      if (under) getPatient(deployment, getId(staged, label)).guardianPatientId = getId(staged, under);
    }
    for (const [label, { written, linkedTo }] of Object.entries(one.others ?? {})) {
      const id = addEmrPatient(written);
      staged.others.set(label, id);
      await link(id, getId(staged, linkedTo));
    }
    for (const step of one.before ?? []) await take(step, one, staged);
    return staged;
  }

  async function take(step: Step, one: MatchingCase, staged: Staged): Promise<void> {
    const { patientId } = staged;
    if ('seenAs' in step) expect(await askStatus(patientId)).toBe(step.seenAs);
    if ('linkedByHandTo' in step) await link(patientId, getId(staged, step.linkedByHandTo));
    if ('unlinked' in step) await unlink(patientId);
    if ('removed' in step) state().patients.delete(getId(staged, step.removed));
    if ('added' in step) {
      const record = one.fullscript[step.added];
      if (!record) throw new Error(`no record ${step.added}`);
      addRecord(step.added, record, staged);
    }
    if ('emrChanges' in step) deployment.emr.updatePatient(patientId, step.emrChanges);
    if ('secondsPass' in step) clock.forward(step.secondsPass * 1000);
  }

  const askStatus = async (patientId: string): Promise<Status> =>
    (await askPatient(deployment, 'u-ada', patientId, 'connectionStatus')).patient.connectionStatus as Status;

  async function askAccount(patientId: string): Promise<unknown> {
    const { patient, errors } = await askPatient(
      deployment,
      'u-ada',
      patientId,
      'connectionStatus fullscriptAccount { id linkedBy archived }',
    );
    expect(errors).toEqual([]);
    return patient;
  }

  async function askCandidates(patientId: string): Promise<{ fullscriptPatientId: string }[]> {
    const { data, errors } = await deployment.ask(
      'u-ada',
      'query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { fullscriptPatientId agrees differs linkedPatientId } }',
      { variables: { id: patientId } },
    );
    expect(errors).toEqual([]);
    const found = data?.fullscriptPatientCandidates as { fullscriptPatientId: string }[];
    return found.toSorted((a, b) => (a.fullscriptPatientId < b.fullscriptPatientId ? -1 : 1));
  }

  function listExpectedCandidates(one: MatchingCase, { ids, others }: Staged): object[] {
    const holderOf = (label: string): string | null => {
      const [holder] = Object.entries(one.others ?? {}).find(([, other]) => other.linkedTo === label) ?? [];
      return holder === undefined ? null : (others.get(holder) ?? null);
    };
    return Object.entries(one.candidates)
      .map(([label, text]) => ({
        fullscriptPatientId: ids.get(label) ?? '',
        ...readComparison(text),
        linkedPatientId: holderOf(label),
      }))
      .toSorted((a, b) => (a.fullscriptPatientId < b.fullscriptPatientId ? -1 : 1));
  }

  async function expectRecommendation(one: MatchingCase, staged: Staged): Promise<void> {
    const { patientId } = staged;
    const expected = one.recommendation;
    const before = counts();
    const { result, errors } = await recommend(deployment, 'u-ada', { patientId });
    expect(errors).toEqual([]);
    const lastPlan = [...state().plans.values()].at(-1);
    const lastLink = [...state().links.values()].at(-1);
    if (expected === 'new patient') {
      expect(result).toMatchObject({ __typename: 'FullscriptRecommendationDraft', createdPatient: true });
      expect(counts()).toEqual({ patients: before.patients + 1, plans: before.plans + 1 });
      const made = [...state().patients.values()].at(-1);
      expect(lastPlan).toMatchObject({ id: result.plan?.id, patientId: made?.id });
      expect(await askAccount(patientId)).toEqual({
        connectionStatus: 'CONNECTED',
        fullscriptAccount: { id: made?.id, linkedBy: 'CREATED', archived: false },
      });
      return;
    }
    if (typeof expected === 'object' && 'draftFor' in expected) {
      expect(result).toMatchObject({ __typename: 'FullscriptRecommendationDraft', createdPatient: false });
      expect(counts()).toEqual({ patients: before.patients, plans: before.plans + 1 });
      expect(lastPlan).toMatchObject({ id: result.plan?.id, patientId: getId(staged, expected.draftFor) });
      expect(await askStatus(patientId)).toBe('CONNECTED');
      return;
    }
    // In all other cases nothing is made.
    expect(counts()).toEqual(before);
    expect(await askStatus(patientId)).toBe(one.status);
    if (expected === 'match required') {
      expect(result).toMatchObject({ __typename: 'FullscriptPatientMatchRequired' });
      expect(result.candidates.map((candidate) => candidate.fullscriptPatientId).sort()).toEqual(
        Object.keys(one.candidates)
          .map((label) => getId(staged, label))
          .sort(),
      );
      expect(result.gatewayUrl).toContain(lastLink?.opaque);
      expect(lastLink).toMatchObject({
        kind: 'gateway',
        patient: { id: null, externalId: toMetadataId(organizationId, patientId) },
      });
    } else if (expected === 'rejected') {
      expect(result).toMatchObject({ __typename: 'FullscriptRejected', reasons: [expect.any(String)] });
    } else if ('pageFor' in expected) {
      expect(result).toMatchObject({ __typename: 'FullscriptRecommendationDraft', plan: null, createdPatient: false });
      expect(result.redirectUrl).toContain(lastLink?.opaque);
      expect(lastLink).toMatchObject({ kind: 'gateway', patient: { id: getId(staged, expected.pageFor) } });
    } else {
      expect(result).toMatchObject({ __typename: 'FullscriptPatientDetailsMissing', fields: expected.missing });
    }
  }

  it.each(matchingCases.map((one): [string, MatchingCase] => [one.name, one]))('%s', async (_, one) => {
    const staged = await stage(one);
    const [label, linkedBy] = one.linked ?? [];
    const account = {
      connectionStatus: one.status,
      fullscriptAccount:
        label === undefined
          ? null
          : { id: getId(staged, label), linkedBy, archived: one.fullscript[label]?.archived ?? false },
    };
    const before = counts();
    expect(await askAccount(staged.patientId)).toEqual(account);
    expect(await askAccount(staged.patientId)).toEqual(account);
    expect(await askCandidates(staged.patientId)).toEqual(listExpectedCandidates(one, staged));
    // Looking makes nothing.
    expect(counts()).toEqual(before);
    await expectRecommendation(one, staged);
  });
});

function getId({ ids }: Staged, label: string): string {
  const id = ids.get(label);
  if (id === undefined) throw new Error(`The case has no record ${label}`);
  return id;
}

it('the cases concern different people, and there are many', () => {
  const addresses = matchingCases.map((one) => [
    ...new Set(
      [...Object.values(one.fullscript).map((record) => record.written[3]), one.emr[3]]
        .filter((email): email is string => Boolean(email?.trim()))
        .map((email) => email.trim().toLowerCase()),
    ),
  ]);
  expect(new Set(addresses.flat()).size).toBe(addresses.flat().length);
  expect(new Set(matchingCases.map((one) => one.name)).size).toBe(matchingCases.length);
  expect(matchingCases.length).toBeGreaterThan(60);
});

describe('Somebody whose birth date the EMR fails to tell', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  });
  afterAll(() => deployment.stop());

  it('is not taken for somebody without a birth date: nobody is linked until the EMR tells it', async () => {
    const person = inventPerson();
    const father = addFullscriptPatient(deployment, { ...person, dateOfBirth: '1950-05-05' });
    // The EMR answers an error for the field, and null in its place.
    const { id: patientId } = deployment.emr.addPatient({ ...person, dateOfBirth: 'not a date' });
    const ask = () => askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    expect(listCodes(await ask())).toEqual(['EMR_UNAVAILABLE']);
    expect(listCodes(await recommend(deployment, 'u-ada', { patientId }))).toEqual(['EMR_UNAVAILABLE']);
    deployment.emr.updatePatient(patientId, { dateOfBirth: person.dateOfBirth });
    expect(await ask()).toMatchObject({ errors: [], patient: { connectionStatus: 'MATCH_REQUIRED' } });
    deployment.emr.updatePatient(patientId, { dateOfBirth: '1950-05-05' });
    expect(await ask()).toMatchObject({ errors: [], patient: { connectionStatus: 'CONNECTED' } });
    expect(getPatient(deployment, father.id).dateOfBirth).toBe('1950-05-05');
  });
});

describe('Somebody linked whom Fullscript does not know any more', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  });
  afterAll(() => deployment.stop());

  it('stays linked, is not found, and nobody is made or chosen in the place', async () => {
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient({ ...person });
    const gone = addFullscriptPatient(deployment, person);
    expect((await askPatient(deployment, 'u-ada', patientId, 'connectionStatus')).patient.connectionStatus).toBe(
      'CONNECTED',
    );
    deployment.sandbox.sandbox.state.patients.delete(gone.id);
    addFullscriptPatient(deployment, person);
    const { patients, plans } = deployment.sandbox.sandbox.state;
    const before = [patients.size, plans.size];
    expect((await askPatient(deployment, 'u-ada', patientId, 'connectionStatus')).patient.connectionStatus).toBe(
      'CONNECTED',
    );
    const { errors } = await recommend(deployment, 'u-ada', { patientId });
    expect(errors.map((error) => error.extensions['code'])).toEqual(['NOT_FOUND']);
    expect([patients.size, plans.size]).toEqual(before);
  });
});

describe('Somebody who is a patient of two clinics', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment();
    deployment.emr.addPractitioner({ id: 'pr-two', email: 'two@juniper.example' });
    deployment.emr.addUser({ id: 'u-two', roles: ['practitioner'], practitionerId: 'pr-two' });
  });
  afterAll(() => deployment.stop());

  it('is found, linked, taken away and recommended to in each of them apart', async () => {
    const cedar = await deployment.connect('u-two', 'ben@cedarrow.example');
    const harbour = await deployment.connect('u-two', 'ben@harbour.example');
    const person = inventPerson();
    const { id: patientId } = deployment.emr.addPatient({ ...person });
    const here = addFullscriptPatient(deployment, person, 'ben@cedarrow.example');
    const there = addFullscriptPatient(
      deployment,
      { ...person, email: `other.${person.email}`, metadataId: `org-juniper:${patientId}` },
      'ben@harbour.example',
    );
    const ask = async (clinicId: string) =>
      (
        await askPatient(
          deployment,
          'u-two',
          patientId,
          `connectionStatus(clinicId: "${clinicId}") fullscriptAccount(clinicId: "${clinicId}") { id linkedBy }`,
        )
      ).patient as unknown;
    const linkedHere = {
      connectionStatus: 'CONNECTED',
      fullscriptAccount: { id: here.id, linkedBy: 'EMAIL_AND_IDENTITY' },
    };
    expect(await ask(cedar.clinicId)).toEqual(linkedHere);
    expect(await ask(harbour.clinicId)).toEqual({
      connectionStatus: 'CONNECTED',
      fullscriptAccount: { id: there.id, linkedBy: 'METADATA' },
    });
    for (const [{ clinicId }, patient, email] of [
      [cedar, here, 'ben@cedarrow.example'],
      [harbour, there, 'ben@harbour.example'],
    ] as const) {
      const { result } = await recommend(deployment, 'u-two', { patientId, clinicId });
      expect(deployment.sandbox.sandbox.state.plans.get(result.plan?.id ?? '')).toMatchObject({
        patientId: patient.id,
        clinicId: getUser(deployment, email).clinicId,
      });
    }
    await deployment.ask(
      'u-two',
      'mutation ($input: FullscriptUnlinkPatientInput!) { unlinkFullscriptPatient(input: $input) { unlinked } }',
      { variables: { input: { patientId, clinicId: harbour.clinicId } } },
    );
    expect(await ask(harbour.clinicId)).toEqual({ connectionStatus: 'MATCH_REQUIRED', fullscriptAccount: null });
    expect(await ask(cedar.clinicId)).toEqual(linkedHere);
  });
});
