import { z } from 'zod';

/*
 * The shapes that the EMR must answer with. Unknown fields are ignored. A field that does not fit makes what it belongs to unreadable: one
 * patient of a list, otherwise the whole answer. Unreadable counts as "the EMR is unavailable", never as "nothing there".
 */

/** Some servers write ids as whole numbers. */
const id = z.union([z.string().min(1), z.int()]).transform(String);

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

export const patientAnswer = z.object({
  id,
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

/** Each item is read by itself, with `patientAnswer`. */
export const patientsAnswer = z.object({ patients: z.array(z.unknown()) });

export const chartAnswer = z.object({
  chart: z
    .object({
      id,
      kind: text,
      signedAt: text,
      patient: z.object({ id }),
      practitioner: z.object({ id }).nullish(),
    })
    .nullable(),
});

export const practitionerAnswer = z.object({
  practitioner: z.object({ id, firstName: text, lastName: text, email: text }).nullable(),
});

export const addChartItemsAnswer = z.object({
  addChartItems: z.object({ items: z.array(z.object({ sourceItemId: id, id })) }),
});

export const addDocumentAnswer = z.object({ addDocument: z.object({ id }) });
