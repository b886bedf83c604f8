import type { FullscriptPatient } from '../domain/patient.ts';
import type { PlanState } from '../domain/treatment-plan.ts';
import type { Call } from './call.ts';

export type Entrypoint = 'catalog' | 'labs';

/** The patient of a draft link. Fullscript finds by e-mail, or creates (and mails, unless told not to). */
export interface DraftLinkPatient {
  email: string;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  dateOfBirth?: string | null | undefined;
  gender?: string | null | undefined;
  mobileNumber?: string | null | undefined;
  discountPercent?: number | null | undefined;
  sendWelcomeEmail: boolean;
}

/** The patient of a gateway link, whom Fullscript matches or asks the user about; every key may be left out. */
export interface GatewayLinkPatient extends Partial<DraftLinkPatient> {
  /** Fullscript's own id. */
  id?: string | undefined;
  /** Our metadata id. */
  externalId?: string | undefined;
}

export interface DraftLink {
  redirectUrl: string;
  plan: { id: string; state: PlanState };
  /** Null when no patient was named and none came back. */
  patient: FullscriptPatient | null;
}

/** Links into Fullscript's own pages. Fetched fresh for every click, never stored. All are https. */
export interface DynamicLinks {
  /** Creates a draft plan at once, and finds or creates the patient. */
  draft(
    call: Call,
    input: { practitionerId: string; patient?: DraftLinkPatient | undefined; entrypoint?: Entrypoint | undefined },
    idempotencyKey?: string,
  ): Promise<DraftLink>;
  /** Creates nothing until the user has finished Fullscript's matching page. */
  gateway(
    call: Call,
    input: {
      practitionerId?: string | undefined;
      patient?: GatewayLinkPatient | undefined;
      entrypoint?: Entrypoint | undefined;
    },
    idempotencyKey?: string,
  ): Promise<{ redirectUrl: string }>;
  /** For a draft or active plan. */
  edit(call: Call, planId: string, entrypoint?: Entrypoint): Promise<{ redirectUrl: string }>;
  /** The page where the user picks the patient. */
  generic(call: Call): Promise<{ redirectUrl: string }>;
}
