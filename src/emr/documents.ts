import { gql } from 'graphql-tag';

/*
 * Everything that is ever asked of the EMR, in one place for an EMR team to adapt. Rename fields here (with aliases) when the
 * EMR's schema differs; the shapes that must come back are the ones in `answers.ts`.
 */

/** In the order asked; null for what the caller may not see. */
export const patientsDocument = gql`
  query FullscriptPatients($ids: [ID!]!) {
    patients(ids: $ids) {
      id
      email
      firstName
      lastName
      dateOfBirth
      gender
      mobileNumber
    }
  }
`;

/** Null for a chart that the caller may not see. */
export const chartDocument = gql`
  query FullscriptChart($id: ID!) {
    chart(id: $id) {
      id
      kind
      signedAt
      patient {
        id
      }
      practitioner {
        id
      }
    }
  }
`;

/** Null for a practitioner that the caller may not see. */
export const practitionerDocument = gql`
  query FullscriptPractitioner($id: ID!) {
    practitioner(id: $id) {
      id
      firstName
      lastName
      email
    }
  }
`;

/** Safe to repeat with the same `idempotencyKey`; fails with `extensions.code = CHART_SIGNED` on a signed chart. */
export const addChartItemsDocument = gql`
  mutation FullscriptAddChartItems($input: AddChartItemsInput!) {
    addChartItems(input: $input) {
      items {
        sourceItemId
        id
      }
    }
  }
`;

/** Safe to repeat with the same `idempotencyKey`. */
export const addDocumentDocument = gql`
  mutation FullscriptAddDocument($input: AddDocumentInput!) {
    addDocument(input: $input) {
      id
    }
  }
`;
