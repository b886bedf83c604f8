import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Call } from '../fullscript/call.ts';
import { toClinicScope } from '../mirror/scope.ts';
import { toHash } from '../store/keys.ts';
import type { StoredRecommendation } from '../store/recommendations.ts';
import { toBadInput } from './bad-input.ts';
import { orConnectionRequired } from './connection-outcome.ts';
import { createDraftPlans } from './draft-plan.ts';
import { findFullscriptPractitioner } from './find-practitioner.ts';
import { createIntroducePatient, type Introduction } from './introduce-patient.ts';
import type { OperationNeeds } from './needs.ts';
import {
  toReading,
  untilLost,
  type Attempt,
  type CreateRecommendationResult,
  type RecommendationDraft,
} from './recommendation-attempt.ts';
import { readRecommendation, toInputHash, type CreateRecommendationInput } from './recommendation-input.ts';
import { useAccount, type StartConnecting } from './standing.ts';
import { takeTurns } from './take-turns.ts';
import type { Rejected } from './update-patient.ts';
import { getVouchedChart, getVouchedPatient, type VouchedPatient } from './vouched-patient.ts';

/** How long the idempotency key counts, in milliseconds: 24 h. */
const keyLivesMs = 24 * 3600 * 1000;
/** How long a killed process keeps others from recommending something to the same patient. */
const leaseMs = 15_000;

/**
 * `Mutation.createRecommendation`: a draft plan for the patient and the page in which the practitioner builds and sends it. A Fullscript patient is made
 * only when nobody there could be the EMR's patient. The same idempotency key (per user, 24 h) gives the same draft with a fresh link; an attempt whose
 * answer got lost is reconciled with the patient's drafts before anything is made again. Without a key the same goes for an equal call while
 * the one before has not come to an end: a double click, or another try after a failure.
 */
