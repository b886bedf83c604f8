import { z } from 'zod';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { isRow, readWire, toSnakeKeys, wireLink } from './wire.ts';

export interface Checkout {
  /** Empties the patient's cart, fills it with the plan, and gives the page where the sale is finished. */
  inOffice(call: Call, planId: string, idempotencyKey?: string): Promise<{ url: string }>;
}

const endpoint: Endpoint = {
  method: 'POST',
  route: '/clinic/treatment_plans/{treatment_plan_id}/in_office_checkout',
  scopes: ['clinic:write'],
  // Filling the cart anew with the same plan gives the same cart.
  idempotent: true,
};

const wireCheckout = z.object({ url: wireLink });

/** Makes the call that prepares a sale in the practice. */
export function createCheckout(client: Client): Checkout {
  return {
    async inOffice(call, planId, idempotencyKey) {
      const answer = await client.ask(call, endpoint, { params: { treatment_plan_id: planId }, idempotencyKey });
      const body = toSnakeKeys(answer.body);
      const wrapped = isRow(body) ? body['in_office_checkout'] : undefined;
      return readWire(wireCheckout, isRow(wrapped) ? wrapped : body, answer);
    },
  };
}
