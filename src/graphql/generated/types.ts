// Written by codegen.ts from schema/*.graphql. Change those and run `npm run codegen`.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type {
  PatientParent,
  PractitionerParent,
  ChartParent,
  FullscriptAccountParent,
  FullscriptClinicParent,
  FullscriptPatientAccountParent,
  FullscriptTreatmentPlanParent,
  FullscriptTreatmentPlanConnectionParent,
  FullscriptRecommendationParent,
  FullscriptLabRecommendationParent,
  FullscriptLabOrderParent,
  FullscriptLabOrderConnectionParent,
  FullscriptLabResultParent,
  FullscriptProductVariantParent,
  FullscriptChartImportParent,
  FullscriptRevocationParent,
  FullscriptViewerParent,
  FullscriptDosageParent,
  FullscriptChartItemParent,
  FullscriptLabReviewParent,
  FullscriptPatientCandidateParent,
  FullscriptPatientChangeParent,
} from '../parents.ts';
import type { Context } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string };
  String: { input: string; output: string };
  Boolean: { input: boolean; output: boolean };
  Int: { input: number; output: number };
  Float: { input: number; output: number };
  /** A moment in time as ISO 8601 text, always in UTC and with milliseconds, for example 2026-03-02T14:00:00.000Z. */
  DateTime: { input: string; output: string };
  /** A day of the calendar without a time of day, written yyyy-mm-dd, for example 1984-11-30. */
  Date: { input: string; output: string };
  _FieldSet: { input: string; output: string };
};

/** What is read. */
export type Query = {
  /** Every connection of the organization, most recently connected first. For administrators and services. */
  readonly fullscriptAccounts: FullscriptAccountConnection;
  /** Who did what to whose Fullscript data in the organization, newest first. For administrators and services. */
  readonly fullscriptAuditEvents: FullscriptAuditEventConnection;
  /** One lab order by Fullscript's id; null when it is not known. */
  readonly fullscriptLabOrder?: Maybe<FullscriptLabOrder>;
  /** The Fullscript patients who could be this EMR patient, the likeliest first, each with what agrees and what differs. */
  readonly fullscriptPatientCandidates: ReadonlyArray<FullscriptPatientCandidate>;
  /** How far a revocation has come. For whoever asked for it, administrators and developers of the organization. */
  readonly fullscriptRevocation?: Maybe<FullscriptRevocation>;
  /** How the stored copy keeps up with Fullscript, in all clinics of the organization. For administrators and services. */
  readonly fullscriptSync: FullscriptSync;
  /** Events of the organization's clinics that were given up after repeated failure, most recent first. For administrators and services. */
  readonly fullscriptParkedEvents: FullscriptParkedEventConnection;
  /** One plan by Fullscript's id; null when it is not known. */
  readonly fullscriptTreatmentPlan?: Maybe<FullscriptTreatmentPlan>;
  /** The signed-in user's own standing with Fullscript. One look tells whether to offer "Recommend with Fullscript" or "Connect". */
  readonly fullscriptViewer: FullscriptViewer;
};

/** What is read. */
export type QueryFullscriptAccountsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  statuses?: InputMaybe<ReadonlyArray<FullscriptConnectionStatus>>;
};

/** What is read. */
export type QueryFullscriptAuditEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  userId?: InputMaybe<Scalars['ID']['input']>;
  patientId?: InputMaybe<Scalars['ID']['input']>;
};

/** What is read. */
export type QueryFullscriptLabOrderArgs = {
  id: Scalars['ID']['input'];
  freshness?: InputMaybe<FullscriptFreshness>;
};

