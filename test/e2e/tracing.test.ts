import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { askPatient, toRepresentation, waitFor } from '../support/reading.ts';
import { createRecordedFetch } from '../support/recorded-fetch.ts';
import { startSpanCollector, type CollectedSpan, type SpanCollector } from '../support/span-collector.ts';

vi.setConfig({ testTimeout: 60_000 });

const traceId = '0af7651916cd43dd8448eb211c80319c';
const callerSpanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${callerSpanId}-01`;

describe('Traces', () => {
  let collector: SpanCollector;
  let deployment: Deployment;
  const wire = createRecordedFetch();
  const inTrace = (span: CollectedSpan): boolean => span.traceId === traceId;
  const named = (name: string) => (span: CollectedSpan) => inTrace(span) && span.name === name;

  beforeAll(async () => {
    collector = await startSpanCollector();
    deployment = await startDeployment({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=key%20of%20the%20collector',
        OTEL_SERVICE_NAME: 'fullscript-of-juniper',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        GATEWAY_SECRET: undefined,
        WORKER: 'on',
      },
      outside: { fetch: wire.fetch },
      withWebhooks: true,
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    wire.requests.length = 0;
    await askPatient(deployment, 'u-ada', 'p-1001', 'fullscriptAccount { id } treatmentPlans { nodes { id } }', {
      headers: { traceparent, tracestate: 'vendor=words-of-a-vendor', baggage: 'patient=p-1001' },
    });
  }, 60_000);
  afterAll(async () => {
    await deployment.stop();
    await collector.close();
  });

  it('continue the caller’s: the request, its operation, the questions to the EMR and the calls to Fullscript', async () => {
    const request = await collector.find('the request', named('POST /graphql'));
    expect(request).toMatchObject({
      parentSpanId: callerSpanId,
      service: 'fullscript-of-juniper',
      attributes: { 'http.request.method': 'POST', 'http.route': '/graphql', 'http.response.status_code': 200 },
    });
    const operation = await collector.find('the operation', named('graphql query'));
    expect(operation.parentSpanId).toBe(request.spanId);
    const emr = await collector.find('the question to the EMR', named('emr patients'));
    const plans = await collector.find(
      'the fetch of the plans',
      (span) => named('copy fetch')(span) && span.attributes['copy.kind'] === 'plans',
    );
    const call = await collector.find(
      'the call',
      named('fullscript GET /clinic/patients/{patient_id}/treatment_plans'),
    );
    expect(call).toMatchObject({
      kind: 3,
      attributes: { 'fullscript.outcome': 'ok', 'http.response.status_code': 200, attempt: 1, priority: 'interactive' },
    });
    const byId = new Map(collector.spans().map((span) => [span.spanId, span]));
    const ancestors = (span: CollectedSpan): string[] => {
      const parent = byId.get(span.parentSpanId ?? '');
      return parent ? [parent.spanId, ...ancestors(parent)] : [];
    };
    for (const step of [emr, plans, call]) expect(ancestors(step)).toContain(operation.spanId);
    expect(ancestors(call)).toContain(plans.spanId);
    expect(collector.headers()['api-key']).toBe('key of the collector');
  });

  it('go on at the EMR, and not at Fullscript', async () => {
    const { origin } = new URL(deployment.sandbox.url);
    const toFullscript = wire.requests.filter(({ url }) => url.origin === origin);
    const toEmr = wire.requests.filter(({ url }) => url.href === deployment.env['EMR_GRAPHQL_URL']);
    const emr = await collector.find('the question to the EMR', named('emr patients'));
    expect(toEmr.map(({ headers }) => headers['traceparent'])).toContain(`00-${traceId}-${emr.spanId}-01`);
    expect(toFullscript.length).toBeGreaterThan(2);
    for (const { headers } of toFullscript)
      expect(Object.keys(headers).filter((name) => /trace|baggage/.test(name))).toEqual([]);
    expect(JSON.stringify(wire.requests)).not.toContain('words-of-a-vendor');
  });

  it('stand beside the lines of the log', async () => {
    const lines = deployment.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
    const request = await collector.find('the request', named('POST /graphql'));
    expect(lines.find((line) => line['msg'] === 'Answered' && line['traceId'] === traceId)).toMatchObject({
      spanId: request.spanId,
    });
    expect(lines.filter((line) => line['msg'] === 'a call to Fullscript' && line['traceId'] === traceId)).not.toEqual(
      [],
    );
  });

  it('tell of an event that is applied, in the trace of its job, and nothing of jobs that find nothing', async () => {
    const { sandbox } = deployment.sandbox;
    const patient =
      [...sandbox.state.patients.values()].find(({ email }) => email === 'mira.okoye@mail.example') ??
      [...sandbox.state.patients.values()][0];
    if (!patient) throw new Error('the sandbox has nobody');
    const clinicId = [...sandbox.state.users.values()].find(({ email }) => email === 'ada@cedarrow.example')?.clinicId;
    sandbox.emit('patients', 'patient.updated', clinicId ?? '', { patient });
    const event = await collector.find(
      'the event',
      (span) => span.name === 'event' && span.attributes['event.type'] === 'patient.updated',
    );
    const job = await collector.find('the job', (span) => span.spanId === event.parentSpanId);
    expect(job).toMatchObject({ name: 'job inbox', parentSpanId: undefined, attributes: { 'job.name': 'inbox' } });
    const heads = collector.spans().filter(({ name }) => name.startsWith('job '));
    const parents = new Set(collector.spans().map(({ parentSpanId }) => parentSpanId));
    expect(heads.filter(({ spanId }) => !parents.has(spanId))).toEqual([]);
  });

  it('leave out what machines ask every few seconds', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) await fetch(deployment.app.url + path);
    await fetch(`${deployment.app.url}/nothing/here/p-1001`);
    await collector.find('the page that is not there', (span) => span.name === 'GET unmatched');
    expect(collector.spans().filter(({ name }) => /healthz|readyz|metrics|p-1001/.test(name))).toEqual([]);
  });

  it('tell of a failure by its kind alone', async () => {
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/search/patients', status: 500 });
    const failing = '1'.repeat(32);
    await deployment.ask('u-ada', '{ fullscriptPatientCandidates(patientId: "p-1004") { agrees } }', {
      headers: { traceparent: `00-${failing}-${callerSpanId}-01` },
    });
    const call = await collector.find(
      'the failing call',
      (span) => span.traceId === failing && span.name === 'fullscript GET /clinic/search/patients',
    );
    expect(call).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'unavailable', 'http.response.status_code': 500 },
    });
    expect(collector.text()).not.toContain('exception');
    deployment.sandbox.sandbox.faults.clear();
  });

  it('take no part in a trace that the caller does not keep, nor in what is no trace', async () => {
    const unkept = '2'.repeat(32);
    const ask = (header: string) =>
      deployment.askEntities('u-ada', [toRepresentation(deployment, 'p-1001')], '... on Patient { id }', {
        headers: { traceparent: header },
      });
    await ask(`00-${unkept}-${callerSpanId}-00`);
    for (const broken of [
      '00-xyz',
      `ff-${'3'.repeat(32)}-${callerSpanId}-01`,
      `00-${'0'.repeat(32)}-${callerSpanId}-01`,
    ])
      expect((await ask(broken)).status).toBe(200);
    const last = '4'.repeat(32);
    await ask(`00-${last}-${callerSpanId}-01`);
    await collector.find('the last one', (span) => span.traceId === last && span.name === 'POST /graphql');
    expect(collector.spans().filter((span) => span.traceId === unkept || span.traceId === '3'.repeat(32))).toEqual([]);
  });
});

describe('A collector that does not take traces', () => {
  it('disturbs no request, is told of once, and holds up no stop', async () => {
    const collector = await startSpanCollector();
    collector.answer.status = 500;
    const deployment = await startDeployment({
      env: {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/somewhere`,
        OTEL_TRACES_SAMPLER: 'always_on',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
    });
    const told = () => deployment.logs.filter((line) => line.includes('traces cannot be sent'));
    try {
      for (let round = 0; round < 3; round += 1)
        expect((await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }')).errors).toEqual([]);
      await waitFor('the log to say so', () => told().length > 0, 30_000);
      expect((await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }')).errors).toEqual([]);
      collector.answer.fault = 'hang';
      await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
    } finally {
      const startedMs = Date.now();
      await deployment.stop();
      expect(Date.now() - startedMs).toBeLessThan(6000);
      await collector.close();
    }
    expect(told()).toHaveLength(1);
  }, 60_000);

  it('is asked for nothing when it is switched off, or nothing is to be kept', async () => {
    const collector = await startSpanCollector();
    for (const env of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_SAMPLER: 'always_off' }]) {
      const deployment = await startDeployment({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...env } });
      await deployment.ask('u-ada', '{ fullscriptViewer { connectionStatus } }');
      await deployment.stop();
    }
    expect(collector.spans()).toEqual([]);
    await collector.close();
  }, 60_000);
});
