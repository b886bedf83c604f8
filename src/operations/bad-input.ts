import { Refusal } from '../domain/errors.ts';

/** Makes the BAD_USER_INPUT for one field of a mutation's input, named from `input` on, as in `items.0.variantId`. */
export function toBadInput(field: string, rule: string): Refusal {
  return new Refusal('BAD_USER_INPUT', `input.${field}: ${rule}`, { extensions: { argument: `input.${field}` } });
}
