import type { Dosage, Plan } from './patient-overview.ts';

/** A supplement to put on a draft. */
interface DraftItem {
  variantId: string;
  unitsToPurchase: number;
  refill?: boolean;
  takeWith?: string;
  dosage?: Omit<Dosage, 'text'>;
}

/** The supplements of an earlier plan as they are put on a new draft; one pack where the plan does not say how many. */
export function toDraftItems(plan: Pick<Plan, 'recommendations'>): DraftItem[] {
  return plan.recommendations.map(({ variantId, unitsToPurchase, refill, takeWith, dosage }) => ({
    variantId,
    unitsToPurchase: unitsToPurchase ?? 1,
    ...(refill === null ? {} : { refill }),
    ...(takeWith === null ? {} : { takeWith }),
    ...(dosage === null ? {} : { dosage: withoutText(dosage) }),
  }));
}

function withoutText({ amount, frequency, duration, format, timeOfDay, additionalInfo }: Dosage): Omit<Dosage, 'text'> {
  return { amount, frequency, duration, format, timeOfDay, additionalInfo };
}
