import { may } from '../auth/access.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { RecommendationInput } from '../domain/treatment-plan.ts';
import { toHash } from '../store/keys.ts';
import { toBadInput } from './bad-input.ts';

export interface CreateRecommendationInput {
  patientId: string;
  practitionerId?: string | null | undefined;
  clinicId?: string | null | undefined;
  chartId?: string | null | undefined;
  entrypoint?: 'CATALOG' | 'LABS' | null | undefined;
  items?: readonly RecommendationInput[] | null | undefined;
  personalMessage?: string | null | undefined;
  sendWelcomeEmail?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}

function assertLength(field: string, text: string | null | undefined, most: number): void {
  if ((text ?? '').length > most) throw toBadInput(field, `must not be longer than ${most} characters`);
}

function readItems(items: CreateRecommendationInput['items']): readonly RecommendationInput[] {
  const list = items ?? [];
  if (list.length > 100) throw toBadInput('items', 'must not be more than 100');
  list.forEach((item, index) => {
    if (item.unitsToPurchase < 1 || item.unitsToPurchase > 1000) {
      throw toBadInput(`items.${index}.unitsToPurchase`, 'must be from 1 to 1000');
    }
    if (item.variantId.trim() === '') throw toBadInput(`items.${index}.variantId`, 'must not be empty');
    assertLength(`items.${index}.takeWith`, item.takeWith, 255);
  });
  return list;
}

/** Checks what needs nobody else's word, and gives the items. Throws BAD_USER_INPUT. */
export function readRecommendation(viewer: Viewer, input: CreateRecommendationInput): readonly RecommendationInput[] {
  const items = readItems(input.items);
  assertLength('personalMessage', input.personalMessage, 10_000);
  assertLength('idempotencyKey', input.idempotencyKey, 255);
  if (input.idempotencyKey === '') throw toBadInput('idempotencyKey', 'must not be empty');
  if (!input.practitionerId && !may(viewer, 'recommendation.createUnnamed')) {
    throw toBadInput('practitionerId', 'must name the practitioner whose plan it is');
  }
  return items;
}

/** Tells another input under the same key; the order of object keys does not matter, since this fixes it. */
export function toInputHash(input: CreateRecommendationInput, clinicId: string): string {
  return toHash([
    input.patientId,
    input.practitionerId ?? null,
    clinicId,
    input.chartId ?? null,
    input.entrypoint ?? 'CATALOG',
    (input.items ?? []).map((item) => [
      item.variantId,
      item.unitsToPurchase,
      item.refill ?? null,
      item.takeWith ?? null,
      item.dosage?.amount ?? null,
      item.dosage?.frequency ?? null,
      item.dosage?.duration ?? null,
      item.dosage?.format ?? null,
      item.dosage?.timeOfDay ?? null,
      item.dosage?.additionalInfo ?? null,
    ]),
    input.personalMessage ?? null,
    input.sendWelcomeEmail ?? null,
  ]);
}
