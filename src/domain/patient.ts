/** The EMR's patient as far as this subgraph needs it. */
export interface EmrPatient {
  id: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  /** yyyy-mm-dd */
  dateOfBirth: string | null;
  gender?: string | null;
  mobileNumber?: string | null;
}

/** The four fields that matching looks at. */
export type Demographics = Pick<EmrPatient, 'email' | 'firstName' | 'lastName' | 'dateOfBirth'>;

/** A patient of a Fullscript clinic. */
export interface FullscriptPatient {
  id: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  /** yyyy-mm-dd */
  dateOfBirth: string | null;
  gender: string | null;
  mobileNumber: string | null;
  archived: boolean;
  isDependent: boolean;
  guardianPatientId: string | null;
  /** The patient's own percentage. */
  discountPercent: number | null;
  /** Clinic and patient together. */
  totalDiscountPercent: number | null;
  /** The id some integrator wrote into Fullscript's metadata slot; ours or somebody else's. */
  metadataId: string | null;
}

export type LinkMethod = 'STORED_ID' | 'METADATA' | 'EMAIL_AND_IDENTITY' | 'MANUAL' | 'CREATED' | 'GATEWAY';

/** One EMR patient is one Fullscript patient in one clinic, as one organization sees it. */
export interface PatientLink {
  organizationId: string;
  clinicId: string;
  patientId: string;
  fullscriptPatientId: string;
  method: LinkMethod;
  linkedAt: string;
  /** The EMR user, or `operator:NAME` for the operators' command; null when it was found by itself. */
  linkedBy: string | null;
}
