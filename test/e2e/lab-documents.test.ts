import { afterEach, expect, it } from 'vitest';
import type { LabOrder } from '../../src/sandbox/state.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { startHttpServer, type HttpServer } from '../support/http-server.ts';
import { addLabOrder } from '../support/labs.ts';
import { addPerson } from '../support/people.ts';
import { askPatient, waitFor } from '../support/reading.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';

const minuteMs = 60_000;

describeEachDatabase('The EMR’s document of a lab result', (get) => {
  let deployment: Deployment;
  let offsetMs = 0;
  let patientId: string;
  let fullscriptPatientId: string;
  let order: LabOrder;
  const spawned: SpawnedProcess[] = [];
  const servers: HttpServer[] = [];

  afterEach(async () => {
    for (const { child } of spawned.splice(0)) child.kill('SIGKILL');
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await deployment.stop();
  });

  /** Starts everything with one clock that can be moved on, and links a new person who has bought a lab. Only the jobs named run. */
  async function start(jobs: readonly string[], env: Record<string, string | undefined> = {}): Promise<void> {
    offsetMs = 0;
    const now = () => new Date(Date.now() + offsetMs);
    deployment = await startDeployment({
      databaseUrl: get().url,
      env,
      outside: { now },
      sandbox: { clock: now },
      emr: { now },
      withWebhooks: true,
    });
    // The same database serves all tests of it, each with another Fullscript behind.
    const { database } = deployment.app.parts;
    for (const { tableName } of database.dataSource.entityMetadatas) {
      await database.write((tx) => tx.run(`DELETE FROM ${tableName}`));
    }
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    ({ patientId, fullscriptPatientId } = addPerson(deployment));
    await askPatient(deployment, 'u-ada', patientId, 'connectionStatus');
    order = addLabOrder(deployment, { fullscriptPatientId });
    if (jobs.length > 0) deployment.app.parts.runner.start(jobs);
  }
  const depth = () => deployment.app.parts.store.labDocuments.depth();
  const documents = (id = patientId) => deployment.emr.documentsOf(id).filter(({ kind }) => kind === 'LAB_RESULT');
  const sent = () => deployment.emr.calls.count('addDocument');
  const publish = () => deployment.sandbox.sandbox.actions.publishResults(order.id, 1);
  const isQueued = () => waitFor('the queued document', async () => (await depth()).pending === 1, 15_000);

  it('is one, though the process is killed between the EMR’s yes and our note of it', async () => {
    await start(['inbox']);
    let passed = 0;
    const proxy = await startHttpServer(async (request) => {
      const { authorization, 'content-type': type } = request.headers;
      const answer = await fetch(deployment.emr.graphqlUrl, {
        method: 'POST',
        headers: { authorization: authorization ?? '', 'content-type': type ?? 'application/json' },
        body: request.text,
      });
      const body = await answer.text();
      if (!request.text.includes('FullscriptAddDocument')) return { status: answer.status, body };
      passed += 1;
      spawned[0]?.child.kill('SIGKILL');
      return { fault: 'hang' };
    });
    servers.push(proxy);
    publish();
    await isQueued();
    const worker = spawnProcess({ ...deployment.env, WORKER: 'on', EMR_GRAPHQL_URL: proxy.url });
    spawned.push(worker);
    await findUrl(worker);
    await worker.ended;
    expect(passed).toBe(1);
    expect(documents()).toHaveLength(1);
    expect(await depth()).toEqual({ pending: 1, parked: 0 });
    // Who died holds it no longer than its lease; then another one takes it, with the same key.
    deployment.app.parts.runner.start(['documents']);
    offsetMs += 2 * minuteMs;
    deployment.app.parts.runner.wake('documents');
    await waitFor('the note of it', async () => (await depth()).pending === 0, 15_000);
    expect(sent()).toBe(2);
    expect(documents()).toHaveLength(1);
    expect(documents()[0]?.sourceId).toBe(order.results[0]?.id);
  }, 180_000);

  it('is not filed with somebody whose link was taken back before the EMR took it', async () => {
    await start(['inbox', 'documents']);
    Object.assign(deployment.emr.faults, { only: 'addDocument', failNext: 1000 });
    publish();
    await waitFor('a try', () => sent() > 0, 15_000);
    const other = addPerson(deployment).patientId;
    const linked = await deployment.ask(
      'u-ada',
      'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
      { variables: { input: { patientId: other, fullscriptPatientId } } },
    );
    if (linked.data?.linkFullscriptPatient?.__typename !== 'FullscriptPatientLinked') {
      const unlink =
        'mutation ($input: FullscriptUnlinkPatientInput!) { unlinkFullscriptPatient(input: $input) { __typename } }';
      expect((await deployment.ask('u-ada', unlink, { variables: { input: { patientId } } })).errors).toEqual([]);
      const again = await deployment.ask(
        'u-ada',
        'mutation ($input: FullscriptLinkPatientInput!) { linkFullscriptPatient(input: $input) { __typename } }',
        { variables: { input: { patientId: other, fullscriptPatientId } } },
      );
      expect(again.data.linkFullscriptPatient.__typename).toBe('FullscriptPatientLinked');
    }
    deployment.emr.faults.clear();
    offsetMs += minuteMs;
    deployment.app.parts.runner.wake('documents');
    await waitFor('the queue to be empty', async () => (await depth()).pending === 0, 15_000);
    expect(documents()).toEqual([]);
    // What came before the link is history for whom it is linked with now; what comes after is not.
    expect(documents(other)).toEqual([]);
    deployment.sandbox.sandbox.actions.amendResult(order.id);
    await waitFor('the correction', () => documents(other).length === 1, 15_000);
    expect(documents()).toEqual([]);
  }, 120_000);

  it('is tried again when the EMR refuses it, and then put aside where operators see it', async () => {
    await start(['inbox']);
    publish();
    await isQueued();
    const patient = deployment.emr.store.patients.get(patientId);
    deployment.emr.store.patients.delete(patientId);
    deployment.app.parts.runner.start(['documents']);
    const putBack = () => deployment.logs.filter((line) => line.includes('it will be tried again')).length;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await waitFor(`try ${attempt}`, () => putBack() >= attempt, 15_000);
      offsetMs += 40_000;
      deployment.app.parts.runner.wake('documents');
    }
    await waitFor('it to be parked', async () => (await depth()).parked === 1, 15_000);
    expect(sent()).toBe(5);
    const metrics = await (await fetch(`${deployment.app.url}/metrics`)).text();
    expect(metrics).toMatch(/^lab_documents_parked 1$/m);
    expect(deployment.logs.some((line) => line.includes('is parked') && line.includes('NOT_FOUND'))).toBe(true);
    expect(deployment.logs.join('\n')).not.toContain(patient?.lastName ?? '?');
  }, 180_000);

  it('waits while there is no EMR_SERVICE_TOKEN, and is filed once there is one', async () => {
    const token = 'EMR_SERVICE_TOKEN';
    await start(['inbox', 'documents'], { [token]: undefined });
    publish();
    await isQueued();
    expect(sent()).toBe(0);
    const other = await deployment.startAnother({ [token]: await deployment.emr.serviceToken() });
    other.parts.runner.start(['documents']);
    await waitFor('the document', () => documents().length === 1, 15_000);
    await waitFor('the note of it', async () => (await depth()).pending === 0, 15_000);
  }, 120_000);

  it('is filed for an amendment that somebody came upon before its event did, without ever having listed the patient’s labs', async () => {
    await start([]);
    const { actions } = deployment.sandbox.sandbox;
    const look = () =>
      deployment.ask('u-ada', `{ fullscriptLabOrder(id: "${order.id}", freshness: CURRENT) { results { version } } }`);
    publish();
    await look();
    offsetMs += minuteMs;
    actions.amendResult(order.id);
    offsetMs += 1000;
    expect((await look()).data.fullscriptLabOrder.results).toEqual([{ version: 2 }]);
    expect(await depth()).toEqual({ pending: 0, parked: 0 });
    deployment.app.parts.runner.start(['inbox', 'documents']);
    // For the result and for its amendment, each once, as their events come.
    await waitFor('the documents', () => documents().length === 2, 15_000);
    expect(new Set(documents().map(({ occurredAt }) => occurredAt)).size).toBe(2);
    expect(documents()[1]?.title).toBe(documents()[0]?.title);
  }, 120_000);

  it('is one more for each amendment, also of an amended result, and for a result that takes the place of another', async () => {
    await start(['inbox', 'documents']);
    const { actions } = deployment.sandbox.sandbox;
    publish();
    for (let count = 1; count <= 3; count += 1) {
      await waitFor(`document ${count}`, () => documents().length === count, 15_000);
      offsetMs += minuteMs;
      if (count < 3) actions.amendResult(order.id);
    }
    const [first] = order.results;
    const replaced = { ...first, id: 'another-file' };
    order.results.splice(0, 1, replaced as (typeof order.results)[0]);
    actions.amendResult(order.id);
    await waitFor('the document of the other file', () => documents().length === 4, 15_000);
    expect(documents().map(({ sourceId }) => sourceId)).toEqual([first?.id, first?.id, first?.id, 'another-file']);
    const answer = await deployment.ask(
      'u-ada',
      `{ fullscriptLabOrder(id: "${order.id}", freshness: STORED) {
        results { id version amended amendedAt withdrawnAt earlierVersions { version name availableAt supersededAt } }
        withdrawnResults { id }
      } }`,
    );
    expect(answer.errors).toEqual([]);
    const [result] = answer.data.fullscriptLabOrder.results;
    expect(answer.data.fullscriptLabOrder).toMatchObject({ withdrawnResults: [] });
    expect(result).toMatchObject({ id: 'another-file', version: 4, amended: true, withdrawnAt: null });
    const versions = result.earlierVersions as { version: number; availableAt: string; supersededAt: string }[];
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(versions.slice(1).map(({ availableAt }) => availableAt)).toEqual(
      versions.slice(0, -1).map(({ supersededAt }) => supersededAt),
    );
    expect(result.amendedAt).toBe(versions.at(-1)?.supersededAt);
    // Whoever kept the id of the first file still finds the record, without a file.
    const old = await deployment.askEntities(
      'u-ada',
      [{ __typename: 'FullscriptLabResult', id: first?.id }],
      '... on FullscriptLabResult { id withdrawnAt pdfUrl version }',
    );
    expect(old.data._entities).toEqual([
      { id: first?.id, withdrawnAt: versions.at(-1)?.supersededAt, pdfUrl: null, version: 3 },
    ]);
  }, 180_000);
});
