// Written by codegen.ts from schema/*.graphql. Change those and run `npm run codegen`.
/** The subgraph's schema: all of schema/*.graphql, one after the other. */
export const sdl = `extend type Query {
  """
  Every connection of the organization, most recently connected first. For administrators and services.
  """
  fullscriptAccounts(
    "How many rows to give, 1 to 100."
    first: Int = 50
    "The \`endCursor\` of the page before."
    after: String
    "Only accounts that stand like this; all when left out."
    statuses: [FullscriptConnectionStatus!]
  ): FullscriptAccountConnection!
}

"""
What is changed. What a caller can act on comes back as a value; refusals and outages are errors with a code in their extensions.
"""
type Mutation {
  """
  Start connecting the signed-in user's own Fullscript account: gives the address of Fullscript's consent page.
  """
  connect("May be left out when nothing is to be said." input: FullscriptConnectInput): FullscriptConnectPayload!
  """
  Finish connecting. Called by the EMR page that Fullscript sent the browser back to, as the same signed-in user who started.
  """
  completeConnect(
    "What Fullscript put into the address of that page."
    input: FullscriptCompleteConnectInput!
  ): FullscriptCompleteConnectResult!
  """
  Switch the integration on or off, for one user or for the whole organization. For administrators and services.
  """
  setFullscriptEnabled("Whom to switch, and which way." input: FullscriptSetEnabledInput!): FullscriptSetEnabledPayload!
  """
  Choose which of the user's connected clinics is meant when a call names none.
  """
  setDefaultFullscriptClinic("A clinic the user has connected." clinicId: ID!): FullscriptViewer!
}

extend type Practitioner {
  "Where this practitioner stands with Fullscript."
  connectionStatus: FullscriptConnectionStatus!
  "The practitioner's default Fullscript account. Shown to the practitioner, administrators and services; null for anybody else."
  fullscriptAccount: FullscriptAccount
}

"""
An EMR user's authorization at one Fullscript clinic. The tokens behind it are never shown to anybody.
"""
type FullscriptAccount @key(fields: "id") {
  "Our id of the connection; it stays the same when the user connects to the same clinic again."
  id: ID!
  "The EMR user who connected."
  userId: ID!
  "The EMR practitioner that this user is; null for users who are none."
  practitioner: Practitioner
  "The user's own id at Fullscript."
  fullscriptUserId: ID!
  "Which kind of user they are at Fullscript, whatever they are in the EMR."
  type: FullscriptUserType!
  "The Fullscript clinic that the authorization is for."
  clinic: FullscriptClinic!
  "What the authorization is worth now."
  status: FullscriptConnectionStatus!
  "Whether this is the clinic meant when a call names none."
  isDefault: Boolean!
  "Scopes that Fullscript granted."
  scopes: [String!]!
  "Scopes this deployment needs and the authorization lacks. What the other scopes cover goes on working."
  missingScopes: [String!]!
  "When the user connected, the last time if more than once."
  connectedAt: DateTime!
  "When Fullscript last took this authorization for good; null when it was not used yet."
  verifiedAt: DateTime
}

"""
The kind of a Fullscript user.
"""
enum FullscriptUserType {
  "Writes plans under their own name."
  PRACTITIONER
  "Works on behalf of a practitioner, who must be named."
  STAFF
}

"""
A clinic (dispensary) at Fullscript.
"""
type FullscriptClinic @key(fields: "id") {
  "Fullscript's id of the clinic."
  id: ID!
  "The clinic's name at Fullscript."
  name: String!
  "The discount that all patients of the clinic get, percent; null when Fullscript tells none."
  discountPercent: Int
}

"""
A page of the organization's accounts.
"""
type FullscriptAccountConnection {
  "The rows with their cursors."
  edges: [FullscriptAccountEdge!]!
  "The same rows without cursors."
  nodes: [FullscriptAccount!]!
  "Where this page stands."
  pageInfo: PageInfo!
  "How many accounts there are on all pages."
  totalCount: Int!
}

"""
One row of the organization's accounts.
"""
type FullscriptAccountEdge {
  "The row's place in the list."
  cursor: String!
  "The account."
  node: FullscriptAccount!
}

"""
How to start connecting.
"""
input FullscriptConnectInput {
  "Where the EMR's page is to go once connected. An absolute address whose origin this deployment allows; anything else is BAD_USER_INPUT."
  returnTo: String
}

"""
A started connection.
"""
type FullscriptConnectPayload {
  "Fullscript's consent page; send the browser here."
  authorizeUrl: String!
  "The value that ties Fullscript's answer to this user; it comes back with the answer."
  state: String!
  "Until when the answer is accepted."
  expiresAt: DateTime!
}

"""
Fullscript's answer, as it stands in the address of the page the browser was sent back to.
"""
input FullscriptCompleteConnectInput {
  "The \`code\` parameter; there unless Fullscript reported an error."
  code: String
  "The \`state\` parameter, unchanged."
  state: String!
  "The \`error\` parameter, when Fullscript came back with one."
  error: String
}

"""
What became of a connection that was started.
"""
union FullscriptCompleteConnectResult = FullscriptConnected | FullscriptConnectDeclined | FullscriptConnectExpired

"""
The user is connected.
"""
type FullscriptConnected {
  "The new or renewed account."
  account: FullscriptAccount!
  "Where the EMR's page was asked to go next."
  returnTo: String
}

"""
The user said no on Fullscript's consent page.
"""
type FullscriptConnectDeclined implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "Where the EMR's page was asked to go next."
  returnTo: String
}

"""
The state or the code cannot be used: too old, used before, or started by somebody else. Begin again with \`connect\`.
"""
type FullscriptConnectExpired implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
}

"""
A switch of the integration.
"""
input FullscriptSetEnabledInput {
  "True for on, false for off. Off wins over everything else and hides stored data too."
  enabled: Boolean!
  "The EMR user to switch; without one, the whole organization. A user who was switched off singly stays off when the organization goes on."
  userId: ID
}

"""
How the switch stands now.
"""
type FullscriptSetEnabledPayload {
  "On or off."
  enabled: Boolean!
  "The user it is about; null for the whole organization."
  userId: ID
}

extend type Query {
  """
  Who did what to whose Fullscript data in the organization, newest first. For administrators and services.
  """
  fullscriptAuditEvents(
    "How many rows to give, 1 to 100."
    first: Int = 50
    "The \`endCursor\` of the page before."
    after: String
    "Only what this EMR user did."
    userId: ID
    "Only what concerned this EMR patient."
    patientId: ID
  ): FullscriptAuditEventConnection!
}

"""
A page of the audit.
"""
type FullscriptAuditEventConnection {
  "The rows with their cursors."
  edges: [FullscriptAuditEventEdge!]!
  "The same rows without cursors."
  nodes: [FullscriptAuditEvent!]!
  "Where this page stands."
  pageInfo: PageInfo!
}

"""
One row of the audit with its cursor.
"""
type FullscriptAuditEventEdge {
  "The row's place in the list."
  cursor: String!
  "The event."
  node: FullscriptAuditEvent!
}

"""
Something somebody did, or was refused.
"""
type FullscriptAuditEvent {
  "Our id of the event."
  id: ID!
  "When it happened."
  at: DateTime!
  "The EMR user who did it."
  userId: ID!
  "What was done, for example connect, patient.read, chart.import or lab.view."
  action: String!
  "The EMR patient it concerned; null when it concerned none."
  patientId: ID
  "The id of what it was done to besides the patient, such as a plan, an account or a lab result."
  subject: String
  "How it went: ok, denied or failed."
  outcome: String!
  "The request it belongs to, as it also stands in the log."
  requestId: String
}

extend type Mutation {
  """
  Copy a plan's supplements into an open chart note. Lab tests stay out. To import the same plan again adds only what is not there yet.
  """
  importPlanIntoChart(
    "Which plan, which chart note, and what to complete on the way."
    input: FullscriptImportPlanInput!
  ): FullscriptImportPlanResult!
}

extend type Chart {
  "Everything that was imported from Fullscript into this chart note, in the order it was imported."
  fullscriptImports: [FullscriptChartImport!]!
}

"""
One import of a plan into a chart note: what was taken, from which state of the plan, when and by whom.
"""
type FullscriptChartImport {
  "Our id of the import."
  id: ID!
  "The chart note that the supplements went into."
  chart: Chart!
  "The plan that they came from."
  plan: FullscriptTreatmentPlan!
  "The EMR user who imported."
  importedBy: ID!
  "When it was imported."
  importedAt: DateTime!
  "The supplements as they were taken."
  items: [FullscriptChartItem!]!
  "True when the plan has changed at Fullscript since the import."
  outdated: Boolean!
}

"""
A supplement as it stands in the chart note.
"""
type FullscriptChartItem {
  "Our id of the line."
  id: ID!
  "The id of the plan's recommendation that it came from."
  recommendationId: ID!
  "Fullscript's id of the pack."
  variantId: ID!
  "The product's name at the time of the import."
  name: String!
  "Who makes it."
  brand: String
  "How to take it, with what was completed at the import."
  dosage: FullscriptDosage
  "How many packs the patient should buy."
  unitsToPurchase: Int
  "How many refills, as given at the import; null when none were given."
  refills: Int
  "The EMR's own id of the line, once the EMR has taken it."
  emrItemId: ID
}

"""
An import to be made.
"""
input FullscriptImportPlanInput {
  "Fullscript's id of the plan."
  planId: ID!
  "The EMR's id of the chart note. It must be open and belong to the plan's patient."
  chartId: ID!
  "Which of the plan's supplements to take; all when left out."
  recommendationIds: [ID!]
  "What the practitioner completes on the way in."
  overrides: [FullscriptChartItemOverride!]
}

"""
What the practitioner completes for one supplement at the import. A field that is left out keeps the plan's value.
"""
input FullscriptChartItemOverride {
  "The id of the plan's recommendation that this is about."
  recommendationId: ID!
  "Parts of the dosage to say otherwise."
  dosage: FullscriptDosageInput
  "How many refills."
  refills: Int
}

"""
What became of an import.
"""
union FullscriptImportPlanResult =
  | FullscriptPlanImported
  | FullscriptChartLocked
  | FullscriptPlanNotImportable
  | FullscriptConnectionRequired

"""
The supplements are in the chart note.
"""
type FullscriptPlanImported {
  "The import that holds them."
  import: FullscriptChartImport!
  "The chart note."
  chart: Chart!
  "The plan's lab tests, which do not go into the chart note."
  skippedLabs: [FullscriptLabRecommendation!]!
  "True when all of it was there before and nothing was added."
  alreadyImported: Boolean!
}

"""
The chart note is signed, and a signed note cannot be changed.
"""
type FullscriptChartLocked implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "When the note was signed."
  signedAt: DateTime!
}

"""
This plan cannot go into this chart note.
"""
type FullscriptPlanNotImportable implements FullscriptProblem {
  "What stands in the way, in words that may be shown to the user."
  message: String!
  "What stands in the way."
  reason: FullscriptNotImportableReason!
}

"""
Why a plan cannot go into a chart note.
"""
enum FullscriptNotImportableReason {
  "There are only lab tests on it, or nothing at all."
  NO_SUPPLEMENTS
  "It is a draft still."
  NOT_SENT
  "It was cancelled."
  CANCELLED
  "It is another patient's than the chart note."
  OTHER_PATIENT
}

# The EMR's entities as this subgraph sees them. To fit another EMR, adapt this file: the keys must be the EMR's,
# and the external fields must exist there under the same names. What we add to these types is in the files of our nouns.

"""
A patient of the EMR. The EMR owns the record; this subgraph adds what Fullscript knows about the same person.
"""
type Patient @key(fields: "id") {
  "The EMR's id of the patient."
  id: ID!
  "E-mail address in the EMR's record; the first thing a Fullscript patient is looked up by."
  email: String @external
  "First name in the EMR's record; tells apart family members who share an e-mail address."
  firstName: String @external
  "Last name in the EMR's record; counts when one of the two birth dates is missing."
  lastName: String @external
  "Birth date in the EMR's record; two different birth dates are never the same person."
  dateOfBirth: Date @external
}

"""
A clinician of the EMR. The EMR owns the record; this subgraph adds their standing with Fullscript.
"""
type Practitioner @key(fields: "id") {
  "The EMR's id of the practitioner."
  id: ID!
}

"""
A note in the EMR's chart, such as an initial consult, a follow-up or a basic note. Supplements can be imported until it is signed.
"""
type Chart @key(fields: "id") {
  "The EMR's id of the chart note."
  id: ID!
}

# This subgraph's part of the supergraph, one file per noun. What is the EMR's own (its entities and the fields we
# need from them) is all in emr.graphql: the one file that an EMR team adapts. Every type of ours begins with
# Fullscript, because all subgraphs share one namespace and an EMR is likely to have a TreatmentPlan or a LabOrder too.

extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.7"
    import: ["@key", "@external", "@requires", "@shareable", "@tag"]
  )

"""
How current an answer has to be, and so whether Fullscript is asked.
"""
enum FullscriptFreshness {
  "Answer from the stored copy alone. Fullscript is never called, except for a fresh \`editUrl\`."
  STORED
  "Answer from the stored copy at once and, when it is not known to be current, refresh it behind the answer. Whatever was never stored is fetched before answering."
  STALE_WHILE_REVALIDATE
  "Check with Fullscript first, then answer. During an outage this is an error, never an old copy."
  CURRENT
}

extend type Query {
  """
  One lab order by Fullscript's id; null when it is not known.
  """
  fullscriptLabOrder(
    "Fullscript's id of the lab order."
    id: ID!
    "How current the answer has to be."
    freshness: FullscriptFreshness = STALE_WHILE_REVALIDATE
  ): FullscriptLabOrder
}

extend type Mutation {
  """
  Sign a lab result off, add an internal note to it, or share it with the patient. One call may do all of it.
  """
  reviewFullscriptLabResult(
    "What to do with which result."
    input: FullscriptReviewLabResultInput!
  ): FullscriptLabResult!
}

extend type Practitioner {
  "Lab orders of plans that this practitioner wrote, newest first, out of the stored copy. For the practitioner only; FORBIDDEN to anybody else."
  labOrders(
    "How many rows to give, 1 to 100."
    first: Int = 10
    "The \`endCursor\` of the page before."
    after: String
    "Only orders with these statuses; all when left out."
    statuses: [FullscriptLabOrderStatus!]
  ): FullscriptLabOrderConnection
}

"""
How far a lab test has come, as coarsely as an EMR shows it.
"""
enum FullscriptLabStage {
  "Recommended; the patient has not bought it."
  NOT_PURCHASED
  "Bought; results are not complete yet."
  PURCHASED
  "Results can be read."
  RESULTS_READY
  "Of a plan's recommendation only: Fullscript could not be asked, or not with this authorization, and nothing stored tells. The plan is shown all the same."
  UNKNOWN
}

"""
A single test that a lab carries out.
"""
type FullscriptLabTest {
  "Fullscript's id of the test."
  id: ID!
  "What the lab calls it."
  name: String!
}

"""
A page of lab orders.
"""
type FullscriptLabOrderConnection {
  "The rows with their cursors."
  edges: [FullscriptLabOrderEdge!]!
  "The same rows without cursors."
  nodes: [FullscriptLabOrder!]!
  "Where this page stands."
  pageInfo: PageInfo!
  "How many lab orders there are on all pages."
  totalCount: Int!
  "When the stored copy was last known to be what Fullscript has; null when nothing was ever fetched."
  syncedAt: DateTime
  "True when Fullscript may be ahead of this answer."
  stale: Boolean!
}

"""
One row of a list of lab orders.
"""
type FullscriptLabOrderEdge {
  "The row's place in the list."
  cursor: String!
  "The lab order."
  node: FullscriptLabOrder!
}

"""
Everything that Fullscript says about how far a lab order has come.
"""
enum FullscriptLabOrderStatus {
  "Recommended; the patient has not bought it."
  NOT_PURCHASED
  "Bought; nothing has happened since."
  PURCHASED
  "The patient has to make an appointment for the sample."
  SCHEDULE_APPOINTMENT
  "The appointment for the sample is made."
  UPCOMING_APPOINTMENT
  "The lab is at work."
  PROCESSING
  "Some results are there, others are still awaited."
  PARTIAL_RESULTS
  "All results are there."
  RESULTS_READY
  "The lab has corrected results it gave before."
  RESULTS_AMENDED
  "The practitioner's reading of the results is written."
  INTERPRETATION_READY
  "The patient has been given the practitioner's reading."
  INTERPRETATION_SHARED
  "A word of Fullscript's that this version does not know; see \`rawStatus\`."
  OTHER
}

"""
A lab order at Fullscript.
"""
type FullscriptLabOrder @key(fields: "id") {
  "Fullscript's id of the lab order."
  id: ID!
  "What was ordered."
  name: String!
  "How far it has come."
  status: FullscriptLabOrderStatus!
  "The same in the word that Fullscript used."
  rawStatus: String!
  "The same in the three stages that an EMR shows."
  stage: FullscriptLabStage!
  "The Fullscript clinic it belongs to."
  clinic: FullscriptClinic!
  "The EMR patient it is for; null while the Fullscript patient is linked to nobody."
  patient: Patient
  "The EMR practitioner behind it; null when not known in the EMR."
  practitioner: Practitioner
  "The plan it came from; null when it came from none."
  treatmentPlan: FullscriptTreatmentPlan
  "The tests that were ordered."
  tests: [FullscriptLabTest!]!
  "The result files. There may be more or fewer than tests."
  results: [FullscriptLabResult!]!
  "Results that Fullscript listed once and lists no more, without another in their place. Kept as a record; there is no file to them any more."
  withdrawnResults: [FullscriptLabResult!]!
  "When Fullscript last changed it."
  updatedAt: DateTime!
}

"""
A result file of a lab order. One file may cover several tests, and one test may come in several files.
"""
type FullscriptLabResult @key(fields: "id") {
  "Fullscript's id of the result."
  id: ID!
  "The words \\"Fullscript lab result\\" and the day it became available, as a document list shows it."
  title: String!
  "What the lab calls it."
  name: String!
  "When it became available; null before."
  availableAt: DateTime
  "Whether the lab has corrected it after it was first available."
  amended: Boolean!
  "Which version this is: 1, and one more with each correction and with each file that takes the place of this one."
  version: Int!
  "When this version became available; null for the first, see \`availableAt\`."
  amendedAt: DateTime
  "What it was before, oldest first. Fullscript keeps the newest file only, so there is no link to an earlier one."
  earlierVersions: [FullscriptLabResultVersion!]!
  "When Fullscript was seen to list it no more; null while it does. Another result may have taken its place."
  withdrawnAt: DateTime
  "A link of ours to the PDF. It works for this viewer only and for a few minutes; null when there is no file."
  pdfUrl: String
  "What the EMR's clinicians have done with it."
  review: FullscriptLabReview!
}

"""
What a lab result was before it was corrected or replaced.
"""
type FullscriptLabResultVersion {
  "Counted from 1."
  version: Int!
  "What the lab called it."
  name: String!
  "Fullscript's own word for its state; null when it told none."
  rawStatus: String
  "When this version became available."
  availableAt: DateTime
  "When the next version took its place."
  supersededAt: DateTime!
}

"""
What clinicians of the EMR have done with a lab result. Kept here, not at Fullscript.
"""
type FullscriptLabReview {
  "The EMR user who signed it off; null while nobody has. A correction by the lab takes the sign-off away."
  signedOffBy: ID
  "When it was signed off."
  signedOffAt: DateTime
  "When it was shared with the patient; null while it was not."
  sharedWithPatientAt: DateTime
  "Internal notes, oldest first. Patients do not see them."
  notes: [FullscriptLabNote!]!
  "Everything that was done, oldest first, also what was taken back or lost since."
  history: [FullscriptLabReviewEvent!]!
}

"""
What can be done with a lab result.
"""
enum FullscriptLabReviewAction {
  "Somebody signed it off."
  SIGNED_OFF
  "Somebody took the sign-off back."
  SIGN_OFF_TAKEN_BACK
  "The lab corrected or replaced the result, and so it has to be signed off anew."
  SIGN_OFF_LOST
  "Somebody shared it with the patient."
  SHARED
  "Somebody took the sharing back."
  SHARING_TAKEN_BACK
  "Somebody added a note."
  NOTED
}

"""
One thing that was done with a lab result.
"""
type FullscriptLabReviewEvent {
  "What was done."
  action: FullscriptLabReviewAction!
  "The EMR user who did it; null for what the lab brought about."
  userId: ID
  "The version of the result it was done to."
  version: Int!
  "When."
  at: DateTime!
}

"""
An internal note about a lab result.
"""
type FullscriptLabNote {
  "Our id of the note."
  id: ID!
  "The EMR user who wrote it."
  authorId: ID!
  "The note itself."
  text: String!
  "When it was written."
  createdAt: DateTime!
}

"""
What to do with a lab result. What is left out stays as it is.
"""
input FullscriptReviewLabResultInput {
  "Fullscript's id of the result."
  resultId: ID!
  "True signs the result off in the viewer's name, false takes a sign-off back."
  signOff: Boolean
  "An internal note to add."
  note: String
  "True shares the result with the patient, false takes the sharing back."
  shareWithPatient: Boolean
}

extend type Subscription {
  """
  Tells of each plan and each lab order of this patient that appears or changes, in every clinic the viewer is connected to. Who may not read the patient's
  plans and lab orders is refused as a query would be, and a stream ends with that error when this changes. What happened while nobody was
  listening is not told afterwards: read once after every (re)connect.
  """
  fullscriptPatientChanged(
    "The EMR patient to follow. They need not be linked to a Fullscript patient yet."
    patientId: ID!
  ): FullscriptPatientChange!
}

"""
Something of a patient's at Fullscript that appeared or changed, as it is now: either a plan or a lab order. Changes that follow each other closely may come as one.
"""
type FullscriptPatientChange {
  "The patient that was followed."
  patient: Patient!
  "The plan that appeared or changed; null when it was a lab order."
  plan: FullscriptTreatmentPlan
  "The lab order that appeared or changed, its results included; null when it was a plan."
  labOrder: FullscriptLabOrder
  "When the change was noticed here."
  at: DateTime!
}

"""
Where a page of a list stands within the whole list.
"""
type PageInfo @shareable {
  "Whether more rows follow; ask for them with \`after: endCursor\`."
  hasNextPage: Boolean!
  "Whether there are rows ahead of this page."
  hasPreviousPage: Boolean!
  "Cursor of the first row on this page; null when the page is empty."
  startCursor: String
  "Cursor of the last row on this page; null when the page is empty."
  endCursor: String
}

extend type Query {
  """
  The Fullscript patients who could be this EMR patient, the likeliest first, each with what agrees and what differs.
  """
  fullscriptPatientCandidates(
    "The EMR patient."
    patientId: ID!
    "The Fullscript clinic to look in; the viewer's default clinic when left out."
    clinicId: ID
  ): [FullscriptPatientCandidate!]!
}

extend type Mutation {
  """
  Say that an EMR patient and a Fullscript patient are the same person. Replaces the EMR patient's present link in that clinic.
  """
  linkFullscriptPatient("The two records." input: FullscriptLinkPatientInput!): FullscriptLinkPatientResult!
  """
  Undo a link. The same pair is not linked again except by a person.
  """
  unlinkFullscriptPatient(
    "The EMR patient to unlink."
    input: FullscriptUnlinkPatientInput!
  ): FullscriptUnlinkPatientPayload!
  """
  Change a linked patient's record at Fullscript: discount, names, phone number, birth date.
  """
  updateFullscriptPatient("What is to change." input: FullscriptUpdatePatientInput!): FullscriptUpdatePatientResult!
}

extend type Patient {
  "Where this patient stands with Fullscript, in the viewer's clinic."
  connectionStatus(
    "The Fullscript clinic to look at; the viewer's default clinic when left out."
    clinicId: ID
  ): FullscriptConnectionStatus! @requires(fields: "email firstName lastName dateOfBirth")
  "The Fullscript patient this one is linked to; null while there is no link. Asking may link a match that cannot be mistaken, and never makes a new Fullscript patient."
  fullscriptAccount(
    "The Fullscript clinic to look at; the viewer's default clinic when left out."
    clinicId: ID
  ): FullscriptPatientAccount @requires(fields: "email firstName lastName dateOfBirth")
  "The patient's Fullscript plans, newest first. Null with an error that carries a code when the viewer may not, or cannot, read Fullscript."
  treatmentPlans(
    "How many rows to give, 1 to 100."
    first: Int = 10
    "The \`endCursor\` of the page before."
    after: String
    "Only plans in these states; all when left out."
    states: [FullscriptPlanState!]
    "How current the answer has to be."
    freshness: FullscriptFreshness = STALE_WHILE_REVALIDATE
    "The Fullscript clinic to look at; the viewer's default clinic when left out."
    clinicId: ID
  ): FullscriptTreatmentPlanConnection @requires(fields: "email firstName lastName dateOfBirth")
  "The patient's Fullscript lab orders, newest first. Null under the same rule as \`treatmentPlans\`."
  labOrders(
    "How many rows to give, 1 to 100."
    first: Int = 10
    "The \`endCursor\` of the page before."
    after: String
    "Only orders with these statuses; all when left out."
    statuses: [FullscriptLabOrderStatus!]
    "How current the answer has to be."
    freshness: FullscriptFreshness = STALE_WHILE_REVALIDATE
    "The Fullscript clinic to look at; the viewer's default clinic when left out."
    clinicId: ID
  ): FullscriptLabOrderConnection @requires(fields: "email firstName lastName dateOfBirth")
}

"""
A Fullscript patient that is linked to an EMR patient.
"""
type FullscriptPatientAccount @key(fields: "id") {
  "Fullscript's id of the patient."
  id: ID!
  "The Fullscript clinic the patient belongs to."
  clinic: FullscriptClinic!
  "E-mail address at Fullscript; it may differ from the EMR's, and dependents have none."
  email: String
  "First name at Fullscript."
  firstName: String
  "Last name at Fullscript."
  lastName: String
  "Birth date at Fullscript."
  dateOfBirth: Date
  "Whether the clinic has archived the patient at Fullscript."
  archived: Boolean!
  "Whether the patient is cared for through a guardian's Fullscript account, such as a child."
  isDependent: Boolean!
  "The patient's own discount, percent; the clinic's is added to it."
  discountPercent: Int
  "The patient's and the clinic's discount together, percent."
  totalDiscountPercent: Int
  "When the two records were linked."
  linkedAt: DateTime!
  "On what evidence they were linked."
  linkedBy: FullscriptLinkMethod!
}

"""
The evidence on which an EMR patient and a Fullscript patient were taken for the same person.
"""
enum FullscriptLinkMethod {
  "An id that was stored with the EMR's record before."
  STORED_ID
  "Our own id, found in the Fullscript patient's metadata."
  METADATA
  "The same e-mail address, and names and birth date that leave no doubt."
  EMAIL_AND_IDENTITY
  "A person said so."
  MANUAL
  "The Fullscript patient was made for this EMR patient."
  CREATED
  "The practitioner chose on Fullscript's own matching page."
  GATEWAY
}

"""
A Fullscript patient who could be the EMR patient asked about.
"""
type FullscriptPatientCandidate {
  "Fullscript's id of the candidate, for \`linkFullscriptPatient\`."
  fullscriptPatientId: ID!
  "E-mail address at Fullscript."
  email: String
  "First name at Fullscript."
  firstName: String
  "Last name at Fullscript."
  lastName: String
  "Birth date at Fullscript."
  dateOfBirth: Date
  "Whether the candidate is cared for through a guardian's account."
  isDependent: Boolean!
  "Names of the fields that agree with the EMR's record, out of email, firstName, lastName, dateOfBirth and metadata."
  agrees: [String!]!
  "Names of the fields that contradict the EMR's record. A field that one side leaves empty is in neither list."
  differs: [String!]!
  "The other EMR patient this candidate is linked to already; null when free."
  linkedPatientId: ID
}

"""
Two records of one person.
"""
input FullscriptLinkPatientInput {
  "The EMR patient."
  patientId: ID!
  "The Fullscript patient."
  fullscriptPatientId: ID!
  "The Fullscript clinic; the viewer's default clinic when left out."
  clinicId: ID
}

"""
What became of a link that was asked for.
"""
union FullscriptLinkPatientResult = FullscriptPatientLinked | FullscriptPatientTaken | FullscriptConnectionRequired

"""
The two records are linked.
"""
type FullscriptPatientLinked {
  "The EMR patient."
  patient: Patient!
  "The Fullscript patient that is now linked."
  account: FullscriptPatientAccount!
}

"""
The Fullscript patient is linked to another EMR patient of the organization.
"""
type FullscriptPatientTaken implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "The EMR patient who holds the link."
  linkedPatientId: ID!
}

"""
Which link to undo.
"""
input FullscriptUnlinkPatientInput {
  "The EMR patient."
  patientId: ID!
  "The Fullscript clinic; the viewer's default clinic when left out."
  clinicId: ID
}

"""
The result of undoing a link.
"""
type FullscriptUnlinkPatientPayload {
  "The EMR patient."
  patient: Patient!
  "False when there was no link to undo."
  unlinked: Boolean!
}

"""
Changes to a linked patient's record at Fullscript. A field that is left out stays as it is.
"""
input FullscriptUpdatePatientInput {
  "The EMR patient."
  patientId: ID!
  "The Fullscript clinic; the viewer's default clinic when left out."
  clinicId: ID
  "The patient's own discount, percent."
  discountPercent: Int
  "First name."
  firstName: String
  "Last name."
  lastName: String
  "Mobile phone number."
  mobileNumber: String
  "Birth date."
  dateOfBirth: Date
}

"""
What became of a change to a patient's record.
"""
union FullscriptUpdatePatientResult =
  | FullscriptPatientUpdated
  | FullscriptConnectionRequired
  | FullscriptPatientNotLinked
  | FullscriptRejected

"""
Fullscript took the change.
"""
type FullscriptPatientUpdated {
  "The patient's record at Fullscript as it stands now."
  account: FullscriptPatientAccount!
}

"""
The EMR patient has no link in this clinic, so there is no Fullscript record to change.
"""
type FullscriptPatientNotLinked implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "The EMR patient asked about."
  patientId: ID!
}

"""
An outcome that is no success but that the caller can do something about. Refusals and outages are errors instead, with a code in their extensions.
"""
interface FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
}

"""
A usable Fullscript connection is needed first: send the browser to \`authorizeUrl\`, then call again.
"""
type FullscriptConnectionRequired implements FullscriptProblem {
  "What is missing, in words that may be shown to the user."
  message: String!
  "How the connection stands now: not connected, to be renewed, or switched off."
  status: FullscriptConnectionStatus!
  "Scopes the call needs that the present authorization lacks; empty when the scopes are not the reason."
  missingScopes: [String!]!
  "Fullscript's consent page for the signed-in user. Null while the integration is switched off, or when somebody else has to connect."
  authorizeUrl: String
}

"""
Fullscript understood the call and refused it.
"""
type FullscriptRejected implements FullscriptProblem {
  "What was refused, in words that may be shown to the user."
  message: String!
  "Fullscript's own sentences about why."
  reasons: [String!]!
}

"""
One pack of a product in Fullscript's catalogue.
"""
type FullscriptProductVariant @key(fields: "id") {
  "Fullscript's id of the pack."
  id: ID!
  "Fullscript's id of the product that the pack belongs to."
  productId: ID!
  "The product's name."
  name: String!
  "Who makes it."
  brand: String!
  "The pack's stock number."
  sku: String
  "How many units are in the pack."
  units: Int
  "What one unit is, such as a capsule."
  unitOfMeasure: String
  "Whether it can be bought, in Fullscript's own word."
  availability: String
  "The suggested retail price, decimal text in the currency of the clinic's country."
  msrp: String
  "A picture of the pack."
  imageUrl: String
}

extend type Mutation {
  """
  Begin a plan for a patient and get the Fullscript page on which the practitioner completes and sends it.
  """
  createRecommendation(
    "For whom, in whose name, and what to begin with."
    input: FullscriptCreateRecommendationInput!
  ): FullscriptCreateRecommendationResult!
  """
  Get a grant, good for one use, to show Fullscript's plan tool inside the EMR's own page.
  """
  createFullscriptEmbedSession(
    "What the tool is to show."
    input: FullscriptEmbedSessionInput!
  ): FullscriptEmbedSessionResult!
  """
  Get the page on which a plan is sold at the desk. Fullscript empties the patient's cart for it, so this has to be confirmed.
  """
  createFullscriptInOfficeCheckout(
    "Which plan, and the confirmation."
    input: FullscriptInOfficeCheckoutInput!
  ): FullscriptInOfficeCheckoutResult!
}

"""
A recommendation to begin.
"""
input FullscriptCreateRecommendationInput {
  "The EMR patient it is for."
  patientId: ID!
  "The EMR practitioner in whose name the plan is written; the viewer when left out. Staff must name one."
  practitionerId: ID
  "The Fullscript clinic; the viewer's default clinic when left out."
  clinicId: ID
  "The chart note it is begun from, which must be this patient's; kept with the plan."
  chartId: ID
  "Which part of Fullscript's page opens first."
  entrypoint: FullscriptEntrypoint = CATALOG
  "Supplements to put on the draft before the page opens."
  items: [FullscriptRecommendationInput!]
  "Words to the patient, put on the draft."
  personalMessage: String
  "Whether Fullscript greets a patient that is newly made there by e-mail; the deployment's setting when left out."
  sendWelcomeEmail: Boolean
  "Makes a repeated call answer with the first one's draft. Counts per user for 24 hours; other input under the same key is BAD_USER_INPUT."
  idempotencyKey: String
}

"""
The part of Fullscript's page that opens first.
"""
enum FullscriptEntrypoint {
  "The catalogue of supplements."
  CATALOG
  "The lab tests."
  LABS
}

"""
A supplement to put on a draft.
"""
input FullscriptRecommendationInput {
  "Fullscript's id of the pack."
  variantId: ID!
  "How many packs the patient should buy."
  unitsToPurchase: Int!
  "Whether the patient should buy it again when it runs out."
  refill: Boolean
  "What to take it with, such as food or water."
  takeWith: String
  "How to take it."
  dosage: FullscriptDosageInput
}

"""
How to take a supplement.
"""
input FullscriptDosageInput {
  "How much at a time."
  amount: String
  "How often."
  frequency: String
  "For how long."
  duration: String
  "In what form, such as capsules or drops."
  format: String
  "At which times of the day."
  timeOfDay: [String!]
  "Anything else the patient should know."
  additionalInfo: String
}

"""
What became of a recommendation.
"""
union FullscriptCreateRecommendationResult =
  | FullscriptRecommendationDraft
  | FullscriptConnectionRequired
  | FullscriptPatientMatchRequired
  | FullscriptPatientDetailsMissing
  | FullscriptRejected

"""
A draft that waits on Fullscript's page to be completed and sent.
"""
type FullscriptRecommendationDraft {
  "Fullscript's page with the draft; open it in a new tab."
  redirectUrl: String!
  "The draft; null when the plan comes into being only on Fullscript's own matching page."
  plan: FullscriptTreatmentPlan
  "The EMR patient it is for."
  patient: Patient!
  "Whether a new Fullscript patient was made for it."
  createdPatient: Boolean!
  "Whether the given supplements are on the draft; also true when none were given."
  itemsApplied: Boolean!
}

"""
It is not certain which Fullscript patient is meant. Choose with \`linkFullscriptPatient\`, or let the practitioner choose on Fullscript's page.
"""
type FullscriptPatientMatchRequired implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "Who it could be, the likeliest first."
  candidates: [FullscriptPatientCandidate!]!
  "Fullscript's own matching page; null when Fullscript gives none."
  gatewayUrl: String
}

"""
The EMR's record lacks what Fullscript needs to make a patient.
"""
type FullscriptPatientDetailsMissing implements FullscriptProblem {
  "What happened, in words that may be shown to the user."
  message: String!
  "Names of the empty EMR fields, out of email, firstName and lastName."
  fields: [String!]!
}

"""
What an embedded plan tool is to show.
"""
input FullscriptEmbedSessionInput {
  "The EMR patient to begin with; none when left out."
  patientId: ID
  "Which part of the tool opens first."
  entrypoint: FullscriptEntrypoint = CATALOG
  "The Fullscript clinic; the viewer's default clinic when left out."
  clinicId: ID
}

"""
What became of an embed session.
"""
union FullscriptEmbedSessionResult = FullscriptEmbedSession | FullscriptConnectionRequired

"""
Everything that Fullscript's script for embedding asks for.
"""
type FullscriptEmbedSession {
  "The grant itself. It works once; hand it to the script and keep it nowhere."
  secretToken: String!
  "The public key of this deployment's Fullscript app."
  publicKey: String!
  "Which Fullscript it is for: us, ca, us-snd or ca-snd."
  env: String!
  "Until when the grant can be used."
  expiresAt: DateTime!
  "What to hand to the script's \`patient\` option; null when no patient was named."
  patient: FullscriptEmbedPatient
}

"""
The patient to hand to Fullscript's script for embedding.
"""
type FullscriptEmbedPatient {
  "Fullscript's id, for a patient who is linked; the other fields are for one who is not."
  id: ID
  "First name."
  firstName: String
  "Last name."
  lastName: String
  "E-mail address."
  email: String
  "Birth date."
  dateOfBirth: Date
}

"""
A sale at the desk.
"""
input FullscriptInOfficeCheckoutInput {
  "Fullscript's id of the plan to sell."
  planId: ID!
  "Must be true: says that the patient's cart may be emptied."
  confirmEmptyCart: Boolean!
}

"""
What became of a sale at the desk.
"""
union FullscriptInOfficeCheckoutResult = FullscriptInOfficeCheckout | FullscriptConnectionRequired | FullscriptRejected

"""
A sale at the desk that can be carried out.
"""
type FullscriptInOfficeCheckout {
  "Fullscript's page on which the practitioner finishes it."
  url: String!
}

extend type Query {
  """
  How far a revocation has come. For whoever asked for it, administrators and developers of the organization.
  """
  fullscriptRevocation("The revocation's id." id: ID!): FullscriptRevocation
}

extend type Mutation {
  """
  Take authorizations away: one's own, or as an administrator another user's. Without input, all of one's own.
  """
  revoke("Whose, and at which clinic." input: FullscriptRevokeInput): FullscriptRevokePayload!
  """
  Take every authorization of the organization away. For administrators and developers.
  """
  revokeAll("The confirmation, and how far it reaches." input: FullscriptRevokeAllInput!): FullscriptRevokePayload!
}

"""
Which authorizations to take away.
"""
input FullscriptRevokeInput {
  "The EMR user whose authorization goes; oneself when left out. Another user's takes an administrator."
  userId: ID
  "Only the authorization at this Fullscript clinic; all clinics when left out."
  clinicId: ID
  "Why, in a few words for the record."
  reason: String
}

"""
The confirmation that everybody's authorization is to go.
"""
input FullscriptRevokeAllInput {
  "Must be true, so that nobody does it by accident."
  confirm: Boolean!
  "Why, in a few words for the record."
  reason: String
  "Beyond the caller's own organization, to every one this deployment serves. For platform developers alone."
  allOrganizations: Boolean = false
}

"""
A revocation that was asked for.
"""
type FullscriptRevokePayload {
  "What was closed here, and how far Fullscript has confirmed it."
  revocation: FullscriptRevocation!
}

"""
Authorizations being taken away. As soon as this exists none of them is used here any more; each is then revoked at Fullscript, again and again until Fullscript confirms.
"""
type FullscriptRevocation @key(fields: "id") {
  "Our id of the revocation, to ask for its progress."
  id: ID!
  "The EMR user who asked for it."
  requestedBy: ID!
  "When it was asked for, which is when the authorizations were closed here."
  requestedAt: DateTime!
  "When Fullscript had confirmed the last one; null until then."
  finishedAt: DateTime
  "How many authorizations it covers."
  total: Int!
  "How many Fullscript has confirmed."
  revoked: Int!
  "How many are closed here and still wait for Fullscript's confirmation."
  pending: Int!
}

"""
A moment in time as ISO 8601 text, always in UTC and with milliseconds, for example 2026-03-02T14:00:00.000Z.
"""
scalar DateTime

"""
A day of the calendar without a time of day, written yyyy-mm-dd, for example 1984-11-30.
"""
scalar Date

extend type Query {
  """
  How the stored copy keeps up with Fullscript, in all clinics of the organization. For administrators and services.
  """
  fullscriptSync: FullscriptSync!
  """
  Events of the organization's clinics that were given up after repeated failure, most recent first. For administrators and services.
  """
  fullscriptParkedEvents(
    "How many rows to give, 1 to 100."
    first: Int = 50
    "The \`endCursor\` of the page before."
    after: String
  ): FullscriptParkedEventConnection!
}

extend type Mutation {
  """
  Have parked events of the organization's clinics applied after all, all of them or those named. They are tried soon, and parked again if they fail as
  often as before. For administrators and services.
  """
  retryFullscriptEvents(
    "Which events; all of them when left out."
    input: FullscriptRetryEventsInput
  ): FullscriptRetryEventsPayload!
}

"""
Which parked events are to be tried again.
"""
input FullscriptRetryEventsInput {
  "Their ids, 1 to 1000; all parked events of the organization when left out. Unknown ones and those that are not parked are passed over."
  ids: [ID!]
}

"""
What was put back.
"""
type FullscriptRetryEventsPayload {
  "How many parked events were put back, to be tried again."
  retried: Int!
}

"""
How far the stored copy has taken in what happened at Fullscript.
"""
type FullscriptSync {
  "Events, told by webhooks or found by a look through Fullscript's list, that wait to be applied."
  pendingEvents: Int!
  "When the oldest of them arrived; null when none waits."
  oldestPendingEventAt: DateTime
  "Events that were given up after repeated failure. What they may have changed is read anew before it counts as current."
  parkedEvents: Int!
  "The organization's clinics, by their id."
  clinics: [FullscriptClinicSync!]!
}

"""
How far one clinic's copy has come.
"""
type FullscriptClinicSync {
  "The clinic."
  clinic: FullscriptClinic!
  "When the last finished look through its events began, so that everything before it is in the copy; null before the first."
  sweptAt: DateTime
  "The first reading of the clinic's patients, plans and labs; null for one that was never begun."
  fill: FullscriptClinicFill
}

"""
The first reading of a clinic as a whole, which goes on behind everything else.
"""
type FullscriptClinicFill {
  "When it began."
  startedAt: DateTime!
  "When it was through; null while it goes on."
  finishedAt: DateTime
  "Patients whose plans and labs are read."
  patientsDone: Int!
  "Patients it has found so far."
  patientsFound: Int!
}

"""
A page of parked events.
"""
type FullscriptParkedEventConnection {
  "The rows with their cursors."
  edges: [FullscriptParkedEventEdge!]!
  "The same rows without cursors."
  nodes: [FullscriptParkedEvent!]!
  "Where this page stands."
  pageInfo: PageInfo!
}

"""
One parked event with its cursor.
"""
type FullscriptParkedEventEdge {
  "The row's place in the list."
  cursor: String!
  "The event."
  node: FullscriptParkedEvent!
}

"""
An event of Fullscript's that could not be applied. It tells nothing of the patient it is about.
"""
type FullscriptParkedEvent {
  "Our id of the event, to have it tried again."
  id: ID!
  "Fullscript's word for what happened, such as treatment_plan.updated."
  type: String!
  "The clinic it happened in."
  clinic: FullscriptClinic!
  "When it happened, as Fullscript says; null when it did not say."
  occurredAt: DateTime
  "When it arrived here."
  receivedAt: DateTime!
  "How often it was tried."
  attempts: Int!
  """
  By what the last try failed, in a word of ours: unavailable, rate_limited, rejected, contract (an answer that cannot be read), conflict, or bug (see the log).
  """
  reason: String!
}

extend type Query {
  """
  One plan by Fullscript's id; null when it is not known.
  """
  fullscriptTreatmentPlan(
    "Fullscript's id of the plan."
    id: ID!
    "How current the answer has to be."
    freshness: FullscriptFreshness = STALE_WHILE_REVALIDATE
  ): FullscriptTreatmentPlan
}

extend type Practitioner {
  "Plans this practitioner wrote, newest first, out of the stored copy. For the practitioner only; FORBIDDEN to anybody else."
  treatmentPlans(
    "How many rows to give, 1 to 100."
    first: Int = 10
    "The \`endCursor\` of the page before."
    after: String
    "Only plans in these states; all when left out."
    states: [FullscriptPlanState!]
  ): FullscriptTreatmentPlanConnection
}

"""
A page of plans.
"""
type FullscriptTreatmentPlanConnection {
  "The rows with their cursors."
  edges: [FullscriptTreatmentPlanEdge!]!
  "The same rows without cursors."
  nodes: [FullscriptTreatmentPlan!]!
  "Where this page stands."
  pageInfo: PageInfo!
  "How many plans there are on all pages."
  totalCount: Int!
  "When the stored copy was last known to be what Fullscript has; null when nothing was ever fetched."
  syncedAt: DateTime
  "True when Fullscript may be ahead of this answer."
  stale: Boolean!
}

"""
One row of a list of plans.
"""
type FullscriptTreatmentPlanEdge {
  "The row's place in the list."
  cursor: String!
  "The plan."
  node: FullscriptTreatmentPlan!
}

"""
How far a plan has come.
"""
enum FullscriptPlanState {
  "Being written; the patient does not see it."
  DRAFT
  "Sent to the patient."
  ACTIVE
  "Withdrawn at Fullscript."
  CANCELLED
}

"""
A plan at Fullscript: the supplements and lab tests that a practitioner recommends to a patient.
"""
type FullscriptTreatmentPlan @key(fields: "id") {
  "Fullscript's id of the plan."
  id: ID!
  "How far the plan has come."
  state: FullscriptPlanState!
  "The Fullscript clinic it belongs to."
  clinic: FullscriptClinic!
  "The EMR patient it is for; null while the Fullscript patient is linked to nobody."
  patient: Patient
  "The EMR practitioner who wrote it; null when the author is not known in the EMR."
  practitioner: Practitioner
  "The author's words to the patient."
  personalMessage: String
  "The day from which the patient can order."
  availableAt: Date
  "When it was begun at Fullscript."
  createdAt: DateTime!
  "When Fullscript last changed it."
  updatedAt: DateTime!
  "The link that Fullscript sends the patient, for an Order button."
  invitationUrl: String
  "A new link to edit the plan on Fullscript's page, since a plan is never edited here. Every selection asks Fullscript; null for a cancelled plan."
  editUrl: String
  "The supplements."
  recommendations: [FullscriptRecommendation!]!
  "The lab tests, bought or not."
  labRecommendations: [FullscriptLabRecommendation!]!
  "The EMR chart note it was started from; null for plans begun elsewhere."
  chartId: ID
  "The imports of this plan into chart notes, oldest first."
  chartImports: [FullscriptChartImport!]!
}

"""
A supplement on a plan.
"""
type FullscriptRecommendation {
  "An id that stays the same within the plan."
  id: ID!
  "Fullscript's id of the pack that is recommended."
  variantId: ID!
  "The pack's description; null while Fullscript's catalogue does not yield it."
  product: FullscriptProductVariant
  "How many packs the patient should buy."
  unitsToPurchase: Int
  "Whether the patient should buy it again when it runs out."
  refill: Boolean
  "What to take it with, such as food or water."
  takeWith: String
  "How to take it; null when nothing is said."
  dosage: FullscriptDosage
}

"""
How to take a supplement, in Fullscript's own words.
"""
type FullscriptDosage {
  "How much at a time."
  amount: String
  "How often."
  frequency: String
  "For how long."
  duration: String
  "In what form, such as capsules or drops."
  format: String
  "At which times of the day."
  timeOfDay: [String!]!
  "Anything else the practitioner wrote."
  additionalInfo: String
  "The whole instruction in one line to read; \\"Use as directed\\" when there is none."
  text: String!
}

"""
A lab test on a plan, whether it was bought or not.
"""
type FullscriptLabRecommendation {
  "Fullscript's id of the recommended test."
  id: ID!
  "What the lab calls it."
  name: String!
  "Whether the patient must fast before; null when Fullscript does not say."
  requiresFasting: Boolean
  "What the patient should mind."
  instructions: String
  "The single tests that it is made of."
  tests: [FullscriptLabTest!]!
  "How far it has come, in the three stages that an EMR shows; UNKNOWN when that cannot be told just now."
  stage: FullscriptLabStage!
  "The order at Fullscript that belongs to it, bought or not; null while there is none."
  labOrder: FullscriptLabOrder
}

"""
What is read.
"""
type Query {
  """
  The signed-in user's own standing with Fullscript. One look tells whether to offer "Recommend with Fullscript" or "Connect".
  """
  fullscriptViewer: FullscriptViewer!
}

"""
The signed-in EMR user as far as Fullscript is concerned.
"""
type FullscriptViewer {
  "How the default account stands; NOT_CONNECTED when there is none."
  connectionStatus: FullscriptConnectionStatus!
  "One account for each Fullscript clinic the user has connected, the default clinic ahead of the others."
  accounts: [FullscriptAccount!]!
  "Whether \`createRecommendation\` is open to this user now: the right role, switched on, and an authorization that may write to the clinic."
  canRecommend: Boolean!
  "Whether this user may see and change other users' connections in the organization."
  canAdminister: Boolean!
}

"""
How a user or a patient stands with Fullscript. Users and patients share one set of words, so that a single document may ask both.
"""
enum FullscriptConnectionStatus {
  "User: has never authorized us, or has taken it back. Patient: no Fullscript patient is linked and none was found; recommending will make one."
  NOT_CONNECTED
  "User: the authorization works. Patient: linked to a Fullscript patient."
  CONNECTED
  "User: Fullscript no longer accepts the authorization, or it lacks a scope that this deployment needs; connecting again repairs it."
  RECONNECT_REQUIRED
  "User: an administrator has switched the integration off for this user or the whole organization."
  DISABLED
  "Patient: somebody at Fullscript has the same e-mail address but is not unmistakably this person; a human must choose."
  MATCH_REQUIRED
  "Patient: it cannot be said. The viewer has no usable connection, the EMR hides the patient, or Fullscript is out of reach and nothing is stored."
  UNKNOWN
}
`;
