import fc from 'fast-check';
import { Kind } from 'graphql';
import { describe, expect, it } from 'vitest';
import { dateScalar, dateTimeScalar } from '../../src/graphql/scalars.ts';

describe('DateTime', () => {
  it.each([
    ['2026-03-02T14:00:00.000Z', '2026-03-02T14:00:00.000Z'],
    ['2026-03-02T14:00:00Z', '2026-03-02T14:00:00.000Z'],
    ['2026-03-02T14:00:00.123456Z', '2026-03-02T14:00:00.123Z'],
    ['2026-03-02T14:00:00+02:00', '2026-03-02T12:00:00.000Z'],
    [new Date('2026-03-02T14:00:00Z'), '2026-03-02T14:00:00.000Z'],
  ])('writes %s as %s', (value, text) => {
    expect(dateTimeScalar.serialize(value)).toBe(text);
  });

  it.each(['2026-03-02', 'March 2, 2026', '2026-03-02T14:00:00', '2026-02-30T00:00:00Z', 1_772_460_000, null, {}])(
    'refuses %j without repeating it',
    (value) => {
      expect(() => dateTimeScalar.parseValue(value)).toThrow(/^DateTime must be ISO 8601 text with a time zone$/);
    },
  );

  it('reads back whatever it has written', () => {
    const anyInstant = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(anyInstant, (instant) => {
        const written = dateTimeScalar.serialize(instant);
        expect(dateTimeScalar.parseValue(written)).toBe(written);
        expect(new Date(written)).toEqual(instant);
      }),
    );
  });

  it('gives back an instant or refuses, whatever text it is sent', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(dateTimeScalar.parseValue(text)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        } catch (error) {
          expect(String(error)).toContain('DateTime must be');
        }
      }),
    );
  });

  it('reads literals', () => {
    expect(dateTimeScalar.parseLiteral({ kind: Kind.STRING, value: '2026-03-02T14:00:00Z' })).toBe(
      '2026-03-02T14:00:00.000Z',
    );
    expect(() => dateTimeScalar.parseLiteral({ kind: Kind.INT, value: '5' })).toThrow(/DateTime must/);
  });
});

describe('Date', () => {
  it('passes days through', () => {
    expect(dateScalar.serialize('1984-02-29')).toBe('1984-02-29');
    expect(dateScalar.parseValue('1984-02-29')).toBe('1984-02-29');
    expect(dateScalar.parseLiteral({ kind: Kind.STRING, value: '1984-02-29' })).toBe('1984-02-29');
  });

  it.each(['1985-02-29', '1984-13-01', '1984-1-1', '29.02.1984', '1984-02-29T00:00:00Z', 19840229, null])(
    'refuses %j without repeating it',
    (value) => {
      expect(() => dateScalar.parseValue(value)).toThrow(/^Date must be a day of the calendar written yyyy-mm-dd$/);
      expect(() => dateScalar.serialize(value)).toThrow(/^Date must be/);
    },
  );
});
