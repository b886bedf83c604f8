import type { FullscriptEnvironment } from '../domain/account.ts';
import type { Emr } from '../emr/emr.ts';
import type { VouchedPatients } from '../emr/vouched-patients.ts';
import type { Fullscript } from '../fullscript/fullscript.ts';
import type { Flights } from '../mirror/flights.ts';
import type { LabOrderMirror } from '../mirror/lab-orders.ts';
import type { Log } from '../mirror/needs.ts';
import type { PatientMirror } from '../mirror/patients.ts';
import type { PlanMirror } from '../mirror/plans.ts';
import type { ProductMirror } from '../mirror/products.ts';
import type { Store } from '../store/store.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { PendingTokens } from './pending-tokens.ts';

/** What the deployment has decided. */
export interface OperationSettings {
  environment: FullscriptEnvironment;
  /** The scopes this deployment needs. */
  neededScopes: readonly string[];
  /** Origins that `returnTo` may lead to. */
  returnOrigins: readonly string[];
  restrictedEndpoints: boolean;
  /** The default of `sendWelcomeEmail`. */
  welcomeEmail: boolean;
  /** Null when embedding is not set up. */
  embedPublicKey: string | null;
  /** For what no user stands behind; null when the EMR gave none. */
  emrServiceToken: string | null;
  labPdfMaxBytes: number;
  fileHosts: readonly string[];
}

/** Work that runs by itself and can be told that there is some. */
export type WakeableJob = 'revocations' | 'metadata' | 'inbox' | 'documents';

/** What every operation is built from; `app` makes it once. */
export interface OperationNeeds {
  store: Store;
  fullscript: Fullscript;
  emr: Emr;
  vouched: VouchedPatients;
  plans: PlanMirror;
  labOrders: LabOrderMirror;
  patients: PatientMirror;
  products: ProductMirror;
  /** For what goes on when its caller has stopped waiting; a clean stop waits for it. */
  flights: Flights;
  pendingTokens: PendingTokens;
  audit: AuditTrail;
  settings: OperationSettings;
  now: () => Date;
  /** A new random id. */
  newId: () => string;
  /** Unguessable text that fits into a URL. */
  newSecret: () => string;
  wake: (job: WakeableJob) => void;
  log: Log;
}
