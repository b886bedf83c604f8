import { parse } from 'graphql';

/**
 * What the demo EMR contributes to the supergraph: its users, patients, practitioners, charts and documents.
 * Other subgraphs extend Patient, Practitioner and Chart by their ids.
 */
export const emrTypeDefs = parse(/* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])

  "An instant, ISO 8601 with milliseconds, always UTC."
  scalar DateTime
  "A calendar date, yyyy-mm-dd."
  scalar Date

  type Query {
    "Patients in the order asked for; null where the caller may not see one or there is none."
    patients(ids: [ID!]!): [Patient]!
    "The patients the caller may see, in the order of their ids. The search looks into names and e-mail addresses."
    patientList(search: String, first: Int = 50): [Patient!]!
    "One patient; null when there is none or the caller may not see them."
    patient(id: ID!): Patient
    "One chart note; null when there is none or the caller may not see it."
    chart(id: ID!): Chart
    "One practitioner of the caller's organization."
    practitioner(id: ID!): Practitioner
    "Every practitioner of the caller's organization."
    practitioners: [Practitioner!]!
    "The signed-in user."
    me: EmrUser!
  }

  type Mutation {
    "Writes plan lines into an open chart note. A repeat with the same key answers with the lines of the first call."
    addChartItems(input: AddChartItemsInput!): AddChartItemsPayload!
    "Files a document with a patient. A repeat with the same key answers with the first document."
    addDocument(input: AddDocumentInput!): Document!
    "Starts a chart note for a patient, written by the signed-in practitioner."
    createChart(patientId: ID!, kind: ChartKind!): Chart!
    "Signs a chart note, which locks it. Signing a signed note leaves it as it is."
    signChart(id: ID!): Chart!
  }

  "Somebody who signs in to the EMR."
  type EmrUser {
    "The subject of the user's tokens."
    id: ID!
    "Full name, with a title where there is one."
    name: String!
    "Where the user gets mail."
    email: String!
    "Any of admin, practitioner, staff, developer, service."
    roles: [String!]!
    "The organization the user works for."
    organization: EmrOrganization!
    "Set for practitioners."
    practitioner: Practitioner
  }

  "An account of the EMR: one practice with its users and patients."
  type EmrOrganization {
    "The tenant that every record belongs to."
    id: ID!
    "The name on the door."
    name: String!
  }

  "A person in care."
  type Patient @key(fields: "id") {
    "The EMR's id of the patient."
    id: ID!
    "Families may share one address."
    email: String
    "Given name as the EMR spells it."
    firstName: String
    "Family name as the EMR spells it."
    lastName: String
    "Birth date."
    dateOfBirth: Date
    "As the patient states it."
    gender: String
    "Mobile telephone number."
    mobileNumber: String
    "Chart notes, newest first. Empty for callers who do not see charts."
    charts: [Chart!]!
    "Filed documents, newest first. Empty for callers who do not see charts."
    documents: [Document!]!
  }

  "A clinician who writes charts and plans."
  type Practitioner @key(fields: "id") {
    "The EMR's id of the practitioner."
    id: ID!
    "Given name."
    firstName: String
    "Family name."
    lastName: String
    "Where the practitioner gets mail."
    email: String
  }

  "What kind of visit a chart note is about."
  enum ChartKind {
    "The first visit."
    INITIAL_CONSULT
    "A later visit."
    FOLLOW_UP
    "A note without a visit."
    BASIC_NOTE
  }

  "A chart note: open until it is signed, then locked."
  type Chart @key(fields: "id") {
    "The EMR's id of the note."
    id: ID!
    "What kind of visit it is about."
    kind: ChartKind!
    "When it was started."
    createdAt: DateTime!
    "When it was signed; null while it is open."
    signedAt: DateTime
    "Whom it is about."
    patient: Patient!
    "Who writes it."
    practitioner: Practitioner!
    "The plan of the note, in the order the lines were added."
    items: [ChartItem!]!
  }

  "A line of the plan in a chart note, as the patient's portal shows it."
  type ChartItem {
    "The EMR's id of the line."
    id: ID!
    "The id of the line in the system it came from."
    sourceItemId: ID!
    "The product."
    name: String!
    "Who makes the product."
    brand: String
    "How to take it."
    instructions: String!
    "How many units to buy."
    units: Int
    "How many times it may be bought again."
    refills: Int
    "The system it came from."
    source: String!
  }

  "A document filed with a patient."
  type Document {
    "The EMR's id of the document."
    id: ID!
    "What the list of documents shows."
    title: String!
    "What kind of document it is, such as LAB_RESULT."
    kind: String!
    "The instant the document is about."
    occurredAt: DateTime!
    "The id in the system it came from."
    sourceId: ID!
  }

  "Lines to write into an open chart note."
  input AddChartItemsInput {
    "The open chart note."
    chartId: ID!
    "The same key adds its lines once only."
    idempotencyKey: String!
    "The lines, in order."
    items: [ChartItemInput!]!
  }

  "One line of a chart's plan."
  input ChartItemInput {
    "The id of the line in the system it comes from."
    sourceItemId: ID!
    "The product."
    name: String!
    "Who makes the product."
    brand: String
    "How to take it."
    instructions: String!
    "How many units to buy."
    units: Int
    "How many times it may be bought again."
    refills: Int
    "The system it comes from."
    source: String!
  }

  "The lines as they stand in the chart."
  type AddChartItemsPayload {
    "In the order they were given."
    items: [ChartItem!]!
  }

  "A document to file."
  input AddDocumentInput {
    "Whose document it is."
    patientId: ID!
    "The same key files its document once only."
    idempotencyKey: String!
    "What the list of documents shows."
    title: String!
    "What kind of document it is, such as LAB_RESULT."
    kind: String!
    "The instant the document is about."
    occurredAt: DateTime!
    "The id in the system it comes from."
    sourceId: ID!
  }
`);
