import { hasRole, type DemoUser } from './demo-users.ts';
import type { Problem } from './ProblemNote.tsx';
import type { Viewer } from './session.tsx';

/** Asks for a draft plan; every member of the union comes back with what the page shows of it. */
export const CREATE_RECOMMENDATION = /* GraphQL */ `
  mutation CreateRecommendation($input: FullscriptCreateRecommendationInput!) {
    createRecommendation(input: $input) {
      __typename
      ... on FullscriptRecommendationDraft {
        redirectUrl
        createdPatient
        itemsApplied
        plan {
          id
          state
        }
      }
      ... on FullscriptConnectionRequired {
        message
        missingScopes
        authorizeUrl
      }
      ... on FullscriptPatientMatchRequired {
        message
        gatewayUrl
      }
      ... on FullscriptPatientDetailsMissing {
        message
        fields
      }
      ... on FullscriptRejected {
        message
        reasons
      }
    }
  }
`;

/** The draft and the page to open. */
export interface RecommendationDraft {
  __typename: 'FullscriptRecommendationDraft';
  redirectUrl: string;
  createdPatient: boolean;
  itemsApplied: boolean;
  plan: { id: string; state: string } | null;
}

/** What CREATE_RECOMMENDATION answers. */
export type CreateRecommendation =
  | RecommendationDraft
  | (Problem & {
      __typename:
        | 'FullscriptConnectionRequired'
        | 'FullscriptPatientMatchRequired'
        | 'FullscriptPatientDetailsMissing'
        | 'FullscriptRejected';
      gatewayUrl?: string | null;
    });

/** Whether plans are written in the user's own name; everybody else has to name a practitioner. */
export function writesOwnPlans(user: DemoUser, viewer: Viewer | null): boolean {
  return hasRole(user, 'practitioner') && viewer?.accounts.find((one) => one.isDefault)?.type !== 'STAFF';
}
