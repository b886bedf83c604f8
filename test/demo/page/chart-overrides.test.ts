import { describe, expect, it } from 'vitest';
import { toImportLine, toOverrides } from '../../../src/demo/page/chart-overrides.ts';

const magnesium = {
  id: 'r-1',
  dosage: {
    amount: '2',
    frequency: 'twice daily',
    duration: null,
    format: 'capsules',
    timeOfDay: ['morning', 'evening'],
    additionalInfo: null,
    text: '2 capsules twice daily',
  },
};
const oil = { id: 'r-2', dosage: null };

describe('what the practitioner completes on the way into the chart', () => {
  it('sends nothing for supplements left as the plan has them', () => {
    const lines = [toImportLine(magnesium, true), toImportLine(oil, true)];
    expect(toOverrides(lines, [magnesium, oil])).toEqual([]);
  });

  it('sends only the fields that were changed, with times of day as a list', () => {
    const first = toImportLine(magnesium, true);
    const second = toImportLine(oil, true);
    const lines = [
      { ...first, dosage: { ...first.dosage, frequency: ' once daily ', timeOfDay: 'morning, ' }, refills: '3' },
      { ...second, dosage: { ...second.dosage, amount: '1' } },
    ];
    expect(toOverrides(lines, [magnesium, oil])).toEqual([
      { recommendationId: 'r-1', dosage: { frequency: 'once daily', timeOfDay: ['morning'] }, refills: 3 },
      { recommendationId: 'r-2', dosage: { amount: '1' } },
    ]);
  });

  it('leaves out what is not ticked, and refills that are no whole number', () => {
    const lines = [
      { ...toImportLine(magnesium, false), refills: '2' },
      { ...toImportLine(oil, true), refills: '1.5' },
    ];
    expect(toOverrides(lines, [magnesium, oil])).toEqual([]);
  });
});
