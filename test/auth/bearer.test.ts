import { expect, it } from 'vitest';
import { findBearer } from '../../src/auth/bearer.ts';

it.each([
  ['Bearer abc.def-_', 'abc.def-_'],
  ['bearer  abc==', 'abc=='],
  [undefined, null],
  ['', null],
  ['Basic abc', null],
  ['Bearer', null],
  ['Bearer a b', null],
  ['Bearer a,b', null],
])('%j holds the token %j', (header, token) => {
  expect(findBearer(header)).toBe(token);
});
