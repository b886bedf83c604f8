import { buildSchema, GraphQLError, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { FullscriptFailure, Refusal, type FullscriptFailureKind, type LogLevel } from '../../src/domain/errors.ts';
import { createErrorFormatter } from '../../src/graphql/format-error.ts';

function buildFormatter() {
  const entries: { level: LogLevel; entry: Record<string, unknown>; message: string }[] = [];
  const write = (level: LogLevel) => (entry: object, message: string) => {
    entries.push({ level, entry: { ...entry }, message });
  };
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const formatter = createErrorFormatter({ log, newErrorId: () => 'error-1' });
  const show = (thrown: Error, path: (string | number)[] = ['a', 0]) => {
    const error = new GraphQLError(thrown.message, { originalError: thrown, path });
    return formatter.format({ ...error.toJSON(), extensions: { code: 'INTERNAL_SERVER_ERROR' } }, error);
  };
  return { formatter, entries, show };
}

const failure = (kind: FullscriptFailureKind, details: ConstructorParameters<typeof FullscriptFailure>[2] = {}) =>
  new FullscriptFailure(kind, 'upstream words', details);

describe('error formatter', () => {
  it('shows a refusal with its code, message and extensions', () => {
    const { show, entries } = buildFormatter();
    const refusal = new Refusal('FORBIDDEN', 'Not yours', { extensions: { status: 'DISABLED' } });
    expect(show(refusal)).toEqual({
      message: 'Not yours',
      path: ['a', 0],
      extensions: { code: 'FORBIDDEN', status: 'DISABLED' },
    });
    expect(entries.map(({ level }) => level)).toEqual(['info']);
  });

  it('finds a refusal under several wrappings', () => {
    const { show } = buildFormatter();
    const wrapped = new GraphQLError('x', { originalError: new Refusal('NOT_FOUND', 'Gone') });
    expect(show(wrapped).extensions).toEqual({ code: 'NOT_FOUND' });
  });

  it.each<[FullscriptFailure, Record<string, unknown>]>([
    [
      failure('withdrawn', { status: 401 }),
      { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'RECONNECT_REQUIRED', missingScopes: [] },
    ],
    [
      failure('forbidden', { status: 403, missingScope: 'labs:read' }),
      { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'RECONNECT_REQUIRED', missingScopes: ['labs:read'] },
    ],
    [failure('forbidden'), { code: 'FULLSCRIPT_CONNECTION_REQUIRED', status: 'RECONNECT_REQUIRED', missingScopes: [] }],
    [failure('not_found'), { code: 'NOT_FOUND' }],
    [failure('rejected', { reasons: ['email is taken'] }), { code: 'BAD_USER_INPUT' }],
    [failure('rate_limited', { retryAfterSeconds: 12.2 }), { code: 'FULLSCRIPT_RATE_LIMITED', retryAfterSeconds: 13 }],
    [failure('rate_limited'), { code: 'FULLSCRIPT_RATE_LIMITED', retryAfterSeconds: 1 }],
    [failure('unavailable'), { code: 'FULLSCRIPT_UNAVAILABLE' }],
    [failure('conflict'), { code: 'FULLSCRIPT_UNAVAILABLE' }],
    [failure('contract'), { code: 'FULLSCRIPT_CONTRACT' }],
  ])('tells %j of Fullscript as %j', (thrown, extensions) => {
    const { show } = buildFormatter();
    const shown = show(thrown);
    expect(shown.extensions).toEqual(extensions);
    expect(shown.message).not.toContain('upstream words');
  });

  it('shows a bug as an error id only, and logs it whole with what was attached', () => {
    const { formatter, entries } = buildFormatter();
    const bug = new TypeError('secret patient Ada');
    const error = new GraphQLError(bug.message, { originalError: bug, path: ['a'] });
    formatter.attach(error, { requestId: 'r-1' });
    const shown = formatter.format({ ...error.toJSON(), extensions: { code: 'INTERNAL_SERVER_ERROR' } }, error);
    expect(shown).toEqual({
      message: 'Internal server error',
      path: ['a'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: 'error-1' },
    });
    expect(entries).toEqual([
      { level: 'error', entry: { requestId: 'r-1', errorId: 'error-1', err: bug }, message: 'Unexpected error' },
    ]);
  });

  it('does not let a bug pass as something else by what it calls itself', () => {
    const { show } = buildFormatter();
    for (const code of ['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST']) {
      const bug = Object.assign(new Error('Variable "$x" got invalid value "secret"'), { extensions: { code } });
      expect(show(bug).extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', errorId: 'error-1' });
    }
  });

  it("keeps Apollo's codes for documents", () => {
    const { formatter } = buildFormatter();
    const error = new GraphQLError('Cannot query field "x"', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    expect(formatter.format(error.toJSON(), error)).toEqual({
      message: 'Cannot query field "x"',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  it.each([
    ['{ a(b: "Ada" }', 'Syntax Error: Expected Name, found "}".'],
    ['{ a(b: "x") "Ada Lindqvist" }', 'Syntax Error: Expected Name, found String'],
    ['{ a(b: """Ada "x" Lind""") """Ada "x" Lind""" }', 'Syntax Error: Expected Name, found BlockString'],
    ['Ada', 'Syntax Error: Unexpected Name'],
    ['{ a } 19841130', 'Syntax Error: Unexpected Int'],
    ['{ id(of: "Ada") { x } }', null],
    ['{ count(of: "Ada Lindqvist") }', 'Int cannot represent non-integer value'],
    ['{ count(of: 4168889999) }', 'Int cannot represent non 32-bit signed integer value'],
    ['{ kind(of: Ada) }', 'There is no such value in the "Kind" enum'],
    ['{ kind(of: "Ada") }', 'Enum "Kind" cannot represent non-enum value'],
    ['{ thing(of: "Ada \\"found\\" x") }', 'Expected value of type "Thing"'],
    ['{ thing(of: { name: 4168889999 }) }', 'String cannot represent a non string value'],
  ])('takes the values of %s out of what is said about it', (source, message) => {
    const schema = buildSchema(
      'enum Kind { A } input Thing { name: String } type Query { id: ID count(of: Int): Int kind(of: Kind): Int thing(of: Thing): Int }',
    );
    const { formatter } = buildFormatter();
    let errors: readonly GraphQLError[];
    try {
      errors = validate(schema, parse(source));
    } catch (error) {
      errors = [error as GraphQLError];
    }
    const told = errors.map(
      (error) =>
        formatter.format({ ...error.toJSON(), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }, error).message,
    );
    expect(told.length).toBeGreaterThan(0);
    expect(told.join()).not.toMatch(/Ada|Lind|1984|4168/);
    if (message !== null) expect(told).toEqual([message]);
  });

  it('tells which variable does not fit, and never its value', () => {
    const { formatter } = buildFormatter();
    const error = new GraphQLError(
      'Variable "$input" got invalid value "Ada Lindqvist" at "input.discountPercent"; Int cannot represent non-integer value: "Ada Lindqvist"',
      { extensions: { code: 'BAD_USER_INPUT' } },
    );
    expect(formatter.format(error.toJSON(), error)).toEqual({
      message: 'Variable "$input" does not fit the schema at "input.discountPercent"',
      extensions: { code: 'BAD_USER_INPUT' },
    });
    const missing = new GraphQLError('Variable "$id" of required type "ID!" was not provided.');
    expect(formatter.format(missing.toJSON(), missing).message).toBe(
      'Variable "$id" does not fit the schema: it takes ID!',
    );
  });

  it('cannot throw, whatever it is given', () => {
    const log = { debug: fail, info: fail, warn: fail, error: fail };
    const formatter = createErrorFormatter({ log });
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('trap');
      },
    });
    for (const thrown of [null, undefined, 'text', 7, {}, hostile, new Refusal('FORBIDDEN', 'x')])
      expect(formatter.format({ message: 'x' }, thrown).extensions?.['code']).toBe('INTERNAL_SERVER_ERROR');
  });
});

function fail(): never {
  throw new Error('the log is broken');
}
