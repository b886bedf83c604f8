import { describe, expect, it } from 'vitest';
import { toPauseMs } from '../../src/mirror/revalidation.ts';

describe('The pause after a refresh behind an answer has failed', () => {
  it('is a second, doubled with each failure in a row, a minute at most', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => toPauseMs(failures))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('is as long as Fullscript asks for, when that is longer', () => {
    expect(toPauseMs(1, 17)).toBe(17_000);
    expect(toPauseMs(7, 17)).toBe(60_000);
    expect(toPauseMs(7, 300)).toBe(300_000);
  });
});
