import { assertMay, may } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import { isUnmistakable, toComparableEmail } from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Demographics, FullscriptPatient } from '../domain/patient.ts';
import type { RecommendationInput, TreatmentPlan } from '../domain/treatment-plan.ts';
import type { Call } from '../fullscript/call.ts';
import type { DraftLink, DraftLinkPatient, Entrypoint } from '../fullscript/dynamic-links.ts';
import type { JudgedCandidate } from '../mirror/patients.ts';
import { toClinicScope, type ClinicScope } from '../mirror/scope.ts';
import { toHash } from '../store/keys.ts';
import type { StoredPlan } from '../store/plans.ts';
import type { StoredRecommendation } from '../store/recommendations.ts';
import { orConnectionRequired } from './connection-outcome.ts';
import { findFullscriptPractitioner } from './find-practitioner.ts';
import type { OperationNeeds } from './needs.ts';
import { useAccount, type ConnectionRequired, type StartConnecting } from './standing.ts';
import { toRejected, type Rejected } from './update-patient.ts';
import { getVouchedChart, getVouchedPatient, type VouchedPatient } from './vouched-patient.ts';

export interface CreateRecommendationInput {
  patientId: string;
  practitionerId?: string | null | undefined;
  clinicId?: string | null | undefined;
  chartId?: string | null | undefined;
  entrypoint?: 'CATALOG' | 'LABS' | null | undefined;
  items?: readonly RecommendationInput[] | null | undefined;
  personalMessage?: string | null | undefined;
  sendWelcomeEmail?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface RecommendationDraft {
  __typename: 'FullscriptRecommendationDraft';
  redirectUrl: string;
  /** Null when Fullscript's own matching page makes the plan. */
  plan: StoredPlan | null;
  patient: VouchedPatient;
  createdPatient: boolean;
  itemsApplied: boolean;
}

export type CreateRecommendationResult =
  | RecommendationDraft
  | ConnectionRequired
  | {
      __typename: 'FullscriptPatientMatchRequired';
      message: string;
      candidates: readonly JudgedCandidate[];
      gatewayUrl: string | null;
    }
  | { __typename: 'FullscriptPatientDetailsMissing'; message: string; fields: readonly string[] }
  | Rejected;

/** Who an EMR patient without a link turned out to be at Fullscript, and what was made for them on the way. */
type Introduction =
  | { kind: 'linked'; fullscriptPatientId: string }
  /** Fullscript made the patient, and a draft for them. */
  | { kind: 'created'; link: DraftLink; fullscriptPatientId: string }
  | { kind: 'doubtful' }
  | { kind: 'answered'; result: CreateRecommendationResult };

/** How long the idempotency key counts, in milliseconds: 24 h. */
const keyLivesMs = 24 * 3600 * 1000;
const leaseMs = 30_000;

/** One recommendation under way. */
interface Attempt {
  caller: Caller;
  input: CreateRecommendationInput;
  items: readonly RecommendationInput[];
  account: Account;
  scope: ClinicScope;
  call: Call;
  patient: VouchedPatient;
  practitionerId: string;
  entrypoint: Entrypoint;
  record: StoredRecommendation;
}

/**
 * `Mutation.createRecommendation`: a draft plan for the patient and the page in which the practitioner builds and sends it. A Fullscript patient is made
 * only when nobody there could be the EMR's patient. The same idempotency key (per user, 24 h) gives the same draft with a fresh link; an attempt whose
 * answer got lost is reconciled with the patient's drafts before anything is made again.
 */
export function createCreateRecommendation(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
): (caller: Caller, input: CreateRecommendationInput) => Promise<CreateRecommendationResult> {
  const { store, fullscript, patients, products, plans, settings, now, log } = needs;

  async function assertVariantsExist(
    caller: Caller,
    scope: ClinicScope,
    items: readonly RecommendationInput[],
  ): Promise<void> {
    const reading = { scope, requestId: caller.requestId, signal: caller.signal };
    const variantIds = [...new Set(items.map((item) => item.variantId))];
    const found = await Promise.all(
      variantIds.map(async (id) => [id, await products.getCurrent(reading, id)] as const),
    );
    const missing = new Set(found.filter(([, variant]) => variant === null).map(([id]) => id));
    const index = items.findIndex((item) => missing.has(item.variantId));
    if (index >= 0) throw toBadInput(`items.${index}.variantId`, 'Fullscript has no such product variant');
  }

  /** The draft is stored at once, because Fullscript sends no event for what is done through its API. */
  async function keep(attempt: Attempt, planId: string): Promise<StoredPlan> {
    const plan = await plans.refreshPlan(attempt.scope, planId, attempt.call);
    if (!plan) throw new FullscriptFailure('contract', 'Fullscript does not know the draft that it has just made');
    const { chartId } = attempt.input;
    if (!chartId) return plan;
    await store.plans.setChart({ clinicKey: attempt.scope.clinicKey, id: planId }, chartId);
    return { ...plan, chartId };
  }

  /** Puts items, message and our id onto the draft. False when the items are not on it in the end; the page can still be opened. */
  async function applyToDraft(attempt: Attempt, planId: string): Promise<boolean> {
    const { items, input, call, scope, record } = attempt;
    let updated: TreatmentPlan | null = null;
    try {
      updated = await fullscript.plans.update(call, planId, {
        ...(items.length > 0 ? { recommendations: items } : {}),
        ...(input.personalMessage ? { personalMessage: input.personalMessage } : {}),
        metadataId: toMetadataId(scope.organizationId, record.id),
      });
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      log.warn(
        { requestId: call.requestId, kind: error.kind, status: error.status },
        'a draft was made but could not be filled',
      );
    }
    const onDraft = new Set((updated?.recommendations ?? []).map((recommendation) => recommendation.variantId));
    return items.every((item) => onDraft.has(item.variantId));
  }

  async function finish(
    attempt: Attempt,
    planId: string,
    made: { redirectUrl: string | null; createdPatient: boolean; itemsApplied: boolean },
  ): Promise<RecommendationDraft> {
    const { record, call, entrypoint, patient } = attempt;
    const plan = await keep(attempt, planId);
    await store.recommendations.update(record.id, {
      state: 'DONE',
      planId,
      createdPatient: made.createdPatient,
      itemsApplied: made.itemsApplied,
    });
    const redirectUrl = made.redirectUrl ?? (await fullscript.dynamicLinks.edit(call, planId, entrypoint)).redirectUrl;
    return {
      __typename: 'FullscriptRecommendationDraft',
      redirectUrl,
      plan,
      patient,
      createdPatient: made.createdPatient,
      itemsApplied: made.itemsApplied,
    };
  }

  /** Asks for a draft and its page. Gives Fullscript's refusal, after which the same key may start anew. */
  async function askDraft(attempt: Attempt, linkPatient: DraftLinkPatient): Promise<DraftLink | Rejected> {
    const { call, practitionerId, entrypoint, record } = attempt;
    try {
      return await fullscript.dynamicLinks.draft(call, { practitionerId, patient: linkPatient, entrypoint }, record.id);
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || error.kind !== 'rejected') throw error;
      await store.recommendations.remove(record.id);
      return toRejected(error);
    }
  }

