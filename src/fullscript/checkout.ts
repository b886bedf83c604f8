import type { Call } from './call.ts';

export interface Checkout {
  /** Empties the patient's cart, fills it with the plan, and gives the page where the sale is finished. */
  inOffice(call: Call, planId: string, idempotencyKey?: string): Promise<{ url: string }>;
}
