import type { Dosage, Recommendation } from './patient-overview.ts';

/** What the practitioner may complete of a dosage, each as typed. Times of day are separated by commas. */
export const DOSAGE_FIELDS = ['amount', 'format', 'frequency', 'duration', 'timeOfDay', 'additionalInfo'] as const;

/** One of the editable fields. */
export type DosageField = (typeof DOSAGE_FIELDS)[number];

/** One supplement as it stands in the import form. */
export interface ImportLine {
  recommendationId: string;
  take: boolean;
  dosage: Record<DosageField, string>;
  refills: string;
}

/** A change to send: only what differs from the plan. */
interface ChartItemOverride {
  recommendationId: string;
  dosage?: Partial<Record<Exclude<DosageField, 'timeOfDay'>, string> & { timeOfDay: string[] }>;
  refills?: number;
}

/** The form's starting values for a recommendation; `take` says whether it is ticked. */
export function toImportLine(recommendation: Pick<Recommendation, 'id' | 'dosage'>, take: boolean): ImportLine {
  return { recommendationId: recommendation.id, take, dosage: toTyped(recommendation.dosage), refills: '' };
}

/**
 * What was completed, field by field: a field that equals the plan's is left out, and so is a supplement without any
 * change. `refills` counts only as a whole number from 0 on.
 */
export function toOverrides(
  lines: readonly ImportLine[],
  recommendations: readonly Pick<Recommendation, 'id' | 'dosage'>[],
): ChartItemOverride[] {
  return lines
    .filter((line) => line.take)
    .map((line) => {
      const before = toTyped(recommendations.find((one) => one.id === line.recommendationId)?.dosage ?? null);
      const changed = DOSAGE_FIELDS.filter((field) => line.dosage[field].trim() !== before[field]);
      const dosage = Object.fromEntries(
        changed.map((field) => [
          field,
          field === 'timeOfDay' ? toTimes(line.dosage.timeOfDay) : line.dosage[field].trim(),
        ]),
      );
      return {
        recommendationId: line.recommendationId,
        ...(changed.length > 0 ? { dosage } : {}),
        ...(/^\d+$/.test(line.refills.trim()) ? { refills: Number(line.refills) } : {}),
      };
    })
    .filter((override) => 'dosage' in override || 'refills' in override);
}

function toTyped(dosage: Dosage | null): Record<DosageField, string> {
  return {
    amount: dosage?.amount ?? '',
    format: dosage?.format ?? '',
    frequency: dosage?.frequency ?? '',
    duration: dosage?.duration ?? '',
    timeOfDay: (dosage?.timeOfDay ?? []).join(', '),
    additionalInfo: dosage?.additionalInfo ?? '',
  };
}

function toTimes(typed: string): string[] {
  return typed
    .split(',')
    .map((time) => time.trim())
    .filter((time) => time !== '');
}