  /** Fills a draft that is certainly the patient's. */
  async function fillDraft(
    attempt: Attempt,
    link: DraftLink,
    about: { fullscriptPatientId: string; createdPatient: boolean },
  ): Promise<RecommendationDraft> {
    const { record, items } = attempt;
    await store.recommendations.update(record.id, { state: 'DRAFTED', planId: link.plan.id, ...about });
    const itemsApplied = await applyToDraft(attempt, link.plan.id);
    return await finish(attempt, link.plan.id, {
      redirectUrl: link.redirectUrl,
      createdPatient: about.createdPatient,
      itemsApplied: items.length === 0 || itemsApplied,
    });
  }

  async function recordLink(attempt: Attempt, fullscriptPatientId: string): Promise<void> {
    const about = { patientId: attempt.patient.id, subject: fullscriptPatientId };
    await needs.audit.record(attempt.caller, 'patient.link', about, 'ok');
  }

  /**
   * Links whom a draft was made for. A draft link finds people by their e-mail address alone, and somebody else may have come to have it since it was
   * searched for: false unless Fullscript's patient is unmistakably the EMR's and free.
   */
  async function linkDrafted(attempt: Attempt, drafted: FullscriptPatient): Promise<boolean> {
    const { caller, call, scope, patient } = attempt;
    const whole = await getWhole(call, drafted, patient.demographics);
    let outcome: string = 'another person';
    if (isUnmistakable(patient.demographics, { patient: whole, viaGuardian: false })) {
      const link = await patients.link(scope, {
        patientId: patient.id,
        patient: whole,
        method: 'CREATED',
        linkedBy: caller.viewer.userId,
      });
      if (link.kind === 'linked') {
        if (link.created) await recordLink(attempt, whole.id);
        return true;
      }
      outcome = link.kind;
    }
    log.warn({ requestId: call.requestId, outcome }, 'a draft was made, but not certainly for the right patient');
    // The search that came before found nobody, and that is not so.
    await store.matches.forgetPatient(scope.clinicKey, patient.id);
    return false;
  }

