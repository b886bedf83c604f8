import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { buildClientSchema, buildSchema, introspectionFromSchema, printSchema, type IntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readEmrConfig } from '../../src/config.ts';
import { startDemoEmr, type RunningEmr } from '../../src/demo/emr/start.ts';
import { runEmrCheck } from '../../src/emr-check/run.ts';
import { startHttpServer, type GivenAnswer, type HttpServer } from '../support/http-server.ts';
import { spawnProcess } from '../support/spawned-process.ts';

interface Asked {
  query: string;
  operationName?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  variables: any;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Told = any;

/** How an EMR goes wrong: it gets what the demo EMR would answer. */
type Spoil = (asked: Asked, told: Told, headers: Record<string, unknown>) => GivenAnswer | undefined;

const patientIds = ['p-1001', 'p-1002'];

describe('npm run emr:check', () => {
  let emr: RunningEmr;
  let folder: string;
  let tokenFile: string;
  let env: Record<string, string | undefined>;
  let ids: string[];
  let servers: HttpServer[] = [];

  beforeAll(async () => {
    emr = await startDemoEmr();
    folder = mkdtempSync(join(tmpdir(), 'fullscript-emr-check-'));
    tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `Bearer ${await emr.tokenFor('u-ada')}\n`);
    env = {
      EMR_GRAPHQL_URL: emr.graphqlUrl,
      EMR_SERVICE_TOKEN: await emr.serviceToken(),
      EMR_JWT_ISSUER: emr.issuer,
      EMR_JWT_AUDIENCE: emr.audience,
      EMR_JWKS_URL: emr.jwksUrl,
    };
    const open = emr.addChart({ patientId: 'p-1001' });
    const signed = emr.signChart(emr.addChart({ patientId: 'p-1001' }).id);
    ids = ['--chart', open.id, '--signed-chart', signed.id, '--practitioner', 'pr-ada'];
    for (const id of patientIds) ids.push('--patient', id);
  }, 60_000);
  afterAll(async () => {
    await emr.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
    servers = [];
  });

  async function check(args: string[], more: Record<string, string | undefined> = {}, input = '', timeoutMs = 20_000) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await runEmrCheck(args, {
      stdin: Readable.from([input]),
      stdout,
      stderr,
      readConfig: () => readEmrConfig({ ...env, ...more }),
      timeoutMs,
    });
    stdout.end();
    stderr.end();
    const [out, err] = [await text(stdout), await text(stderr)];
    const lines = out.split('\n');
    const of = (verdict: string) =>
      lines.filter((line) => line.startsWith(verdict.padEnd(7))).map((line) => line.slice(9));
    return { code, out, err, ok: of('ok'), wrong: of('wrong'), notes: of('note'), skipped: of('skipped') };
  }

  const everything = () => ['--token-file', tokenFile, ...ids, '--write'];

