import { describe, expect, it } from 'vitest';
import {
  isOutdatedIn,
  toImportedIds,
  type ChartImport,
  type ChartImports,
} from '../../../src/demo/page/patient-record.ts';

const made = (planId: string, recommendationId: string, outdated = false): ChartImport => ({
  id: `${planId}-${recommendationId}`,
  importedBy: 'u-1',
  importedAt: '2026-03-02T10:00:00.000Z',
  outdated,
  plan: { id: planId, createdAt: '2026-03-01T10:00:00.000Z' },
  items: [
    { id: 'i-1', recommendationId, name: '', unitsToPurchase: null, refills: null, emrItemId: null, dosage: null },
  ],
});
const imports: ChartImports = {
  patient: {
    id: 'p-1',
    charts: [
      { id: 'c-1', fullscriptImports: [made('plan-1', 'r-1'), made('plan-2', 'r-9')] },
      { id: 'c-2', fullscriptImports: [made('plan-1', 'r-2', true)] },
    ],
  },
};

describe('what was imported of a plan', () => {
  it('is told of one chart, or of all together', () => {
    expect([...toImportedIds(imports, 'plan-1', 'c-1')]).toEqual(['r-1']);
    expect([...toImportedIds(imports, 'plan-1')]).toEqual(['r-1', 'r-2']);
    expect([...toImportedIds(imports, 'plan-2', 'c-2')]).toEqual([]);
    expect([...toImportedIds(null, 'plan-1')]).toEqual([]);
  });

  it('is outdated in the chart that has it from before the plan changed', () => {
    expect(isOutdatedIn(imports, 'plan-1', 'c-2')).toBe(true);
    expect(isOutdatedIn(imports, 'plan-1', 'c-1')).toBe(false);
    expect(isOutdatedIn(null, 'plan-1', 'c-2')).toBe(false);
  });
});
