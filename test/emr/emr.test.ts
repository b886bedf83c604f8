import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/domain/errors.ts';
import { ChartSigned, createEmr, type Emr } from '../../src/emr/emr.ts';
import { createVouchedPatients, type EmrCaller } from '../../src/emr/vouched-patients.ts';
import { startHttpServer, type GivenAnswer, type HttpServer, type SeenRequest } from '../support/http-server.ts';

interface Asked {
  query: string;
  operationName: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  variables: any;
}

const hush = 'Kanarie0001Qx7';

const person = (id: string, more: object = {}) => ({
  id,
  email: `${id}@mail.example`,
  firstName: 'Mira',
  lastName: 'Okoye',
  dateOfBirth: '1988-04-17',
  gender: null,
  mobileNumber: null,
  ...more,
});
const error = (code: string | undefined, path?: (string | number)[]) => ({
  message: hush,
  ...(path ? { path } : {}),
  ...(code ? { extensions: { code } } : {}),
});
const line = { name: 'Magnesium', brand: null, instructions: 'One', units: 1, refills: null, source: 'fullscript' };
const twoLines = {
  chartId: 'c-1',
  idempotencyKey: 'k-1',
  items: [
    { ...line, sourceItemId: 's-1' },
    { ...line, sourceItemId: 's-2' },
  ],
};
const document = {
  patientId: 'p-1',
  idempotencyKey: 'k-1',
  title: 'Lab result',
  kind: 'LAB_RESULT',
  occurredAt: '2026-03-02T14:00:00.000Z',
  sourceId: 'r-1',
};

