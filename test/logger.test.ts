import { describe, expect, it } from 'vitest';
import { createLogger, redactText } from '../src/logger.ts';

function capture(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1LTEifQ.c2lnbmF0dXJl';

describe('logger', () => {
  it('writes one JSON object a line with an ISO instant', () => {
    const [line] = capture((log) => log.info({ requestId: 'r-1' }, 'Hello'));
    expect(line).toMatchObject({ level: 'info', requestId: 'r-1', msg: 'Hello' });
    expect(line?.['time']).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  });

  it('keeps quiet below its level', () => {
    const lines: string[] = [];
    createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } }).info('x');
    expect(lines).toEqual([]);
  });

  it('replaces secrets and health data by name, also further down', () => {
    const text = JSON.stringify(
      capture((log) =>
        log.info({
          authorization: 'hush-1',
          request: { headers: { cookie: 'hush-2' }, patient: { firstName: 'hush-3', email: 'hush-4' } },
          tokens: { accessToken: 'hush-5', refresh_token: 'hush-6' },
        }),
      ),
    );
    expect(text).not.toMatch(/hush-\d/);
  });

  it('keeps of errors the kind, code, place and a redacted message, with causes', () => {
    const cause = Object.assign(new Error(`Duplicate entry 'ada@cedar.example' for key 'x'`), {
      code: 'ER_DUP_ENTRY',
      parameters: ['Ada Lindqvist'],
      query: 'insert into patient values (?)',
    });
    const [line] = capture((log) => log.error({ err: new Error(`Bearer ${jwt} refused`, { cause }) }, 'Failed'));
    expect(line?.['err']).toMatchObject({
      type: 'Error',
      message: 'Bearer [redacted] refused',
      cause: { code: 'ER_DUP_ENTRY', message: 'Duplicate entry [redacted]' },
    });
    expect(JSON.stringify(line)).toContain('logger.test.ts');
    expect(JSON.stringify(line)).not.toMatch(/ada@|Lindqvist|insert into|eyJ/);
  });

  it('keeps Fullscript’s id of an answer, when it looks like one', () => {
    const cause = Object.assign(new Error('Fullscript is not available'), { upstreamRequestId: 'up-1:a.b_c' });
    const odd = Object.assign(new Error('x'), { upstreamRequestId: 'Ada Lindqvist' });
    const [line, other] = capture((log) => {
      log.error({ err: new Error('Refused', { cause }) }, 'Failed');
      log.error({ err: odd }, 'Failed');
    });
    expect(line?.['err']).toMatchObject({ cause: { upstreamRequestId: 'up-1:a.b_c' } });
    expect(JSON.stringify(other)).not.toContain('Ada');
  });

  it('survives errors whose causes go round in circles', () => {
    const error = new Error('round');
    error.cause = error;
    expect(capture((log) => log.error({ err: error }))).toHaveLength(1);
  });
});

describe('redactText', () => {
  it.each([
    [`token ${jwt} is bad`, 'token [redacted] is bad'],
    ['mail to ada.l+x@cedar.example failed', 'mail to [redacted] failed'],
    ['GET https://api.example/api/patients?query=ada failed', 'GET https://api.example/api/patients?[redacted] failed'],
    ['born 1984-11-30', 'born [redacted]'],
    ['at 2026-03-02T14:00:00.000Z', 'at 2026-03-02T14:00:00.000Z'],
    ['Unexpected token A in "Ada Lind"', 'Unexpected token A in [redacted]'],
    [`Unexpected token 'x', "{"name":"O'Hara",x" is not valid JSON`, 'Unexpected token [redacted] is not valid JSON'],
    ['half of it "Ada Lind', 'half of it [redacted]'],
    ["The EMR's answer isn't there", "The EMR's answer isn't there"],
    ['Cannot convert Ada Lind to a BigInt', 'Cannot convert [redacted]'],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it('can leave the names of variables, which make a stack worth reading', () => {
    expect(redactText("Cannot read properties of undefined (reading 'nodes')", { keepNames: true })).toContain('nodes');
    expect(redactText("bad value 'Ada Lindqvist'", { keepNames: true })).not.toContain('Ada');
  });

  it.each([
    () => 'key' in ('Ada' as unknown as object),
    () => Object.defineProperty(Object.freeze({}), 'Ada Lind', { value: 1 }),
    () => ((text: { name?: number }) => (text.name = 1))('Ada' as unknown as object),
    () => new Map(['Ada'] as unknown as [string, string][]),
    () => Object.create('Ada' as unknown as object) as unknown,
    () => new Intl.DateTimeFormat('en', { timeZone: 'Ada' }),
    () => BigInt('Ada'),
    () => new RegExp('(Ada'),
    () => JSON.parse('Ada') as unknown,
    () => JSON.parse('{"a":"Ada","b":"Ada"x"Ada"}') as unknown,
    () => structuredClone(Symbol('Ada')),
    () => new Headers([['Ada\n', 'Ada\n']]),
    () => new URL('Ada'),
  ])('leaves no value in what the language itself says: %s', (fail) => {
    const [line] = capture((log) => {
      try {
        fail();
      } catch (error) {
        log.error({ err: error }, 'Failed');
      }
    });
    expect(line?.['err']).toHaveProperty('message');
    expect((line?.['err'] as { message: string }).message).not.toContain('Ada');
  });
});
