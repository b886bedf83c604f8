import { demoPatientIds } from './emr/patients.ts';

/** One operation of the walk-through, ready to be sent to the supergraph. */
export interface WalkthroughStep {
  /** Short and stable, for links and tests. */
  id: string;
  /** A few words for a button. */
  title: string;
  /** One sentence: what to look at, or what to do before. */
  note: string;
  /** The demo user who takes this step. */
  userId: string;
  /** The name of the operation in `query`, unique in the walk-through. */
  operationName: string;
  query: string;
  /** May hold `{{name}}` where a value remembered from an earlier step goes. */
  variables: Record<string, unknown>;
  /** What later steps need of the answer: a name, and where in `data` it is found, with dots. */
  remembers: Record<string, string>;
}

/** Values remembered so far, by name. */
export type Remembered = Record<string, string>;

function toStep(step: Omit<WalkthroughStep, 'variables' | 'remembers' | 'operationName'> & Partial<WalkthroughStep>) {
  const operationName = /(?:query|mutation|subscription) (\w+)/.exec(step.query)?.[1];
  if (operationName === undefined) throw new Error(`The step ${step.id} has no named operation.`);
  return { variables: {}, remembers: {}, ...step, operationName };
}

const planLines = /* GraphQL */ `
  id
  state
  createdAt
  recommendations {
    id
    product {
      name
      brand
    }
    unitsToPurchase
    dosage {
      text
    }
  }
  labRecommendations {
    name
    stage
  }
`;

/**
 * The walk-through in order: from "not connected" over reading, recommending, importing and signing to revoking everything.
 * Between `connect` and `complete-connect` a person (or a test) authorizes at the sandbox; `code` is what it came back with.
 */
