import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningApp } from '../../src/app.ts';
import { createCanaries, findCanaries, findLeaks, plantCanaries, type Canaries } from '../support/canaries.ts';
import { collectRecords, type ClinicalRecords } from '../support/clinical-records.ts';
import { gatewaySecret, startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { createEveryOperation, type EveryOperation, type Step } from '../support/every-operation.ts';
import { createRecordedFetch, type RecordedFetch, type SentRequest } from '../support/recorded-fetch.ts';
import { waitFor } from '../support/reading.ts';
import { startSpanCollector, type SpanCollector } from '../support/span-collector.ts';
import { createWatchedLog } from '../support/watched-log.ts';

const variables = {
  FULLSCRIPT_CLIENT_SECRET: 'client-secret-under-watch',
  FULLSCRIPT_WEBHOOK_SECRET: 'webhook-secret-under-watch',
  FULLSCRIPT_WEBHOOK_CHALLENGE: 'webhook-challenge-under-watch',
  FULLSCRIPT_EMBED_PUBLIC_KEY: 'embed-key-under-watch',
};

/** What Fullscript (or the EMR) may say when something is wrong: sentences that quote a patient, in every shape. */
function createFoulAnswers(canaries: Canaries): Record<string, () => Response> {
  const quote = (): string =>
    `${canaries.word('foul.sentence')} <${canaries.email('foul.email')}> ` +
    `born 1909-09-09 at_${canaries.word('foul.token')} +19995559999`;
  const headers = (): Record<string, string> => ({
    'content-type': 'application/json',
    'x-patient': canaries.word('foul.header'),
    'retry-after': canaries.word('foul.header'),
    'www-authenticate': `Bearer error="${canaries.word('foul.header')}"`,
    location: `https://elsewhere.example/${canaries.word('foul.location')}?email=${canaries.word('foul.location')}`,
  });
  const json = (status: number, body: unknown) => () =>
    new Response(typeof body === 'function' ? (body as () => string)() : JSON.stringify(body), {
      status,
      headers: headers(),
    });
  const say = (status: number, toBody: (text: string) => unknown) => () => json(status, toBody(quote()))();
  return {
    'a 302': say(302, (text) => ({ error: text })),
    'a 400': say(400, (text) => ({ status: 400, error: JSON.stringify([text]) })),
    'a 401': say(401, (text) => ({ error: 'invalid_token', error_description: text })),
    'a 403': say(403, (text) => ({ errors: [{ message: `the scope of ${text} is missing` }] })),
    'a 404': say(404, (text) => ({ error: text })),
    'a 409': say(409, (text) => ({ error: [text] })),
    'a 422': say(422, (text) => ({ errors: { [canaries.word('foul.key')]: [text] } })),
    'a 429': say(429, (text) => ({ message: text })),
    'a 500': say(500, (text) => ({ error: text, trace: [text] })),
    'a 200 that is not JSON': json(200, () => `{"patient": {"first_name": "${quote()}", "email"`),
    'a 200 of another shape': say(200, (text) => ({
      [canaries.word('foul.key')]: text,
      patient: [text],
      data: text,
      oauth: text,
    })),
    'a page': json(502, () => `<html><title>${quote()}</title></html>`),
    'a broken connection': () => {
      const url = `https://fullscript.example/api/${canaries.word('foul.address')}?query=${canaries.word('foul.address')}`;
      throw new TypeError(`fetch failed for ${url}`, {
        cause: Object.assign(new Error(`connect ECONNRESET ${url} ${quote()}`), {
          code: 'ECONNRESET',
          address: quote(),
        }),
      });
    },
  };
}

/** Method and path with ids taken out: what was asked, whoever it was about. */
function toEndpoint({ method, url }: SentRequest): string {
  return `${method} ${url.pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|file_[\w-]+/g, '*')}`;
}

/** What is at Fullscript or at the EMR and is of no concern to anybody here, or comes in and goes no further. */
const goesNoFurther = [
  'emr.charts.items.instructions',
  'emr.charts.items.name',
  'emr.documents.title',
  'emr.organizations.name',
  'emr.practitioners.email',
  'emr.users.email',
  'emr.users.name',
  'fullscript.labPanels.lab',
  'fullscript.patients.addresses.address1',
  'fullscript.patients.addresses.address2',
  'fullscript.patients.addresses.city',
  'fullscript.patients.addresses.zipcode',
  'fullscript.patients.mobileNumber',
  'fullscript.plans.resources.name',
  'fullscript.products.customDosages.additionalInfo',
  'fullscript.products.descriptionHtml',
  'fullscript.products.dosage.additionalInfo',
  'fullscript.protocols.name',
  'fullscript.resources.name',
  'fullscript.users.email',
  'input.error',
];

describe('Secrets and patient data', () => {
  let deployment: Deployment;
  let collector: SpanCollector;
  let records: ClinicalRecords;
  let everything: EveryOperation;
  let isFullscript: (request: SentRequest) => boolean;
  const canaries = createCanaries();
  const foul = createFoulAnswers(canaries);
  const log = createWatchedLog();
  const wire = createRecordedFetch();
  const workerWire = createRecordedFetch();
  /** Endpoint and foul answer, for each pair that came about. */
  const met = new Set<string>();
  const endpoints = new Map<string, Step>();
  const metrics: string[] = [];

  /** Lets the requests of an endpoint meet a foul answer while `work` runs. */
  async function meet(
    recorded: RecordedFetch,
    name: string,
    concerns: (request: SentRequest) => boolean,
    work: () => Promise<unknown>,
  ): Promise<void> {
    recorded.answer = (request) => {
      if (!concerns(request)) return null;
      met.add(`${toEndpoint(request)}: ${name}`);
      return foul[name]?.() ?? null;
    };
    try {
      await work();
    } finally {
      recorded.answer = null;
    }
  }

  /** Every step twice: what is new at first, and what each step asks for when all is known, which is learned. */
  async function haveFairWeather(): Promise<void> {
    for (const step of everything.steps) await step.run();
    for (const step of everything.steps) {
      const before = wire.requests.length;
      await step.run();
      for (const request of wire.requests.slice(before))
        if (!endpoints.has(toEndpoint(request))) endpoints.set(toEndpoint(request), step);
    }
  }

  /** Every endpoint with every foul answer, in a step that needs it. */
  async function haveFoulWeather(): Promise<void> {
    for (const [endpoint, step] of endpoints)
      for (const name of Object.keys(foul)) {
        await meet(
          wire,
          name,
          (request) => toEndpoint(request) === endpoint,
          () => step.run(),
        );
        if (/40[013]/.test(name) || endpoint.includes('oauth')) await everything.connect();
      }
  }

  /** Every question to the EMR, by every step, with every foul answer. */
  async function haveAnEmrInTrouble(): Promise<void> {
    for (const step of everything.steps)
      for (const name of Object.keys(foul))
        await meet(
          wire,
          name,
          (request) => !isFullscript(request),
          () => step.run(),
        );
  }

  /**
   * The jobs, with every foul answer and afterwards with good ones; in a process of its own for each, since one that has met an outage leaves Fullscript
   * alone for longer and longer.
   */
  async function work(): Promise<void> {
    const startWorker = () =>
      deployment.startAnother(
        { WORKER: 'on', EVENT_SWEEP_SECONDS: '1', FRESH_FOR_SECONDS: '1' },
        { fetch: workerWire.fetch },
      );
    let worker: RunningApp | null = null;
    const { sandbox } = deployment.sandbox;
    const email = canaries.emailOf('ben@cedarrow.example');
    const patient = sandbox.state.patients.get(records.fullscriptPatientId);
    for (const name of [...Object.keys(foul), 'nothing']) {
      await worker?.parts.runner.stop();
      await deployment.connect('u-ben', email);
      worker = await startWorker();
      await meet(
        workerWire,
        name,
        (request) => name in foul && isFullscript(request),
        async () => {
          const before = workerWire.requests.length;
          const isAsked = (endpoint: RegExp) => () =>
            workerWire.requests.slice(before).some((request) => endpoint.test(toEndpoint(request)));
          sandbox.emit('patients', 'patient.updated', records.clinicId, { patient });
          await everything.steps.find((step) => step.name === 'revocation')?.run();
          for (const endpoint of [/oauth\/revoke/, /events/, /GET .*patients\/\*$/])
            await waitFor(`${name} at ${endpoint.source}`, isAsked(endpoint), 150_000);
        },
      );
      await everything.connect();
      metrics.push(await (await fetch(`${worker.url}/metrics`)).text());
    }
    const { store } = deployment.app.parts;
    await waitFor('every event to be applied', async () => (await store.inbox.depth()).pending === 0, 200_000);
  }

  beforeAll(async () => {
    collector = await startSpanCollector();
    deployment = await startDeployment({
      env: {
        ...variables,
        LOG_LEVEL: 'trace',
        FRESH_FOR_SECONDS: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '200',
      },
      outside: { log: log.log, fetch: wire.fetch },
      sandbox: {
        restrictedEndpoints: true,
        app: {
          clientSecret: variables.FULLSCRIPT_CLIENT_SECRET,
          webhookSecret: variables.FULLSCRIPT_WEBHOOK_SECRET,
          challenge: variables.FULLSCRIPT_WEBHOOK_CHALLENGE,
          embedPublicKey: variables.FULLSCRIPT_EMBED_PUBLIC_KEY,
        },
      },
      withWebhooks: true,
    });
    const { origin } = new URL(deployment.sandbox.url);
    isFullscript = ({ url }) => url.origin === origin;
    plantCanaries(canaries, deployment.sandbox.sandbox, deployment.emr.store);
    const email = canaries.emailOf('ada@cedarrow.example');
    await deployment.connect('u-ada', email);
    await deployment.connect('u-carla', canaries.emailOf('carla@cedarrow.example'));
    records = await collectRecords(deployment, 'u-ada');
    const restricted = await deployment.startAnother({ FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on' });
    everything = createEveryOperation(deployment, canaries, records, { email, restrictedUrl: restricted.url });
    // Without chance there is no pause between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await haveFairWeather();
    await haveFoulWeather();
    await haveAnEmrInTrouble();
    await work();
    metrics.push(await (await fetch(`${deployment.app.url}/metrics`)).text());
  }, 600_000);
  afterAll(async () => {
    vi.restoreAllMocks();
    await deployment.stop();
    await collector.close();
  });

  /** Everything that opens something: what was configured, handed out, or kept at Fullscript. */
  const listSecrets = (): string[] => {
    const { state } = deployment.sandbox.sandbox;
    return [
      ...Object.values(variables),
      ...[...state.tokens.values()].flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
      ...[...state.sessionGrants.values()].map(({ secretToken }) => secretToken),
      ...state.codes.keys(),
      ...state.fileLinks.keys(),
      ...everything.capabilities,
      (deployment.env['ENCRYPTION_KEYS'] ?? '').slice('k1:'.length),
      deployment.env['EMR_SERVICE_TOKEN'] ?? '',
      gatewaySecret,
    ];
  };
  const readRows = async (): Promise<string> => {
    const { database } = deployment.app.parts;
    const tables = await database.read<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
    return JSON.stringify(await Promise.all(tables.map(({ name }) => database.read(`SELECT * FROM "${name}"`))));
  };
  const everyError = () => everything.answers.flatMap(({ errors }) => errors);

  it('were everywhere: every field had a canary that came out again, but for what nobody asks for', async () => {
    const told =
      JSON.stringify(everything.answers.map(({ data }: Answer) => data as unknown)) + everything.files.join();
    const missing = canaries.placesMissingIn(`${told} ${await readRows()}`);
    expect(missing.filter((place) => !place.startsWith('foul.')).sort()).toEqual(goesNoFurther);
    expect(listSecrets().length).toBeGreaterThan(100);
  });

  it('met every endpoint with every foul answer', () => {
    const pairs = [...endpoints.keys()].flatMap((endpoint) => Object.keys(foul).map((name) => `${endpoint}: ${name}`));
    expect(pairs.filter((pair) => !met.has(pair))).toEqual([]);
    // What only jobs ask for; of the kinds of events, whichever came first.
    for (const name of Object.keys(foul))
      for (const endpoint of [/oauth\/revoke/, /api\/events/])
        expect([...met].filter((pair) => endpoint.test(pair) && pair.endsWith(`: ${name}`))).not.toEqual([]);
    expect(endpoints.size).toBeGreaterThan(20);
    const codes = new Set(everyError().map(({ extensions }) => extensions['code']));
    expect([...codes].sort()).toEqual([
      'BAD_USER_INPUT',
      'EMR_UNAVAILABLE',
      'FULLSCRIPT_CONNECTION_REQUIRED',
      'FULLSCRIPT_CONTRACT',
      'FULLSCRIPT_RATE_LIMITED',
      'FULLSCRIPT_UNAVAILABLE',
      'NOT_FOUND',
    ]);
    // What Fullscript says goes to the caller, as the value of a union.
    const told = JSON.stringify(everything.answers.map(({ data }: Answer) => data as unknown));
    expect(canaries.placesMissingIn(told)).not.toContain('foul.sentence');
  });

  it('are in no log line', () => {
    expect(findLeaks(log.lines.join(''), listSecrets())).toEqual([]);
    expect(log.lines.join('')).not.toMatch(jwt);
  });

  it('are in nothing that is given to the log, so that nothing depends on what it leaves out', () => {
    expect(findLeaks(log.raw.join(''), listSecrets())).toEqual([]);
    expect(log.raw.join('')).not.toMatch(jwt);
  });

  it('are in no error', () => {
    expect(findLeaks(JSON.stringify(everyError()), listSecrets())).toEqual([]);
  });

  it('are in no metric', () => {
    const text = metrics.join('');
    expect(text).toContain('fullscript_calls_total');
    expect(
      findLeaks(text, [...listSecrets(), 'org-juniper', records.planId, records.clinicId, records.accountId]),
    ).toEqual([]);
  });

  it('are in no trace', async () => {
    const spans = () => collector.spans().map(({ name }) => name);
    for (const name of [
      /^POST \/graphql/,
      /^graphql mutation/,
      /^emr /,
      /^copy fetch/,
      /^fullscript /,
      /^event$/,
      /^job /,
    ])
      await waitFor(`a span like ${name.source}`, () => spans().some((each) => name.test(each)));
    expect(collector.spans().length).toBeGreaterThan(1000);
    const text = collector.text();
    expect(
      findLeaks(text, [...listSecrets(), 'org-juniper', records.planId, records.clinicId, records.accountId]),
    ).toEqual([]);
    expect(text).not.toMatch(jwt);
    // Ids of Fullscript and of ours, then of the EMR.
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
    expect(text).not.toMatch(/"[^"]*\b(p-\d{4}|u-[a-z]{3,}|c-\d+)\b/);
  });

  it('are in no header of an answer', () => {
    const text = JSON.stringify(everything.answers.map(({ headers }) => [...headers]));
    expect(text).toContain('x-request-id');
    expect(findLeaks(text, listSecrets())).toEqual([]);
  });

  it('are in no address that is asked, but for what a patient is searched by at Fullscript', () => {
    const sent = [...wire.requests, ...workerWire.requests];
    const withPatients = sent.filter(({ url }) => findCanaries(decodeURIComponent(url.href)).length > 0);
    expect(new Set(withPatients.map(toEndpoint))).toEqual(new Set(['GET /api/clinic/search/patients']));
    for (const { url } of withPatients) {
      const { query, ...others } = Object.fromEntries(url.searchParams);
      expect(findCanaries(query ?? '')).toHaveLength(1);
      expect(findLeaks(JSON.stringify(others))).toEqual([]);
    }
    // A result's file is at an address that Fullscript made and that is itself the permission.
    const links = deployment.sandbox.sandbox.state.fileLinks;
    const addresses = sent.map(({ url }) => url.href).join('\n');
    expect(
      findLeaks(
        addresses.replaceAll(canariesInSearch, ''),
        listSecrets().filter((secret) => !links.has(secret)),
      ),
    ).toEqual([]);
    expect(
      findLeaks(JSON.stringify(sent.map(({ headers: { authorization: _, ...headers } }) => headers)), listSecrets()),
    ).toEqual([]);
  });
});

const jwt = /eyJ[\w-]{8,}\.[\w-]*\./;
const canariesInSearch = /query=[^&\n]*/g;
