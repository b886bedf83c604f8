import { toComparableEmail } from '../domain/identity.ts';
import type { EmrPatient } from '../domain/patient.ts';

/** Patients of the EMR who share an e-mail address, in the form in which addresses are compared; empty for one who has none. */
export interface Family {
  email: string;
  patientIds: string[];
}

/** Sorts patients by address. */
export interface FamilyRegister {
  add(patientId: string, patient: Pick<EmrPatient, 'email'>): void;
  /** All families, in batches of up to `size` patients; a larger family is a batch by itself. */
  batches(size: number): Generator<Family[]>;
}

/** Builds an empty register. It holds ids and addresses only. */
export function createFamilyRegister(): FamilyRegister {
  const families = new Map<string, Family>();
  const withoutEmail: Family[] = [];
  return {
    add(patientId, patient) {
      const email = toComparableEmail(patient.email);
      const family = families.get(email);
      if (email === '') withoutEmail.push({ email, patientIds: [patientId] });
      else if (family) family.patientIds.push(patientId);
      else families.set(email, { email, patientIds: [patientId] });
    },
    *batches(size) {
      let batch: Family[] = [];
      let count = 0;
      for (const family of [...families.values(), ...withoutEmail]) {
        if (count > 0 && count + family.patientIds.length > size) {
          yield batch;
          batch = [];
          count = 0;
        }
        batch.push(family);
        count += family.patientIds.length;
      }
      if (count > 0) yield batch;
    },
  };
}
