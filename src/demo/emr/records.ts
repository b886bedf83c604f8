/** A role as it stands in the token's `roles`. */
export type EmrRole = 'admin' | 'practitioner' | 'staff' | 'developer' | 'service';

/** One practice: the tenant of everything else. */
export interface EmrOrganization {
  id: string;
  name: string;
}

/** Somebody (or some system) that gets tokens. */
export interface EmrUser {
  /** The token's `sub`. */
  id: string;
  name: string;
  email: string;
  roles: EmrRole[];
  organizationId: string;
  /** The Practitioner the user is, for practitioners. */
  practitionerId: string | null;
  /** When set, the only patients of the organization that this user sees. Null means all of them. */
  patientIds: string[] | null;
}

/** A clinician. */
export interface EmrPractitioner {
  id: string;
  organizationId: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
}

/** A person in care. */
export interface EmrPatient {
  id: string;
  organizationId: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  /** yyyy-mm-dd */
  dateOfBirth: string | null;
  gender: string | null;
  mobileNumber: string | null;
}

/** The kinds of chart notes. */
export type ChartKind = 'INITIAL_CONSULT' | 'FOLLOW_UP' | 'BASIC_NOTE';

/** A line of a chart's plan. */
export interface EmrChartItem {
  id: string;
  sourceItemId: string;
  name: string;
  brand: string | null;
  instructions: string;
  units: number | null;
  refills: number | null;
  source: string;
}

/** A chart note. */
export interface EmrChart {
  id: string;
  organizationId: string;
  kind: ChartKind;
  /** ISO instant. */
  createdAt: string;
  /** ISO instant; null while the note is open. */
  signedAt: string | null;
  patientId: string;
  practitionerId: string;
  items: EmrChartItem[];
}

/** A document filed with a patient. */
export interface EmrDocument {
  id: string;
  organizationId: string;
  patientId: string;
  title: string;
  kind: string;
  /** ISO instant the document is about. */
  occurredAt: string;
  sourceId: string;
}

/** Everything an EMR may start with. */
export interface EmrSeed {
  organizations: EmrOrganization[];
  users: EmrUser[];
  practitioners: EmrPractitioner[];
  patients: EmrPatient[];
  charts: EmrChart[];
  documents: EmrDocument[];
}
