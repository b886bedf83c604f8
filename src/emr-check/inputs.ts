import { randomUUID } from 'node:crypto';
import type { NewChartItem, NewDocument } from '../emr/emr.ts';

/** One line for a chart, under a key of its own; `complete` fills what may be null as well. */
export function toChartItemsInput(
  chartId: string,
  complete = false,
): { chartId: string; idempotencyKey: string; items: NewChartItem[] } {
  return {
    chartId,
    idempotencyKey: randomUUID(),
    items: [
      {
        sourceItemId: randomUUID(),
        name: 'Connection check, please delete',
        brand: complete ? 'None' : null,
        instructions: 'Not for the patient: written by npm run emr:check',
        units: complete ? 1 : null,
        refills: complete ? 1 : null,
        source: 'fullscript',
      },
    ],
  };
}

/** A document under a key of its own. */
export function toDocumentInput(patientId: string): NewDocument {
  return {
    patientId,
    idempotencyKey: `fullscript-check:${randomUUID()}`,
    title: 'Connection check, please delete',
    kind: 'LAB_RESULT',
    occurredAt: new Date().toISOString(),
    sourceId: randomUUID(),
  };
}