  /** An EMR that answers as the demo's does, except where it is spoilt. */
  async function startSpoilt(spoil: Spoil): Promise<string> {
    const server = await startHttpServer(async ({ text: body, headers, json }) => {
      const answer = await fetch(emr.graphqlUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
        },
        body,
      });
      const told: Told = await answer.json();
      return spoil(json as Asked, told, headers) ?? { status: answer.status, body: told };
    });
    servers.push(server);
    return `${server.url}/graphql`;
  }

  async function checkSpoilt(spoil: Spoil, args = everything(), timeoutMs?: number) {
    return await check(args, { EMR_GRAPHQL_URL: await startSpoilt(spoil) }, '', timeoutMs);
  }

  /** The demo EMR whose schema says something else. */
  async function checkSchema(change: (sdl: string) => string) {
    return await checkSpoilt(
      ({ query }, told) => {
        if (!query.includes('__schema')) return undefined;
        const sdl = printSchema(buildClientSchema((told as { data: IntrospectionQuery }).data));
        const changed = change(sdl);
        expect(changed).not.toBe(sdl);
        return { body: { data: introspectionFromSchema(buildSchema(changed, { assumeValidSDL: true })) } };
      },
      ['--token-file', tokenFile],
    );
  }

  const is = (name: string) => (asked: Asked) => asked.operationName === name || asked.query.includes(name);
  const withoutIntrospection: Spoil = ({ query }) =>
    query.includes('__schema') ? { status: 400, body: { errors: [{ message: 'off' }] } } : undefined;

  it('finds nothing wrong with the demo EMR, and writes one line and one document', async () => {
    const { id } = emr.addChart({ patientId: 'p-1001' });
    const before = emr.documentsOf('p-1001').length;
    const checked = await check([...everything(), '--chart', id]);
    expect(checked.wrong).toEqual([]);
    expect(checked).toMatchObject({ code: 0, err: '', notes: [], skipped: [] });
    expect(checked.out).toContain('ok, 0 wrong, 0 to note, 0 skipped');
    expect(checked.out).toContain('patients: 200 ids in one call');
    expect(emr.store.charts.get(id)?.items).toHaveLength(1);
    expect(emr.documentsOf('p-1001')).toHaveLength(before + 1);
  });

  it('writes nothing unless told to, and says what it left out', async () => {
    emr.calls.clear();
    const checked = await check(['--token-file', tokenFile]);
    expect(checked).toMatchObject({ code: 0, wrong: [] });
    expect(checked.skipped.join('\n')).toMatch(/--patient ID[^]*--chart ID[^]*--practitioner ID[^]*--write/);
    expect(emr.calls.all.map(({ operation }) => operation).filter((name) => name.includes('Add'))).toEqual([]);
  });

  it('takes a token from standard input, and does without one', async () => {
    const read = await check(['--token-file', '-', ...ids], {}, `${await emr.tokenFor('u-ada')}\n`);
    expect(read).toMatchObject({ code: 0, wrong: [] });
    const bare = await check(ids, { EMR_SERVICE_TOKEN: undefined });
    expect(bare).toMatchObject({ code: 0, wrong: [] });
    expect(bare.skipped.join('\n')).toContain('set EMR_SERVICE_TOKEN');
  });

  it('shows neither what stands in a patient’s fields nor a token', async () => {
    const hushed = patientIds.flatMap((id) => {
      const { email, firstName, lastName, dateOfBirth } = emr.store.patients.get(id)!;
      return [email, firstName, lastName, dateOfBirth];
    });
    const shown = [
      await check(everything()),
      await checkSpoilt(({ query }, told: { data?: { patients?: object[] } }) =>
        query.includes('FullscriptPatients')
          ? { body: { ...told, errors: [{ message: hushed.join(' '), extensions: { code: hushed.join(' ') } }] } }
          : undefined,
      ),
    ];
    for (const { out, err } of shown) {
      for (const word of hushed) expect(out + err).not.toContain(word);
      expect(out + err).not.toMatch(/ey[A-Za-z0-9_-]{20}/);
    }
    expect(shown.map(({ code }) => code)).toEqual([0, 1]);
  });

  describe('wrong use', () => {
    it.each([
      [['--nonsense'], "'--nonsense'"],
      [['--patient'], "'--patient"],
      [['p-1001'], "'p-1001'"],
      [['--write', 'yes'], "'yes'"],
      [['--token-file', '/nowhere/at/all'], '--token-file: the file cannot be read'],
      [['--token-file', '-'], '--token-file: it must hold one token'],
      [['--chart', ''], 'must not be empty'],
    ])('%j', async (args, message) => {
      emr.calls.clear();
      const used = await check(args, {}, 'two tokens');
      expect(used).toMatchObject({ code: 2, out: '' });
      expect(used.err).toContain(message);
      expect(emr.calls.count()).toBe(0);
    });

    it('a configuration that lacks something, all of it named', async () => {
      const used = await check([], { EMR_GRAPHQL_URL: undefined, EMR_JWKS_URL: undefined });
      expect(used).toMatchObject({ code: 2, out: '' });
      expect(used.err).toMatch(/EMR_GRAPHQL_URL: is required[^]*EMR_JWKS_URL: is required/);
    });

    it('--help is none', async () => {
      const used = await check(['--help']);
      expect([used.code, used.err]).toEqual([0, '']);
      expect(used.out).toContain('--token-file FILE');
    });
  });

  describe('an EMR that does not answer GraphQL', () => {
    it.each<[string, GivenAnswer, string]>([
      ['a page', { headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' }, 'not GraphQL'],
      ['other JSON', { body: { status: 'ok' } }, 'not GraphQL'],
      ['HTTP 404', { status: 404, body: {} }, 'Is the path right'],
      ['HTTP 401', { status: 401, body: {} }, 'refuses the token'],
      [
        'a redirect',
        { status: 308, headers: { location: 'https://emr.example/' }, body: '' },
        'Redirects are not followed',
      ],
      ['HTTP 500', { status: 500, body: {} }, 'HTTP 500'],
      ['a connection that breaks', { fault: 'reset' }, 'no connection'],
    ])('%s', async (_, answer, message) => {
      const checked = await checkSpoilt(() => answer);
      expect(checked.code).toBe(1);
      expect(checked.wrong).toEqual([expect.stringContaining(message)]);
      expect(checked.skipped).toEqual(['everything else, since the EMR does not answer']);
    });

    it('nobody', async () => {
      const url = await startSpoilt(() => undefined);
      await servers.pop()!.close();
      expect(await check(everything(), { EMR_GRAPHQL_URL: url })).toMatchObject({
        code: 1,
        wrong: [expect.stringContaining('no connection')],
      });
    });

    it('silence', async () => {
      const checked = await checkSpoilt(() => ({ fault: 'hang' }), everything(), 300);
      expect(checked).toMatchObject({ code: 1, wrong: [expect.stringContaining('no answer within 300 ms')] });
    });
  });

  describe('public keys and tokens', () => {
    it.each<[string, GivenAnswer, string]>([
      ['a page', { headers: { 'content-type': 'text/html' }, body: '<h1>' }, 'not JSON'],
      ['HTTP 503', { status: 503, body: {} }, 'answered 503'],
      ['no list', { body: { key: 1 } }, 'no list of keys'],
      ['an empty list', { body: { keys: [] } }, 'none of its 0 keys'],
      [
        'keys of no use',
        { body: { keys: [null, { kty: 'EC', crv: 'P-384' }, { kty: 'RSA', use: 'enc' }] } },
        'none of its 2 keys',
      ],
      ['a private key', { body: { keys: [{ kty: 'RSA', kid: 'k', n: 'x', e: 'AQAB', d: 'secret' }] } }, 'PRIVATE'],
    ])('a key set that is %s', async (_, answer, message) => {
      const server = await startHttpServer(() => answer);
      servers.push(server);
      const checked = await check([], { EMR_JWKS_URL: server.url });
      expect(checked.code).toBe(1);
      expect(checked.wrong.join('\n')).toContain(message);
    });

    it('several keys without a name', async () => {
      const keys = ['a', 'b'].map((n) => ({ kty: 'RSA', n, e: 'AQAB' }));
      const file = join(folder, 'keys.json');
      writeFileSync(file, JSON.stringify({ keys }));
      const checked = await check([], { EMR_JWKS_URL: undefined, EMR_JWKS_FILE: file });
      expect(checked.notes.join('\n')).toContain('a key without "kid"');
      expect((await check([], { EMR_JWKS_URL: undefined, EMR_JWKS_FILE: `${file}x` })).wrong.join()).toContain(
        'ENOENT',
      );
    });

    const sign = async (claims: object, options: object = {}) =>
      await emr.signToken(
        { sub: 'u-ada', org: 'org-juniper', roles: ['practitioner'], practitioner_id: 'pr-ada', ...claims },
        options,
      );
    it.each<[string, () => Promise<string>, string | RegExp]>([
      ['for another audience', () => sign({}, { audience: 'somebody' }), '"aud" is "somebody", EMR_JWT_AUDIENCE is'],
      ['of another issuer', () => sign({}, { issuer: 'https://other' }), '"iss" is "https://other", EMR_JWT_ISSUER is'],
      ['that has expired', () => sign({}, { expiresInSeconds: -60 }), 'it has expired'],
      ['without an organization', () => sign({ org: undefined }), '"org" is missing'],
      ['without roles', () => sign({ roles: ['owner'] }), '"roles" holds none of admin'],
      ['that is not a JWT', async () => 'a-session-id', 'it is not a JWT'],
      [
        'that somebody else signed',
        async () => `${(await sign({})).slice(0, -20)}${'A'.repeat(20)}`,
        'no published key has made it',
      ],
    ])('a token %s', async (_, make, message) => {
      const checked = await check(['--token-file', '-'], {}, await make());
      expect(checked.code).toBe(1);
      expect(checked.wrong.join('\n')).toMatch(message);
    });

    it('a practitioner’s token without practitioner_id', async () => {
      const checked = await check(['--token-file', '-'], {}, await sign({ practitioner_id: undefined }));
      expect(checked.notes.join('\n')).toContain('practitioner_id');
    });
  });

  describe('who may ask', () => {
    it('an EMR that shows patients to anybody', async () => {
      const patient = { id: 'p-1001' };
      const checked = await checkSpoilt(({ operationName, variables }, told: Told) =>
        operationName === 'FullscriptPatients' && told.errors
          ? { body: { data: { patients: (variables.ids as string[]).map(() => patient) } } }
          : undefined,
      );
      expect(checked.wrong).toEqual([
        expect.stringMatching(/^No token: PATIENTS ARE SHOWN/),
        expect.stringMatching(/^A token with a spoilt signature: PATIENTS ARE SHOWN/),
      ]);
    });

    it('an EMR that answers strangers as if everybody were hidden', async () => {
      const checked = await checkSpoilt(({ operationName }, told: Told) =>
        operationName === 'FullscriptPatients' && told.errors ? { body: { data: { patients: [null] } } } : undefined,
      );
      expect(checked.wrong).toEqual([
        expect.stringContaining('No token: is answered as if the patient were hidden'),
        expect.stringContaining('spoilt signature: is answered as if the patient were hidden'),
      ]);
    });

    it('HTTP 401 is a refusal, FORBIDDEN is worth a note', async () => {
      const refuse = (answer: GivenAnswer) =>
        checkSpoilt(
          (_, told: Told, { authorization }) =>
            authorization === undefined || told.errors?.[0]?.extensions.code === 'UNAUTHENTICATED' ? answer : undefined,
          ['--token-file', tokenFile],
        );
      expect((await refuse({ status: 401, body: 'no' })).ok.join('\n')).toContain('No token: is refused, HTTP 401');
      const forbidden = await refuse({
        body: { data: null, errors: [{ message: '', extensions: { code: 'FORBIDDEN' } }] },
      });
      expect(forbidden.notes.join('\n')).toContain('No token: is refused with FORBIDDEN');
    });
  });

  describe('a schema that differs', () => {
    it.each<[string, (sdl: string) => string, string, number?]>([
      [
        'a field',
        (sdl) => sdl.replaceAll('mobileNumber:', 'mobile:'),
        'Patient.mobileNumber: missing; alias it in src/emr/documents.ts',
      ],
      ['a query', (sdl) => sdl.replace('patients(ids:', 'patientsByIds(ids:'), 'Query.patients: missing; alias it'],
      [
        'an argument',
        (sdl) => sdl.replace('patients(ids: ', 'patients(patientIds: '),
        'Query.patients(ids:): there is no such argument',
        2,
      ],
      [
        'an argument that is required',
        (sdl) => sdl.replace(/chart\(([^)]*)id: ID!/, 'chart($1id: ID!, org: ID!'),
        'chart(org: ID!): required by the EMR and not sent',
      ],
      [
        'the type of an input',
        (sdl) => sdl.replaceAll('AddDocumentInput', 'NewDocument'),
        'AddDocumentInput: there is no such type',
      ],
      [
        'a field of an input',
        (sdl) => sdl.replace(/(input ChartItemInput[^}]*)refills: Int/, '$1refillCount: Int'),
        'ChartItemInput.refills: missing; it is sent',
      ],
      [
        'a field that must not be null',
        (sdl) => sdl.replace(/(input ChartItemInput[^}]*)brand: String/, '$1brand: String!'),
        'AddChartItemsInput.items.brand: must be nullable',
      ],
      [
        'a field that must be sent',
        (sdl) => sdl.replace(/(input AddDocumentInput[^}]*)title: String!/, '$1title: String!\n  author: ID!'),
        'AddDocumentInput.author: ID!: required by the EMR and not sent',
      ],
      ['a type of ids', (sdl) => sdl.replace('ids: [ID!]!', 'ids: [Int!]!'), 'expecting type "[Int!]!"'],
      [
        'patients that cannot be null',
        (sdl) => sdl.replace(/\): \[Patient\]!/, '): [Patient!]!'),
        'Query.patients: [Patient!]!: the items must be nullable',
      ],
      [
        'a chart that cannot be null',
        (sdl) => sdl.replace(/(\bchart\([^]*?\): Chart)\n/, '$1!\n'),
        'Query.chart: Chart!: must be nullable',
      ],
    ])('in %s', async (_, change, message, faults = 1) => {
      const checked = await checkSchema(change);
      expect(checked.code).toBe(1);
      expect(checked.wrong.join('\n')).toContain(message);
      expect(checked.wrong).toHaveLength(faults);
    });

    it('is found without introspection too, field by field', async () => {
      const checked = await checkSpoilt((asked, told, headers) => {
        if (asked.operationName === 'FullscriptPatients' && asked.query.includes('mobileNumber'))
          return {
            status: 400,
            body: { errors: [{ message: 'x', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
          };
        return withoutIntrospection(asked, told, headers);
      });
      expect(checked.notes.join('\n')).toContain('Introspection is off');
      expect(checked.wrong.join('\n')).toContain('patients.mobileNumber: fails when it is asked for alone');
      expect(checked.wrong.join('\n')).not.toContain('patients.email');
    });
  });

  describe('answers', () => {
    const patients =
      (change: (list: Told[], ids: string[]) => Told, errors?: object[]): Spoil =>
      ({ operationName, variables }, told: Told) => {
        if (operationName !== 'FullscriptPatients' || !told.data) return undefined;
        return {
          body: {
            data: { patients: change(told.data.patients as Told[], variables.ids as string[]) },
            ...(errors ? { errors } : {}),
          },
        };
      };
    const failing = (code: string) => [{ message: 'x', extensions: { code } }];

    it.each<[string, Spoil, string | RegExp]>([
      [
        'sorted by what is known',
        patients((list) => [...list].sort((a) => (a === null ? 1 : -1))),
        'another order than asked',
      ],
      ['without what is unknown', patients((list) => list.filter((one) => one !== null)), 'another number of patients'],
      ['null for the list', patients(() => null), 'an answer that cannot be read'],
      [
        'an error for what is unknown',
        patients((list) => list, failing('INTERNAL_SERVER_ERROR')),
        'an unknown id must be null, without an error',
      ],
      [
        'somebody for what is unknown',
        patients((_, ids) => ids.map((id) => ({ id, firstName: 'X' }))),
        'for an id that was made up',
      ],
      [
        'nobody for whom is there',
        patients((list) => list.map(() => null)),
        '"p-1001" is null: there is no such patient',
      ],
      [
        'a birth date of another kind',
        patients((list) => list.map((one) => one && { ...one, dateOfBirth: '17.04.1988' })),
        'must be a calendar date',
      ],
      [
        'a birth date that there is not',
        patients((list) => list.map((one) => one && { ...one, dateOfBirth: '1988-02-31' })),
        'must be a calendar date',
      ],
      [
        'at most 100',
        patients((list, ids) => (ids.length > 100 ? null : list)),
        '200 ids in one call must be answered',
      ],
      [
        'an error for an unknown chart',
        (asked, told: Told) =>
          is('FullscriptChart(')(asked) && told.data?.chart === null
            ? { body: { data: { chart: null }, errors: failing('INTERNAL_SERVER_ERROR') } }
            : undefined,
        'chart: an unknown id must be null, or an error with the code NOT_FOUND',
      ],
      [
        'a chart without a patient',
        (asked, told: Told) =>
          is('FullscriptChart(')(asked) && told.data?.chart
            ? { body: { data: { chart: { ...told.data.chart, patient: null } } } }
            : undefined,
        /chart: "c-\w+": The EMR did not answer chart/,
      ],
      [
        'a signature too many',
        (asked, told: Told) =>
          is('FullscriptChart(')(asked) && told.data?.chart
            ? { body: { data: { chart: { ...told.data.chart, signedAt: '2026-01-01T00:00:00.000Z' } } } }
            : undefined,
        'must be null while the note is open',
      ],
      [
        'a signature too few',
        (asked, told: Told) =>
          is('FullscriptChart(')(asked) && told.data?.chart
            ? { body: { data: { chart: { ...told.data.chart, signedAt: null } } } }
            : undefined,
        'must be an instant once it is signed',
      ],
      [
        'another practitioner',
        (asked, told: Told) =>
          is('FullscriptPractitioner')(asked) && told.data?.practitioner
            ? { body: { data: { practitioner: { ...told.data.practitioner, id: 'pr-x' } } } }
            : undefined,
        'another practitioner than asked',
      ],
      [
        'no practitioner',
        (asked) => (is('FullscriptPractitioner')(asked) ? { body: { data: { practitioner: null } } } : undefined),
        'practitioner: "pr-ada" is null',
      ],
    ])('%s', async (_, spoil, message) => {
      const checked = await checkSpoilt(spoil, ['--token-file', tokenFile, ...ids]);
      expect(checked.code).toBe(1);
      expect(checked.wrong.join('\n')).toMatch(message);
    });

    it('that are worth a note', async () => {
      const timed = await checkSpoilt(
        patients((list) => list.map((one) => one && { ...one, dateOfBirth: `${String(one.dateOfBirth)}T00:00:00Z` })),
        ['--token-file', tokenFile, ...ids],
      );
      expect([timed.code, timed.notes.join()]).toEqual([0, expect.stringContaining('no time zone may move the day')]);
      const bare = await checkSpoilt(
        patients((list) => list.map((one) => one && { id: one.id })),
        ['--token-file', tokenFile, ...ids],
      );
      expect([bare.code, bare.notes.join()]).toEqual([
        0,
        expect.stringContaining('none of these has an e-mail address'),
      ]);
    });

    it('that come too late', async () => {
      const checked = await checkSpoilt(
        ({ operationName, variables }) =>
          operationName === 'FullscriptPatients' && (variables.ids as string[]).length === 200
            ? { fault: 'hang' }
            : undefined,
        ['--token-file', tokenFile, ...ids],
        3000,
      );
      expect(checked.wrong).toEqual([
        expect.stringContaining(
          '200 ids in one call must be answered. The EMR did not answer patients (no answer within 3000 ms)',
        ),
      ]);
    });
  });

  describe('writing', () => {
    const answers = (operation: string, make: (count: number, told: Told) => GivenAnswer | undefined): Spoil => {
      let count = 0;
      return (asked, told: Told) =>
        asked.operationName === operation && !told.errors ? make((count += 1), told) : undefined;
    };
    const refused =
      (operation: string, code: string, otherwise: GivenAnswer): Spoil =>
      (asked, told: Told) =>
        asked.operationName === operation && told.errors?.[0]?.extensions.code === code ? otherwise : undefined;
    const line = (asked: Asked, id: string) => ({
      body: { data: { addChartItems: { items: [{ sourceItemId: asked.variables.input.items[0].sourceItemId, id }] } } },
    });

    it.each<[string, () => Spoil, string]>([
      [
        'a line each time',
        () => {
          let count = 0;
          return (asked, told: Told) =>
            asked.operationName === 'FullscriptAddChartItems' && !told.errors
              ? line(asked, `i-${String((count += 1))}`)
              : undefined;
        },
        'addChartItems: the same key made 4 of it: "i-',
      ],
      [
        'a document each time',
        () =>
          answers('FullscriptAddDocument', (count) => ({
            body: { data: { addDocument: { id: `d-${String(count)}` } } },
          })),
        'addDocument: the same key made 3 of it',
      ],
      [
        'an error for a repeat',
        () =>
          answers('FullscriptAddDocument', (count) =>
            count > 2
              ? { body: { data: null, errors: [{ message: 'x', extensions: { code: 'DUPLICATE' } }] } }
              : undefined,
          ),
        'addDocument: repeated with the same key: EMR_UNAVAILABLE: The EMR did not answer addDocument (the error DUPLICATE)',
      ],
      [
        'an error for the service',
        () =>
          (asked, _, { authorization }) =>
            asked.operationName === 'FullscriptAddChartItems' && authorization === `Bearer ${env['EMR_SERVICE_TOKEN']!}`
              ? { status: 403, body: {} }
              : undefined,
        'repeated with the same key and EMR_SERVICE_TOKEN: EMR_UNAVAILABLE',
      ],
      [
        'no lines in the answer',
        () => answers('FullscriptAddChartItems', () => ({ body: { data: { addChartItems: { items: [] } } } })),
        'lacks some of the lines',
      ],
      [
        'into a signed chart',
        () => (asked, told: Told) =>
          told.errors?.[0]?.extensions.code === 'CHART_SIGNED' ? line(asked, 'i-1') : undefined,
        'which is signed. Refuse it with the code CHART_SIGNED',
      ],
      [
        'another code for a signed chart',
        () =>
          refused('FullscriptAddChartItems', 'CHART_SIGNED', {
            body: { data: null, errors: [{ message: 'x', extensions: { code: 'LOCKED' } }] },
          }),
        'a signed chart must be an error with the code CHART_SIGNED',
      ],
      [
        'into a chart that does not exist',
        () => (asked, told: Told) =>
          asked.operationName === 'FullscriptAddChartItems' && told.errors?.[0]?.extensions.code === 'NOT_FOUND'
            ? line(asked, 'i-1')
            : undefined,
        'addChartItems: took a chart that does not exist',
      ],
      [
        'another code for a patient who does not exist',
        () => refused('FullscriptAddDocument', 'NOT_FOUND', { status: 500, body: {} }),
        'addDocument: a patient that does not exist must be an error with the code NOT_FOUND',
      ],
    ])('%s', async (_, spoil, message) => {
      const checked = await checkSpoilt(spoil());
      expect(checked.code).toBe(1);
      expect(checked.wrong.join('\n')).toContain(message);
    });

    it('one of two at once may fail', async () => {
      const checked = await checkSpoilt(
        answers('FullscriptAddDocument', (count) => (count === 2 ? { status: 503, body: {} } : undefined)),
      );
      expect([checked.code, checked.wrong]).toEqual([0, []]);
      expect(checked.notes.join()).toContain('one of two at once failed');
    });
  });

  it('runs as a process of its own, with the EMR’s variables alone', async () => {
    const fine = spawnProcess({ ...env }, 'src/emr-check.ts');
    expect(await fine.ended).toBe(0);
    expect(fine.output()).toContain('0 wrong');
    const broken = spawnProcess({ ...env, EMR_JWKS_URL: `${emr.url}/nowhere` }, 'src/emr-check.ts');
    expect(await broken.ended).toBe(1);
    expect(broken.output()).toContain('EMR_JWKS_URL: The key set answered 404');
    const unset = spawnProcess({}, 'src/emr-check.ts');
    expect(await unset.ended).toBe(2);
    expect(unset.output()).toContain('EMR_GRAPHQL_URL: is required');
  }, 120_000);
});