export const walkthroughSteps: readonly WalkthroughStep[] = [
  toStep({
    id: 'viewer',
    title: 'Where do I stand?',
    note: 'One query tells the EMR whether to offer Recommend or Connect.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query WhereDoIStand {
        me {
          name
          organization {
            name
          }
        }
        fullscriptViewer {
          connectionStatus
          canRecommend
          accounts {
            clinic {
              name
            }
            status
            scopes
          }
        }
      }
    `,
  }),
  toStep({
    id: 'connect',
    title: 'Connect',
    note: 'Run it, open the authorization page, sign in as ada@cedarrow.example (password demo) and authorize.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation Connect {
        connect {
          authorizeUrl
          state
          expiresAt
        }
      }
    `,
    remembers: { authorizeUrl: 'connect.authorizeUrl', state: 'connect.state' },
  }),
  toStep({
    id: 'complete-connect',
    title: 'Complete connect',
    note: 'Finishes with the code that Fullscript sent back. The same code works once, and for the same user only.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation CompleteConnect($input: FullscriptCompleteConnectInput!) {
        completeConnect(input: $input) {
          __typename
          ... on FullscriptConnected {
            account {
              fullscriptUserId
              type
              clinic {
                id
                name
              }
              status
              scopes
            }
          }
          ... on FullscriptConnectDeclined {
            message
          }
          ... on FullscriptConnectExpired {
            message
          }
        }
      }
    `,
    variables: { input: { code: '{{code}}', state: '{{state}}' } },
  }),
  toStep({
    id: 'patients',
    title: 'All 50 patients',
    note: 'The EMR’s list with status, account, newest plan and labs of everybody, in one query.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query PatientsWithFullscript {
        patientList(first: 50) {
          id
          firstName
          lastName
          connectionStatus
          fullscriptAccount {
            id
            linkedBy
            archived
          }
          treatmentPlans(first: 1) {
            totalCount
            nodes {
              id
              state
              createdAt
            }
          }
          labOrders(first: 3) {
            nodes {
              name
              stage
            }
          }
        }
      }
    `,
  }),
  toStep({
    id: 'patient',
    title: 'One patient',
    note: 'Mira Okoye: plans with products, dosage and labs in their three stages, and her chart notes.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query PatientWithPlans($id: ID!) {
        patient(id: $id) {
          id
          firstName
          lastName
          connectionStatus
          treatmentPlans(first: 10, states: [ACTIVE]) {
            totalCount
            stale
            nodes {${planLines}
              invitationUrl
            }
          }
          charts {
            id
            kind
            signedAt
          }
        }
      }
    `,
    variables: { id: demoPatientIds.hero },
    // The newest ones have few supplements or none; this one has five, and a lab.
    remembers: { planId: 'patient.treatmentPlans.nodes.5.id' },
  }),
  toStep({
    id: 'labs',
    title: 'Lab results',
    note: 'Priya Raman has results. Each pdfUrl works for Ada only, for a few minutes: open one.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query LabResults($id: ID!) {
        patient(id: $id) {
          firstName
          lastName
          labOrders(first: 5) {
            nodes {
              name
              status
              stage
              tests {
                name
              }
              results {
                id
                title
                availableAt
                pdfUrl
                review {
                  signedOffAt
                }
              }
            }
          }
        }
      }
    `,
    variables: { id: demoPatientIds.withResults },
  }),
  toStep({
    id: 'candidates',
    title: 'A doubtful match',
    note: 'Marcus Bellweather has another birth date at Fullscript: nothing is linked, a person decides.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query WhoIsThis($id: ID!) {
        patient(id: $id) {
          firstName
          lastName
          dateOfBirth
          connectionStatus
        }
        fullscriptPatientCandidates(patientId: $id) {
          fullscriptPatientId
          firstName
          lastName
          dateOfBirth
          agrees
          differs
        }
      }
    `,
    variables: { id: demoPatientIds.doubtful },
  }),
  toStep({
    id: 'recommend',
    title: 'Recommend',
    note: 'Hugo Ferreira is new to Fullscript: this makes him a patient there and drafts a plan. Open redirectUrl to send it.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation Recommend($input: FullscriptCreateRecommendationInput!) {
        createRecommendation(input: $input) {
          __typename
          ... on FullscriptRecommendationDraft {
            redirectUrl
            createdPatient
            plan {
              id
              state
            }
            patient {
              firstName
              connectionStatus
            }
          }
          ... on FullscriptProblem {
            message
          }
        }
      }
    `,
    variables: { input: { patientId: demoPatientIds.unknown, idempotencyKey: 'walkthrough-recommend' } },
    remembers: { draftUrl: 'createRecommendation.redirectUrl', draftPlanId: 'createRecommendation.plan.id' },
  }),
  toStep({
    id: 'plan',
    title: 'Follow a plan',
    note: 'The plan Mira got, checked with Fullscript before answering. Run “One patient” first.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      query PlanNow($id: ID!) {
        fullscriptTreatmentPlan(id: $id, freshness: CURRENT) {${planLines}
          editUrl
          patient {
            firstName
            lastName
          }
          chartImports {
            importedAt
            outdated
          }
        }
      }
    `,
    variables: { id: '{{planId}}' },
  }),
  toStep({
    id: 'import',
    title: 'Import into chart',
    note: 'Copies the supplements of Mira’s plan into her open follow-up note. Again: nothing is added twice. Labs stay outside.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation ImportIntoChart($input: FullscriptImportPlanInput!) {
        importPlanIntoChart(input: $input) {
          __typename
          ... on FullscriptPlanImported {
            alreadyImported
            import {
              items {
                name
                dosage {
                  text
                }
                emrItemId
              }
            }
            skippedLabs {
              name
            }
            chart {
              id
              items {
                name
                instructions
                source
              }
            }
          }
          ... on FullscriptChartLocked {
            message
            signedAt
          }
          ... on FullscriptPlanNotImportable {
            reason
          }
          ... on FullscriptProblem {
            message
          }
        }
      }
    `,
    variables: { input: { planId: '{{planId}}', chartId: `c-${demoPatientIds.hero.slice(2)}-2` } },
  }),
  toStep({
    id: 'sign',
    title: 'Sign the chart',
    note: 'From now on the note is locked: importing again answers FullscriptChartLocked.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation SignChart($id: ID!) {
        signChart(id: $id) {
          id
          signedAt
          fullscriptImports {
            importedBy
            importedAt
            outdated
          }
        }
      }
    `,
    variables: { id: `c-${demoPatientIds.hero.slice(2)}-2` },
  }),
  toStep({
    id: 'follow',
    title: 'Follow a patient',
    note: 'Leave it running and change a supplement in one of Mira’s plans on Fullscript’s pages: it is told here at once.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      subscription FollowPatient($patientId: ID!) {
        fullscriptPatientChanged(patientId: $patientId) {
          at
          patient {
            firstName
          }
          plan {
            id
            state
          }
          labOrder {
            name
            status
          }
        }
      }
    `,
    variables: { patientId: demoPatientIds.hero },
  }),
  toStep({
    id: 'accounts',
    title: 'Who is connected?',
    note: 'For admins: every connection of the organization, and what was done with it.',
    userId: 'u-admin',
    query: /* GraphQL */ `
      query WhoIsConnected {
        fullscriptAccounts {
          totalCount
          nodes {
            userId
            type
            status
            connectedAt
            clinic {
              name
            }
          }
        }
        fullscriptAuditEvents(first: 10) {
          nodes {
            at
            userId
            action
            outcome
          }
        }
      }
    `,
  }),
  toStep({
    id: 'revoke',
    title: 'Revoke my own',
    note: 'Takes Ada’s authorization away here at once, then at Fullscript.',
    userId: 'u-ada',
    query: /* GraphQL */ `
      mutation RevokeMine {
        revoke {
          revocation {
            id
            total
            revoked
            pending
          }
        }
      }
    `,
    remembers: { revocationId: 'revoke.revocation.id' },
  }),
  toStep({
    id: 'revoke-all',
    title: 'Revoke all',
    note: 'For admins and developers: every authorization of the organization.',
    userId: 'u-admin',
    query: /* GraphQL */ `
      mutation RevokeEverybody {
        revokeAll(input: { confirm: true, reason: "walk-through" }) {
          revocation {
            id
            total
            revoked
            pending
          }
        }
      }
    `,
    remembers: { revocationId: 'revokeAll.revocation.id' },
  }),
  toStep({
    id: 'revocation',
    title: 'How far is it?',
    note: 'Pending reaches 0 once Fullscript has confirmed each one.',
    userId: 'u-admin',
    query: /* GraphQL */ `
      query HowFar($id: ID!) {
        fullscriptRevocation(id: $id) {
          requestedAt
          finishedAt
          total
          revoked
          pending
        }
      }
    `,
    variables: { id: '{{revocationId}}' },
  }),
].map((step) => ({ ...step, query: toTidyText(step.query) }));

