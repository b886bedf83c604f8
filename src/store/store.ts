import { createAccounts, type Accounts } from './accounts.ts';
import { createAudit, type Audit } from './audit.ts';
import { createChanges, type Changes } from './changes.ts';
import { createChartImports, type ChartImports } from './chart-imports.ts';
import { createClinicFills, type ClinicFills } from './clinic-fills.ts';
import { createClinics, type Clinics } from './clinics.ts';
import { createConnectStates, type ConnectStates } from './connect-states.ts';
import { createCopies, type Copies } from './copies.ts';
import { createAuthored, type Authored } from './authored.ts';
import type { Database } from './database.ts';
import { createEncryptedTexts, type EncryptedTexts } from './encrypted-texts.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { createKnown, type Known } from './known.ts';
import { createLabDocuments, type LabDocuments } from './lab-documents.ts';
import { createLabOrders, type LabOrders } from './lab-orders.ts';
import { createLabResults, type LabResults } from './lab-results.ts';
import { createLabReviews, type LabReviews } from './lab-reviews.ts';
import { createLeases, type Leases } from './leases.ts';
import { createMatches, type Matches } from './matches.ts';
import { createMetadataTasks, type MetadataTasks } from './metadata-tasks.ts';
import { createParkedEvents, type ParkedEvents } from './parked-events.ts';
import { createPatientLinks, type PatientLinks } from './patient-links.ts';
import { createPatients, type Patients } from './patients.ts';
import { createPlans, type Plans } from './plans.ts';
import { createProducts, type Products } from './products.ts';
import { createRecommendations, type Recommendations } from './recommendations.ts';
import { createRefreshClaims, type RefreshClaims } from './refresh-claims.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import type { Secrets } from './secrets.ts';
import { createSwitches, type Switches } from './switches.ts';

/** Everything that is stored, by noun. */
export interface Store {
  accounts: Accounts;
  clinics: Clinics;
  clinicFills: ClinicFills;
  patientLinks: PatientLinks;
  matches: Matches;
  metadataTasks: MetadataTasks;
  patients: Patients;
  plans: Plans;
  labOrders: LabOrders;
  authored: Authored;
  labResults: LabResults;
  labReviews: LabReviews;
  labDocuments: LabDocuments;
  products: Products;
  copies: Copies;
  refreshClaims: RefreshClaims;
  inbox: Inbox;
  parkedEvents: ParkedEvents;
  leases: Leases;
  connectStates: ConnectStates;
  encryptedTexts: EncryptedTexts;
  switches: Switches;
  known: Known;
  revocations: Revocations;
  audit: Audit;
  recommendations: Recommendations;
  chartImports: ChartImports;
  changes: Changes;
}

/** What the store needs besides a database. */
export interface StoreNeeds {
  secrets: Secrets;
  /** The clock; every instant that a caller does not give comes from here. */
  now: () => Date;
  /** Told what an operator must see; gets ids and words, never a token or patient data. */
  onError?: ((message: string, details: Readonly<Record<string, string>>) => void) | undefined;
  /** Told, once they are committed, that changes of plans or lab orders were written to the feed. */
  onChanges?: (() => void) | undefined;
}

/** Joins the query files over one open database. */
export function createStore(db: Database, needs: StoreNeeds): Store {
  return {
    accounts: createAccounts(db, needs),
    clinics: createClinics(db),
    clinicFills: createClinicFills(db, needs),
    patientLinks: createPatientLinks(db),
    matches: createMatches(db),
    metadataTasks: createMetadataTasks(db, needs),
    patients: createPatients(db, needs),
    plans: createPlans(db, needs),
    labOrders: createLabOrders(db, needs),
    authored: createAuthored(db),
    labResults: createLabResults(db),
    labReviews: createLabReviews(db),
    labDocuments: createLabDocuments(db, needs),
    products: createProducts(db, needs),
    copies: createCopies(db, needs),
    refreshClaims: createRefreshClaims(db, needs),
    inbox: createInbox(db, needs),
    parkedEvents: createParkedEvents(db),
    leases: createLeases(db, needs),
    connectStates: createConnectStates(db, needs),
    encryptedTexts: createEncryptedTexts(db, needs),
    switches: createSwitches(db),
    known: createKnown(db),
    revocations: createRevocations(db, needs),
    audit: createAudit(db),
    recommendations: createRecommendations(db, needs),
    chartImports: createChartImports(db, needs),
    changes: createChanges(db),
  };
}
