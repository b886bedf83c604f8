import type { Clinic } from '../domain/account.ts';
import type { Call } from './call.ts';

/** A clinic as Fullscript gives it; which organization it belongs to is not Fullscript's business. */
export interface FullscriptClinic extends Omit<Clinic, 'organizationId'> {
  patientCount: number | null;
  practitionerCount: number | null;
  dispensaryUrl: string | null;
  /** Identifies this app's installation at the clinic. */
  integrationId: string | null;
}

export interface Clinics {
  /** The clinic of the account's user. */
  get(call: Call): Promise<FullscriptClinic>;
}