/** The step with this id. Throws for an unknown one. */
export function getWalkthroughStep(id: string): WalkthroughStep {
  const step = walkthroughSteps.find((one) => one.id === id);
  if (!step) throw new Error(`The walk-through has no step ${id}.`);
  return step;
}

function toTidyText(query: string): string {
  const lines = query.split('\n').filter((line) => line.trim() !== '');
  let depth = 0;
  return lines
    .map((line) => {
      const text = line.trim();
      if (text.startsWith('}')) depth -= 1;
      const indented = '  '.repeat(depth) + text;
      if (text.endsWith('{')) depth += 1;
      return indented;
    })
    .join('\n');
}

/** The step's variables with every remembered value in its place. Throws for a name that is not remembered. */
export function fillVariables(step: WalkthroughStep, remembered: Remembered): Record<string, unknown> {
  const filled = JSON.stringify(step.variables).replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = remembered[name];
    if (value === undefined) throw new Error(`The step ${step.id} needs ${name}, which no earlier step gave.`);
    return JSON.stringify(value).slice(1, -1);
  });
  return JSON.parse(filled) as Record<string, unknown>;
}

/** What the answer to a step adds to the remembered values. Throws when it lacks something the step promises. */
export function readRemembered(step: WalkthroughStep, data: unknown): Remembered {
  return Object.fromEntries(
    Object.entries(step.remembers).map(([name, path]) => {
      const value = path
        .split('.')
        .reduce<unknown>((inside, key) => (inside as Record<string, unknown> | null | undefined)?.[key], data);
      if (typeof value !== 'string') throw new Error(`The answer to ${step.id} has no ${path}.`);
      return [name, value];
    }),
  );
}
