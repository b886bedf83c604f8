/** The page that the benchmark asks for: 50 patients with account, five plans with supplements and products, and lab orders. */
export const query = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Patient {
      id
      connectionStatus
      fullscriptAccount { id firstName lastName email archived discountPercent linkedAt }
      treatmentPlans(first: 5) {
        totalCount
        stale
        syncedAt
        nodes {
          id
          state
          createdAt
          updatedAt
          recommendations {
            id
            unitsToPurchase
            refill
            dosage { amount frequency duration format timeOfDay text }
            product { id name brand units availability msrp }
          }
          labRecommendations { id name }
        }
      }
      labOrders(first: 5) {
        totalCount
        stale
        nodes { id name status rawStatus stage updatedAt tests { id name } results { id name title availableAt amended } }
      }
    }
  }
}`;

export interface Representation {
  __typename: 'Patient';
  id: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  dateOfBirth: string | null;
}
