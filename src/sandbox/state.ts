/**
 * What the sandbox remembers. Everything lives in memory and is lost when the process ends.
 * Instants are ISO text in UTC with milliseconds, dates `yyyy-mm-dd` text, ids opaque text.
 */

/** The two kinds of Fullscript accounts that can authorize an app. */
export type UserType = 'Practitioner' | 'Staff';
export type Gender = 'male' | 'female' | 'x';
export type PlanState = 'draft' | 'active' | 'cancelled';
export type Entrypoint = 'catalog' | 'labs';

/** The ten states of a lab order in the order in which they normally happen. */
export const labOrderStates = [
  'not_purchased',
  'purchased',
  'schedule_appointment',
  'upcoming_appointment',
  'processing',
  'partial_results',
  'results_ready',
  'results_amended',
  'interpretation_ready',
  'interpretation_shared',
] as const;
export type LabOrderState = (typeof labOrderStates)[number];

export interface Clinic {
  id: string;
  name: string;
  /** Part of the clinic's public addresses, e.g. `/welcome/{slug}`. */
  slug: string;
  /** Percentage that is added to every patient's own discount. */
  discount: number;
  /** Identifies this app's installation at the clinic. */
  integrationId: string;
  integrationActivatedAt: string;
  marginType: string;
}

/** A login of Fullscript: it belongs to exactly one clinic and its e-mail address is unique in all of the sandbox. */
export interface User {
  id: string;
  type: UserType;
  clinicId: string;
  firstName: string;
  lastName: string;
  email: string;
  /** Null for people who were invited through the API and have not signed up. */
  password: string | null;
  isOwner: boolean;
  practitionerTypeId: string | null;
  inviteAccepted: boolean;
  metadataId: string | null;
}

interface PractitionerType {
  id: string;
  code: string;
  description: string;
}

export interface Address {
  id: string;
  address1: string;
  address2: string | null;
  zipcode: string;
  city: string;
  state: string;
  country: string;
}

export interface Patient {
  id: string;
  /** Short number that stands in checkout addresses. */
  number: number;
  clinicId: string;
  firstName: string;
  lastName: string;
  /** Null for dependents and for patients without an address. Unique, whatever its case, in all of the sandbox. */
  email: string | null;
  archived: boolean;
  dateOfBirth: string | null;
  gender: Gender | null;
  /** The patient's own percentage, without the clinic's. */
  discount: number;
  mobileNumber: string | null;
  textMessageNotification: boolean;
  metadataId: string | null;
  /** Set for dependents. */
  guardianPatientId: string | null;
  addresses: Address[];
  createdAt: string;
  updatedAt: string;
}

/** All parts are text as the practitioner left them; null when nothing was chosen. */
export interface Dosage {
  amount: string | null;
  frequency: string | null;
  duration: string | null;
  format: string | null;
  additionalInfo: string | null;
  timeOfDay: string[];
}

/** A line of a plan: one variant and how to take it. */
export interface Recommendation {
  variantId: string;
  refill: boolean;
  unitsToPurchase: number;
  takeWith: string | null;
  dosage: Dosage;
}

export interface Resource {
  id: string;
  /** Null for Fullscript's own resources. */
  practitionerId: string | null;
  name: string;
  type: string;
  category: string;
}

interface LabTest {
  id: string;
  name: string;
}

/** A lab panel of the catalogue, bought as one. */
export interface LabPanel {
  id: string;
  name: string;
  lab: string;
  price: string;
  requiresFasting: boolean;
  requiresDraw: boolean;
  collectionMethod: string;
  instructions: string;
  tests: LabTest[];
}

/** A panel inside a plan. */
export interface LabRecommendation {
  id: string;
  panelId: string;
  name: string;
  requiresFasting: boolean;
  instructions: string;
  tests: LabTest[];
}