  /** The patient of a link may be thin; what people are told apart by is read where it is missing. */
  async function getWhole(call: Call, drafted: FullscriptPatient, person: Demographics): Promise<FullscriptPatient> {
    const isThin = !drafted.email || (person.dateOfBirth !== null && drafted.dateOfBirth === null);
    return isThin ? await fullscript.patients.get(call, drafted.id) : drafted;
  }

  /** With the restricted endpoints open, a plan for a known patient is made as a draft that carries everything at once. */
  async function createAsDraft(
    attempt: Attempt,
    fullscriptPatientId: string,
  ): Promise<RecommendationDraft | Rejected | null> {
    const { call, practitionerId, items, input, scope, record } = attempt;
    let plan: TreatmentPlan;
    try {
      plan = await fullscript.plans.create(
        call,
        fullscriptPatientId,
        {
          practitionerId,
          state: 'draft',
          recommendations: items,
          ...(input.personalMessage ? { personalMessage: input.personalMessage } : {}),
          metadataId: toMetadataId(scope.organizationId, record.id),
        },
        record.id,
      );
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      if (error.kind === 'rejected') {
        await store.recommendations.remove(record.id);
        return toRejected(error);
      }
      if (error.kind !== 'forbidden') throw error;
      log.warn(
        { requestId: call.requestId },
        'plan creation is switched on here but Fullscript has not opened it: a draft link is used',
      );
      return null;
    }
    // From here on there is a plan, and no failure may lead to a second one.
    await store.recommendations.update(record.id, {
      state: 'DRAFTED',
      planId: plan.id,
      fullscriptPatientId,
      itemsApplied: true,
    });
    return await finish(attempt, plan.id, { redirectUrl: null, createdPatient: false, itemsApplied: true });
  }