export function createCreateRecommendation(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: CreateRecommendationInput) => Promise<CreateRecommendationResult> {
  const { store, fullscript, patients, products, settings, now } = needs;
  const drafts = createDraftPlans(needs);
  const introducePatient = createIntroducePatient(needs, drafts);

  async function assertVariantsExist(attempt: Pick<Attempt, 'caller' | 'scope' | 'items'>): Promise<void> {
    const { items } = attempt;
    const reading = toReading(attempt);
    const variantIds = [...new Set(items.map((item) => item.variantId))];
    const found = await Promise.all(
      variantIds.map(async (id) => [id, await products.getCurrent(reading, id)] as const),
    );
    const missing = new Set(found.filter(([, variant]) => variant === null).map(([id]) => id));
    const index = items.findIndex((item) => missing.has(item.variantId));
    if (index >= 0) throw toBadInput(`items.${index}.variantId`, 'Fullscript has no such product variant');
  }

  async function recommendForLinked(
    attempt: Attempt,
    fullscriptPatientId: string,
  ): Promise<RecommendationDraft | Rejected> {
    const { call, scope, items, practitionerId, entrypoint, patient, record } = attempt;
    const readAt = now().toISOString();
    const linked = await fullscript.patients.get(call, fullscriptPatientId);
    await store.patients.upsertMany(scope, [linked], readAt);
    if (settings.restrictedEndpoints && items.length > 0) {
      const made = await drafts.create(attempt, fullscriptPatientId);
      if (made) return made;
    }
    if (!linked.email || linked.isDependent) {
      // A dependent has no address of its own, and a draft link finds people by theirs.
      const { redirectUrl } = await fullscript.dynamicLinks.gateway(call, {
        practitionerId,
        patient: { id: fullscriptPatientId, externalId: toMetadataId(scope.organizationId, patient.id) },
        entrypoint,
      });
      await store.recommendations.remove(record.id);
      return {
        __typename: 'FullscriptRecommendationDraft',
        redirectUrl,
        plan: null,
        patient,
        createdPatient: false,
        itemsApplied: items.length === 0,
      };
    }
    // Fullscript's own address, whatever the EMR has: the EMR's would make a second patient.
    const owner = { fullscriptPatientId, createdPatient: false };
    const link = await drafts.ask(attempt, { email: linked.email, sendWelcomeEmail: false }, owner);
    if ('__typename' in link) return link;
    if (link.patient?.id !== fullscriptPatientId) {
      await drafts.discard(attempt, link.plan.id);
      throw new FullscriptFailure('contract', 'Fullscript made the draft for another patient than it was asked for');
    }
    return await drafts.fill(attempt, link, owner);
  }

  async function requireMatch(attempt: Attempt): Promise<CreateRecommendationResult> {
    const { call, scope, practitionerId, entrypoint, patient, record } = attempt;
    const person = { patientId: patient.id, demographics: patient.demographics };
    const { email, firstName, lastName, dateOfBirth } = patient.demographics;
    const [candidates, gateway] = await Promise.all([
      patients.findCandidates(toReading(attempt), person),
      fullscript.dynamicLinks.gateway(call, {
        practitionerId,
        patient: {
          externalId: toMetadataId(scope.organizationId, patient.id),
          ...(email ? { email, firstName, lastName, dateOfBirth } : {}),
        },
        entrypoint,
      }),
    ]);
    await store.recommendations.remove(record.id);
    return {
      __typename: 'FullscriptPatientMatchRequired',
      message: 'It is not certain who this is at Fullscript: compare and link, or choose on the page of Fullscript',
      candidates,
      gatewayUrl: gateway.redirectUrl,
    };
  }

  /** Null when the record speaks of somebody else than the patient's present link, or of a lost draft: it is forgotten, and the same key begins anew. */
  async function run(attempt: Attempt): Promise<CreateRecommendationResult | null> {
    const { scope, patient, record } = attempt;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    const forget = async (): Promise<null> => {
      await store.recommendations.remove(record.id);
      return null;
    };
    if (record.fullscriptPatientId !== null && record.fullscriptPatientId !== link?.fullscriptPatientId) {
      return await forget();
    }
    const known: Introduction = link
      ? { kind: 'linked', fullscriptPatientId: link.fullscriptPatientId }
      : await introducePatient(attempt);
    switch (known.kind) {
      case 'answered':
        return known.result;
      case 'doubtful':
        return await requireMatch(attempt);
      case 'created': {
        const { fullscriptPatientId } = known;
        return await drafts.fill(attempt, known.link, { fullscriptPatientId, createdPatient: true });
      }
      case 'linked': {
        const resumed = await drafts.resume(attempt, known.fullscriptPatientId);
        if (resumed === 'of no use') return await forget();
        return resumed ?? (await recommendForLinked(attempt, known.fullscriptPatientId));
      }
    }
  }

  /**
   * Recommendations for one patient are made one after the other, in all processes: an empty draft that nobody has heard of is then that of an attempt
   * which has ended. Whoever waited for an equal call finds what that one has made.
   */
  async function runInTurn(
    attempt: Omit<Attempt, 'record'>,
    recommendationId: string,
  ): Promise<CreateRecommendationResult | null> {
    const { caller, scope, patient } = attempt;
    const turn = {
      name: `recommend:${scope.clinicKey}:${toHash([patient.id])}`,
      leaseMs,
      busy: 'A recommendation for the same patient is being made already',
    };
    const outcome = await takeTurns(needs, caller, turn, async (lost) => {
      const record = await store.recommendations.find(recommendationId);
      if (record?.state === 'DONE') return { done: record };
      return { result: record && (await run(untilLost({ ...attempt, record }, lost))) };
    });
    return 'done' in outcome ? await run({ ...attempt, record: outcome.done }) : outcome.result;
  }

  /** What ended without making anything is begun again. */
  async function runUntilAnswered(
    attempt: Omit<Attempt, 'record'>,
    begin: () => Promise<StoredRecommendation>,
  ): Promise<CreateRecommendationResult> {
    for (;;) {
      const record = await begin();
      const result = record.state === 'DONE' ? await run({ ...attempt, record }) : await runInTurn(attempt, record.id);
      if (result) return result;
    }
  }

  async function recommendWith(
    account: Account,
    about: Pick<Attempt, 'caller' | 'input' | 'items' | 'patient'>,
  ): Promise<CreateRecommendationResult> {
    const { caller, input } = about;
    const { viewer } = caller;
    const scope = toClinicScope(account);
    await assertVariantsExist({ ...about, scope });
    const practitionerId = await findFullscriptPractitioner(needs, caller, account, input.practitionerId ?? null);
    if (practitionerId === null) {
      return {
        __typename: 'FullscriptConnectionRequired',
        message: 'The named practitioner has to connect to this clinic first',
        status: 'NOT_CONNECTED',
        missingScopes: [],
        authorizeUrl: null,
      };
    }
    const inputHash = toInputHash(input, account.clinicId);
    const begin = async (): Promise<StoredRecommendation> => {
      const recommendation = await store.recommendations.begin({
        organizationId: viewer.organizationId,
        userId: viewer.userId,
        idempotencyKey: input.idempotencyKey ?? null,
        inputHash,
        patientId: input.patientId,
        clinicId: account.clinicId,
        chartId: input.chartId ?? null,
        expiresAt: new Date(now().getTime() + keyLivesMs).toISOString(),
      });
      if (recommendation.inputHash !== inputHash) {
        throw toBadInput('idempotencyKey', 'was used with another input in the last 24 hours');
      }
      return recommendation;
    };
    const call: Call = {
      accountId: account.id,
      priority: 'interactive',
      signal: caller.signal,
      requestId: caller.requestId,
    };
    const entrypoint = input.entrypoint === 'LABS' ? 'labs' : 'catalog';
    return await runUntilAnswered({ ...about, scope, call, practitionerId, entrypoint }, begin);
  }

  async function getPatient(caller: Caller, input: CreateRecommendationInput): Promise<VouchedPatient> {
    const patient = await getVouchedPatient(needs, caller, input.patientId);
    if (input.chartId) {
      const chart = await getVouchedChart(needs, caller, input.chartId);
      if (chart.patientId !== input.patientId) throw toBadInput('chartId', "must be a chart of this patient's");
    }
    return patient;
  }

  async function recommend(caller: Caller, input: CreateRecommendationInput): Promise<CreateRecommendationResult> {
    assertMay(caller.viewer, 'recommendation.create');
    const items = readRecommendation(caller.viewer, input);
    const patient = await getPatient(caller, input);
    const use = await useAccount(needs, startConnecting, caller, input.clinicId);
    if ('required' in use) return use.required;
    return await orConnectionRequired(needs, startConnecting, caller, use.account, () =>
      recommendWith(use.account, { caller, input, items, patient }),
    );
  }

  return (caller, input) => {
    let planId: string | null = null;
    return needs.audit.audited(
      caller,
      'recommendation.create',
      () => ({ patientId: input.patientId, subject: planId }),
      async () => {
        const result = await recommend(caller, input);
        if (result.__typename === 'FullscriptRecommendationDraft') planId = result.plan?.id ?? null;
        return result;
      },
      (result) => result.__typename === 'FullscriptRecommendationDraft',
    );
  };
}