export interface Plan {
  id: string;
  clinicId: string;
  /** Null only for drafts that were opened without a patient. */
  patientId: string | null;
  practitionerId: string;
  state: PlanState;
  /** The day of activation; null for drafts. */
  availableOn: string | null;
  createdAt: string;
  updatedAt: string;
  /** Last part of the invitation's address, `/welcome/{clinic slug}/{invitationCode}`. */
  invitationCode: string;
  personalMessage: string | null;
  recommendations: Recommendation[];
  resources: Resource[];
  labRecommendations: LabRecommendation[];
  metadataId: string | null;
  /** `api` for plans that an API call or its dynamic link began, `app` for those begun inside Fullscript. */
  source: 'api' | 'app';
}

export type OrderLine =
  | { type: 'supplement'; variantId: string; quantity: number; unitPrice: string }
  /** For labs `variantId` holds the id of the panel. */
  | { type: 'labs'; variantId: string; quantity: number; unitPrice: string };

export interface Order {
  id: string;
  /** `R` and digits. */
  number: string;
  clinicId: string;
  patientId: string;
  planIds: string[];
  /** UTC; the API shows it with an offset. */
  completedAt: string;
  lines: OrderLine[];
  /** Decimal text. Lower than the total of the lines after a refund. */
  paymentTotal: string;
}

/** A file of results. Files and tests do not correspond one to one. */
export interface LabResult {
  id: string;
  name: string;
  state: 'available' | 'amended';
  /** The tests whose values stand in this file. */
  testIds: string[];
  publishedAt: string;
  amendedAt: string | null;
  /** 1, and one more for every amendment. */
  version: number;
}

export interface LabOrder {
  id: string;
  clinicId: string;
  planId: string;
  labRecommendationId: string;
  patientId: string;
  practitionerId: string;
  name: string;
  collectionMethod: string;
  requiresDraw: boolean;
  state: LabOrderState;
  tests: LabTest[];
  results: LabResult[];
  createdAt: string;
  updatedAt: string;
}

export interface Brand {
  id: string;
  name: string;
  prefix: string;
  status: string;
}

export interface Variant {
  id: string;
  productId: string;
  sku: string;
  primary: boolean;
  units: number;
  unitOfMeasure: string;
  availability: string;
  status: string;
  upc: string;
  /** Decimal text in dollars. */
  msrp: string;
}

export interface Product {
  id: string;
  brandId: string;
  name: string;
  descriptionHtml: string;
  status: string;
  /** The maker's usual dosage. */
  dosage: Omit<Dosage, 'timeOfDay'>;
  /** A practitioner's own dosage, by practitioner id. */
  customDosages: Record<string, Omit<Dosage, 'timeOfDay'>>;
  variantIds: string[];
  /** Ids of taxonomy terms of every kind. */
  termIds: string[];
}

export const taxonomyKinds = ['allergens', 'ingredients', 'supplement_types', 'third_party_certifications'] as const;
export type TaxonomyKind = (typeof taxonomyKinds)[number];

export interface Term {
  id: string;
  kind: TaxonomyKind;
  name: string;
}

/** A ready-made set of recommendations. */
export interface Protocol {
  id: string;
  name: string;
  state: 'draft' | 'active' | 'cancelled';
  /** Null for protocols by Fullscript. */
  practitionerId: string | null;
  shared: boolean;
  personalMessage: string | null;
  recommendations: Recommendation[];
}

interface AuthorizationCode {
  code: string;
  userId: string;
  redirectUri: string;
  issuedAt: string;
  used: boolean;
}

/** One access token with its refresh token; a refresh makes a new pair. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  userId: string;
  /** Shared by all pairs that descend from one consent. */
  authorizationId: string;
  /** Access token of the pair whose refresh token made this one; null for the first. */
  refreshedFrom: string | null;
  scopes: string[];
  createdAt: string;
  usedAt: string | null;
  /** Set as soon as neither token of the pair works any more, whatever the reason. */
  endedAt: string | null;
  endedBecause: 'rotated' | 'revoked' | 'revoked_by_user' | null;
}

export interface SessionGrant {
  id: string;
  secretToken: string;
  userId: string;
  createdAt: string;
  expiresAt: string;
  claimedAt: string | null;
}

/** The patient as the caller of a dynamic link or of the embed described them. */
export interface PatientHint {
  id: string | null;
  externalId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  dateOfBirth: string | null;
  gender: string | null;
  mobileNumber: string | null;
  discount: number | null;
  sendWelcomeEmail: boolean;
}

