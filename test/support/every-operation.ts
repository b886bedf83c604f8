import { randomUUID } from 'node:crypto';
import type { Canaries } from './canaries.ts';
import { toRepresentation, type ClinicalRecords } from './clinical-records.ts';
import { beginConnect } from './connecting.ts';
import type { Answer, Deployment } from './deployment.ts';
import { selectEverything } from './every-field.ts';

/** One thing a user does, by a name that tells which. */
export interface Step {
  name: string;
  run(): Promise<void>;
}

export interface EveryOperation {
  /** Everything that a connected practitioner, an administrator and a browser with a link can ask for, in an order that works. */
  steps: readonly Step[];
  /** What was answered so far. */
  answers: Answer[];
  /** The files behind links to results, as text, as far as there were any. */
  files: string[];
  /** Codes, states, session secrets and links that were handed out. */
  capabilities: Set<string>;
  /** Connects Dr. Ada anew. */
  connect(): Promise<void>;
}

/**
 * The whole of the schema in use by `u-ada`, who is connected and whose patient the records are about, and by `u-carla`, who is connected too.
 * Every selection is everything there is, and every text that an input takes is a canary. `email` is Dr. Ada's at Fullscript;
 * `restrictedUrl` is a process to which Fullscript has opened its restricted endpoints.
 */
