import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { openDoor } from '../support/door.ts';
import { follow, type EventStream } from '../support/following.ts';
import { addFullscriptPatient, addPerson, getUser } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const ada = 'ada@cedarrow.example';
const elsewhere = 'tomas@harbour.example';

describeEachDatabase('Live updates of people', (get) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, withWebhooks: true, env: { WORKER: 'on' } });
    await deployment.connect('u-ada', ada);
    await deployment.connect('u-ben', elsewhere);
    await deployment.connect('u-tomas', ada);
  }, 60_000);
  afterAll(() => deployment.stop(), 60_000);

  /** Opens the patient's page, so that they are linked and stored. */
  async function openPage(who: string, patientId: string): Promise<void> {
    const selection = 'fullscriptAccount { id } treatmentPlans(freshness: CURRENT) { totalCount }';
    const answer = await askPatient(deployment, who, patientId, selection);
    expect(answer.errors).toEqual([]);
    expect(answer.patient).toMatchObject({ fullscriptAccount: { id: expect.any(String) as string } });
  }

  function sendPlan(fullscriptPatientId: string, email = ada): string {
    const { actions } = deployment.sandbox.sandbox;
    const { id: practitionerId, clinicId } = getUser(deployment, email);
    const plan = actions.createPlan(clinicId, {
      patientId: fullscriptPatientId,
      practitionerId,
      recommendations: [],
    });
    return actions.sendPlan(plan.id).id;
  }

  const told = (stream: EventStream): unknown[] =>
    stream.results.map(({ data, errors }) => {
      const change = data?.fullscriptPatientChanged as { patient: { id: string }; plan: { id: string } } | undefined;
      return change ? [change.patient.id, change.plan.id] : errors;
    });
  const until = async (stream: EventStream, planId: string): Promise<unknown> =>
    await waitFor(
      `plan ${planId}`,
      () => stream.results.some(({ data }) => data?.fullscriptPatientChanged?.plan?.id === planId),
      20_000,
    );

  it('are told of the clinics alone in which the viewer has an account', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const there = addFullscriptPatient(deployment, { ...person, email: `there-${person.email}` }, elsewhere);
    await openPage('u-ada', patientId);
    const link = `mutation { linkFullscriptPatient(input: { patientId: "${patientId}", fullscriptPatientId: "${there.id}" }) { __typename } }`;
    expect((await deployment.ask('u-ben', link)).errors).toEqual([]);
    await openPage('u-ben', patientId);
    const [adas, bens] = [await follow(deployment, 'u-ada', patientId), await follow(deployment, 'u-ben', patientId)];
    const first = sendPlan(there.id, elsewhere);
    await until(bens, first);
    const second = sendPlan(fullscriptPatientId);
    await until(adas, second);
    const third = sendPlan(there.id, elsewhere);
    await until(bens, third);
    expect(told(adas)).toEqual([[patientId, second]]);
    expect(told(bens)).toEqual([
      [patientId, first],
      [patientId, third],
    ]);
    for (const stream of [adas, bens]) stream.leave();
  }, 90_000);

  it('are told to each organization for its own patient, and to none for another’s', async () => {
    const { patientId, fullscriptPatientId, person } = addPerson(deployment);
    const organizationId = deployment.emr.store.users.get('u-tomas')?.organizationId ?? '';
    const theirs = deployment.emr.addPatient({ ...person, organizationId }).id;
    await openPage('u-ada', patientId);
    await openPage('u-tomas', theirs);
    const foreign = await follow(deployment, 'u-tomas', patientId);
    expect((await foreign.result(1)).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
    const streams = [
      await follow(deployment, 'u-ada', patientId),
      await follow(deployment, 'u-tomas', theirs),
    ] as const;
    const planId = sendPlan(fullscriptPatientId);
    await Promise.all(streams.map(async (stream) => until(stream, planId)));
    expect(told(streams[0])).toEqual([[patientId, planId]]);
    expect(told(streams[1])).toEqual([[theirs, planId]]);
    for (const stream of streams) stream.leave();
  }, 90_000);

  it('go with the link: who was linked before is told nothing more', async () => {
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    const other = deployment.emr.addPatient({
      firstName: 'Right',
      lastName: 'Person',
      email: `r-${patientId}@mail.example`,
    });
    await openPage('u-ada', patientId);
    const before = await follow(deployment, 'u-ada', patientId);
    const after = await follow(deployment, 'u-ada', other.id);
    const first = sendPlan(fullscriptPatientId);
    await until(before, first);
    const relink = `mutation {
      unlinkFullscriptPatient(input: { patientId: "${patientId}" }) { unlinked }
      linkFullscriptPatient(input: { patientId: "${other.id}", fullscriptPatientId: "${fullscriptPatientId}" }) { __typename }
    }`;
    const relinked = await deployment.ask('u-ada', relink);
    expect(relinked.errors).toEqual([]);
    expect(relinked.data).toMatchObject({ linkFullscriptPatient: { __typename: 'FullscriptPatientLinked' } });
    const second = sendPlan(fullscriptPatientId);
    await until(after, second);
    expect(told(before)).toEqual([[patientId, first]]);
    expect(told(after)).toContainEqual([other.id, second]);
    for (const stream of [before, after]) stream.leave();
  }, 90_000);

  it('miss nothing that was stored while a process could not reach the database, and tell it once', async () => {
    const { url } = get();
    if (url.startsWith('sqlite:')) return;
    const { patientId, fullscriptPatientId } = addPerson(deployment);
    await openPage('u-ada', patientId);
    const door = await openDoor(new URL(url));
    const behind = await deployment.startAnother({ DATABASE_URL: door.url, WORKER: 'off' });
    const stream = await follow(deployment, 'u-ada', patientId, { url: behind.url });
    const witness = await follow(deployment, 'u-ada', patientId);
    door.freeze();
    const plans = [sendPlan(fullscriptPatientId), sendPlan(fullscriptPatientId)];
    for (const planId of plans) await until(witness, planId);
    expect(told(stream)).toEqual([]);
    door.thaw();
    for (const planId of plans) await until(stream, planId);
    const last = sendPlan(fullscriptPatientId);
    await until(stream, last);
    expect(told(stream)).toHaveLength(3);
    for (const each of [stream, witness]) each.leave();
    await behind.stop();
    door.close();
  }, 90_000);
});
