import { describe, expect, test } from 'vitest';
import { findMissingScope, readReasons, readRetryAfterSeconds, toFailure } from '../../src/fullscript/errors.ts';

describe('readReasons', () => {
  test.each([
    ['a text', { error: 'Not Found', status: 404 }, ['Not Found']],
    [
      'a text that holds a JSON array',
      { error: '["Last name can\'t be blank", "Email is invalid"]' },
      ["Last name can't be blank", 'Email is invalid'],
    ],
    ['an array', { error: ['One', 'Two', 'One'] }, ['One', 'Two']],
    ['an object by field', { errors: { email: ['is invalid', 'is taken'] } }, ['email is invalid', 'email is taken']],
    ['objects with messages', { errors: [{ message: 'One' }, { detail: 'Two' }] }, ['One', 'Two']],
    ['a message', { message: 'Slow down' }, ['Slow down']],
    ['OAuth', { error: 'invalid_grant', error_description: 'It is old' }, ['invalid_grant', 'It is old']],
    ['text that only looks like JSON', { error: '[sic] wrong' }, ['[sic] wrong']],
    ['a page', '<html>Bad gateway</html>', []],
    ['nothing', undefined, []],
    ['a body about something else', { patient: { email: 'a@b.test' } }, []],
  ])('%s', (_, body, reasons) => {
    expect(readReasons(body)).toEqual(reasons);
  });

  test('is bounded', () => {
    const reasons = readReasons({ errors: Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(9999)}`) });
    expect(reasons).toHaveLength(20);
    expect(reasons[0]).toHaveLength(500);
  });
});

describe('findMissingScope', () => {
  const needed = ['patients:treatment_plan_history', 'patients:read'];

  test('a named group is the scope of that group that was not granted', () => {
    expect(findMissingScope(['Must have `patients` scope enabled'], needed, ['patients:treatment_plan_history'])).toBe(
      'patients:read',
    );
    expect(findMissingScope(['Must have `Patients` scope enabled'], needed, needed)).toBe(
      'patients:treatment_plan_history',
    );
  });

  test('a whole scope is taken as it is', () => {
    expect(findMissingScope(['Must have `Clinic:Write` scope enabled'], ['clinic:read'], [])).toBe('clinic:write');
  });

  test('other refusals and foreign groups name none', () => {
    expect(findMissingScope(['This endpoint is restricted'], needed, [])).toBeUndefined();
    expect(findMissingScope(['Must have `catalog` scope enabled'], needed, [])).toBeUndefined();
    expect(findMissingScope(['`patients` are not yours'], needed, [])).toBeUndefined();
  });
});

describe('readRetryAfterSeconds', () => {
  const now = new Date('2026-03-02T14:00:00.000Z');

  test.each([
    ['12', 12],
    ['0', 0],
    ['Mon, 02 Mar 2026 14:00:30 GMT', 30],
    ['Mon, 02 Mar 2026 13:00:30 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%s', (header, seconds) => {
    expect(readRetryAfterSeconds(header, now)).toBe(seconds);
  });
});

describe('toFailure', () => {
  const answer = {
    endpoint: 'GET /clinic/patients/{id}',
    body: { error: 'Email canary@mail.test is taken' },
    retryAfterSeconds: undefined,
    upstreamRequestId: 'up-1',
    neededScopes: ['patients:read'],
    grantedScopes: [],
    restricted: false,
  };

  test.each([
    [400, 'rejected', false],
    [401, 'withdrawn', false],
    [403, 'forbidden', false],
    [404, 'not_found', false],
    [409, 'conflict', true],
    [410, 'not_found', false],
    [422, 'rejected', false],
    [429, 'rate_limited', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [302, 'contract', true],
    [405, 'contract', true],
  ])('%i is %s', (status, kind, isOutage) => {
    const failure = toFailure({ ...answer, status });
    expect(failure).toMatchObject({ kind, status, upstreamRequestId: 'up-1', isOutage });
    expect(failure.message).toContain('GET /clinic/patients/{id}');
    expect(failure.message).not.toContain('canary');
  });

  test('a restricted endpoint names no scope, for no reconnecting helps', () => {
    const refusal = { ...answer, status: 403, body: { error: 'Must have `patients` scope enabled' } };
    expect(toFailure(refusal)).toMatchObject({ missingScope: 'patients:read', restricted: false });
    expect(toFailure({ ...refusal, restricted: true })).toMatchObject({ missingScope: undefined, restricted: true });
  });
});
