import { describe, expect, it } from 'vitest';
import type { Recommendation } from '../../../src/demo/page/patient-overview.ts';
import { toDraftItems } from '../../../src/demo/page/draft-items.ts';

const bare: Recommendation = {
  id: 'r-1',
  variantId: 'v-1',
  unitsToPurchase: null,
  refill: null,
  takeWith: null,
  product: null,
  dosage: null,
};

describe('the supplements of an earlier plan for a new draft', () => {
  it('leaves out what the earlier plan does not say, and takes one pack', () => {
    expect(toDraftItems({ recommendations: [bare] })).toEqual([{ variantId: 'v-1', unitsToPurchase: 1 }]);
  });

  it('takes packs, refill and dosage over, without the line to read', () => {
    const parts = {
      amount: '2',
      frequency: 'daily',
      duration: '30',
      format: 'capsule',
      timeOfDay: ['morning'],
      additionalInfo: null,
    };
    const full = {
      ...bare,
      unitsToPurchase: 3,
      refill: false,
      takeWith: 'food',
      dosage: { ...parts, text: 'Take 2 capsules daily' },
    };
    expect(toDraftItems({ recommendations: [full] })).toEqual([
      { variantId: 'v-1', unitsToPurchase: 3, refill: false, takeWith: 'food', dosage: parts },
    ]);
  });
});
