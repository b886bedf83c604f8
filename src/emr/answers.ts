import { z } from 'zod';

/*
 * The shapes that the EMR must answer with. Unknown fields are ignored; a field that does not fit makes the whole answer
 * unreadable, which counts as "the EMR is unavailable", never as "nothing there".
 */

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

export const patientAnswer = z.object({
  id: z.coerce.string(),
  email: text,
  firstName: text,
  lastName: text,
  dateOfBirth: z
    .string()
    .nullish()
    .transform((value) => (value ? value.slice(0, 10) : null)),
  gender: text,
  mobileNumber: text,
});

export const patientsAnswer = z.object({ patients: z.array(patientAnswer.nullable()) });

export const chartAnswer = z.object({
  chart: z
    .object({
      id: z.coerce.string(),
      kind: z.coerce.string().nullish(),
      signedAt: text,
      patient: z.object({ id: z.coerce.string() }),
      practitioner: z.object({ id: z.coerce.string() }).nullish(),
    })
    .nullish()
    .transform((chart) => chart ?? null),
});

export const practitionerAnswer = z.object({
  practitioner: z
    .object({ id: z.coerce.string(), firstName: text, lastName: text, email: text })
    .nullish()
    .transform((practitioner) => practitioner ?? null),
});

export const addChartItemsAnswer = z.object({
  addChartItems: z.object({ items: z.array(z.object({ sourceItemId: z.coerce.string(), id: z.coerce.string() })) }),
});

export const addDocumentAnswer = z.object({ addDocument: z.object({ id: z.coerce.string() }) });