/** What is read. */
export type QueryFullscriptPatientCandidatesArgs = {
  patientId: Scalars['ID']['input'];
  clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** What is read. */
export type QueryFullscriptRevocationArgs = {
  id: Scalars['ID']['input'];
};

/** What is read. */
export type QueryFullscriptParkedEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** What is read. */
export type QueryFullscriptTreatmentPlanArgs = {
  id: Scalars['ID']['input'];
  freshness?: InputMaybe<FullscriptFreshness>;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type Mutation = {
  /** Start connecting the signed-in user's own Fullscript account: gives the address of Fullscript's consent page. */
  readonly connect: FullscriptConnectPayload;
  /** Finish connecting. Called by the EMR page that Fullscript sent the browser back to, as the same signed-in user who started. */
  readonly completeConnect: FullscriptCompleteConnectResult;
  /** Switch the integration on or off, for one user or for the whole organization. For administrators and services. */
  readonly setFullscriptEnabled: FullscriptSetEnabledPayload;
  /** Choose which of the user's connected clinics is meant when a call names none. */
  readonly setDefaultFullscriptClinic: FullscriptViewer;
  /** Copy a plan's supplements into an open chart note. Lab tests stay out. To import the same plan again adds only what is not there yet. */
  readonly importPlanIntoChart: FullscriptImportPlanResult;
  /** Sign a lab result off, add an internal note to it, or share it with the patient. One call may do all of it. */
  readonly reviewFullscriptLabResult: FullscriptLabResult;
  /** Say that an EMR patient and a Fullscript patient are the same person. Replaces the EMR patient's present link in that clinic. */
  readonly linkFullscriptPatient: FullscriptLinkPatientResult;
  /** Undo a link. The same pair is not linked again except by a person. */
  readonly unlinkFullscriptPatient: FullscriptUnlinkPatientPayload;
  /** Change a linked patient's record at Fullscript: discount, names, phone number, birth date. */
  readonly updateFullscriptPatient: FullscriptUpdatePatientResult;
  /** Begin a plan for a patient and get the Fullscript page on which the practitioner completes and sends it. */
  readonly createRecommendation: FullscriptCreateRecommendationResult;
  /** Get a grant, good for one use, to show Fullscript's plan tool inside the EMR's own page. */
  readonly createFullscriptEmbedSession: FullscriptEmbedSessionResult;
  /** Get the page on which a plan is sold at the desk. Fullscript empties the patient's cart for it, so this has to be confirmed. */
  readonly createFullscriptInOfficeCheckout: FullscriptInOfficeCheckoutResult;
  /** Take authorizations away: one's own, or as an administrator another user's. Without input, all of one's own. */
  readonly revoke: FullscriptRevokePayload;
  /** Take every authorization of the organization away. For administrators and developers. */
  readonly revokeAll: FullscriptRevokePayload;
  /**
   * Have parked events of the organization's clinics applied after all, all of them or those named. They are tried soon, and parked again if they fail as
   * often as before. For administrators and services.
   */
  readonly retryFullscriptEvents: FullscriptRetryEventsPayload;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationConnectArgs = {
  input?: InputMaybe<FullscriptConnectInput>;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationCompleteConnectArgs = {
  input: FullscriptCompleteConnectInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationSetFullscriptEnabledArgs = {
  input: FullscriptSetEnabledInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationSetDefaultFullscriptClinicArgs = {
  clinicId: Scalars['ID']['input'];
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationImportPlanIntoChartArgs = {
  input: FullscriptImportPlanInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationReviewFullscriptLabResultArgs = {
  input: FullscriptReviewLabResultInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationLinkFullscriptPatientArgs = {
  input: FullscriptLinkPatientInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationUnlinkFullscriptPatientArgs = {
  input: FullscriptUnlinkPatientInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationUpdateFullscriptPatientArgs = {
  input: FullscriptUpdatePatientInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationCreateRecommendationArgs = {
  input: FullscriptCreateRecommendationInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationCreateFullscriptEmbedSessionArgs = {
  input: FullscriptEmbedSessionInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationCreateFullscriptInOfficeCheckoutArgs = {
  input: FullscriptInOfficeCheckoutInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationRevokeArgs = {
  input?: InputMaybe<FullscriptRevokeInput>;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationRevokeAllArgs = {
  input: FullscriptRevokeAllInput;
};

/** What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions. */
export type MutationRetryFullscriptEventsArgs = {
  input?: InputMaybe<FullscriptRetryEventsInput>;
};

/** A clinician of the EMR. The EMR owns the record; this subgraph adds their standing with Fullscript. */
export type Practitioner = {
  /** Where this practitioner stands with Fullscript. */
  readonly connectionStatus: FullscriptConnectionStatus;
  /** The practitioner's default Fullscript account. Shown to the practitioner, administrators and services; null for anybody else. */
  readonly fullscriptAccount?: Maybe<FullscriptAccount>;
  /** The EMR's id of the practitioner. */
  readonly id: Scalars['ID']['output'];
  /** Lab orders of plans that this practitioner wrote, newest first, out of the stored copy. For the practitioner only; FORBIDDEN to anybody else. */
  readonly labOrders?: Maybe<FullscriptLabOrderConnection>;
  /** Plans this practitioner wrote, newest first, out of the stored copy. For the practitioner only; FORBIDDEN to anybody else. */
  readonly treatmentPlans?: Maybe<FullscriptTreatmentPlanConnection>;
};

/** A clinician of the EMR. The EMR owns the record; this subgraph adds their standing with Fullscript. */
export type PractitionerLabOrdersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  statuses?: InputMaybe<ReadonlyArray<FullscriptLabOrderStatus>>;
};

/** A clinician of the EMR. The EMR owns the record; this subgraph adds their standing with Fullscript. */
export type PractitionerTreatmentPlansArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  states?: InputMaybe<ReadonlyArray<FullscriptPlanState>>;
};

/** An EMR user's authorization at one Fullscript clinic. The tokens behind it are never shown to anybody. */
export type FullscriptAccount = {
  /** Our id of the connection; it stays the same when the user connects to the same clinic again. */
  readonly id: Scalars['ID']['output'];
  /** The EMR user who connected. */
  readonly userId: Scalars['ID']['output'];
  /** The EMR practitioner that this user is; null for users who are none. */
  readonly practitioner?: Maybe<Practitioner>;
  /** The user's own id at Fullscript. */
  readonly fullscriptUserId: Scalars['ID']['output'];
  /** Which kind of user they are at Fullscript, whatever they are in the EMR. */
  readonly type: FullscriptUserType;
  /** The Fullscript clinic that the authorization is for. */
  readonly clinic: FullscriptClinic;
  /** What the authorization is worth now. */
  readonly status: FullscriptConnectionStatus;
  /** Whether this is the clinic meant when a call names none. */
  readonly isDefault: Scalars['Boolean']['output'];
  /** Scopes that Fullscript granted. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  /** Scopes this deployment needs and the authorization lacks. What the other scopes cover goes on working. */
  readonly missingScopes: ReadonlyArray<Scalars['String']['output']>;
  /** When the user connected, the last time if more than once. */
  readonly connectedAt: Scalars['DateTime']['output'];
  /** When Fullscript last took this authorization for good; null when it was not used yet. */
  readonly verifiedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** The kind of a Fullscript user. */
export type FullscriptUserType =
  /** Writes plans under their own name. */
  | 'PRACTITIONER'
  /** Works on behalf of a practitioner, who must be named. */
  | 'STAFF';

/** A clinic (dispensary) at Fullscript. */
export type FullscriptClinic = {
  /** Fullscript's id of the clinic. */
  readonly id: Scalars['ID']['output'];
  /** The clinic's name at Fullscript. */
  readonly name: Scalars['String']['output'];
  /** The discount that all patients of the clinic get, percent; null when Fullscript tells none. */
  readonly discountPercent?: Maybe<Scalars['Int']['output']>;
};

/** A page of the organization's accounts. */
export type FullscriptAccountConnection = {
  /** The rows with their cursors. */
  readonly edges: ReadonlyArray<FullscriptAccountEdge>;
  /** The same rows without cursors. */
  readonly nodes: ReadonlyArray<FullscriptAccount>;
  /** Where this page stands. */
  readonly pageInfo: PageInfo;
  /** How many accounts there are on all pages. */
  readonly totalCount: Scalars['Int']['output'];
};

/** One row of the organization's accounts. */
export type FullscriptAccountEdge = {
  /** The row's place in the list. */
  readonly cursor: Scalars['String']['output'];
  /** The account. */
  readonly node: FullscriptAccount;
};

/** How to start connecting. */
export type FullscriptConnectInput = {
  /** Where the EMR's page is to go once connected. An absolute address whose origin this deployment allows; anything else is BAD_USER_INPUT. */
  readonly returnTo?: InputMaybe<Scalars['String']['input']>;
};

/** A started connection. */
export type FullscriptConnectPayload = {
  /** Fullscript's consent page; send the browser here. */
  readonly authorizeUrl: Scalars['String']['output'];
  /** The value that ties Fullscript's answer to this user; it comes back with the answer. */
  readonly state: Scalars['String']['output'];
  /** Until when the answer is accepted. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** Fullscript's answer, as it stands in the address of the page the browser was sent back to. */
export type FullscriptCompleteConnectInput = {
  /** The `code` parameter; there unless Fullscript reported an error. */
  readonly code?: InputMaybe<Scalars['String']['input']>;
  /** The `state` parameter, unchanged. */
  readonly state: Scalars['String']['input'];
  /** The `error` parameter, when Fullscript came back with one. */
  readonly error?: InputMaybe<Scalars['String']['input']>;
};

/** What became of a connection that was started. */
export type FullscriptCompleteConnectResult =
  FullscriptConnected | FullscriptConnectDeclined | FullscriptConnectExpired;

/** The user is connected. */
export type FullscriptConnected = {
  /** The new or renewed account. */
  readonly account: FullscriptAccount;
  /** Where the EMR's page was asked to go next. */
  readonly returnTo?: Maybe<Scalars['String']['output']>;
};

/** The user said no on Fullscript's consent page. */
export type FullscriptConnectDeclined = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** Where the EMR's page was asked to go next. */
  readonly returnTo?: Maybe<Scalars['String']['output']>;
};

/** The state or the code cannot be used: too old, used before, or started by somebody else. Begin again with `connect`. */
export type FullscriptConnectExpired = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
};

/** A switch of the integration. */
export type FullscriptSetEnabledInput = {
  /** True for on, false for off. Off wins over everything else and hides stored data too. */
  readonly enabled: Scalars['Boolean']['input'];
  /** The EMR user to switch; without one, the whole organization. A user who was switched off singly stays off when the organization goes on. */
  readonly userId?: InputMaybe<Scalars['ID']['input']>;
};

/** How the switch stands now. */
export type FullscriptSetEnabledPayload = {
  /** On or off. */
  readonly enabled: Scalars['Boolean']['output'];
  /** The user it is about; null for the whole organization. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
};

/** A page of the audit. */
export type FullscriptAuditEventConnection = {
  /** The rows with their cursors. */
  readonly edges: ReadonlyArray<FullscriptAuditEventEdge>;
  /** The same rows without cursors. */
  readonly nodes: ReadonlyArray<FullscriptAuditEvent>;
  /** Where this page stands. */
  readonly pageInfo: PageInfo;
};

/** One row of the audit with its cursor. */
export type FullscriptAuditEventEdge = {
  /** The row's place in the list. */
  readonly cursor: Scalars['String']['output'];
  /** The event. */
  readonly node: FullscriptAuditEvent;
};

/** Something somebody did, or was refused. */
export type FullscriptAuditEvent = {
  /** Our id of the event. */
  readonly id: Scalars['ID']['output'];
  /** When it happened. */
  readonly at: Scalars['DateTime']['output'];
  /** The EMR user who did it. */
  readonly userId: Scalars['ID']['output'];
  /** What was done, for example connect, patient.read, chart.import or lab.view. */
  readonly action: Scalars['String']['output'];
  /** The EMR patient it concerned; null when it concerned none. */
  readonly patientId?: Maybe<Scalars['ID']['output']>;
  /** The id of what it was done to besides the patient, such as a plan, an account or a lab result. */
  readonly subject?: Maybe<Scalars['String']['output']>;
  /** How it went: ok, denied or failed. */
  readonly outcome: Scalars['String']['output'];
  /** The request it belongs to, as it also stands in the log. */
  readonly requestId?: Maybe<Scalars['String']['output']>;
};

/** A note in the EMR's chart, such as an initial consult, a follow-up or a basic note. Supplements can be imported until it is signed. */
export type Chart = {
  /** Everything that was imported from Fullscript into this chart note, in the order it was imported. */
  readonly fullscriptImports: ReadonlyArray<FullscriptChartImport>;
  /** The EMR's id of the chart note. */
  readonly id: Scalars['ID']['output'];
};

/** One import of a plan into a chart note: what was taken, from which state of the plan, when and by whom. */
export type FullscriptChartImport = {
  /** Our id of the import. */
  readonly id: Scalars['ID']['output'];
  /** The chart note that the supplements went into. */
  readonly chart: Chart;
  /** The plan that they came from. */
  readonly plan: FullscriptTreatmentPlan;
  /** The EMR user who imported. */
  readonly importedBy: Scalars['ID']['output'];
  /** When it was imported. */
  readonly importedAt: Scalars['DateTime']['output'];
  /** The supplements as they were taken. */
  readonly items: ReadonlyArray<FullscriptChartItem>;
  /** True when the plan has changed at Fullscript since the import. */
  readonly outdated: Scalars['Boolean']['output'];
};

/** A supplement as it stands in the chart note. */
export type FullscriptChartItem = {
  /** Our id of the line. */
  readonly id: Scalars['ID']['output'];
  /** The id of the plan's recommendation that it came from. */
  readonly recommendationId: Scalars['ID']['output'];
  /** Fullscript's id of the pack. */
  readonly variantId: Scalars['ID']['output'];
  /** The product's name at the time of the import. */
  readonly name: Scalars['String']['output'];
  /** Who makes it. */
  readonly brand?: Maybe<Scalars['String']['output']>;
  /** How to take it, with what was completed at the import. */
  readonly dosage?: Maybe<FullscriptDosage>;
  /** How many packs the patient should buy. */
  readonly unitsToPurchase?: Maybe<Scalars['Int']['output']>;
  /** How many refills, as given at the import; null when none were given. */
  readonly refills?: Maybe<Scalars['Int']['output']>;
  /** The EMR's own id of the line, once the EMR has taken it. */
  readonly emrItemId?: Maybe<Scalars['ID']['output']>;
};

/** An import to be made. */
export type FullscriptImportPlanInput = {
  /** Fullscript's id of the plan. */
  readonly planId: Scalars['ID']['input'];
  /** The EMR's id of the chart note. It must be open and belong to the plan's patient. */
  readonly chartId: Scalars['ID']['input'];
  /** Which of the plan's supplements to take; all when left out. */
  readonly recommendationIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** What the practitioner completes on the way in. */
  readonly overrides?: InputMaybe<ReadonlyArray<FullscriptChartItemOverride>>;
};

/** What the practitioner completes for one supplement at the import. A field that is left out keeps the plan's value. */
export type FullscriptChartItemOverride = {
  /** The id of the plan's recommendation that this is about. */
  readonly recommendationId: Scalars['ID']['input'];
  /** Parts of the dosage to say otherwise. */
  readonly dosage?: InputMaybe<FullscriptDosageInput>;
  /** How many refills. */
  readonly refills?: InputMaybe<Scalars['Int']['input']>;
};

/** What became of an import. */
export type FullscriptImportPlanResult =
  FullscriptPlanImported | FullscriptChartLocked | FullscriptPlanNotImportable | FullscriptConnectionRequired;

/** The supplements are in the chart note. */
export type FullscriptPlanImported = {
  /** The import that holds them. */
  readonly import: FullscriptChartImport;
  /** The chart note. */
  readonly chart: Chart;
  /** The plan's lab tests, which do not go into the chart note. */
  readonly skippedLabs: ReadonlyArray<FullscriptLabRecommendation>;
  /** True when all of it was there before and nothing was added. */
  readonly alreadyImported: Scalars['Boolean']['output'];
};

/** The chart note is signed, and a signed note cannot be changed. */
export type FullscriptChartLocked = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** When the note was signed. */
  readonly signedAt: Scalars['DateTime']['output'];
};

/** This plan cannot go into this chart note. */
export type FullscriptPlanNotImportable = FullscriptProblem & {
  /** What stands in the way, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** What stands in the way. */
  readonly reason: FullscriptNotImportableReason;
};

/** Why a plan cannot go into a chart note. */
export type FullscriptNotImportableReason =
  /** There are only lab tests on it, or nothing at all. */
  | 'NO_SUPPLEMENTS'
  /** It is a draft still. */
  | 'NOT_SENT'
  /** It was cancelled. */
  | 'CANCELLED'
  /** It is another patient's than the chart note. */
  | 'OTHER_PATIENT';

/** A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person. */
export type Patient = {
  /** The EMR's id of the patient. */
  readonly id: Scalars['ID']['output'];
  /** E-mail address in the EMR's record; the first thing a Fullscript patient is looked up by. */
  readonly email?: Maybe<Scalars['String']['output']>;
  /** First name in the EMR's record; tells apart family members who share an e-mail address. */
  readonly firstName?: Maybe<Scalars['String']['output']>;
  /** Last name in the EMR's record; counts when one of the two birth dates is missing. */
  readonly lastName?: Maybe<Scalars['String']['output']>;
  /** Birth date in the EMR's record; two different birth dates are never the same person. */
  readonly dateOfBirth?: Maybe<Scalars['Date']['output']>;
  /** Where this patient stands with Fullscript, in the viewer's clinic. */
  readonly connectionStatus: FullscriptConnectionStatus;
  /** The Fullscript patient this one is linked to; null while there is no link. Asking may link a match that cannot be mistaken, and never makes a new Fullscript patient. */
  readonly fullscriptAccount?: Maybe<FullscriptPatientAccount>;
  /** The patient's Fullscript plans, newest first. Null with an error that carries a code when the viewer may not, or cannot, read Fullscript. */
  readonly treatmentPlans?: Maybe<FullscriptTreatmentPlanConnection>;
  /** The patient's Fullscript lab orders, newest first. Null under the same rule as `treatmentPlans`. */
  readonly labOrders?: Maybe<FullscriptLabOrderConnection>;
};

/** A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person. */
export type PatientConnectionStatusArgs = {
  clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person. */
export type PatientFullscriptAccountArgs = {
  clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person. */
export type PatientTreatmentPlansArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  states?: InputMaybe<ReadonlyArray<FullscriptPlanState>>;
  freshness?: InputMaybe<FullscriptFreshness>;
  clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person. */
export type PatientLabOrdersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  statuses?: InputMaybe<ReadonlyArray<FullscriptLabOrderStatus>>;
  freshness?: InputMaybe<FullscriptFreshness>;
  clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** How current an answer has to be, and so whether Fullscript is asked. */
export type FullscriptFreshness =
  /** Answer from the stored copy alone. Fullscript is never called, except for a fresh `editUrl`. */
  | 'STORED'
  /** Answer from the stored copy at once and, when it is not known to be current, refresh it behind the answer. Whatever was never stored is fetched before answering. */
  | 'STALE_WHILE_REVALIDATE'
  /** Check with Fullscript first, then answer. During an outage this is an error, never an old copy. */
  | 'CURRENT';

/** How far a lab test has come, as coarsely as an EMR shows it. */
export type FullscriptLabStage =
  /** Recommended; the patient has not bought it. */
  | 'NOT_PURCHASED'
  /** Bought; results are not complete yet. */
  | 'PURCHASED'
  /** Results can be read. */
  | 'RESULTS_READY'
  /** Of a plan's recommendation only: Fullscript could not be asked, or not with this authorization, and nothing stored tells. The plan is shown all the same. */
  | 'UNKNOWN';

/** A single test that a lab carries out. */
export type FullscriptLabTest = {
  /** Fullscript's id of the test. */
  readonly id: Scalars['ID']['output'];
  /** What the lab calls it. */
  readonly name: Scalars['String']['output'];
};

/** A page of lab orders. */
export type FullscriptLabOrderConnection = {
  /** The rows with their cursors. */
  readonly edges: ReadonlyArray<FullscriptLabOrderEdge>;
  /** The same rows without cursors. */
  readonly nodes: ReadonlyArray<FullscriptLabOrder>;
  /** Where this page stands. */
  readonly pageInfo: PageInfo;
  /** How many lab orders there are on all pages. */
  readonly totalCount: Scalars['Int']['output'];
  /** When the stored copy was last known to be what Fullscript has; null when nothing was ever fetched. */
  readonly syncedAt?: Maybe<Scalars['DateTime']['output']>;
  /** True when Fullscript may be ahead of this answer. */
  readonly stale: Scalars['Boolean']['output'];
};

/** One row of a list of lab orders. */
export type FullscriptLabOrderEdge = {
  /** The row's place in the list. */
  readonly cursor: Scalars['String']['output'];
  /** The lab order. */
  readonly node: FullscriptLabOrder;
};

/** Everything that Fullscript says about how far a lab order has come. */
export type FullscriptLabOrderStatus =
  /** Recommended; the patient has not bought it. */
  | 'NOT_PURCHASED'
  /** Bought; nothing has happened since. */
  | 'PURCHASED'
  /** The patient has to make an appointment for the sample. */
  | 'SCHEDULE_APPOINTMENT'
  /** The appointment for the sample is made. */
  | 'UPCOMING_APPOINTMENT'
  /** The lab is at work. */
  | 'PROCESSING'
  /** Some results are there, others are still awaited. */
  | 'PARTIAL_RESULTS'
  /** All results are there. */
  | 'RESULTS_READY'
  /** The lab has corrected results it gave before. */
  | 'RESULTS_AMENDED'
  /** The practitioner's reading of the results is written. */
  | 'INTERPRETATION_READY'
  /** The patient has been given the practitioner's reading. */
  | 'INTERPRETATION_SHARED'
  /** A word of Fullscript's that this version does not know; see `rawStatus`. */
  | 'OTHER';

/** A lab order at Fullscript. */
export type FullscriptLabOrder = {
  /** Fullscript's id of the lab order. */
  readonly id: Scalars['ID']['output'];
  /** What was ordered. */
  readonly name: Scalars['String']['output'];
  /** How far it has come. */
  readonly status: FullscriptLabOrderStatus;
  /** The same in the word that Fullscript used. */
  readonly rawStatus: Scalars['String']['output'];
  /** The same in the three stages that an EMR shows. */
  readonly stage: FullscriptLabStage;
  /** The Fullscript clinic it belongs to. */
  readonly clinic: FullscriptClinic;
  /** The EMR patient it is for; null while the Fullscript patient is linked to nobody. */
  readonly patient?: Maybe<Patient>;
  /** The EMR practitioner behind it; null when not known in the EMR. */
  readonly practitioner?: Maybe<Practitioner>;
  /** The plan it came from; null when it came from none. */
  readonly treatmentPlan?: Maybe<FullscriptTreatmentPlan>;
  /** The tests that were ordered. */
  readonly tests: ReadonlyArray<FullscriptLabTest>;
  /** The result files. There may be more or fewer than tests. */
  readonly results: ReadonlyArray<FullscriptLabResult>;
  /** Results that Fullscript listed once and lists no more, without another in their place. Kept as a record; there is no file to them any more. */
  readonly withdrawnResults: ReadonlyArray<FullscriptLabResult>;
  /** When Fullscript last changed it. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** A result file of a lab order. One file may cover several tests, and one test may come in several files. */
export type FullscriptLabResult = {
  /** Fullscript's id of the result. */
  readonly id: Scalars['ID']['output'];
  /** The words "Fullscript lab result" and the day it became available, as a document list shows it. */
  readonly title: Scalars['String']['output'];
  /** What the lab calls it. */
  readonly name: Scalars['String']['output'];
  /** When it became available; null before. */
  readonly availableAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether the lab has corrected it after it was first available. */
  readonly amended: Scalars['Boolean']['output'];
  /** Which version this is: 1, and one more with each correction and with each file that takes the place of this one. */
  readonly version: Scalars['Int']['output'];
  /** When this version became available; null for the first, see `availableAt`. */
  readonly amendedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What it was before, oldest first. Fullscript keeps the newest file only, so there is no link to an earlier one. */
  readonly earlierVersions: ReadonlyArray<FullscriptLabResultVersion>;
  /** When Fullscript was seen to list it no more; null while it does. Another result may have taken its place. */
  readonly withdrawnAt?: Maybe<Scalars['DateTime']['output']>;
  /** A link of ours to the PDF. It works for this viewer only and for a few minutes; null when there is no file. */
  readonly pdfUrl?: Maybe<Scalars['String']['output']>;
  /** What the EMR's clinicians have done with it. */
  readonly review: FullscriptLabReview;
};

/** What a lab result was before it was corrected or replaced. */
export type FullscriptLabResultVersion = {
  /** Counted from 1. */
  readonly version: Scalars['Int']['output'];
  /** What the lab called it. */
  readonly name: Scalars['String']['output'];
  /** Fullscript's own word for its state; null when it told none. */
  readonly rawStatus?: Maybe<Scalars['String']['output']>;
  /** When this version became available. */
  readonly availableAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the next version took its place. */
  readonly supersededAt: Scalars['DateTime']['output'];
};

/** What clinicians of the EMR have done with a lab result. Kept here, not at Fullscript. */
export type FullscriptLabReview = {
  /** The EMR user who signed it off; null while nobody has. A correction by the lab takes the sign-off away. */
  readonly signedOffBy?: Maybe<Scalars['ID']['output']>;
  /** When it was signed off. */
  readonly signedOffAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was shared with the patient; null while it was not. */
  readonly sharedWithPatientAt?: Maybe<Scalars['DateTime']['output']>;
  /** Internal notes, oldest first. Patients do not see them. */
  readonly notes: ReadonlyArray<FullscriptLabNote>;
  /** Everything that was done, oldest first, also what was taken back or lost since. */
  readonly history: ReadonlyArray<FullscriptLabReviewEvent>;
};

/** What can be done with a lab result. */
export type FullscriptLabReviewAction =
  /** Somebody signed it off. */
  | 'SIGNED_OFF'
  /** Somebody took the sign-off back. */
  | 'SIGN_OFF_TAKEN_BACK'
  /** The lab corrected or replaced the result, and so it has to be signed off anew. */
  | 'SIGN_OFF_LOST'
  /** Somebody shared it with the patient. */
  | 'SHARED'
  /** Somebody took the sharing back. */
  | 'SHARING_TAKEN_BACK'
  /** Somebody added a note. */
  | 'NOTED';

/** One thing that was done with a lab result. */
export type FullscriptLabReviewEvent = {
  /** What was done. */
  readonly action: FullscriptLabReviewAction;
  /** The EMR user who did it; null for what the lab brought about. */
  readonly userId?: Maybe<Scalars['ID']['output']>;
  /** The version of the result it was done to. */
  readonly version: Scalars['Int']['output'];
  /** When. */
  readonly at: Scalars['DateTime']['output'];
};

/** An internal note about a lab result. */
export type FullscriptLabNote = {
  /** Our id of the note. */
  readonly id: Scalars['ID']['output'];
  /** The EMR user who wrote it. */
  readonly authorId: Scalars['ID']['output'];
  /** The note itself. */
  readonly text: Scalars['String']['output'];
  /** When it was written. */
  readonly createdAt: Scalars['DateTime']['output'];
};

/** What to do with a lab result. What is left out stays as it is. */
export type FullscriptReviewLabResultInput = {
  /** Fullscript's id of the result. */
  readonly resultId: Scalars['ID']['input'];
  /** True signs the result off in the viewer's name, false takes a sign-off back. */
  readonly signOff?: InputMaybe<Scalars['Boolean']['input']>;
  /** An internal note to add. */
  readonly note?: InputMaybe<Scalars['String']['input']>;
  /** True shares the result with the patient, false takes the sharing back. */
  readonly shareWithPatient?: InputMaybe<Scalars['Boolean']['input']>;
};

export type Subscription = {
  /**
   * Tells of each plan and each lab order of this patient that appears or changes, in every clinic the viewer is connected to. Who may not read the patient's
   * plans and lab orders is refused as a query would be, and a stream ends with that error when this changes. What happened while nobody was
   * listening is not told afterwards: read once after every (re)connect.
   */
  readonly fullscriptPatientChanged: FullscriptPatientChange;
};

export type SubscriptionFullscriptPatientChangedArgs = {
  patientId: Scalars['ID']['input'];
};

/** Something of a patient's at Fullscript that appeared or changed, as it is now: either a plan or a lab order. Changes that follow each other closely may come as one. */
export type FullscriptPatientChange = {
  /** The patient that was followed. */
  readonly patient: Patient;
  /** The plan that appeared or changed; null when it was a lab order. */
  readonly plan?: Maybe<FullscriptTreatmentPlan>;
  /** The lab order that appeared or changed, its results included; null when it was a plan. */
  readonly labOrder?: Maybe<FullscriptLabOrder>;
  /** When the change was noticed here. */
  readonly at: Scalars['DateTime']['output'];
};

/** Where a page of a list stands within the whole list. */
export type PageInfo = {
  /** Whether more rows follow; ask for them with `after: endCursor`. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether there are rows ahead of this page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first row on this page; null when the page is empty. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
  /** Cursor of the last row on this page; null when the page is empty. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
};

/** A Fullscript patient that is linked to an EMR patient. */
export type FullscriptPatientAccount = {
  /** Fullscript's id of the patient. */
  readonly id: Scalars['ID']['output'];
  /** The Fullscript clinic the patient belongs to. */
  readonly clinic: FullscriptClinic;
  /** E-mail address at Fullscript; it may differ from the EMR's, and dependents have none. */
  readonly email?: Maybe<Scalars['String']['output']>;
  /** First name at Fullscript. */
  readonly firstName?: Maybe<Scalars['String']['output']>;
  /** Last name at Fullscript. */
  readonly lastName?: Maybe<Scalars['String']['output']>;
  /** Birth date at Fullscript. */
  readonly dateOfBirth?: Maybe<Scalars['Date']['output']>;
  /** Whether the clinic has archived the patient at Fullscript. */
  readonly archived: Scalars['Boolean']['output'];
  /** Whether the patient is cared for through a guardian's Fullscript account, such as a child. */
  readonly isDependent: Scalars['Boolean']['output'];
  /** The patient's own discount, percent; the clinic's is added to it. */
  readonly discountPercent?: Maybe<Scalars['Int']['output']>;
  /** The patient's and the clinic's discount together, percent. */
  readonly totalDiscountPercent?: Maybe<Scalars['Int']['output']>;
  /** When the two records were linked. */
  readonly linkedAt: Scalars['DateTime']['output'];
  /** On what evidence they were linked. */
  readonly linkedBy: FullscriptLinkMethod;
};

/** The evidence on which an EMR patient and a Fullscript patient were taken for the same person. */
export type FullscriptLinkMethod =
  /** An id that was stored with the EMR's record before. */
  | 'STORED_ID'
  /** Our own id, found in the Fullscript patient's metadata. */
  | 'METADATA'
  /** The same e-mail address, and names and birth date that leave no doubt. */
  | 'EMAIL_AND_IDENTITY'
  /** A person said so. */
  | 'MANUAL'
  /** The Fullscript patient was made for this EMR patient. */
  | 'CREATED'
  /** The practitioner chose on Fullscript's own matching page. */
  | 'GATEWAY';

/** A Fullscript patient who could be the EMR patient asked about. */
export type FullscriptPatientCandidate = {
  /** Fullscript's id of the candidate, for `linkFullscriptPatient`. */
  readonly fullscriptPatientId: Scalars['ID']['output'];
  /** E-mail address at Fullscript. */
  readonly email?: Maybe<Scalars['String']['output']>;
  /** First name at Fullscript. */
  readonly firstName?: Maybe<Scalars['String']['output']>;
  /** Last name at Fullscript. */
  readonly lastName?: Maybe<Scalars['String']['output']>;
  /** Birth date at Fullscript. */
  readonly dateOfBirth?: Maybe<Scalars['Date']['output']>;
  /** Whether the candidate is cared for through a guardian's account. */
  readonly isDependent: Scalars['Boolean']['output'];
  /** Names of the fields that agree with the EMR's record, out of email, firstName, lastName, dateOfBirth and metadata. */
  readonly agrees: ReadonlyArray<Scalars['String']['output']>;
  /** Names of the fields that contradict the EMR's record. A field that one side leaves empty is in neither list. */
  readonly differs: ReadonlyArray<Scalars['String']['output']>;
  /** The other EMR patient this candidate is linked to already; null when free. */
  readonly linkedPatientId?: Maybe<Scalars['ID']['output']>;
};

/** Two records of one person. */
export type FullscriptLinkPatientInput = {
  /** The EMR patient. */
  readonly patientId: Scalars['ID']['input'];
  /** The Fullscript patient. */
  readonly fullscriptPatientId: Scalars['ID']['input'];
  /** The Fullscript clinic; the viewer's default clinic when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** What became of a link that was asked for. */
export type FullscriptLinkPatientResult =
  FullscriptPatientLinked | FullscriptPatientTaken | FullscriptConnectionRequired;

/** The two records are linked. */
export type FullscriptPatientLinked = {
  /** The EMR patient. */
  readonly patient: Patient;
  /** The Fullscript patient that is now linked. */
  readonly account: FullscriptPatientAccount;
};

/** The Fullscript patient is linked to another EMR patient of the organization. */
export type FullscriptPatientTaken = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** The EMR patient who holds the link. */
  readonly linkedPatientId: Scalars['ID']['output'];
};

/** Which link to undo. */
export type FullscriptUnlinkPatientInput = {
  /** The EMR patient. */
  readonly patientId: Scalars['ID']['input'];
  /** The Fullscript clinic; the viewer's default clinic when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** The result of undoing a link. */
export type FullscriptUnlinkPatientPayload = {
  /** The EMR patient. */
  readonly patient: Patient;
  /** False when there was no link to undo. */
  readonly unlinked: Scalars['Boolean']['output'];
};

/** Changes to a linked patient's record at Fullscript. A field that is left out stays as it is. */
export type FullscriptUpdatePatientInput = {
  /** The EMR patient. */
  readonly patientId: Scalars['ID']['input'];
  /** The Fullscript clinic; the viewer's default clinic when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
  /** The patient's own discount, percent. */
  readonly discountPercent?: InputMaybe<Scalars['Int']['input']>;
  /** First name. */
  readonly firstName?: InputMaybe<Scalars['String']['input']>;
  /** Last name. */
  readonly lastName?: InputMaybe<Scalars['String']['input']>;
  /** Mobile phone number. */
  readonly mobileNumber?: InputMaybe<Scalars['String']['input']>;
  /** Birth date. */
  readonly dateOfBirth?: InputMaybe<Scalars['Date']['input']>;
};

/** What became of a change to a patient's record. */
export type FullscriptUpdatePatientResult =
  FullscriptPatientUpdated | FullscriptConnectionRequired | FullscriptPatientNotLinked | FullscriptRejected;

/** Fullscript took the change. */
export type FullscriptPatientUpdated = {
  /** The patient's record at Fullscript as it stands now. */
  readonly account: FullscriptPatientAccount;
};

/** The EMR patient has no link in this clinic, so there is no Fullscript record to change. */
export type FullscriptPatientNotLinked = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** The EMR patient asked about. */
  readonly patientId: Scalars['ID']['output'];
};

/** An outcome that is no success but that the caller can do something about. Refusals and outages are errors instead, with a code in their extensions. */
export type FullscriptProblem = {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
};

/** A usable Fullscript connection is needed first: send the browser to `authorizeUrl`, then call again. */
export type FullscriptConnectionRequired = FullscriptProblem & {
  /** What is missing, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** How the connection stands now: not connected, to be renewed, or switched off. */
  readonly status: FullscriptConnectionStatus;
  /** Scopes the call needs that the present authorization lacks; empty when the scopes are not the reason. */
  readonly missingScopes: ReadonlyArray<Scalars['String']['output']>;
  /** Fullscript's consent page for the signed-in user. Null while the integration is switched off, or when somebody else has to connect. */
  readonly authorizeUrl?: Maybe<Scalars['String']['output']>;
};

/** Fullscript understood the call and refused it. */
export type FullscriptRejected = FullscriptProblem & {
  /** What was refused, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** Fullscript's own sentences about why. */
  readonly reasons: ReadonlyArray<Scalars['String']['output']>;
};

/** One pack of a product in Fullscript's catalogue. */
export type FullscriptProductVariant = {
  /** Fullscript's id of the pack. */
  readonly id: Scalars['ID']['output'];
  /** Fullscript's id of the product that the pack belongs to. */
  readonly productId: Scalars['ID']['output'];
  /** The product's name. */
  readonly name: Scalars['String']['output'];
  /** Who makes it. */
  readonly brand: Scalars['String']['output'];
  /** The pack's stock number. */
  readonly sku?: Maybe<Scalars['String']['output']>;
  /** How many units are in the pack. */
  readonly units?: Maybe<Scalars['Int']['output']>;
  /** What one unit is, such as a capsule. */
  readonly unitOfMeasure?: Maybe<Scalars['String']['output']>;
  /** Whether it can be bought, in Fullscript's own word. */
  readonly availability?: Maybe<Scalars['String']['output']>;
  /** The suggested retail price, decimal text in the currency of the clinic's country. */
  readonly msrp?: Maybe<Scalars['String']['output']>;
  /** A picture of the pack. */
  readonly imageUrl?: Maybe<Scalars['String']['output']>;
};

/** A recommendation to begin. */
export type FullscriptCreateRecommendationInput = {
  /** The EMR patient it is for. */
  readonly patientId: Scalars['ID']['input'];
  /** The EMR practitioner in whose name the plan is written; the viewer when left out. Staff must name one. */
  readonly practitionerId?: InputMaybe<Scalars['ID']['input']>;
  /** The Fullscript clinic; the viewer's default clinic when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
  /** The chart note it is begun from, which must be this patient's; kept with the plan. */
  readonly chartId?: InputMaybe<Scalars['ID']['input']>;
  /** Which part of Fullscript's page opens first. */
  readonly entrypoint?: InputMaybe<FullscriptEntrypoint>;
  /** Supplements to put on the draft before the page opens. */
  readonly items?: InputMaybe<ReadonlyArray<FullscriptRecommendationInput>>;
  /** Words to the patient, put on the draft. */
  readonly personalMessage?: InputMaybe<Scalars['String']['input']>;
  /** Whether Fullscript greets a patient that is newly made there by e-mail; the deployment's setting when left out. */
  readonly sendWelcomeEmail?: InputMaybe<Scalars['Boolean']['input']>;
  /** Makes a repeated call answer with the first one's draft. Counts per user for 24 hours; other input under the same key is BAD_USER_INPUT. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** The part of Fullscript's page that opens first. */
export type FullscriptEntrypoint =
  /** The catalogue of supplements. */
  | 'CATALOG'
  /** The lab tests. */
  | 'LABS';

/** A supplement to put on a draft. */
export type FullscriptRecommendationInput = {
  /** Fullscript's id of the pack. */
  readonly variantId: Scalars['ID']['input'];
  /** How many packs the patient should buy. */
  readonly unitsToPurchase: Scalars['Int']['input'];
  /** Whether the patient should buy it again when it runs out. */
  readonly refill?: InputMaybe<Scalars['Boolean']['input']>;
  /** What to take it with, such as food or water. */
  readonly takeWith?: InputMaybe<Scalars['String']['input']>;
  /** How to take it. */
  readonly dosage?: InputMaybe<FullscriptDosageInput>;
};

/** How to take a supplement. */
export type FullscriptDosageInput = {
  /** How much at a time. */
  readonly amount?: InputMaybe<Scalars['String']['input']>;
  /** How often. */
  readonly frequency?: InputMaybe<Scalars['String']['input']>;
  /** For how long. */
  readonly duration?: InputMaybe<Scalars['String']['input']>;
  /** In what form, such as capsules or drops. */
  readonly format?: InputMaybe<Scalars['String']['input']>;
  /** At which times of the day. */
  readonly timeOfDay?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Anything else the patient should know. */
  readonly additionalInfo?: InputMaybe<Scalars['String']['input']>;
};

/** What became of a recommendation. */
export type FullscriptCreateRecommendationResult =
  | FullscriptRecommendationDraft
  | FullscriptConnectionRequired
  | FullscriptPatientMatchRequired
  | FullscriptPatientDetailsMissing
  | FullscriptRejected;

/** A draft that waits on Fullscript's page to be completed and sent. */
export type FullscriptRecommendationDraft = {
  /** Fullscript's page with the draft; open it in a new tab. */
  readonly redirectUrl: Scalars['String']['output'];
  /** The draft; null when the plan comes into being only on Fullscript's own matching page. */
  readonly plan?: Maybe<FullscriptTreatmentPlan>;
  /** The EMR patient it is for. */
  readonly patient: Patient;
  /** Whether a new Fullscript patient was made for it. */
  readonly createdPatient: Scalars['Boolean']['output'];
  /** Whether the given supplements are on the draft; also true when none were given. */
  readonly itemsApplied: Scalars['Boolean']['output'];
};

/** It is not certain which Fullscript patient is meant. Choose with `linkFullscriptPatient`, or let the practitioner choose on Fullscript's page. */
export type FullscriptPatientMatchRequired = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** Who it could be, the likeliest first. */
  readonly candidates: ReadonlyArray<FullscriptPatientCandidate>;
  /** Fullscript's own matching page; null when Fullscript gives none. */
  readonly gatewayUrl?: Maybe<Scalars['String']['output']>;
};

/** The EMR's record lacks what Fullscript needs to make a patient. */
export type FullscriptPatientDetailsMissing = FullscriptProblem & {
  /** What happened, in words that may be shown to the user. */
  readonly message: Scalars['String']['output'];
  /** Names of the empty EMR fields, out of email, firstName and lastName. */
  readonly fields: ReadonlyArray<Scalars['String']['output']>;
};

/** What an embedded plan tool is to show. */
export type FullscriptEmbedSessionInput = {
  /** The EMR patient to begin with; none when left out. */
  readonly patientId?: InputMaybe<Scalars['ID']['input']>;
  /** Which part of the tool opens first. */
  readonly entrypoint?: InputMaybe<FullscriptEntrypoint>;
  /** The Fullscript clinic; the viewer's default clinic when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
};

/** What became of an embed session. */
export type FullscriptEmbedSessionResult = FullscriptEmbedSession | FullscriptConnectionRequired;

/** Everything that Fullscript's script for embedding asks for. */
export type FullscriptEmbedSession = {
  /** The grant itself. It works once; hand it to the script and keep it nowhere. */
  readonly secretToken: Scalars['String']['output'];
  /** The public key of this deployment's Fullscript app. */
  readonly publicKey: Scalars['String']['output'];
  /** Which Fullscript it is for: us, ca, us-snd or ca-snd. */
  readonly env: Scalars['String']['output'];
  /** Until when the grant can be used. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** What to hand to the script's `patient` option; null when no patient was named. */
  readonly patient?: Maybe<FullscriptEmbedPatient>;
};

/** The patient to hand to Fullscript's script for embedding. */
export type FullscriptEmbedPatient = {
  /** Fullscript's id, for a patient who is linked; the other fields are for one who is not. */
  readonly id?: Maybe<Scalars['ID']['output']>;
  /** First name. */
  readonly firstName?: Maybe<Scalars['String']['output']>;
  /** Last name. */
  readonly lastName?: Maybe<Scalars['String']['output']>;
  /** E-mail address. */
  readonly email?: Maybe<Scalars['String']['output']>;
  /** Birth date. */
  readonly dateOfBirth?: Maybe<Scalars['Date']['output']>;
};

/** A sale at the desk. */
export type FullscriptInOfficeCheckoutInput = {
  /** Fullscript's id of the plan to sell. */
  readonly planId: Scalars['ID']['input'];
  /** Must be true: says that the patient's cart may be emptied. */
  readonly confirmEmptyCart: Scalars['Boolean']['input'];
};

/** What became of a sale at the desk. */
export type FullscriptInOfficeCheckoutResult =
  FullscriptInOfficeCheckout | FullscriptConnectionRequired | FullscriptRejected;

/** A sale at the desk that can be carried out. */
export type FullscriptInOfficeCheckout = {
  /** Fullscript's page on which the practitioner finishes it. */
  readonly url: Scalars['String']['output'];
};

/** Which authorizations to take away. */
export type FullscriptRevokeInput = {
  /** The EMR user whose authorization goes; oneself when left out. Another user's takes an administrator. */
  readonly userId?: InputMaybe<Scalars['ID']['input']>;
  /** Only the authorization at this Fullscript clinic; all clinics when left out. */
  readonly clinicId?: InputMaybe<Scalars['ID']['input']>;
  /** Why, in a few words for the record. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** The confirmation that everybody's authorization is to go. */
export type FullscriptRevokeAllInput = {
  /** Must be true, so that nobody does it by accident. */
  readonly confirm: Scalars['Boolean']['input'];
  /** Why, in a few words for the record. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
  /** Beyond the caller's own organization, to every one this deployment serves. For platform developers alone. */
  readonly allOrganizations?: InputMaybe<Scalars['Boolean']['input']>;
};

/** A revocation that was asked for. */
export type FullscriptRevokePayload = {
  /** What was closed here, and how far Fullscript has confirmed it. */
  readonly revocation: FullscriptRevocation;
};

/** Authorizations being taken away. As soon as this exists none of them is used here any more; each is then revoked at Fullscript, again and again until Fullscript confirms. */
export type FullscriptRevocation = {
  /** Our id of the revocation, to ask for its progress. */
  readonly id: Scalars['ID']['output'];
  /** The EMR user who asked for it. */
  readonly requestedBy: Scalars['ID']['output'];
  /** When it was asked for, which is when the authorizations were closed here. */
  readonly requestedAt: Scalars['DateTime']['output'];
  /** When Fullscript had confirmed the last one; null until then. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many authorizations it covers. */
  readonly total: Scalars['Int']['output'];
  /** How many Fullscript has confirmed. */
  readonly revoked: Scalars['Int']['output'];
  /** How many are closed here and still wait for Fullscript's confirmation. */
  readonly pending: Scalars['Int']['output'];
};

/** Which parked events are to be tried again. */
export type FullscriptRetryEventsInput = {
  /** Their ids, 1 to 1000; all parked events of the organization when left out. Unknown ones and those that are not parked are passed over. */
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};

/** What was put back. */
export type FullscriptRetryEventsPayload = {
  /** How many parked events were put back, to be tried again. */
  readonly retried: Scalars['Int']['output'];
};

/** How far the stored copy has taken in what happened at Fullscript. */
export type FullscriptSync = {
  /** Events, told by webhooks or found by a look through Fullscript's list, that wait to be applied. */
  readonly pendingEvents: Scalars['Int']['output'];
  /** When the oldest of them arrived; null when none waits. */
  readonly oldestPendingEventAt?: Maybe<Scalars['DateTime']['output']>;
  /** Events that were given up after repeated failure. What they may have changed is read anew before it counts as current. */
  readonly parkedEvents: Scalars['Int']['output'];
  /** The organization's clinics, by their id. */
  readonly clinics: ReadonlyArray<FullscriptClinicSync>;
};

/** How far one clinic's copy has come. */
export type FullscriptClinicSync = {
  /** The clinic. */
  readonly clinic: FullscriptClinic;
  /** When the last finished look through its events began, so that everything before it is in the copy; null before the first. */
  readonly sweptAt?: Maybe<Scalars['DateTime']['output']>;
  /** The first reading of the clinic's patients, plans and labs; null for one that was never begun. */
  readonly fill?: Maybe<FullscriptClinicFill>;
};

/** The first reading of a clinic as a whole, which goes on behind everything else. */
export type FullscriptClinicFill = {
  /** When it began. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** When it was through; null while it goes on. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Patients whose plans and labs are read. */
  readonly patientsDone: Scalars['Int']['output'];
  /** Patients it has found so far. */
  readonly patientsFound: Scalars['Int']['output'];
};

/** A page of parked events. */
export type FullscriptParkedEventConnection = {
  /** The rows with their cursors. */
  readonly edges: ReadonlyArray<FullscriptParkedEventEdge>;
  /** The same rows without cursors. */
  readonly nodes: ReadonlyArray<FullscriptParkedEvent>;
  /** Where this page stands. */
  readonly pageInfo: PageInfo;
};

/** One parked event with its cursor. */
export type FullscriptParkedEventEdge = {
  /** The row's place in the list. */
  readonly cursor: Scalars['String']['output'];
  /** The event. */
  readonly node: FullscriptParkedEvent;
};

/** An event of Fullscript's that could not be applied. It tells nothing of the patient it is about. */
export type FullscriptParkedEvent = {
  /** Our id of the event, to have it tried again. */
  readonly id: Scalars['ID']['output'];
  /** Fullscript's word for what happened, such as treatment_plan.updated. */
  readonly type: Scalars['String']['output'];
  /** The clinic it happened in. */
  readonly clinic: FullscriptClinic;
  /** When it happened, as Fullscript says; null when it did not say. */
  readonly occurredAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it arrived here. */
  readonly receivedAt: Scalars['DateTime']['output'];
  /** How often it was tried. */
  readonly attempts: Scalars['Int']['output'];
  /** By what the last try failed, in a word of ours: unavailable, rate_limited, rejected, contract (an answer that cannot be read), conflict, or bug (see the log). */
  readonly reason: Scalars['String']['output'];
};

/** A page of plans. */
export type FullscriptTreatmentPlanConnection = {
  /** The rows with their cursors. */
  readonly edges: ReadonlyArray<FullscriptTreatmentPlanEdge>;
  /** The same rows without cursors. */
  readonly nodes: ReadonlyArray<FullscriptTreatmentPlan>;
  /** Where this page stands. */
  readonly pageInfo: PageInfo;
  /** How many plans there are on all pages. */
  readonly totalCount: Scalars['Int']['output'];
  /** When the stored copy was last known to be what Fullscript has; null when nothing was ever fetched. */
  readonly syncedAt?: Maybe<Scalars['DateTime']['output']>;
  /** True when Fullscript may be ahead of this answer. */
  readonly stale: Scalars['Boolean']['output'];
};

/** One row of a list of plans. */
export type FullscriptTreatmentPlanEdge = {
  /** The row's place in the list. */
  readonly cursor: Scalars['String']['output'];
  /** The plan. */
  readonly node: FullscriptTreatmentPlan;
};

/** How far a plan has come. */
export type FullscriptPlanState =
  /** Being written; the patient does not see it. */
  | 'DRAFT'
  /** Sent to the patient. */
  | 'ACTIVE'
  /** Withdrawn at Fullscript. */
  | 'CANCELLED';

/** A plan at Fullscript: the supplements and lab tests that a practitioner recommends to a patient. */
export type FullscriptTreatmentPlan = {
  /** Fullscript's id of the plan. */
  readonly id: Scalars['ID']['output'];
  /** How far the plan has come. */
  readonly state: FullscriptPlanState;
  /** The Fullscript clinic it belongs to. */
  readonly clinic: FullscriptClinic;
  /** The EMR patient it is for; null while the Fullscript patient is linked to nobody. */
  readonly patient?: Maybe<Patient>;
  /** The EMR practitioner who wrote it; null when the author is not known in the EMR. */
  readonly practitioner?: Maybe<Practitioner>;
  /** The author's words to the patient. */
  readonly personalMessage?: Maybe<Scalars['String']['output']>;
  /** The day from which the patient can order. */
  readonly availableAt?: Maybe<Scalars['Date']['output']>;
  /** When it was begun at Fullscript. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** When Fullscript last changed it. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** The link that Fullscript sends the patient, for an Order button. */
  readonly invitationUrl?: Maybe<Scalars['String']['output']>;
  /** A new link to edit the plan on Fullscript's page, since a plan is never edited here. Every selection asks Fullscript; null for a cancelled plan. */
  readonly editUrl?: Maybe<Scalars['String']['output']>;
  /** The supplements. */
  readonly recommendations: ReadonlyArray<FullscriptRecommendation>;
  /** The lab tests, bought or not. */
  readonly labRecommendations: ReadonlyArray<FullscriptLabRecommendation>;
  /** The EMR chart note it was started from; null for plans begun elsewhere. */
  readonly chartId?: Maybe<Scalars['ID']['output']>;
  /** The imports of this plan into chart notes, oldest first. */
  readonly chartImports: ReadonlyArray<FullscriptChartImport>;
};

/** A supplement on a plan. */
export type FullscriptRecommendation = {
  /** An id that stays the same within the plan. */
  readonly id: Scalars['ID']['output'];
  /** Fullscript's id of the pack that is recommended. */
  readonly variantId: Scalars['ID']['output'];
  /** The pack's description; null while Fullscript's catalogue does not yield it. */
  readonly product?: Maybe<FullscriptProductVariant>;
  /** How many packs the patient should buy. */
  readonly unitsToPurchase?: Maybe<Scalars['Int']['output']>;
  /** Whether the patient should buy it again when it runs out. */
  readonly refill?: Maybe<Scalars['Boolean']['output']>;
  /** What to take it with, such as food or water. */
  readonly takeWith?: Maybe<Scalars['String']['output']>;
  /** How to take it; null when nothing is said. */
  readonly dosage?: Maybe<FullscriptDosage>;
};

/** How to take a supplement, in Fullscript's own words. */
export type FullscriptDosage = {
  /** How much at a time. */
  readonly amount?: Maybe<Scalars['String']['output']>;
  /** How often. */
  readonly frequency?: Maybe<Scalars['String']['output']>;
  /** For how long. */
  readonly duration?: Maybe<Scalars['String']['output']>;
  /** In what form, such as capsules or drops. */
  readonly format?: Maybe<Scalars['String']['output']>;
  /** At which times of the day. */
  readonly timeOfDay: ReadonlyArray<Scalars['String']['output']>;
  /** Anything else the practitioner wrote. */
  readonly additionalInfo?: Maybe<Scalars['String']['output']>;
  /** The whole instruction in one line to read; "Use as directed" when there is none. */
  readonly text: Scalars['String']['output'];
};

/** A lab test on a plan, whether it was bought or not. */
export type FullscriptLabRecommendation = {
  /** Fullscript's id of the recommended test. */
  readonly id: Scalars['ID']['output'];
  /** What the lab calls it. */
  readonly name: Scalars['String']['output'];
  /** Whether the patient must fast before; null when Fullscript does not say. */
  readonly requiresFasting?: Maybe<Scalars['Boolean']['output']>;
  /** What the patient should mind. */
  readonly instructions?: Maybe<Scalars['String']['output']>;
  /** The single tests that it is made of. */
  readonly tests: ReadonlyArray<FullscriptLabTest>;
  /** How far it has come, in the three stages that an EMR shows; UNKNOWN when that cannot be told just now. */
  readonly stage: FullscriptLabStage;
  /** The order at Fullscript that belongs to it, bought or not; null while there is none. */
  readonly labOrder?: Maybe<FullscriptLabOrder>;
};

/** The signed-in EMR user as far as Fullscript is concerned. */
export type FullscriptViewer = {
  /** How the default account stands; NOT_CONNECTED when there is none. */
  readonly connectionStatus: FullscriptConnectionStatus;
  /** One account for each Fullscript clinic the user has connected, the default clinic ahead of the others. */
  readonly accounts: ReadonlyArray<FullscriptAccount>;
  /** Whether `createRecommendation` is open to this user now: the right role, switched on, and an authorization that may write to the clinic. */
  readonly canRecommend: Scalars['Boolean']['output'];
  /** Whether this user may see and change other users' connections in the organization. */
  readonly canAdminister: Scalars['Boolean']['output'];
};

/** How a user or a patient stands with Fullscript. Users and patients share one set of words, so that a single document may ask both. */
export type FullscriptConnectionStatus =
  /** User: has never authorized us, or has taken it back. Patient: no Fullscript patient is linked and none was found; recommending will make one. */
  | 'NOT_CONNECTED'
  /** User: the authorization works. Patient: linked to a Fullscript patient. */
  | 'CONNECTED'
  /** User: Fullscript no longer accepts the authorization, or it lacks a scope that this deployment needs; connecting again repairs it. */
  | 'RECONNECT_REQUIRED'
  /** User: an administrator has switched the integration off for this user or the whole organization. */
  | 'DISABLED'
  /** Patient: somebody at Fullscript has the same e-mail address but is not unmistakably this person; a human must choose. */
  | 'MATCH_REQUIRED'
  /** Patient: it cannot be said. The viewer has no usable connection, the EMR hides the patient, or Fullscript is out of reach and nothing is stored. */
  | 'UNKNOWN';

export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
  reference: TReference,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult;

type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<
  TResult,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<
  TResult,
  TKey extends string,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo,
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  obj: T,
  context: TContext,
  info: GraphQLResolveInfo,
) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<
  TResult = Record<PropertyKey, never>,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Practitioner: Practitioner;
  FullscriptAccount: FullscriptAccount;
  FullscriptClinic: FullscriptClinic;
  Chart: Chart;
  Patient: Patient;
  FullscriptLabOrder: FullscriptLabOrder;
  FullscriptLabResult: FullscriptLabResult;
  FullscriptPatientAccount: FullscriptPatientAccount;
  FullscriptProductVariant: FullscriptProductVariant;
  FullscriptRevocation: FullscriptRevocation;
  FullscriptTreatmentPlan: FullscriptTreatmentPlan;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Practitioner: { __typename: 'Practitioner' } & GraphQLRecursivePick<FederationTypes['Practitioner'], { id: true }>;
  FullscriptAccount: { __typename: 'FullscriptAccount' } & GraphQLRecursivePick<
    FederationTypes['FullscriptAccount'],
    { id: true }
  >;
  FullscriptClinic: { __typename: 'FullscriptClinic' } & GraphQLRecursivePick<
    FederationTypes['FullscriptClinic'],
    { id: true }
  >;
  Chart: { __typename: 'Chart' } & GraphQLRecursivePick<FederationTypes['Chart'], { id: true }>;
  Patient: { __typename: 'Patient' } & GraphQLRecursivePick<FederationTypes['Patient'], { id: true }> &
    (
      | Record<PropertyKey, never>
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
      | GraphQLRecursivePick<
          FederationTypes['Patient'],
          { email: true; firstName: true; lastName: true; dateOfBirth: true }
        >
    );
  FullscriptLabOrder: { __typename: 'FullscriptLabOrder' } & GraphQLRecursivePick<
    FederationTypes['FullscriptLabOrder'],
    { id: true }
  >;
  FullscriptLabResult: { __typename: 'FullscriptLabResult' } & GraphQLRecursivePick<
    FederationTypes['FullscriptLabResult'],
    { id: true }
  >;
  FullscriptPatientAccount: { __typename: 'FullscriptPatientAccount' } & GraphQLRecursivePick<
    FederationTypes['FullscriptPatientAccount'],
    { id: true }
  >;
  FullscriptProductVariant: { __typename: 'FullscriptProductVariant' } & GraphQLRecursivePick<
    FederationTypes['FullscriptProductVariant'],
    { id: true }
  >;
  FullscriptRevocation: { __typename: 'FullscriptRevocation' } & GraphQLRecursivePick<
    FederationTypes['FullscriptRevocation'],
    { id: true }
  >;
  FullscriptTreatmentPlan: { __typename: 'FullscriptTreatmentPlan' } & GraphQLRecursivePick<
    FederationTypes['FullscriptTreatmentPlan'],
    { id: true }
  >;
};

/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  FullscriptCompleteConnectResult:
    | (Omit<FullscriptConnected, 'account'> & { account: _RefType['FullscriptAccount'] } & {
        __typename: 'FullscriptConnected';
      })
    | (FullscriptConnectDeclined & { __typename: 'FullscriptConnectDeclined' })
    | (FullscriptConnectExpired & { __typename: 'FullscriptConnectExpired' });
  FullscriptImportPlanResult:
    | (Omit<FullscriptPlanImported, 'import' | 'chart' | 'skippedLabs'> & {
        import: _RefType['FullscriptChartImport'];
        chart: _RefType['Chart'];
        skippedLabs: ReadonlyArray<_RefType['FullscriptLabRecommendation']>;
      } & { __typename: 'FullscriptPlanImported' })
    | (FullscriptChartLocked & { __typename: 'FullscriptChartLocked' })
    | (FullscriptPlanNotImportable & { __typename: 'FullscriptPlanNotImportable' })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' });
  FullscriptLinkPatientResult:
    | (Omit<FullscriptPatientLinked, 'patient' | 'account'> & {
        patient: _RefType['Patient'];
        account: _RefType['FullscriptPatientAccount'];
      } & { __typename: 'FullscriptPatientLinked' })
    | (FullscriptPatientTaken & { __typename: 'FullscriptPatientTaken' })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' });
  FullscriptUpdatePatientResult:
    | (Omit<FullscriptPatientUpdated, 'account'> & { account: _RefType['FullscriptPatientAccount'] } & {
        __typename: 'FullscriptPatientUpdated';
      })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' })
    | (FullscriptPatientNotLinked & { __typename: 'FullscriptPatientNotLinked' })
    | (FullscriptRejected & { __typename: 'FullscriptRejected' });
  FullscriptCreateRecommendationResult:
    | (Omit<FullscriptRecommendationDraft, 'plan' | 'patient'> & {
        plan?: Maybe<_RefType['FullscriptTreatmentPlan']>;
        patient: _RefType['Patient'];
      } & { __typename: 'FullscriptRecommendationDraft' })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' })
    | (Omit<FullscriptPatientMatchRequired, 'candidates'> & {
        candidates: ReadonlyArray<_RefType['FullscriptPatientCandidate']>;
      } & { __typename: 'FullscriptPatientMatchRequired' })
    | (FullscriptPatientDetailsMissing & { __typename: 'FullscriptPatientDetailsMissing' })
    | (FullscriptRejected & { __typename: 'FullscriptRejected' });
  FullscriptEmbedSessionResult:
    | (FullscriptEmbedSession & { __typename: 'FullscriptEmbedSession' })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' });
  FullscriptInOfficeCheckoutResult:
    | (FullscriptInOfficeCheckout & { __typename: 'FullscriptInOfficeCheckout' })
    | (FullscriptConnectionRequired & { __typename: 'FullscriptConnectionRequired' })
    | (FullscriptRejected & { __typename: 'FullscriptRejected' });
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  FullscriptProblem:
    | FullscriptConnectDeclined
    | FullscriptConnectExpired
    | FullscriptChartLocked
    | FullscriptPlanNotImportable
    | FullscriptPatientTaken
    | FullscriptPatientNotLinked
    | FullscriptConnectionRequired
    | FullscriptRejected
    | (Omit<FullscriptPatientMatchRequired, 'candidates'> & {
        candidates: ReadonlyArray<_RefType['FullscriptPatientCandidate']>;
      })
    | FullscriptPatientDetailsMissing;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Practitioner: ResolverTypeWrapper<PractitionerParent>;
  FullscriptAccount: ResolverTypeWrapper<FullscriptAccountParent>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  FullscriptUserType: FullscriptUserType;
  FullscriptClinic: ResolverTypeWrapper<FullscriptClinicParent>;
  FullscriptAccountConnection: ResolverTypeWrapper<
    Omit<FullscriptAccountConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['FullscriptAccountEdge']>;
      nodes: ReadonlyArray<ResolversTypes['FullscriptAccount']>;
    }
  >;
  FullscriptAccountEdge: ResolverTypeWrapper<
    Omit<FullscriptAccountEdge, 'node'> & { node: ResolversTypes['FullscriptAccount'] }
  >;
  FullscriptConnectInput: FullscriptConnectInput;
  FullscriptConnectPayload: ResolverTypeWrapper<FullscriptConnectPayload>;
  FullscriptCompleteConnectInput: FullscriptCompleteConnectInput;
  FullscriptCompleteConnectResult: ResolverTypeWrapper<
    ResolversUnionTypes<ResolversTypes>['FullscriptCompleteConnectResult']
  >;
  FullscriptConnected: ResolverTypeWrapper<
    Omit<FullscriptConnected, 'account'> & { account: ResolversTypes['FullscriptAccount'] }
  >;
  FullscriptConnectDeclined: ResolverTypeWrapper<FullscriptConnectDeclined>;
  FullscriptConnectExpired: ResolverTypeWrapper<FullscriptConnectExpired>;
  FullscriptSetEnabledInput: FullscriptSetEnabledInput;
  FullscriptSetEnabledPayload: ResolverTypeWrapper<FullscriptSetEnabledPayload>;
  FullscriptAuditEventConnection: ResolverTypeWrapper<FullscriptAuditEventConnection>;
  FullscriptAuditEventEdge: ResolverTypeWrapper<FullscriptAuditEventEdge>;
  FullscriptAuditEvent: ResolverTypeWrapper<FullscriptAuditEvent>;
  Chart: ResolverTypeWrapper<ChartParent>;
  FullscriptChartImport: ResolverTypeWrapper<FullscriptChartImportParent>;
  FullscriptChartItem: ResolverTypeWrapper<FullscriptChartItemParent>;
  FullscriptImportPlanInput: FullscriptImportPlanInput;
  FullscriptChartItemOverride: FullscriptChartItemOverride;
  FullscriptImportPlanResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['FullscriptImportPlanResult']>;
  FullscriptPlanImported: ResolverTypeWrapper<
    Omit<FullscriptPlanImported, 'import' | 'chart' | 'skippedLabs'> & {
      import: ResolversTypes['FullscriptChartImport'];
      chart: ResolversTypes['Chart'];
      skippedLabs: ReadonlyArray<ResolversTypes['FullscriptLabRecommendation']>;
    }
  >;
  FullscriptChartLocked: ResolverTypeWrapper<FullscriptChartLocked>;
  FullscriptPlanNotImportable: ResolverTypeWrapper<FullscriptPlanNotImportable>;
  FullscriptNotImportableReason: FullscriptNotImportableReason;
  Patient: ResolverTypeWrapper<PatientParent>;
  FullscriptFreshness: FullscriptFreshness;
  FullscriptLabStage: FullscriptLabStage;
  FullscriptLabTest: ResolverTypeWrapper<FullscriptLabTest>;
  FullscriptLabOrderConnection: ResolverTypeWrapper<FullscriptLabOrderConnectionParent>;
  FullscriptLabOrderEdge: ResolverTypeWrapper<
    Omit<FullscriptLabOrderEdge, 'node'> & { node: ResolversTypes['FullscriptLabOrder'] }
  >;
  FullscriptLabOrderStatus: FullscriptLabOrderStatus;
  FullscriptLabOrder: ResolverTypeWrapper<FullscriptLabOrderParent>;
  FullscriptLabResult: ResolverTypeWrapper<FullscriptLabResultParent>;
  FullscriptLabResultVersion: ResolverTypeWrapper<FullscriptLabResultVersion>;
  FullscriptLabReview: ResolverTypeWrapper<FullscriptLabReviewParent>;
  FullscriptLabReviewAction: FullscriptLabReviewAction;
  FullscriptLabReviewEvent: ResolverTypeWrapper<FullscriptLabReviewEvent>;
  FullscriptLabNote: ResolverTypeWrapper<FullscriptLabNote>;
  FullscriptReviewLabResultInput: FullscriptReviewLabResultInput;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  FullscriptPatientChange: ResolverTypeWrapper<FullscriptPatientChangeParent>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  FullscriptPatientAccount: ResolverTypeWrapper<FullscriptPatientAccountParent>;
  FullscriptLinkMethod: FullscriptLinkMethod;
  FullscriptPatientCandidate: ResolverTypeWrapper<FullscriptPatientCandidateParent>;
  FullscriptLinkPatientInput: FullscriptLinkPatientInput;
  FullscriptLinkPatientResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['FullscriptLinkPatientResult']>;
  FullscriptPatientLinked: ResolverTypeWrapper<
    Omit<FullscriptPatientLinked, 'patient' | 'account'> & {
      patient: ResolversTypes['Patient'];
      account: ResolversTypes['FullscriptPatientAccount'];
    }
  >;
  FullscriptPatientTaken: ResolverTypeWrapper<FullscriptPatientTaken>;
  FullscriptUnlinkPatientInput: FullscriptUnlinkPatientInput;
  FullscriptUnlinkPatientPayload: ResolverTypeWrapper<
    Omit<FullscriptUnlinkPatientPayload, 'patient'> & { patient: ResolversTypes['Patient'] }
  >;
  FullscriptUpdatePatientInput: FullscriptUpdatePatientInput;
  FullscriptUpdatePatientResult: ResolverTypeWrapper<
    ResolversUnionTypes<ResolversTypes>['FullscriptUpdatePatientResult']
  >;
  FullscriptPatientUpdated: ResolverTypeWrapper<
    Omit<FullscriptPatientUpdated, 'account'> & { account: ResolversTypes['FullscriptPatientAccount'] }
  >;
  FullscriptPatientNotLinked: ResolverTypeWrapper<FullscriptPatientNotLinked>;
  FullscriptProblem: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['FullscriptProblem']>;
  FullscriptConnectionRequired: ResolverTypeWrapper<FullscriptConnectionRequired>;
  FullscriptRejected: ResolverTypeWrapper<FullscriptRejected>;
  FullscriptProductVariant: ResolverTypeWrapper<FullscriptProductVariantParent>;
  FullscriptCreateRecommendationInput: FullscriptCreateRecommendationInput;
  FullscriptEntrypoint: FullscriptEntrypoint;
  FullscriptRecommendationInput: FullscriptRecommendationInput;
  FullscriptDosageInput: FullscriptDosageInput;
  FullscriptCreateRecommendationResult: ResolverTypeWrapper<
    ResolversUnionTypes<ResolversTypes>['FullscriptCreateRecommendationResult']
  >;
  FullscriptRecommendationDraft: ResolverTypeWrapper<
    Omit<FullscriptRecommendationDraft, 'plan' | 'patient'> & {
      plan?: Maybe<ResolversTypes['FullscriptTreatmentPlan']>;
      patient: ResolversTypes['Patient'];
    }
  >;
  FullscriptPatientMatchRequired: ResolverTypeWrapper<
    Omit<FullscriptPatientMatchRequired, 'candidates'> & {
      candidates: ReadonlyArray<ResolversTypes['FullscriptPatientCandidate']>;
    }
  >;
  FullscriptPatientDetailsMissing: ResolverTypeWrapper<FullscriptPatientDetailsMissing>;
  FullscriptEmbedSessionInput: FullscriptEmbedSessionInput;
  FullscriptEmbedSessionResult: ResolverTypeWrapper<
    ResolversUnionTypes<ResolversTypes>['FullscriptEmbedSessionResult']
  >;
  FullscriptEmbedSession: ResolverTypeWrapper<FullscriptEmbedSession>;
  FullscriptEmbedPatient: ResolverTypeWrapper<FullscriptEmbedPatient>;
  FullscriptInOfficeCheckoutInput: FullscriptInOfficeCheckoutInput;
  FullscriptInOfficeCheckoutResult: ResolverTypeWrapper<
    ResolversUnionTypes<ResolversTypes>['FullscriptInOfficeCheckoutResult']
  >;
  FullscriptInOfficeCheckout: ResolverTypeWrapper<FullscriptInOfficeCheckout>;
  FullscriptRevokeInput: FullscriptRevokeInput;
  FullscriptRevokeAllInput: FullscriptRevokeAllInput;
  FullscriptRevokePayload: ResolverTypeWrapper<
    Omit<FullscriptRevokePayload, 'revocation'> & { revocation: ResolversTypes['FullscriptRevocation'] }
  >;
  FullscriptRevocation: ResolverTypeWrapper<FullscriptRevocationParent>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  FullscriptRetryEventsInput: FullscriptRetryEventsInput;
  FullscriptRetryEventsPayload: ResolverTypeWrapper<FullscriptRetryEventsPayload>;
  FullscriptSync: ResolverTypeWrapper<
    Omit<FullscriptSync, 'clinics'> & { clinics: ReadonlyArray<ResolversTypes['FullscriptClinicSync']> }
  >;
  FullscriptClinicSync: ResolverTypeWrapper<
    Omit<FullscriptClinicSync, 'clinic'> & { clinic: ResolversTypes['FullscriptClinic'] }
  >;
  FullscriptClinicFill: ResolverTypeWrapper<FullscriptClinicFill>;
  FullscriptParkedEventConnection: ResolverTypeWrapper<
    Omit<FullscriptParkedEventConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['FullscriptParkedEventEdge']>;
      nodes: ReadonlyArray<ResolversTypes['FullscriptParkedEvent']>;
    }
  >;
  FullscriptParkedEventEdge: ResolverTypeWrapper<
    Omit<FullscriptParkedEventEdge, 'node'> & { node: ResolversTypes['FullscriptParkedEvent'] }
  >;
  FullscriptParkedEvent: ResolverTypeWrapper<
    Omit<FullscriptParkedEvent, 'clinic'> & { clinic: ResolversTypes['FullscriptClinic'] }
  >;
  FullscriptTreatmentPlanConnection: ResolverTypeWrapper<FullscriptTreatmentPlanConnectionParent>;
  FullscriptTreatmentPlanEdge: ResolverTypeWrapper<
    Omit<FullscriptTreatmentPlanEdge, 'node'> & { node: ResolversTypes['FullscriptTreatmentPlan'] }
  >;
  FullscriptPlanState: FullscriptPlanState;
  FullscriptTreatmentPlan: ResolverTypeWrapper<FullscriptTreatmentPlanParent>;
  FullscriptRecommendation: ResolverTypeWrapper<FullscriptRecommendationParent>;
  FullscriptDosage: ResolverTypeWrapper<FullscriptDosageParent>;
  FullscriptLabRecommendation: ResolverTypeWrapper<FullscriptLabRecommendationParent>;
  FullscriptViewer: ResolverTypeWrapper<FullscriptViewerParent>;
  FullscriptConnectionStatus: FullscriptConnectionStatus;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Query: Record<PropertyKey, never>;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  ID: Scalars['ID']['output'];
  Mutation: Record<PropertyKey, never>;
  Practitioner: PractitionerParent;
  FullscriptAccount: FullscriptAccountParent;
  Boolean: Scalars['Boolean']['output'];
  FullscriptClinic: FullscriptClinicParent;
  FullscriptAccountConnection: Omit<FullscriptAccountConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['FullscriptAccountEdge']>;
    nodes: ReadonlyArray<ResolversParentTypes['FullscriptAccount']>;
  };
  FullscriptAccountEdge: Omit<FullscriptAccountEdge, 'node'> & { node: ResolversParentTypes['FullscriptAccount'] };
  FullscriptConnectInput: FullscriptConnectInput;
  FullscriptConnectPayload: FullscriptConnectPayload;
  FullscriptCompleteConnectInput: FullscriptCompleteConnectInput;
  FullscriptCompleteConnectResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptCompleteConnectResult'];
  FullscriptConnected: Omit<FullscriptConnected, 'account'> & { account: ResolversParentTypes['FullscriptAccount'] };
  FullscriptConnectDeclined: FullscriptConnectDeclined;
  FullscriptConnectExpired: FullscriptConnectExpired;
  FullscriptSetEnabledInput: FullscriptSetEnabledInput;
  FullscriptSetEnabledPayload: FullscriptSetEnabledPayload;
  FullscriptAuditEventConnection: FullscriptAuditEventConnection;
  FullscriptAuditEventEdge: FullscriptAuditEventEdge;
  FullscriptAuditEvent: FullscriptAuditEvent;
  Chart: ChartParent;
  FullscriptChartImport: FullscriptChartImportParent;
  FullscriptChartItem: FullscriptChartItemParent;
  FullscriptImportPlanInput: FullscriptImportPlanInput;
  FullscriptChartItemOverride: FullscriptChartItemOverride;
  FullscriptImportPlanResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptImportPlanResult'];
  FullscriptPlanImported: Omit<FullscriptPlanImported, 'import' | 'chart' | 'skippedLabs'> & {
    import: ResolversParentTypes['FullscriptChartImport'];
    chart: ResolversParentTypes['Chart'];
    skippedLabs: ReadonlyArray<ResolversParentTypes['FullscriptLabRecommendation']>;
  };
  FullscriptChartLocked: FullscriptChartLocked;
  FullscriptPlanNotImportable: FullscriptPlanNotImportable;
  Patient: PatientParent;
  FullscriptLabTest: FullscriptLabTest;
  FullscriptLabOrderConnection: FullscriptLabOrderConnectionParent;
  FullscriptLabOrderEdge: Omit<FullscriptLabOrderEdge, 'node'> & { node: ResolversParentTypes['FullscriptLabOrder'] };
  FullscriptLabOrder: FullscriptLabOrderParent;
  FullscriptLabResult: FullscriptLabResultParent;
  FullscriptLabResultVersion: FullscriptLabResultVersion;
  FullscriptLabReview: FullscriptLabReviewParent;
  FullscriptLabReviewEvent: FullscriptLabReviewEvent;
  FullscriptLabNote: FullscriptLabNote;
  FullscriptReviewLabResultInput: FullscriptReviewLabResultInput;
  Subscription: Record<PropertyKey, never>;
  FullscriptPatientChange: FullscriptPatientChangeParent;
  PageInfo: PageInfo;
  FullscriptPatientAccount: FullscriptPatientAccountParent;
  FullscriptPatientCandidate: FullscriptPatientCandidateParent;
  FullscriptLinkPatientInput: FullscriptLinkPatientInput;
  FullscriptLinkPatientResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptLinkPatientResult'];
  FullscriptPatientLinked: Omit<FullscriptPatientLinked, 'patient' | 'account'> & {
    patient: ResolversParentTypes['Patient'];
    account: ResolversParentTypes['FullscriptPatientAccount'];
  };
  FullscriptPatientTaken: FullscriptPatientTaken;
  FullscriptUnlinkPatientInput: FullscriptUnlinkPatientInput;
  FullscriptUnlinkPatientPayload: Omit<FullscriptUnlinkPatientPayload, 'patient'> & {
    patient: ResolversParentTypes['Patient'];
  };
  FullscriptUpdatePatientInput: FullscriptUpdatePatientInput;
  FullscriptUpdatePatientResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptUpdatePatientResult'];
  FullscriptPatientUpdated: Omit<FullscriptPatientUpdated, 'account'> & {
    account: ResolversParentTypes['FullscriptPatientAccount'];
  };
  FullscriptPatientNotLinked: FullscriptPatientNotLinked;
  FullscriptProblem: ResolversInterfaceTypes<ResolversParentTypes>['FullscriptProblem'];
  FullscriptConnectionRequired: FullscriptConnectionRequired;
  FullscriptRejected: FullscriptRejected;
  FullscriptProductVariant: FullscriptProductVariantParent;
  FullscriptCreateRecommendationInput: FullscriptCreateRecommendationInput;
  FullscriptRecommendationInput: FullscriptRecommendationInput;
  FullscriptDosageInput: FullscriptDosageInput;
  FullscriptCreateRecommendationResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptCreateRecommendationResult'];
  FullscriptRecommendationDraft: Omit<FullscriptRecommendationDraft, 'plan' | 'patient'> & {
    plan?: Maybe<ResolversParentTypes['FullscriptTreatmentPlan']>;
    patient: ResolversParentTypes['Patient'];
  };
  FullscriptPatientMatchRequired: Omit<FullscriptPatientMatchRequired, 'candidates'> & {
    candidates: ReadonlyArray<ResolversParentTypes['FullscriptPatientCandidate']>;
  };
  FullscriptPatientDetailsMissing: FullscriptPatientDetailsMissing;
  FullscriptEmbedSessionInput: FullscriptEmbedSessionInput;
  FullscriptEmbedSessionResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptEmbedSessionResult'];
  FullscriptEmbedSession: FullscriptEmbedSession;
  FullscriptEmbedPatient: FullscriptEmbedPatient;
  FullscriptInOfficeCheckoutInput: FullscriptInOfficeCheckoutInput;
  FullscriptInOfficeCheckoutResult: ResolversUnionTypes<ResolversParentTypes>['FullscriptInOfficeCheckoutResult'];
  FullscriptInOfficeCheckout: FullscriptInOfficeCheckout;
  FullscriptRevokeInput: FullscriptRevokeInput;
  FullscriptRevokeAllInput: FullscriptRevokeAllInput;
  FullscriptRevokePayload: Omit<FullscriptRevokePayload, 'revocation'> & {
    revocation: ResolversParentTypes['FullscriptRevocation'];
  };
  FullscriptRevocation: FullscriptRevocationParent;
  DateTime: Scalars['DateTime']['output'];
  Date: Scalars['Date']['output'];
  FullscriptRetryEventsInput: FullscriptRetryEventsInput;
  FullscriptRetryEventsPayload: FullscriptRetryEventsPayload;
  FullscriptSync: Omit<FullscriptSync, 'clinics'> & {
    clinics: ReadonlyArray<ResolversParentTypes['FullscriptClinicSync']>;
  };
  FullscriptClinicSync: Omit<FullscriptClinicSync, 'clinic'> & { clinic: ResolversParentTypes['FullscriptClinic'] };
  FullscriptClinicFill: FullscriptClinicFill;
  FullscriptParkedEventConnection: Omit<FullscriptParkedEventConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['FullscriptParkedEventEdge']>;
    nodes: ReadonlyArray<ResolversParentTypes['FullscriptParkedEvent']>;
  };
  FullscriptParkedEventEdge: Omit<FullscriptParkedEventEdge, 'node'> & {
    node: ResolversParentTypes['FullscriptParkedEvent'];
  };
  FullscriptParkedEvent: Omit<FullscriptParkedEvent, 'clinic'> & { clinic: ResolversParentTypes['FullscriptClinic'] };
  FullscriptTreatmentPlanConnection: FullscriptTreatmentPlanConnectionParent;
  FullscriptTreatmentPlanEdge: Omit<FullscriptTreatmentPlanEdge, 'node'> & {
    node: ResolversParentTypes['FullscriptTreatmentPlan'];
  };
  FullscriptTreatmentPlan: FullscriptTreatmentPlanParent;
  FullscriptRecommendation: FullscriptRecommendationParent;
  FullscriptDosage: FullscriptDosageParent;
  FullscriptLabRecommendation: FullscriptLabRecommendationParent;
  FullscriptViewer: FullscriptViewerParent;
};

export type QueryResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query'],
> = {
  fullscriptAccounts?: Resolver<
    ResolversTypes['FullscriptAccountConnection'],
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptAccountsArgs, 'first'>
  >;
  fullscriptAuditEvents?: Resolver<
    ResolversTypes['FullscriptAuditEventConnection'],
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptAuditEventsArgs, 'first'>
  >;
  fullscriptLabOrder?: Resolver<
    Maybe<ResolversTypes['FullscriptLabOrder']>,
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptLabOrderArgs, 'id' | 'freshness'>
  >;
  fullscriptPatientCandidates?: Resolver<
    ReadonlyArray<ResolversTypes['FullscriptPatientCandidate']>,
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptPatientCandidatesArgs, 'patientId'>
  >;
  fullscriptRevocation?: Resolver<
    Maybe<ResolversTypes['FullscriptRevocation']>,
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptRevocationArgs, 'id'>
  >;
  fullscriptSync?: Resolver<ResolversTypes['FullscriptSync'], ParentType, ContextType>;
  fullscriptParkedEvents?: Resolver<
    ResolversTypes['FullscriptParkedEventConnection'],
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptParkedEventsArgs, 'first'>
  >;
  fullscriptTreatmentPlan?: Resolver<
    Maybe<ResolversTypes['FullscriptTreatmentPlan']>,
    ParentType,
    ContextType,
    RequireFields<QueryFullscriptTreatmentPlanArgs, 'id' | 'freshness'>
  >;
  fullscriptViewer?: Resolver<ResolversTypes['FullscriptViewer'], ParentType, ContextType>;
};

export type MutationResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation'],
> = {
  connect?: Resolver<ResolversTypes['FullscriptConnectPayload'], ParentType, ContextType, Partial<MutationConnectArgs>>;
  completeConnect?: Resolver<
    ResolversTypes['FullscriptCompleteConnectResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCompleteConnectArgs, 'input'>
  >;
  setFullscriptEnabled?: Resolver<
    ResolversTypes['FullscriptSetEnabledPayload'],
    ParentType,
    ContextType,
    RequireFields<MutationSetFullscriptEnabledArgs, 'input'>
  >;
  setDefaultFullscriptClinic?: Resolver<
    ResolversTypes['FullscriptViewer'],
    ParentType,
    ContextType,
    RequireFields<MutationSetDefaultFullscriptClinicArgs, 'clinicId'>
  >;
  importPlanIntoChart?: Resolver<
    ResolversTypes['FullscriptImportPlanResult'],
    ParentType,
    ContextType,
    RequireFields<MutationImportPlanIntoChartArgs, 'input'>
  >;
  reviewFullscriptLabResult?: Resolver<
    ResolversTypes['FullscriptLabResult'],
    ParentType,
    ContextType,
    RequireFields<MutationReviewFullscriptLabResultArgs, 'input'>
  >;
  linkFullscriptPatient?: Resolver<
    ResolversTypes['FullscriptLinkPatientResult'],
    ParentType,
    ContextType,
    RequireFields<MutationLinkFullscriptPatientArgs, 'input'>
  >;
  unlinkFullscriptPatient?: Resolver<
    ResolversTypes['FullscriptUnlinkPatientPayload'],
    ParentType,
    ContextType,
    RequireFields<MutationUnlinkFullscriptPatientArgs, 'input'>
  >;
  updateFullscriptPatient?: Resolver<
    ResolversTypes['FullscriptUpdatePatientResult'],
    ParentType,
    ContextType,
    RequireFields<MutationUpdateFullscriptPatientArgs, 'input'>
  >;
  createRecommendation?: Resolver<
    ResolversTypes['FullscriptCreateRecommendationResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCreateRecommendationArgs, 'input'>
  >;
  createFullscriptEmbedSession?: Resolver<
    ResolversTypes['FullscriptEmbedSessionResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCreateFullscriptEmbedSessionArgs, 'input'>
  >;
  createFullscriptInOfficeCheckout?: Resolver<
    ResolversTypes['FullscriptInOfficeCheckoutResult'],
    ParentType,
    ContextType,
    RequireFields<MutationCreateFullscriptInOfficeCheckoutArgs, 'input'>
  >;
  revoke?: Resolver<ResolversTypes['FullscriptRevokePayload'], ParentType, ContextType, Partial<MutationRevokeArgs>>;
  revokeAll?: Resolver<
    ResolversTypes['FullscriptRevokePayload'],
    ParentType,
    ContextType,
    RequireFields<MutationRevokeAllArgs, 'input'>
  >;
  retryFullscriptEvents?: Resolver<
    ResolversTypes['FullscriptRetryEventsPayload'],
    ParentType,
    ContextType,
    Partial<MutationRetryFullscriptEventsArgs>
  >;
};

export type PractitionerResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Practitioner'] = ResolversParentTypes['Practitioner'],
  FederationReferenceType extends FederationReferenceTypes['Practitioner'] = FederationReferenceTypes['Practitioner'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['Practitioner']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  connectionStatus?: Resolver<ResolversTypes['FullscriptConnectionStatus'], ParentType, ContextType>;
  fullscriptAccount?: Resolver<Maybe<ResolversTypes['FullscriptAccount']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  labOrders?: Resolver<
    Maybe<ResolversTypes['FullscriptLabOrderConnection']>,
    ParentType,
    ContextType,
    RequireFields<PractitionerLabOrdersArgs, 'first'>
  >;
  treatmentPlans?: Resolver<
    Maybe<ResolversTypes['FullscriptTreatmentPlanConnection']>,
    ParentType,
    ContextType,
    RequireFields<PractitionerTreatmentPlansArgs, 'first'>
  >;
};

export type FullscriptAccountResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAccount'] = ResolversParentTypes['FullscriptAccount'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptAccount'] =
    FederationReferenceTypes['FullscriptAccount'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptAccount']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  userId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  practitioner?: Resolver<Maybe<ResolversTypes['Practitioner']>, ParentType, ContextType>;
  fullscriptUserId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['FullscriptUserType'], ParentType, ContextType>;
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['FullscriptConnectionStatus'], ParentType, ContextType>;
  isDefault?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  missingScopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  connectedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  verifiedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type FullscriptClinicResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptClinic'] = ResolversParentTypes['FullscriptClinic'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptClinic'] =
    FederationReferenceTypes['FullscriptClinic'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptClinic']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  discountPercent?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type FullscriptAccountConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAccountConnection'] =
    ResolversParentTypes['FullscriptAccountConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['FullscriptAccountEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptAccount']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FullscriptAccountEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAccountEdge'] = ResolversParentTypes['FullscriptAccountEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['FullscriptAccount'], ParentType, ContextType>;
};

export type FullscriptConnectPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptConnectPayload'] =
    ResolversParentTypes['FullscriptConnectPayload'],
> = {
  authorizeUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type FullscriptCompleteConnectResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptCompleteConnectResult'] =
    ResolversParentTypes['FullscriptCompleteConnectResult'],
> = {
  __resolveType: TypeResolveFn<
    'FullscriptConnected' | 'FullscriptConnectDeclined' | 'FullscriptConnectExpired',
    ParentType,
    ContextType
  >;
};

export type FullscriptConnectedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptConnected'] = ResolversParentTypes['FullscriptConnected'],
> = {
  account?: Resolver<ResolversTypes['FullscriptAccount'], ParentType, ContextType>;
  returnTo?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptConnectDeclinedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptConnectDeclined'] =
    ResolversParentTypes['FullscriptConnectDeclined'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  returnTo?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptConnectExpiredResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptConnectExpired'] =
    ResolversParentTypes['FullscriptConnectExpired'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptSetEnabledPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptSetEnabledPayload'] =
    ResolversParentTypes['FullscriptSetEnabledPayload'],
> = {
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type FullscriptAuditEventConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAuditEventConnection'] =
    ResolversParentTypes['FullscriptAuditEventConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['FullscriptAuditEventEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptAuditEvent']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type FullscriptAuditEventEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAuditEventEdge'] =
    ResolversParentTypes['FullscriptAuditEventEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['FullscriptAuditEvent'], ParentType, ContextType>;
};

export type FullscriptAuditEventResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptAuditEvent'] = ResolversParentTypes['FullscriptAuditEvent'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  userId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  action?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  patientId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  requestId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ChartResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Chart'] = ResolversParentTypes['Chart'],
  FederationReferenceType extends FederationReferenceTypes['Chart'] = FederationReferenceTypes['Chart'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['Chart']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  fullscriptImports?: Resolver<ReadonlyArray<ResolversTypes['FullscriptChartImport']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type FullscriptChartImportResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptChartImport'] = ResolversParentTypes['FullscriptChartImport'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  chart?: Resolver<ResolversTypes['Chart'], ParentType, ContextType>;
  plan?: Resolver<ResolversTypes['FullscriptTreatmentPlan'], ParentType, ContextType>;
  importedBy?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  importedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  items?: Resolver<ReadonlyArray<ResolversTypes['FullscriptChartItem']>, ParentType, ContextType>;
  outdated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type FullscriptChartItemResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptChartItem'] = ResolversParentTypes['FullscriptChartItem'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  recommendationId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  variantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  brand?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dosage?: Resolver<Maybe<ResolversTypes['FullscriptDosage']>, ParentType, ContextType>;
  unitsToPurchase?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  refills?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  emrItemId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type FullscriptImportPlanResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptImportPlanResult'] =
    ResolversParentTypes['FullscriptImportPlanResult'],
> = {
  __resolveType: TypeResolveFn<
    'FullscriptPlanImported' | 'FullscriptChartLocked' | 'FullscriptPlanNotImportable' | 'FullscriptConnectionRequired',
    ParentType,
    ContextType
  >;
};

export type FullscriptPlanImportedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPlanImported'] = ResolversParentTypes['FullscriptPlanImported'],
> = {
  import?: Resolver<ResolversTypes['FullscriptChartImport'], ParentType, ContextType>;
  chart?: Resolver<ResolversTypes['Chart'], ParentType, ContextType>;
  skippedLabs?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabRecommendation']>, ParentType, ContextType>;
  alreadyImported?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptChartLockedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptChartLocked'] = ResolversParentTypes['FullscriptChartLocked'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  signedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptPlanNotImportableResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPlanNotImportable'] =
    ResolversParentTypes['FullscriptPlanNotImportable'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['FullscriptNotImportableReason'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PatientResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Patient'] = ResolversParentTypes['Patient'],
  FederationReferenceType extends FederationReferenceTypes['Patient'] = FederationReferenceTypes['Patient'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['Patient']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  connectionStatus?: Resolver<
    ResolversTypes['FullscriptConnectionStatus'],
    ParentType,
    ContextType,
    Partial<PatientConnectionStatusArgs>
  >;
  fullscriptAccount?: Resolver<
    Maybe<ResolversTypes['FullscriptPatientAccount']>,
    ParentType,
    ContextType,
    Partial<PatientFullscriptAccountArgs>
  >;
  treatmentPlans?: Resolver<
    Maybe<ResolversTypes['FullscriptTreatmentPlanConnection']>,
    ParentType,
    ContextType,
    RequireFields<PatientTreatmentPlansArgs, 'first' | 'freshness'>
  >;
  labOrders?: Resolver<
    Maybe<ResolversTypes['FullscriptLabOrderConnection']>,
    ParentType,
    ContextType,
    RequireFields<PatientLabOrdersArgs, 'first' | 'freshness'>
  >;
};

export type FullscriptLabTestResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabTest'] = ResolversParentTypes['FullscriptLabTest'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type FullscriptLabOrderConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabOrderConnection'] =
    ResolversParentTypes['FullscriptLabOrderConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabOrderEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabOrder']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  syncedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type FullscriptLabOrderEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabOrderEdge'] = ResolversParentTypes['FullscriptLabOrderEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['FullscriptLabOrder'], ParentType, ContextType>;
};

export type FullscriptLabOrderResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabOrder'] = ResolversParentTypes['FullscriptLabOrder'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptLabOrder'] =
    FederationReferenceTypes['FullscriptLabOrder'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptLabOrder']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['FullscriptLabOrderStatus'], ParentType, ContextType>;
  rawStatus?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['FullscriptLabStage'], ParentType, ContextType>;
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  patient?: Resolver<Maybe<ResolversTypes['Patient']>, ParentType, ContextType>;
  practitioner?: Resolver<Maybe<ResolversTypes['Practitioner']>, ParentType, ContextType>;
  treatmentPlan?: Resolver<Maybe<ResolversTypes['FullscriptTreatmentPlan']>, ParentType, ContextType>;
  tests?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabTest']>, ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabResult']>, ParentType, ContextType>;
  withdrawnResults?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabResult']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type FullscriptLabResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabResult'] = ResolversParentTypes['FullscriptLabResult'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptLabResult'] =
    FederationReferenceTypes['FullscriptLabResult'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptLabResult']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  availableAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  amended?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  amendedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  earlierVersions?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabResultVersion']>, ParentType, ContextType>;
  withdrawnAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  pdfUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  review?: Resolver<ResolversTypes['FullscriptLabReview'], ParentType, ContextType>;
};

export type FullscriptLabResultVersionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabResultVersion'] =
    ResolversParentTypes['FullscriptLabResultVersion'],
> = {
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  rawStatus?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  availableAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  supersededAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type FullscriptLabReviewResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabReview'] = ResolversParentTypes['FullscriptLabReview'],
> = {
  signedOffBy?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  signedOffAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  sharedWithPatientAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  notes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabNote']>, ParentType, ContextType>;
  history?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabReviewEvent']>, ParentType, ContextType>;
};

export type FullscriptLabReviewEventResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabReviewEvent'] =
    ResolversParentTypes['FullscriptLabReviewEvent'],
> = {
  action?: Resolver<ResolversTypes['FullscriptLabReviewAction'], ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type FullscriptLabNoteResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabNote'] = ResolversParentTypes['FullscriptLabNote'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  authorId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type SubscriptionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription'],
> = {
  fullscriptPatientChanged?: SubscriptionResolver<
    ResolversTypes['FullscriptPatientChange'],
    'fullscriptPatientChanged',
    ParentType,
    ContextType,
    RequireFields<SubscriptionFullscriptPatientChangedArgs, 'patientId'>
  >;
};

export type FullscriptPatientChangeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientChange'] = ResolversParentTypes['FullscriptPatientChange'],
> = {
  patient?: Resolver<ResolversTypes['Patient'], ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['FullscriptTreatmentPlan']>, ParentType, ContextType>;
  labOrder?: Resolver<Maybe<ResolversTypes['FullscriptLabOrder']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type PageInfoResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo'],
> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type FullscriptPatientAccountResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientAccount'] =
    ResolversParentTypes['FullscriptPatientAccount'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptPatientAccount'] =
    FederationReferenceTypes['FullscriptPatientAccount'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptPatientAccount']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  firstName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dateOfBirth?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  archived?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isDependent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  discountPercent?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  totalDiscountPercent?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  linkedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  linkedBy?: Resolver<ResolversTypes['FullscriptLinkMethod'], ParentType, ContextType>;
};

export type FullscriptPatientCandidateResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientCandidate'] =
    ResolversParentTypes['FullscriptPatientCandidate'],
> = {
  fullscriptPatientId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  firstName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dateOfBirth?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  isDependent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  agrees?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  differs?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  linkedPatientId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type FullscriptLinkPatientResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLinkPatientResult'] =
    ResolversParentTypes['FullscriptLinkPatientResult'],
> = {
  __resolveType: TypeResolveFn<
    'FullscriptPatientLinked' | 'FullscriptPatientTaken' | 'FullscriptConnectionRequired',
    ParentType,
    ContextType
  >;
};

export type FullscriptPatientLinkedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientLinked'] = ResolversParentTypes['FullscriptPatientLinked'],
> = {
  patient?: Resolver<ResolversTypes['Patient'], ParentType, ContextType>;
  account?: Resolver<ResolversTypes['FullscriptPatientAccount'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptPatientTakenResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientTaken'] = ResolversParentTypes['FullscriptPatientTaken'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  linkedPatientId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptUnlinkPatientPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptUnlinkPatientPayload'] =
    ResolversParentTypes['FullscriptUnlinkPatientPayload'],
> = {
  patient?: Resolver<ResolversTypes['Patient'], ParentType, ContextType>;
  unlinked?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type FullscriptUpdatePatientResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptUpdatePatientResult'] =
    ResolversParentTypes['FullscriptUpdatePatientResult'],
> = {
  __resolveType: TypeResolveFn<
    'FullscriptPatientUpdated' | 'FullscriptConnectionRequired' | 'FullscriptPatientNotLinked' | 'FullscriptRejected',
    ParentType,
    ContextType
  >;
};

export type FullscriptPatientUpdatedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientUpdated'] =
    ResolversParentTypes['FullscriptPatientUpdated'],
> = {
  account?: Resolver<ResolversTypes['FullscriptPatientAccount'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptPatientNotLinkedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientNotLinked'] =
    ResolversParentTypes['FullscriptPatientNotLinked'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  patientId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptProblemResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptProblem'] = ResolversParentTypes['FullscriptProblem'],
> = {
  __resolveType: TypeResolveFn<
    | 'FullscriptConnectDeclined'
    | 'FullscriptConnectExpired'
    | 'FullscriptChartLocked'
    | 'FullscriptPlanNotImportable'
    | 'FullscriptPatientTaken'
    | 'FullscriptPatientNotLinked'
    | 'FullscriptConnectionRequired'
    | 'FullscriptRejected'
    | 'FullscriptPatientMatchRequired'
    | 'FullscriptPatientDetailsMissing',
    ParentType,
    ContextType
  >;
};

export type FullscriptConnectionRequiredResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptConnectionRequired'] =
    ResolversParentTypes['FullscriptConnectionRequired'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['FullscriptConnectionStatus'], ParentType, ContextType>;
  missingScopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  authorizeUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptRejectedResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRejected'] = ResolversParentTypes['FullscriptRejected'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reasons?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptProductVariantResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptProductVariant'] =
    ResolversParentTypes['FullscriptProductVariant'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptProductVariant'] =
    FederationReferenceTypes['FullscriptProductVariant'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptProductVariant']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  productId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  brand?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sku?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  units?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  unitOfMeasure?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  availability?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  msrp?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  imageUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type FullscriptCreateRecommendationResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptCreateRecommendationResult'] =
    ResolversParentTypes['FullscriptCreateRecommendationResult'],
> = {
  __resolveType: TypeResolveFn<
    | 'FullscriptRecommendationDraft'
    | 'FullscriptConnectionRequired'
    | 'FullscriptPatientMatchRequired'
    | 'FullscriptPatientDetailsMissing'
    | 'FullscriptRejected',
    ParentType,
    ContextType
  >;
};

export type FullscriptRecommendationDraftResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRecommendationDraft'] =
    ResolversParentTypes['FullscriptRecommendationDraft'],
> = {
  redirectUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  plan?: Resolver<Maybe<ResolversTypes['FullscriptTreatmentPlan']>, ParentType, ContextType>;
  patient?: Resolver<ResolversTypes['Patient'], ParentType, ContextType>;
  createdPatient?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  itemsApplied?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptPatientMatchRequiredResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientMatchRequired'] =
    ResolversParentTypes['FullscriptPatientMatchRequired'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  candidates?: Resolver<ReadonlyArray<ResolversTypes['FullscriptPatientCandidate']>, ParentType, ContextType>;
  gatewayUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptPatientDetailsMissingResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptPatientDetailsMissing'] =
    ResolversParentTypes['FullscriptPatientDetailsMissing'],
> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  fields?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptEmbedSessionResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptEmbedSessionResult'] =
    ResolversParentTypes['FullscriptEmbedSessionResult'],
> = {
  __resolveType: TypeResolveFn<'FullscriptEmbedSession' | 'FullscriptConnectionRequired', ParentType, ContextType>;
};

export type FullscriptEmbedSessionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptEmbedSession'] = ResolversParentTypes['FullscriptEmbedSession'],
> = {
  secretToken?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  publicKey?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  env?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  patient?: Resolver<Maybe<ResolversTypes['FullscriptEmbedPatient']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptEmbedPatientResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptEmbedPatient'] = ResolversParentTypes['FullscriptEmbedPatient'],
> = {
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  firstName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dateOfBirth?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
};

export type FullscriptInOfficeCheckoutResultResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptInOfficeCheckoutResult'] =
    ResolversParentTypes['FullscriptInOfficeCheckoutResult'],
> = {
  __resolveType: TypeResolveFn<
    'FullscriptInOfficeCheckout' | 'FullscriptConnectionRequired' | 'FullscriptRejected',
    ParentType,
    ContextType
  >;
};

export type FullscriptInOfficeCheckoutResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptInOfficeCheckout'] =
    ResolversParentTypes['FullscriptInOfficeCheckout'],
> = {
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FullscriptRevokePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRevokePayload'] = ResolversParentTypes['FullscriptRevokePayload'],
> = {
  revocation?: Resolver<ResolversTypes['FullscriptRevocation'], ParentType, ContextType>;
};

export type FullscriptRevocationResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRevocation'] = ResolversParentTypes['FullscriptRevocation'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptRevocation'] =
    FederationReferenceTypes['FullscriptRevocation'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptRevocation']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  requestedBy?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  revoked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  pending?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export type FullscriptRetryEventsPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRetryEventsPayload'] =
    ResolversParentTypes['FullscriptRetryEventsPayload'],
> = {
  retried?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FullscriptSyncResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptSync'] = ResolversParentTypes['FullscriptSync'],
> = {
  pendingEvents?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  oldestPendingEventAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  parkedEvents?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  clinics?: Resolver<ReadonlyArray<ResolversTypes['FullscriptClinicSync']>, ParentType, ContextType>;
};

export type FullscriptClinicSyncResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptClinicSync'] = ResolversParentTypes['FullscriptClinicSync'],
> = {
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  sweptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  fill?: Resolver<Maybe<ResolversTypes['FullscriptClinicFill']>, ParentType, ContextType>;
};

export type FullscriptClinicFillResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptClinicFill'] = ResolversParentTypes['FullscriptClinicFill'],
> = {
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  patientsDone?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  patientsFound?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FullscriptParkedEventConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptParkedEventConnection'] =
    ResolversParentTypes['FullscriptParkedEventConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['FullscriptParkedEventEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptParkedEvent']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type FullscriptParkedEventEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptParkedEventEdge'] =
    ResolversParentTypes['FullscriptParkedEventEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['FullscriptParkedEvent'], ParentType, ContextType>;
};

export type FullscriptParkedEventResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptParkedEvent'] = ResolversParentTypes['FullscriptParkedEvent'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  occurredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  receivedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type FullscriptTreatmentPlanConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptTreatmentPlanConnection'] =
    ResolversParentTypes['FullscriptTreatmentPlanConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['FullscriptTreatmentPlanEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['FullscriptTreatmentPlan']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  syncedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type FullscriptTreatmentPlanEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptTreatmentPlanEdge'] =
    ResolversParentTypes['FullscriptTreatmentPlanEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['FullscriptTreatmentPlan'], ParentType, ContextType>;
};

export type FullscriptTreatmentPlanResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptTreatmentPlan'] = ResolversParentTypes['FullscriptTreatmentPlan'],
  FederationReferenceType extends FederationReferenceTypes['FullscriptTreatmentPlan'] =
    FederationReferenceTypes['FullscriptTreatmentPlan'],
> = {
  __resolveReference?: ReferenceResolver<
    Maybe<ResolversTypes['FullscriptTreatmentPlan']> | FederationReferenceType,
    FederationReferenceType,
    ContextType
  >;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['FullscriptPlanState'], ParentType, ContextType>;
  clinic?: Resolver<ResolversTypes['FullscriptClinic'], ParentType, ContextType>;
  patient?: Resolver<Maybe<ResolversTypes['Patient']>, ParentType, ContextType>;
  practitioner?: Resolver<Maybe<ResolversTypes['Practitioner']>, ParentType, ContextType>;
  personalMessage?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  availableAt?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  invitationUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  editUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recommendations?: Resolver<ReadonlyArray<ResolversTypes['FullscriptRecommendation']>, ParentType, ContextType>;
  labRecommendations?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabRecommendation']>, ParentType, ContextType>;
  chartId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  chartImports?: Resolver<ReadonlyArray<ResolversTypes['FullscriptChartImport']>, ParentType, ContextType>;
};

export type FullscriptRecommendationResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptRecommendation'] =
    ResolversParentTypes['FullscriptRecommendation'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  variantId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  product?: Resolver<Maybe<ResolversTypes['FullscriptProductVariant']>, ParentType, ContextType>;
  unitsToPurchase?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  refill?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  takeWith?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dosage?: Resolver<Maybe<ResolversTypes['FullscriptDosage']>, ParentType, ContextType>;
};

export type FullscriptDosageResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptDosage'] = ResolversParentTypes['FullscriptDosage'],
> = {
  amount?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  frequency?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  duration?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  format?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  timeOfDay?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  additionalInfo?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type FullscriptLabRecommendationResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptLabRecommendation'] =
    ResolversParentTypes['FullscriptLabRecommendation'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  requiresFasting?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  instructions?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tests?: Resolver<ReadonlyArray<ResolversTypes['FullscriptLabTest']>, ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['FullscriptLabStage'], ParentType, ContextType>;
  labOrder?: Resolver<Maybe<ResolversTypes['FullscriptLabOrder']>, ParentType, ContextType>;
};

export type FullscriptViewerResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['FullscriptViewer'] = ResolversParentTypes['FullscriptViewer'],
> = {
  connectionStatus?: Resolver<ResolversTypes['FullscriptConnectionStatus'], ParentType, ContextType>;
  accounts?: Resolver<ReadonlyArray<ResolversTypes['FullscriptAccount']>, ParentType, ContextType>;
  canRecommend?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  canAdminister?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Practitioner?: PractitionerResolvers<ContextType>;
  FullscriptAccount?: FullscriptAccountResolvers<ContextType>;
  FullscriptClinic?: FullscriptClinicResolvers<ContextType>;
  FullscriptAccountConnection?: FullscriptAccountConnectionResolvers<ContextType>;
  FullscriptAccountEdge?: FullscriptAccountEdgeResolvers<ContextType>;
  FullscriptConnectPayload?: FullscriptConnectPayloadResolvers<ContextType>;
  FullscriptCompleteConnectResult?: FullscriptCompleteConnectResultResolvers<ContextType>;
  FullscriptConnected?: FullscriptConnectedResolvers<ContextType>;
  FullscriptConnectDeclined?: FullscriptConnectDeclinedResolvers<ContextType>;
  FullscriptConnectExpired?: FullscriptConnectExpiredResolvers<ContextType>;
  FullscriptSetEnabledPayload?: FullscriptSetEnabledPayloadResolvers<ContextType>;
  FullscriptAuditEventConnection?: FullscriptAuditEventConnectionResolvers<ContextType>;
  FullscriptAuditEventEdge?: FullscriptAuditEventEdgeResolvers<ContextType>;
  FullscriptAuditEvent?: FullscriptAuditEventResolvers<ContextType>;
  Chart?: ChartResolvers<ContextType>;
  FullscriptChartImport?: FullscriptChartImportResolvers<ContextType>;
  FullscriptChartItem?: FullscriptChartItemResolvers<ContextType>;
  FullscriptImportPlanResult?: FullscriptImportPlanResultResolvers<ContextType>;
  FullscriptPlanImported?: FullscriptPlanImportedResolvers<ContextType>;
  FullscriptChartLocked?: FullscriptChartLockedResolvers<ContextType>;
  FullscriptPlanNotImportable?: FullscriptPlanNotImportableResolvers<ContextType>;
  Patient?: PatientResolvers<ContextType>;
  FullscriptLabTest?: FullscriptLabTestResolvers<ContextType>;
  FullscriptLabOrderConnection?: FullscriptLabOrderConnectionResolvers<ContextType>;
  FullscriptLabOrderEdge?: FullscriptLabOrderEdgeResolvers<ContextType>;
  FullscriptLabOrder?: FullscriptLabOrderResolvers<ContextType>;
  FullscriptLabResult?: FullscriptLabResultResolvers<ContextType>;
  FullscriptLabResultVersion?: FullscriptLabResultVersionResolvers<ContextType>;
  FullscriptLabReview?: FullscriptLabReviewResolvers<ContextType>;
  FullscriptLabReviewEvent?: FullscriptLabReviewEventResolvers<ContextType>;
  FullscriptLabNote?: FullscriptLabNoteResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  FullscriptPatientChange?: FullscriptPatientChangeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  FullscriptPatientAccount?: FullscriptPatientAccountResolvers<ContextType>;
  FullscriptPatientCandidate?: FullscriptPatientCandidateResolvers<ContextType>;
  FullscriptLinkPatientResult?: FullscriptLinkPatientResultResolvers<ContextType>;
  FullscriptPatientLinked?: FullscriptPatientLinkedResolvers<ContextType>;
  FullscriptPatientTaken?: FullscriptPatientTakenResolvers<ContextType>;
  FullscriptUnlinkPatientPayload?: FullscriptUnlinkPatientPayloadResolvers<ContextType>;
  FullscriptUpdatePatientResult?: FullscriptUpdatePatientResultResolvers<ContextType>;
  FullscriptPatientUpdated?: FullscriptPatientUpdatedResolvers<ContextType>;
  FullscriptPatientNotLinked?: FullscriptPatientNotLinkedResolvers<ContextType>;
  FullscriptProblem?: FullscriptProblemResolvers<ContextType>;
  FullscriptConnectionRequired?: FullscriptConnectionRequiredResolvers<ContextType>;
  FullscriptRejected?: FullscriptRejectedResolvers<ContextType>;
  FullscriptProductVariant?: FullscriptProductVariantResolvers<ContextType>;
  FullscriptCreateRecommendationResult?: FullscriptCreateRecommendationResultResolvers<ContextType>;
  FullscriptRecommendationDraft?: FullscriptRecommendationDraftResolvers<ContextType>;
  FullscriptPatientMatchRequired?: FullscriptPatientMatchRequiredResolvers<ContextType>;
  FullscriptPatientDetailsMissing?: FullscriptPatientDetailsMissingResolvers<ContextType>;
  FullscriptEmbedSessionResult?: FullscriptEmbedSessionResultResolvers<ContextType>;
  FullscriptEmbedSession?: FullscriptEmbedSessionResolvers<ContextType>;
  FullscriptEmbedPatient?: FullscriptEmbedPatientResolvers<ContextType>;
  FullscriptInOfficeCheckoutResult?: FullscriptInOfficeCheckoutResultResolvers<ContextType>;
  FullscriptInOfficeCheckout?: FullscriptInOfficeCheckoutResolvers<ContextType>;
  FullscriptRevokePayload?: FullscriptRevokePayloadResolvers<ContextType>;
  FullscriptRevocation?: FullscriptRevocationResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Date?: GraphQLScalarType;
  FullscriptRetryEventsPayload?: FullscriptRetryEventsPayloadResolvers<ContextType>;
  FullscriptSync?: FullscriptSyncResolvers<ContextType>;
  FullscriptClinicSync?: FullscriptClinicSyncResolvers<ContextType>;
  FullscriptClinicFill?: FullscriptClinicFillResolvers<ContextType>;
  FullscriptParkedEventConnection?: FullscriptParkedEventConnectionResolvers<ContextType>;
  FullscriptParkedEventEdge?: FullscriptParkedEventEdgeResolvers<ContextType>;
  FullscriptParkedEvent?: FullscriptParkedEventResolvers<ContextType>;
  FullscriptTreatmentPlanConnection?: FullscriptTreatmentPlanConnectionResolvers<ContextType>;
  FullscriptTreatmentPlanEdge?: FullscriptTreatmentPlanEdgeResolvers<ContextType>;
  FullscriptTreatmentPlan?: FullscriptTreatmentPlanResolvers<ContextType>;
  FullscriptRecommendation?: FullscriptRecommendationResolvers<ContextType>;
  FullscriptDosage?: FullscriptDosageResolvers<ContextType>;
  FullscriptLabRecommendation?: FullscriptLabRecommendationResolvers<ContextType>;
  FullscriptViewer?: FullscriptViewerResolvers<ContextType>;
};