/** What stands behind a redirect address. `planId` is filled in as soon as a plan exists, so that a used link reopens it. */
export interface DynamicLink {
  /** The unguessable part of the address. */
  opaque: string;
  kind: 'plan' | 'gateway';
  clinicId: string;
  /** Whose token asked for the link. */
  userId: string;
  /** Null when the person at the page must choose. */
  practitionerId: string | null;
  planId: string | null;
  entrypoint: Entrypoint;
  patient: PatientHint | null;
}

/** What an in-office checkout will sell; a new one replaces the patient's previous one. */
export interface Cart {
  patientId: string;
  planId: string;
  lines: OrderLine[];
}

/** An expiring address of a result file. */
export interface FileLink {
  token: string;
  labOrderId: string;
  resultId: string;
  expiresAt: string;
}

export const eventCategories = [
  'patients',
  'treatment_plans',
  'orders',
  'lab_orders',
  'products',
  'clinic_keys',
] as const;
export type EventCategory = (typeof eventCategories)[number];

export interface SandboxEvent {
  id: string;
  type: string;
  category: EventCategory;
  createdAt: string;
  /** Null for events of the catalogue. */
  clinicId: string | null;
  data: Record<string, unknown>;
}

/** One attempt to deliver an event. */
export interface Delivery {
  id: string;
  eventId: string;
  attemptNumber: number;
  attemptedAt: string;
  previousAttemptAt: string | null;
  nextAttemptAt: string | null;
  delivered: boolean;
  responseStatus: number | null;
  responseBody: string | null;
  responseHeaders: Record<string, string>;
  errors: string[];
}

/** A mail that Fullscript would have sent. */
export interface Mail {
  id: string;
  to: string;
  subject: string;
  kind: 'welcome' | 'treatment_plan' | 'invitation';
  /** Address in the mail that the receiver is meant to open. */
  url: string;
  sentAt: string;
}

export interface SandboxState {
  clinics: Map<string, Clinic>;
  users: Map<string, User>;
  practitionerTypes: Map<string, PractitionerType>;
  patients: Map<string, Patient>;
  plans: Map<string, Plan>;
  orders: Map<string, Order>;
  labPanels: Map<string, LabPanel>;
  labOrders: Map<string, LabOrder>;
  brands: Map<string, Brand>;
  products: Map<string, Product>;
  variants: Map<string, Variant>;
  terms: Map<string, Term>;
  protocols: Map<string, Protocol>;
  resources: Map<string, Resource>;
  /** By code. */
  codes: Map<string, AuthorizationCode>;
  /** By access token, oldest first. */
  tokens: Map<string, TokenPair>;
  sessionGrants: Map<string, SessionGrant>;
  /** By the opaque part of the address. */
  links: Map<string, DynamicLink>;
  /** By patient id. */
  carts: Map<string, Cart>;
  /** By token. */
  fileLinks: Map<string, FileLink>;
  events: SandboxEvent[];
  deliveries: Delivery[];
  mails: Mail[];
}

/** A state in which nothing exists yet. */
export function createState(): SandboxState {
  return {
    clinics: new Map(),
    users: new Map(),
    practitionerTypes: new Map(),
    patients: new Map(),
    plans: new Map(),
    orders: new Map(),
    labPanels: new Map(),
    labOrders: new Map(),
    brands: new Map(),
    products: new Map(),
    variants: new Map(),
    terms: new Map(),
    protocols: new Map(),
    resources: new Map(),
    codes: new Map(),
    tokens: new Map(),
    sessionGrants: new Map(),
    links: new Map(),
    carts: new Map(),
    fileLinks: new Map(),
    events: [],
    deliveries: [],
    mails: [],
  };
}

/** The thing behind an id of its map, or a {@link Refusal} with status 404. */
export function getThing<T>(things: ReadonlyMap<string, T>, id: string): T {
  const thing = things.get(id);
  if (thing === undefined) throw new Refusal(404, ['Not Found']);
  return thing;
}

/** Says no to a request or page action, with the HTTP status and the sentences that Fullscript would show. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly status: 400 | 403 | 404 | 422,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join('; '));
  }
}