describe('Asking the EMR', () => {
  let server: HttpServer;
  let emr: Emr;
  let answer: (request: SeenRequest) => GivenAnswer;

  beforeEach(async () => {
    server = await startHttpServer((request) => answer(request));
    emr = createEmr({ url: `${server.url}/graphql` });
  });
  afterEach(() => server.close());

  const says = (body: unknown, more: GivenAnswer = {}) => void (answer = () => ({ body, ...more }));
  const asked = (at = 0) => server.seen[at]?.json as Asked;

  /** Every answer as it looks to whoever asked: an id, null, or the refusal's code. */
  const findPatients = async (ids: string[], by = emr) =>
    (await by.findPatients('the-token', ids)).map((each) =>
      each instanceof Refusal ? each.code : each === null ? null : each.id,
    );
  const outcome = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((thrown: unknown) =>
      thrown instanceof Refusal ? thrown.code : thrown instanceof Error ? thrown.name : thrown,
    );

  /** Everything that is asked of the EMR, each with what it looks like when the EMR fails. */
  const everything: [string, (by: Emr) => Promise<unknown>, unknown][] = [
    ['patients', (by) => findPatients(['p-1', 'p-2'], by), ['EMR_UNAVAILABLE', 'EMR_UNAVAILABLE']],
    ['chart', (by) => outcome(by.findChart('the-token', 'c-1')), 'EMR_UNAVAILABLE'],
    ['practitioner', (by) => outcome(by.findPractitioner('the-token', 'pr-1')), 'EMR_UNAVAILABLE'],
    ['addChartItems', (by) => outcome(by.addChartItems('the-token', twoLines)), 'EMR_UNAVAILABLE'],
    ['addDocument', (by) => outcome(by.addDocument('the-token', document)), 'EMR_UNAVAILABLE'],
  ];
  const expectAllToFail = async (by = emr) => {
    for (const [operation, work, failed] of everything)
      expect([operation, await work(by)]).toEqual([operation, failed]);
  };

  describe('an EMR that does not answer', () => {
    it.each<[string, GivenAnswer]>([
      ['breaks the connection off', { fault: 'reset' }],
      ['answers HTTP 500 with data', { status: 500, body: { data: { patients: [person('p-1'), null], chart: null } } }],
      ['answers HTTP 502 with a page', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502</h1>' }],
      ['answers HTTP 401', { status: 401, body: { message: hush } }],
      ['answers HTTP 403 with a page', { status: 403, headers: { 'content-type': 'text/html' }, body: hush }],
      ['answers a page to sign in', { headers: { 'content-type': 'text/html' }, body: '<form>Sign in</form>' }],
      ['calls a page JSON', { headers: { 'content-type': 'application/json' }, body: '<form>Sign in</form>' }],
      ['answers nothing', { headers: { 'content-type': 'application/json' }, body: '' }],
      ['answers null', { body: null }],
      ['answers a text', { body: 'fine', headers: { 'content-type': 'application/json' } }],
      ['answers an object that is not GraphQL', { body: { status: 'ok' } }],
      ['answers an empty object', { body: {} }],
      ['answers a list', { body: [{ data: { patients: [null, null], chart: null } }] }],
      ['answers data that is null', { body: { data: null } }],
      ['answers data without the field', { body: { data: {} } }],
      ['answers null for the list', { body: { data: { patients: null } } }],
      ['refuses the token', { body: { data: null, errors: [error('UNAUTHENTICATED')] } }],
      ['refuses the token with HTTP 400', { status: 400, body: { errors: [error('UNAUTHENTICATED')] } }],
      ['refuses the document', { status: 400, body: { errors: [error('GRAPHQL_VALIDATION_FAILED')] } }],
      ['answers errors that are no list', { body: { data: null, errors: { message: hush } } }],
      ['answers errors that are null inside', { body: { data: null, errors: [null] } }],
      ['answers errors with null extensions', { body: { data: null, errors: [{ message: hush, extensions: null }] } }],
    ])('%s: every question is EMR_UNAVAILABLE', async (_, given) => {
      answer = () => given;
      await expectAllToFail();
      const [failed] = await emr.findPatients('the-token', ['p-1']);
      expect(JSON.stringify([failed, (failed as Refusal).message])).not.toMatch(/Kanarie|the-token|Okoye/);
    });

    it('is not there at all', async () => {
      await server.close();
      await expectAllToFail();
    });

    it('hangs', async () => {
      answer = () => ({ fault: 'hang' });
      const [failed] = await createEmr({ url: server.url, timeoutMs: 100 }).findPatients('the-token', ['p-1']);
      expect(failed).toMatchObject({ code: 'EMR_UNAVAILABLE', extensions: { operation: 'patients' } });
      expect((failed as Refusal).message).toBe('The EMR did not answer patients (no answer within 100 ms)');
      await expectAllToFail(createEmr({ url: server.url, timeoutMs: 100 }));
    });

    it('sends elsewhere: token and ids do not go there, and what is said there does not count', async () => {
      const elsewhere = await startHttpServer(() => ({
        body: { data: { patients: [person('p-1'), person('p-2')], chart: null, practitioner: null } },
      }));
      try {
        for (const status of [301, 302, 303, 307, 308]) {
          says({ errors: [error('FORBIDDEN')] }, { status, headers: { location: `${elsewhere.url}/graphql` } });
          await expectAllToFail();
          says({}, { status, headers: { location: `${server.url}/other` } });
          await expectAllToFail();
        }
        expect(elsewhere.seen).toEqual([]);
        expect(server.seen.filter(({ path }) => path === '/other')).toEqual([]);
      } finally {
        await elsewhere.close();
      }
    });

    it('answers without end, packed or not', async () => {
      const huge = JSON.stringify({
        data: { patients: [person('p-1'), null], chart: null, practitioner: null },
        extensions: { trace: ' '.repeat(5 * 1024 * 1024) },
      });
      says(huge, { headers: { 'content-type': 'application/json' } });
      await expectAllToFail();
      says(gzipSync(huge), { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
      await expectAllToFail();
      says(gzipSync(huge.replaceAll('  ', '')), {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      });
      expect(await findPatients(['p-1', 'p-2'])).toEqual(['p-1', null]);
    });
  });

  describe('patients', () => {
    it('are asked for by POST, with the token, by the one document', async () => {
      says({ data: { patients: [person('p-1'), null] } });
      expect(await emr.findPatients('the-token', ['p-1', 'p-2'])).toEqual([person('p-1'), null]);
      expect(server.seen).toHaveLength(1);
      expect(server.seen[0]).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer the-token' } });
      expect(asked()).toMatchObject({ operationName: 'FullscriptPatients', variables: { ids: ['p-1', 'p-2'] } });
      // Nothing of a patient stands where addresses are logged.
      expect([...server.seen[0]!.query]).toEqual([]);
    });

    it('are asked for 200 at a time, and come back in the order asked', async () => {
      answer = (request) => {
        const { ids } = (request.json as Asked).variables as { ids: string[] };
        return { body: { data: { patients: ids.map((id) => (id.endsWith('7') ? null : person(id))) } } };
      };
      const ids = Array.from({ length: 450 }, (_, index) => `p-${String(index)}`);
      expect(await findPatients(ids)).toEqual(ids.map((id) => (id.endsWith('7') ? null : id)));
      expect(server.seen.map((_, at) => asked(at).variables.ids.length).sort()).toEqual([200, 200, 50]);
      expect(await emr.findPatients('the-token', [])).toEqual([]);
      expect(server.seen).toHaveLength(3);
    });

    it('of one call that fails leave those of the others alone', async () => {
      answer = (request) => {
        const { ids } = (request.json as Asked).variables as { ids: string[] };
        return ids.includes('p-3') ? { status: 503 } : { body: { data: { patients: ids.map((id) => person(id)) } } };
      };
      const ids = ['p-1', 'p-2', 'p-3', 'p-4', 'p-5'];
      expect(await findPatients(ids, createEmr({ url: server.url, batchSize: 2 }))).toEqual([
        'p-1',
        'p-2',
        'EMR_UNAVAILABLE',
        'EMR_UNAVAILABLE',
        'p-5',
      ]);
    });

    const failed = 'EMR_UNAVAILABLE';
    it.each<[string, unknown, unknown[]]>([
      ['in another order', { data: { patients: [person('p-2'), person('p-1')] } }, [failed, failed]],
      ['one twice', { data: { patients: [person('p-1'), person('p-1')] } }, ['p-1', failed]],
      ['too few', { data: { patients: [person('p-1')] } }, [failed, failed]],
      ['too many', { data: { patients: [person('p-1'), person('p-2'), null] } }, [failed, failed]],
      [
        'an error that names one',
        { data: { patients: [person('p-1'), null] }, errors: [error('DOWN', ['patients', 1])] },
        ['p-1', failed],
      ],
      [
        'an error with a place that names one',
        { data: { patients: [null, person('p-2')] }, errors: [error(undefined, ['patients', 0, 'email'])] },
        [failed, 'p-2'],
      ],
      [
        'an error that says one is hidden',
        {
          data: { patients: [null, null] },
          errors: [error('FORBIDDEN', ['patients', 0]), error('NOT_FOUND', ['patients', 1])],
        },
        [null, null],
      ],
      [
        'an error that names none: it may be why one is null',
        { data: { patients: [person('p-1'), null] }, errors: [error('DOWNSTREAM_SERVICE_ERROR')] },
        [failed, failed],
      ],
      [
        'a list that was refused as a whole',
        { data: null, errors: [error('FORBIDDEN', ['patients'])] },
        [failed, failed],
      ],
      [
        'a birth date that the caller may not know: not one that is missing',
        {
          data: { patients: [person('p-1', { dateOfBirth: null }), person('p-2')] },
          errors: [error('FORBIDDEN', ['patients', 0, 'dateOfBirth'])],
        },
        [failed, 'p-2'],
      ],
      [
        'a telephone number that the caller may not know: nobody is told apart by it',
        { data: { patients: [person('p-1'), null] }, errors: [error('FORBIDDEN', ['patients', 0, 'mobileNumber'])] },
        ['p-1', null],
      ],
      [
        'a field of another kind',
        { data: { patients: [person('p-1', { email: 7 }), person('p-2')] } },
        [failed, 'p-2'],
      ],
      ['a text instead of a patient', { data: { patients: ['p-1', person('p-2')] } }, [failed, 'p-2']],
      ['no id', { data: { patients: [{ ...person('p-1'), id: null }, person('p-2')] } }, [failed, 'p-2']],
    ])('answered with %s', async (_, body, expected) => {
      says(body);
      expect(await findPatients(['p-1', 'p-2'])).toEqual(expected);
    });

    it('may have ids that are whole numbers, unknown fields, fields that are not there, and birth dates with a time', async () => {
      says({
        data: {
          patients: [{ id: 7, firstName: 'Mira', dateOfBirth: '1988-04-17T00:00:00.000Z', insurer: { name: 'x' } }],
        },
      });
      expect(await emr.findPatients('the-token', ['7'])).toEqual([
        {
          id: '7',
          email: null,
          firstName: 'Mira',
          lastName: null,
          dateOfBirth: '1988-04-17',
          gender: null,
          mobileNumber: null,
        },
      ]);
    });

    it('named null or undefined are not those whose id is missing', async () => {
      says({
        data: {
          patients: [
            { ...person('x'), id: null },
            { ...person('x'), id: undefined },
          ],
        },
      });
      expect(await findPatients(['null', 'undefined'])).toEqual([failed, failed]);
    });
  });

  describe('a chart', () => {
    const chart = {
      id: 'c-1',
      kind: 'FOLLOW_UP',
      signedAt: null,
      patient: { id: 'p-1' },
      practitioner: { id: 'pr-1' },
    };

    it('is read', async () => {
      says({ data: { chart } });
      expect(await emr.findChart('the-token', 'c-1')).toEqual({
        id: 'c-1',
        kind: 'FOLLOW_UP',
        signedAt: null,
        patientId: 'p-1',
        practitionerId: 'pr-1',
      });
      expect(asked()).toMatchObject({ operationName: 'FullscriptChart', variables: { id: 'c-1' } });
      says({ data: { chart: { ...chart, signedAt: '2026-03-02T16:00:00+02:00', kind: null, practitioner: null } } });
      expect(await emr.findChart('the-token', 'c-1')).toMatchObject({
        kind: '',
        signedAt: '2026-03-02T14:00:00.000Z',
        practitionerId: null,
      });
    });

    it.each<[string, unknown, unknown]>([
      ['null', { data: { chart: null } }, null],
      ['null and FORBIDDEN', { data: { chart: null }, errors: [error('FORBIDDEN', ['chart'])] }, null],
      ['NOT_FOUND without data', { data: null, errors: [error('NOT_FOUND', ['chart'])] }, null],
      ['another error', { data: { chart: null }, errors: [error('DOWN', ['chart'])] }, 'EMR_UNAVAILABLE'],
      [
        'another error beside a chart',
        { data: { chart }, errors: [error('DOWN', ['chart', 'kind'])] },
        'EMR_UNAVAILABLE',
      ],
      ['another chart', { data: { chart: { ...chart, id: 'c-2' } } }, 'EMR_UNAVAILABLE'],
      ['no patient', { data: { chart: { ...chart, patient: null } } }, 'EMR_UNAVAILABLE'],
      ['a patient without an id', { data: { chart: { ...chart, patient: { id: null } } } }, 'EMR_UNAVAILABLE'],
      [
        'a patient whom the caller may not know',
        { data: { chart: { ...chart, patient: null } }, errors: [error('FORBIDDEN', ['chart', 'patient'])] },
        'EMR_UNAVAILABLE',
      ],
      ['a signature that is a number', { data: { chart: { ...chart, signedAt: 7 } } }, 'EMR_UNAVAILABLE'],
    ])('answered with %s', async (_, body, expected) => {
      says(body);
      expect(await outcome(emr.findChart('the-token', 'c-1'))).toEqual(expected);
    });

    it('with a signature that is no instant is signed', async () => {
      says({ data: { chart: { ...chart, signedAt: 'yesterday' } } });
      expect((await emr.findChart('the-token', 'c-1'))?.signedAt).not.toBeNull();
    });
  });

  it('reads a practitioner, or null for one that is hidden, and never another one', async () => {
    const practitioner = { id: 'pr-1', firstName: 'Ada', lastName: null, email: 'ada@mail.example' };
    says({ data: { practitioner } });
    expect(await emr.findPractitioner('the-token', 'pr-1')).toEqual(practitioner);
    expect(asked()).toMatchObject({ operationName: 'FullscriptPractitioner', variables: { id: 'pr-1' } });
    says({ data: { practitioner: null } });
    expect(await emr.findPractitioner('the-token', 'pr-1')).toBeNull();
    says({ data: { practitioner: null }, errors: [error('FORBIDDEN', ['practitioner'])] });
    expect(await emr.findPractitioner('the-token', 'pr-1')).toBeNull();
    says({ data: { practitioner: { ...practitioner, id: 'pr-2' } } });
    expect(await outcome(emr.findPractitioner('the-token', 'pr-1'))).toBe('EMR_UNAVAILABLE');
  });

  describe('writing into a chart', () => {
    const added = (ids: unknown[][]) => ({
      data: { addChartItems: { items: ids.map(([sourceItemId, id]) => ({ sourceItemId, id })) } },
    });

    it('gives the EMR’s id of each line, whatever their order', async () => {
      says(
        added([
          ['s-2', 12],
          ['s-1', 'i-1'],
          ['s-0', 'i-0'],
        ]),
      );
      const ids = await emr.addChartItems('the-token', twoLines);
      expect([ids.get('s-1'), ids.get('s-2')]).toEqual(['i-1', '12']);
      expect(asked()).toMatchObject({ operationName: 'FullscriptAddChartItems', variables: { input: twoLines } });
    });

    it.each<[string, unknown, string]>([
      ['a signed chart', { data: null, errors: [error('CHART_SIGNED', ['addChartItems'])] }, 'ChartSigned'],
      ['a signed chart, without a path', { data: null, errors: [error('CHART_SIGNED')] }, 'ChartSigned'],
      ['FORBIDDEN', { data: null, errors: [error('FORBIDDEN', ['addChartItems'])] }, 'FORBIDDEN'],
      ['NOT_FOUND', { data: null, errors: [error('NOT_FOUND', ['addChartItems'])] }, 'NOT_FOUND'],
      ['another error', { data: null, errors: [error('DOWN', ['addChartItems'])] }, 'EMR_UNAVAILABLE'],
      [
        'an error about a line that was written: nothing says that it was not',
        { data: null, errors: [error('FORBIDDEN', ['addChartItems', 'items', 0, 'id'])] },
        'EMR_UNAVAILABLE',
      ],
      ['some lines only', added([['s-1', 'i-1']]), 'EMR_UNAVAILABLE'],
      ['no lines', added([]), 'EMR_UNAVAILABLE'],
      [
        'a line without an id',
        added([
          ['s-1', 'i-1'],
          ['s-2', null],
        ]),
        'EMR_UNAVAILABLE',
      ],
    ])('answered with %s', async (_, body, expected) => {
      says(body);
      expect(await outcome(emr.addChartItems('the-token', twoLines))).toBe(expected);
    });

    it('a signed chart is told apart from an outage over HTTP 4xx too, not over HTTP 5xx', async () => {
      says({ errors: [error('CHART_SIGNED')] }, { status: 409 });
      await expect(emr.addChartItems('the-token', twoLines)).rejects.toBeInstanceOf(ChartSigned);
      says({ errors: [error('CHART_SIGNED')] }, { status: 500 });
      expect(await outcome(emr.addChartItems('the-token', twoLines))).toBe('EMR_UNAVAILABLE');
    });
  });

  it('files a document, and says why not', async () => {
    says({ data: { addDocument: { id: 5 } } });
    expect(await emr.addDocument('the-token', document)).toBe('5');
    expect(asked()).toMatchObject({ operationName: 'FullscriptAddDocument', variables: { input: document } });
    for (const [body, expected] of [
      [{ data: { addDocument: { id: null } } }, 'EMR_UNAVAILABLE'],
      [{ data: { addDocument: null } }, 'EMR_UNAVAILABLE'],
      [{ data: null, errors: [error('FORBIDDEN', ['addDocument'])] }, 'FORBIDDEN'],
      [{ data: null, errors: [error('NOT_FOUND')] }, 'NOT_FOUND'],
      [{ data: { addDocument: { id: 'd-1' } }, errors: [error('DOWN')] }, 'EMR_UNAVAILABLE'],
    ] as const) {
      says(body);
      expect(await outcome(emr.addDocument('the-token', document))).toBe(expected);
    }
  });

  it('tells an error’s code, and no sentence that stands in its place', async () => {
    says({ data: { chart: null }, errors: [error('RATE_LIMITED')] });
    await expect(emr.findChart('the-token', 'c-1')).rejects.toThrow('(the error RATE_LIMITED)');
    says({ data: { chart: null }, errors: [error(`${hush} is not allowed`)] });
    await expect(emr.findChart('the-token', 'c-1')).rejects.toThrow('(an error without a code)');
  });

  describe('what was vouched for', () => {
    const caller: EmrCaller = {
      organizationId: 'org-1',
      userId: 'u-1',
      roles: new Set(['practitioner']),
      practitionerId: 'pr-1',
      bearer: 'the-token',
    };

    it('holds for entity reads though somebody new cannot be asked about', async () => {
      const vouched = createVouchedPatients(emr);
      says({ data: { patients: [person('p-1')] } });
      await vouched.ask(caller, ['p-1']);
      answer = () => ({ status: 503 });
      const answers = await vouched.recall(caller, ['p-2', 'p-1']);
      expect(answers.map((each) => (each instanceof Refusal ? each.code : each?.id))).toEqual([
        'EMR_UNAVAILABLE',
        'p-1',
      ]);
      expect(asked(1).variables).toEqual({ ids: ['p-2'] });
    });

    it('ends with the next no, and not with an outage', async () => {
      const vouched = createVouchedPatients(emr);
      says({ data: { patients: [person('p-1')] } });
      await vouched.ask(caller, ['p-1']);
      answer = () => ({ status: 503 });
      await vouched.ask(caller, ['p-1']);
      expect(await vouched.recall(caller, ['p-1'])).toEqual([person('p-1')]);
      says({ data: { patients: [null] } });
      await vouched.ask(caller, ['p-1']);
      expect(await vouched.recall(caller, ['p-1'])).toEqual([null]);
    });
  });
});
