import type { Answer, AskOptions, Deployment } from './deployment.ts';
import { getUser } from './people.ts';

/** `FullscriptCreateRecommendationInput` as a client writes it. */
export type RecommendationRequest = { patientId: string } & Record<string, unknown>;

/** Everything the union of `createRecommendation` may tell, field by field. */
export interface RecommendationResult {
  __typename: string;
  redirectUrl: string;
  plan: {
    id: string;
    state: string;
    chartId: string | null;
    personalMessage: string | null;
    patient: { id: string };
    recommendations: { id: string; variantId: string; unitsToPurchase: number; dosage: { text: string } | null }[];
  } | null;
  patient: { id: string };
  createdPatient: boolean;
  itemsApplied: boolean;
  status: string;
  authorizeUrl: string | null;
  missingScopes: string[];
  candidates: { fullscriptPatientId: string; agrees: string[] }[];
  gatewayUrl: string;
  fields: string[];
  reasons: string[];
}

const recommendDocument = `mutation ($input: FullscriptCreateRecommendationInput!) {
  createRecommendation(input: $input) {
    __typename
    ... on FullscriptRecommendationDraft {
      redirectUrl createdPatient itemsApplied patient { id }
      plan { id state chartId personalMessage patient { id } recommendations { id variantId unitsToPurchase dosage { text } } }
    }
    ... on FullscriptConnectionRequired { status authorizeUrl missingScopes }
    ... on FullscriptPatientMatchRequired { candidates { fullscriptPatientId agrees } gatewayUrl }
    ... on FullscriptPatientDetailsMissing { fields }
    ... on FullscriptRejected { reasons }
  }
}`;

/** `Mutation.createRecommendation` as it is answered; `result` is the union's value. */
export async function recommend(
  deployment: Deployment,
  who: string,
  input: RecommendationRequest,
  options: AskOptions = {},
): Promise<Answer & { result: RecommendationResult }> {
  const answer = await deployment.ask(who, recommendDocument, { ...options, variables: { input } });
  return { ...answer, result: (answer.data?.createRecommendation ?? {}) as RecommendationResult };
}

/** The plan of an answer that must be a draft with one. Throws otherwise. */
export function getPlan({ result, errors }: Awaited<ReturnType<typeof recommend>>) {
  if (!result.plan) throw new Error(`there is no plan: ${JSON.stringify([result, errors])}`);
  return result.plan;
}

/** The ids of the first `count` products that Fullscript sells. */
export function listVariantIds({ sandbox }: Pick<Deployment, 'sandbox'>, count: number): string[] {
  return [...sandbox.sandbox.state.variants.keys()].slice(0, count);
}

/** A line as Fullscript's plan builder makes it. */
export function buildLine(variantId: string, overrides: Partial<Line> = {}): Line {
  return {
    variantId,
    refill: false,
    unitsToPurchase: 1,
    takeWith: null,
    dosage: buildDosage({ amount: '1', format: 'capsule', frequency: 'once per day' }),
    ...overrides,
  };
}

/** A dosage of which nothing is said but what is given. */
export function buildDosage(overrides: Partial<Line['dosage']> = {}): Line['dosage'] {
  return {
    amount: null,
    frequency: null,
    duration: null,
    format: null,
    additionalInfo: null,
    timeOfDay: [],
    ...overrides,
  };
}

type Line = NonNullable<
  Parameters<Deployment['sandbox']['sandbox']['actions']['buildPlan']>[1]['recommendations']
>[number];

/** A plan that Ada has written, and sent unless told not to, on Fullscript's own pages. Gives its id. */
export function addPlan(
  deployment: Pick<Deployment, 'sandbox'>,
  fullscriptPatientId: string,
  {
    lines = [],
    labPanelIds = [],
    sent = true,
    author,
  }: { lines?: Line[]; labPanelIds?: string[]; sent?: boolean; author?: string } = {},
): string {
  const { actions } = deployment.sandbox.sandbox;
  const user = getUser(deployment, author);
  const { id } = actions.createPlan(user.clinicId, {
    practitionerId: user.id,
    patientId: fullscriptPatientId,
    recommendations: lines,
    labPanelIds,
  });
  if (sent) actions.sendPlan(id);
  return id;
}

/** `extensions.code` of every error. */
export function listCodes({ errors }: Pick<Answer, 'errors'>): unknown[] {
  return errors.map((error) => error.extensions['code']);
}