  async function recommendForLinked(
    attempt: Attempt,
    fullscriptPatientId: string,
  ): Promise<RecommendationDraft | Rejected> {
    const { call, scope, items, practitionerId, entrypoint, patient, record } = attempt;
    const linked = await fullscript.patients.get(call, fullscriptPatientId);
    await store.patients.upsertMany(scope, [linked], now().toISOString());
    if (settings.restrictedEndpoints && items.length > 0) {
      const made = await createAsDraft(attempt, fullscriptPatientId);
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
    const link = await askDraft(attempt, { email: linked.email, sendWelcomeEmail: false });
    if ('__typename' in link) return link;
    if (link.patient?.id !== fullscriptPatientId) {
      throw new FullscriptFailure('contract', 'Fullscript made the draft for another patient than it was asked for');
    }
    return await fillDraft(attempt, link, { fullscriptPatientId, createdPatient: false });
  }

  async function requireMatch(attempt: Attempt): Promise<CreateRecommendationResult> {
    const { caller, call, scope, practitionerId, entrypoint, patient, record } = attempt;
    const reading = { scope, requestId: caller.requestId, signal: caller.signal };
    const person = { patientId: patient.id, demographics: patient.demographics };
    const { email, firstName, lastName, dateOfBirth } = patient.demographics;
    const [candidates, gateway] = await Promise.all([
      patients.findCandidates(reading, person),
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

  /** For somebody whom Fullscript does not know: makes the patient and the draft. */
  async function createPatientAndDraft(attempt: Attempt): Promise<Introduction> {
    const { patient, input, record } = attempt;
    const { email, firstName, lastName, dateOfBirth, gender, mobileNumber } = patient.demographics;
    const missing = (['email', 'firstName', 'lastName'] as const).filter(
      (field) => !patient.demographics[field]?.trim(),
    );
    if (missing.length > 0 || !email) {
      await store.recommendations.remove(record.id);
      return {
        kind: 'answered',
        result: {
          __typename: 'FullscriptPatientDetailsMissing',
          message: `The EMR's record lacks what a new Fullscript patient needs: ${missing.join(', ')}`,
          fields: missing,
        },
      };
    }
    // Should the answer get lost, the repeated call finds the patient there and still knows who made them.
    await store.recommendations.update(record.id, { createdPatient: true });
    const link = await askDraft(attempt, {
      email: email.trim(),
      firstName,
      lastName,
      dateOfBirth,
      ...(gender ? { gender } : {}),
      ...(mobileNumber ? { mobileNumber } : {}),
      sendWelcomeEmail: input.sendWelcomeEmail ?? settings.welcomeEmail,
    });
    if ('__typename' in link) return { kind: 'answered', result: link };
    if (!link.patient) throw new FullscriptFailure('contract', 'Fullscript made a draft for nobody');
    return (await linkDrafted(attempt, link.patient))
      ? { kind: 'created', link, fullscriptPatientId: link.patient.id }
      : { kind: 'doubtful' };
  }

  async function introduce(attempt: Attempt): Promise<Introduction> {
    const { caller, scope, patient } = attempt;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    if (link) return { kind: 'linked', fullscriptPatientId: link.fullscriptPatientId };
    const reading = { scope, requestId: caller.requestId, signal: caller.signal };
    const found = await patients.search(reading, { patientId: patient.id, demographics: patient.demographics });
    if (found.kind === 'nobody') return await createPatientAndDraft(attempt);
    if (found.kind === 'doubtful') return found;
    if (found.linkedNow) await recordLink(attempt, found.link.fullscriptPatientId);
    return { kind: 'linked', fullscriptPatientId: found.link.fullscriptPatientId };
  }

  /**
   * Whoever shares an e-mail address is introduced to Fullscript one after the other, in all processes: a draft link goes by the address alone, so that
   * of two relatives who are both unknown the second must be searched for after the first was made.
   */
  async function introduceAlone(attempt: Attempt): Promise<Introduction> {
    const { caller, scope, patient } = attempt;
    const email = toComparableEmail(patient.demographics.email);
    if (email === '') return await introduce(attempt);
    const lease = `introduce:${scope.clinicKey}:${toHash([email])}`;
    const owner = needs.newId();
    for (;;) {
      const held = await store.leases.withLease(lease, { owner, leaseMs, forget: true }, () => introduce(attempt));
      if (held) return held.result;
      await waitForTurn(caller, 'Somebody with the same e-mail address is being made known to Fullscript');
    }
  }

  /** What an earlier attempt under the same key has come to: its plan, or a draft of the patient that it must have made. */
  async function findEarlierPlan(attempt: Attempt): Promise<string | null> {
    const { record, scope, call, patient, practitionerId } = attempt;
    if (record.planId) return record.planId;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    if (!link) return null;
    const rows = await fullscript.plans.listByPatient(call, link.fullscriptPatientId);
    // Fullscript's clock may be a little behind ours.
    const since = new Date(Date.parse(record.createdAt) - 5000).toISOString();
    const own = toMetadataId(scope.organizationId, record.id);
    for (const row of rows) {
      if (row.state !== 'DRAFT' || row.createdAt < since || row.fullscriptPractitionerId !== practitionerId) continue;
      const plan = await fullscript.plans.get(call, row.id);
      if (plan.metadataId === own || plan.metadataId === null) return plan.id;
    }
    return null;
  }

  async function resume(attempt: Attempt): Promise<RecommendationDraft | null> {
    const { record, items } = attempt;
    const planId = await findEarlierPlan(attempt);
    if (planId === null) return null;
    const itemsApplied =
      record.state === 'DONE' ? record.itemsApplied : items.length === 0 || (await applyToDraft(attempt, planId));
    return await finish(attempt, planId, { redirectUrl: null, createdPatient: record.createdPatient, itemsApplied });
  }

  async function run(attempt: Attempt, isNew: boolean): Promise<CreateRecommendationResult> {
    const { scope, patient } = attempt;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    const known: Introduction = link
      ? { kind: 'linked', fullscriptPatientId: link.fullscriptPatientId }
      : await introduceAlone(attempt);
    switch (known.kind) {
      case 'answered':
        return known.result;
      case 'doubtful':
        return await requireMatch(attempt);
      case 'created':
        return await fillDraft(attempt, known.link, {
          fullscriptPatientId: known.fullscriptPatientId,
          createdPatient: true,
        });
      case 'linked':
        return (isNew ? null : await resume(attempt)) ?? (await recommendForLinked(attempt, known.fullscriptPatientId));
    }
  }

  async function waitForTurn(caller: Caller, what: string): Promise<void> {
    if (caller.signal.aborted) throw new Refusal('FULLSCRIPT_UNAVAILABLE', `${what}: try again`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /**
   * One attempt under a key at a time, in all processes; the next finds what the one before has made, and begins again when that one ended without
   * making anything.
   */
  async function runAlone(
    attempt: Omit<Attempt, 'record'>,
    begin: () => ReturnType<typeof store.recommendations.begin>,
  ): Promise<CreateRecommendationResult> {
    const owner = needs.newId();
    for (;;) {
      const { recommendation: begun, isNew } = await begin();
      if (begun.state === 'DONE') return await run({ ...attempt, record: begun }, false);
      if (!(await store.recommendations.acquire(begun.id, owner, leaseMs))) {
        await waitForTurn(attempt.caller, 'The same recommendation is being made already');
        continue;
      }
      try {
        const record = await store.recommendations.find(begun.id);
        if (record) return await run({ ...attempt, record }, isNew && record.state === 'STARTED');
      } finally {
        await store.recommendations.release(begun.id, owner);
      }
    }
  }

  async function recommend(caller: Caller, input: CreateRecommendationInput): Promise<CreateRecommendationResult> {
    const { viewer } = caller;
    assertMay(viewer, 'recommendation.create');
    const items = readItems(input.items);
    assertLength('personalMessage', input.personalMessage, 10_000);
    assertLength('idempotencyKey', input.idempotencyKey, 255);
    if (input.idempotencyKey === '') throw toBadInput('idempotencyKey', 'must not be empty');
    if (!input.practitionerId && !may(viewer, 'recommendation.createUnnamed')) {
      throw toBadInput('practitionerId', 'must name the practitioner whose plan it is');
    }
    const patient = await getVouchedPatient(needs, caller, input.patientId);
    if (input.chartId) {
      const chart = await getVouchedChart(needs, caller, input.chartId);
      if (chart.patientId !== input.patientId) throw toBadInput('chartId', "must be a chart of this patient's");
    }
    const use = await useAccount(needs, startConnecting, caller, input.clinicId);
    if ('required' in use) return use.required;
    const { account } = use;
    const scope = toClinicScope(account);
    return await orConnectionRequired(
      needs,
      startConnecting,
      caller,
      account,
      async (): Promise<CreateRecommendationResult> => {
        await assertVariantsExist(caller, scope, items);
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
        const begin = async () => {
          const begun = await store.recommendations.begin({
            organizationId: viewer.organizationId,
            userId: viewer.userId,
            idempotencyKey: input.idempotencyKey ?? null,
            inputHash,
            patientId: input.patientId,
            clinicId: account.clinicId,
            chartId: input.chartId ?? null,
            expiresAt: new Date(now().getTime() + keyLivesMs).toISOString(),
          });
          if (begun.recommendation.inputHash !== inputHash) {
            throw toBadInput('idempotencyKey', 'was used with another input in the last 24 hours');
          }
          return begun;
        };
        const call: Call = {
          accountId: account.id,
          priority: 'interactive',
          signal: caller.signal,
          requestId: caller.requestId,
        };
        const entrypoint: Entrypoint = input.entrypoint === 'LABS' ? 'labs' : 'catalog';
        return await runAlone(
          { caller, input, items, account, scope, call, patient, practitionerId, entrypoint },
          begin,
        );
      },
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

function toBadInput(field: string, rule: string): Refusal {
  return new Refusal('BAD_USER_INPUT', `input.${field}: ${rule}`, { extensions: { argument: `input.${field}` } });
}

function assertLength(field: string, text: string | null | undefined, most: number): void {
  if ((text ?? '').length > most) throw toBadInput(field, `must not be longer than ${most} characters`);
}

function readItems(items: readonly RecommendationInput[] | null | undefined): readonly RecommendationInput[] {
  const list = items ?? [];
  if (list.length > 100) throw toBadInput('items', 'must not be more than 100');
  list.forEach((item, index) => {
    if (item.unitsToPurchase < 1 || item.unitsToPurchase > 1000) {
      throw toBadInput(`items.${index}.unitsToPurchase`, 'must be from 1 to 1000');
    }
    if (item.variantId.trim() === '') throw toBadInput(`items.${index}.variantId`, 'must not be empty');
    assertLength(`items.${index}.takeWith`, item.takeWith, 255);
  });
  return list;
}

/** Tells another input under the same key; the order of object keys does not matter, since this fixes it. */
function toInputHash(input: CreateRecommendationInput, clinicId: string): string {
  return toHash([
    input.patientId,
    input.practitionerId ?? null,
    clinicId,
    input.chartId ?? null,
    input.entrypoint ?? 'CATALOG',
    (input.items ?? []).map((item) => [
      item.variantId,
      item.unitsToPurchase,
      item.refill ?? null,
      item.takeWith ?? null,
      item.dosage?.amount ?? null,
      item.dosage?.frequency ?? null,
      item.dosage?.duration ?? null,
      item.dosage?.format ?? null,
      item.dosage?.timeOfDay ?? null,
      item.dosage?.additionalInfo ?? null,
    ]),
    input.personalMessage ?? null,
    input.sendWelcomeEmail ?? null,
  ]);
}
