import { expect, it } from 'vitest';
import { findBearer } from '../../src/auth/bearer.ts';

it.each([
  [['Bearer abc.def-_'], 'abc.def-_'],
  [['bearer  abc=='], 'abc=='],
  [undefined, null],
  [[], null],
  [[''], null],
  [['Basic abc'], null],
  [['Bearer'], null],
  [['Bearer a b'], null],
  [['Bearer a,b'], null],
  [['Bearer a', 'Bearer b'], null],
  [['Bearer a', 'Bearer a'], null],
  [['Bearer a', ''], null],
])('%j holds the token %j', (headers, token) => {
  expect(findBearer(headers)).toBe(token);
});