export function createEveryOperation(
  deployment: Deployment,
  canaries: Canaries,
  records: ClinicalRecords,
  { email, restrictedUrl }: { email: string; restrictedUrl: string },
): EveryOperation {
  const { sandbox } = deployment.sandbox;
  const answers: Answer[] = [];
  const files: string[] = [];
  const capabilities = new Set<string>();
  const links = new Set<string>();
  const [pack] = [...sandbox.state.variants.values()];
  if (!pack) throw new Error('the sandbox has no products');
  const { planId, labOrderId, labResultId, chartId, clinicId } = records;
  const patientId = records.patient.id;
  let used = 0;

  function keep(answer: Answer): Answer {
    answers.push(answer);
    const text = JSON.stringify(answer.data ?? null);
    for (const [link, token] of text.matchAll(/http[^"\\]+\/lab-results\/([^"\\]+)/g)) {
      links.add(link);
      capabilities.add(token ?? '');
    }
    for (const [, secret] of text.matchAll(/"secretToken":"([^"]+)"/g)) capabilities.add(secret ?? '');
    return answer;
  }
  const ask = async (who: string, query: string, variables: object = {}, url = deployment.app.url): Promise<Answer> =>
    keep(await deployment.ask(who, query, { variables: { ...variables }, url }));
  const entity = async (representation: object, type: string, who = 'u-ada'): Promise<Answer> =>
    keep(await deployment.askEntities(who, [representation], `... on ${type} { ${selectEverything(type)} }`));
  const mutate = (field: string, result: string, input: object, who = 'u-ada', url?: string): Promise<Answer> => {
    const query = `mutation ($input: ${inputTypes[field] ?? ''}) { ${field}(input: $input) { ${selectEverything(result)} } }`;
    return ask(who, query, { input }, url);
  };

  async function connect(): Promise<void> {
    const attempt = await beginConnect(
      deployment,
      'u-ada',
      `https://emr.juniper.example/${canaries.word('connect.returnTo')}`,
    );
    const user = [...sandbox.state.users.values()].find((candidate) => candidate.email === email);
    const redirectUri = new URL(attempt.authorizeUrl).searchParams.get('redirect_uri') ?? '';
    const code = sandbox.actions.authorize({ userId: user?.id ?? '', redirectUri });
    capabilities.add(attempt.state).add(code);
    await mutate('completeConnect', 'FullscriptCompleteConnectResult', { state: attempt.state, code });
  }

  const dosage = (): object => ({
    amount: canaries.word('input.dosage.amount'),
    frequency: canaries.word('input.dosage.frequency'),
    duration: canaries.word('input.dosage.duration'),
    format: canaries.word('input.dosage.format'),
    timeOfDay: [canaries.word('input.dosage.timeOfDay')],
    additionalInfo: canaries.word('input.dosage.additionalInfo'),
  });
  const recommend = (recommended: string, who = 'u-ada', more: object = {}, url?: string): Promise<Answer> => {
    // A pack that nobody has asked for yet, so that Fullscript is asked for it.
    used += 1;
    const variantId = randomUUID();
    sandbox.state.variants.set(variantId, { ...pack, id: variantId });
    const input = {
      patientId: recommended,
      personalMessage: canaries.word('input.personalMessage'),
      idempotencyKey: canaries.word('input.idempotencyKey'),
      items: [
        {
          variantId,
          unitsToPurchase: 1,
          takeWith: canaries.word('input.takeWith'),
          dosage: dosage(),
        },
      ],
      ...more,
    };
    return mutate('createRecommendation', 'FullscriptCreateRecommendationResult', input, who, url);
  };

  const overrides = async (): Promise<object[]> => {
    const answer = await ask(
      'u-ada',
      'query ($id: ID!) { fullscriptTreatmentPlan(id: $id) { recommendations { id } } }',
      {
        id: planId,
      },
    );
    const lines = (answer.data?.fullscriptTreatmentPlan?.recommendations ?? []) as { id: string }[];
    return lines.map(({ id }) => ({ recommendationId: id, dosage: dosage(), refills: 2 }));
  };

  const steps: Step[] = [
    ['viewer', () => ask('u-ada', `{ fullscriptViewer { ${selectEverything('FullscriptViewer')} } }`)],
    ['patient', () => entity(toRepresentation(deployment, patientId), 'Patient')],
    ['child', () => entity(toRepresentation(deployment, 'p-1006'), 'Patient')],
    ['practitioner', () => entity({ __typename: 'Practitioner', id: 'pr-ada' }, 'Practitioner')],
    ['chart', () => entity({ __typename: 'Chart', id: chartId }, 'Chart')],
    ...['p-1003', 'p-1006', 'p-1020', 'p-1022'].map((id): [string, () => Promise<Answer>] => [
      `candidates of ${id}`,
      () =>
        ask(
          'u-ada',
          `query ($id: ID!) { fullscriptPatientCandidates(patientId: $id) { ${selectEverything('FullscriptPatientCandidate')} } }`,
          { id },
        ),
    ]),
    [
      'plan',
      () =>
        ask(
          'u-ada',
          `query ($id: ID!) { fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { ${selectEverything('FullscriptTreatmentPlan')} } }`,
          { id: planId },
        ),
    ],
    [
      'lab order',
      () =>
        ask(
          'u-ada',
          `query ($id: ID!) { fullscriptLabOrder(id: $id, freshness: CURRENT) { ${selectEverything('FullscriptLabOrder')} } }`,
          { id: labOrderId },
        ),
    ],
    [
      'result file',
      async () => {
        await ask('u-ada', 'query ($id: ID!) { fullscriptLabOrder(id: $id) { results { pdfUrl } } }', {
          id: labOrderId,
        });
        for (const link of [...links].slice(-1))
          for (const address of [link, `${link.slice(0, -1)}_`]) files.push(await (await fetch(address)).text());
      },
    ],
    [
      'review',
      () =>
        mutate('reviewFullscriptLabResult', 'FullscriptLabResult', {
          resultId: labResultId,
          signOff: true,
          note: canaries.word('input.note'),
          shareWithPatient: true,
        }),
    ],
    [
      'update',
      () =>
        mutate('updateFullscriptPatient', 'FullscriptUpdatePatientResult', {
          patientId,
          mobileNumber: canaries.replace('phone', `phone ${used}`, 'input.mobileNumber'),
          discountPercent: 5,
        }),
    ],
    ['recommendation', () => recommend(patientId)],
    [
      'recommendation for a stranger',
      () => {
        const stranger = deployment.emr.addPatient({
          firstName: canaries.word('emr.patients.firstName'),
          lastName: canaries.word('emr.patients.lastName'),
          email: canaries.replace('email', `stranger ${used}`, 'emr.patients.email'),
          dateOfBirth: canaries.replace('date', `birth date ${used}`, 'emr.patients.dateOfBirth'),
          mobileNumber: canaries.replace('phone', `stranger's phone ${used}`, 'emr.patients.mobileNumber'),
        });
        return recommend(stranger.id);
      },
    ],
    ['recommendation for a child', () => recommend('p-1006')],
    ['recommendation by staff', () => recommend(patientId, 'u-carla', { practitionerId: 'pr-ingrid' })],
    ['recommendation through restricted endpoints', () => recommend(patientId, 'u-ada', {}, restrictedUrl)],
    ['embed session', () => mutate('createFullscriptEmbedSession', 'FullscriptEmbedSessionResult', { patientId })],
    [
      'checkout',
      () =>
        mutate('createFullscriptInOfficeCheckout', 'FullscriptInOfficeCheckoutResult', {
          planId,
          confirmEmptyCart: true,
        }),
    ],
    [
      'import',
      async () => {
        const chart = deployment.emr.addChart({ patientId });
        return mutate('importPlanIntoChart', 'FullscriptImportPlanResult', {
          planId,
          chartId: chart.id,
          overrides: await overrides(),
        });
      },
    ],
    ['unlink', () => mutate('unlinkFullscriptPatient', 'FullscriptUnlinkPatientPayload', { patientId })],
    [
      'link',
      () =>
        mutate('linkFullscriptPatient', 'FullscriptLinkPatientResult', {
          patientId,
          fullscriptPatientId: records.fullscriptPatientId,
        }),
    ],
    ['accounts', () => ask('u-admin', `{ fullscriptAccounts { ${selectEverything('FullscriptAccountConnection')} } }`)],
    [
      'audit',
      () => ask('u-admin', `{ fullscriptAuditEvents { ${selectEverything('FullscriptAuditEventConnection')} } }`),
    ],
    [
      'synchronization',
      () =>
        ask(
          'u-admin',
          `{ fullscriptSync { ${selectEverything('FullscriptSync')} }
             fullscriptParkedEvents { ${selectEverything('FullscriptParkedEventConnection')} } }`,
        ),
    ],
    [
      'retried events',
      () =>
        ask('u-admin', `mutation { retryFullscriptEvents { ${selectEverything('FullscriptRetryEventsPayload')} } }`),
    ],
    [
      'switch',
      () =>
        mutate('setFullscriptEnabled', 'FullscriptSetEnabledPayload', { enabled: true, userId: 'u-ada' }, 'u-admin'),
    ],
    [
      'default clinic',
      () =>
        ask('u-ada', `mutation ($id: ID!) { setDefaultFullscriptClinic(clinicId: $id) { connectionStatus } }`, {
          id: clinicId,
        }),
    ],
    [
      'declined connection',
      async () => {
        const { state } = await beginConnect(deployment, 'u-ada');
        capabilities.add(state);
        return mutate('completeConnect', 'FullscriptCompleteConnectResult', {
          state,
          error: canaries.word('input.error'),
        });
      },
    ],
    ['connection', connect],
    [
      'revocation',
      () =>
        mutate(
          'revoke',
          'FullscriptRevokePayload',
          { userId: 'u-ben', reason: canaries.word('input.reason') },
          'u-admin',
        ),
    ],
  ].map(([name, run]) => ({
    name: name as string,
    run: async () => {
      await (run as () => Promise<unknown>)();
    },
  }));

  return { steps, answers, files, capabilities, connect };
}

const inputTypes: Readonly<Record<string, string>> = {
  completeConnect: 'FullscriptCompleteConnectInput!',
  createFullscriptEmbedSession: 'FullscriptEmbedSessionInput!',
  createFullscriptInOfficeCheckout: 'FullscriptInOfficeCheckoutInput!',
  createRecommendation: 'FullscriptCreateRecommendationInput!',
  importPlanIntoChart: 'FullscriptImportPlanInput!',
  linkFullscriptPatient: 'FullscriptLinkPatientInput!',
  reviewFullscriptLabResult: 'FullscriptReviewLabResultInput!',
  revoke: 'FullscriptRevokeInput',
  setFullscriptEnabled: 'FullscriptSetEnabledInput!',
  unlinkFullscriptPatient: 'FullscriptUnlinkPatientInput!',
  updateFullscriptPatient: 'FullscriptUpdatePatientInput!',
};
