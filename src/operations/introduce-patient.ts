import { FullscriptFailure } from '../domain/errors.ts';
import { isUnmistakable, toComparableEmail } from '../domain/identity.ts';
import type { Demographics, FullscriptPatient } from '../domain/patient.ts';
import type { Call } from '../fullscript/call.ts';
import type { DraftLink } from '../fullscript/dynamic-links.ts';
import { toHash } from '../store/keys.ts';
import type { DraftPlans } from './draft-plan.ts';
import type { OperationNeeds } from './needs.ts';
import { toReading, untilLost, type Attempt, type CreateRecommendationResult } from './recommendation-attempt.ts';
import { takeTurns } from './take-turns.ts';

/** Who an EMR patient without a link turned out to be at Fullscript, and what was made for them on the way. */
export type Introduction =
  | { kind: 'linked'; fullscriptPatientId: string }
  /** Fullscript made the patient, and a draft for them. */
  | { kind: 'created'; link: DraftLink; fullscriptPatientId: string }
  | { kind: 'doubtful' }
  | { kind: 'answered'; result: CreateRecommendationResult };

/** How long a killed process keeps others from introducing whoever has the same e-mail address. */
const leaseMs = 15_000;

/** Builds the way from an EMR patient to a Fullscript patient, who is made only when nobody there could be the EMR's. */
export function createIntroducePatient(
  needs: OperationNeeds,
  drafts: DraftPlans,
): (attempt: Attempt) => Promise<Introduction> {
  const { store, fullscript, patients, settings, now, log } = needs;

  async function recordLink(attempt: Attempt, fullscriptPatientId: string): Promise<void> {
    const about = { patientId: attempt.patient.id, subject: fullscriptPatientId };
    await needs.audit.record(attempt.caller, 'patient.link', about, 'ok');
  }

  /** The patient of a link, asked for at `askedAt`, may be thin; what people are told apart by is read where it is missing. */
  async function getWhole(
    call: Call,
    drafted: FullscriptPatient,
    person: Demographics,
    askedAt: string,
  ): Promise<{ patient: FullscriptPatient; readAt: string | null }> {
    const lacksEvidence =
      !drafted.email ||
      !drafted.firstName ||
      !drafted.lastName ||
      (person.dateOfBirth !== null && drafted.dateOfBirth === null);
    if (lacksEvidence) {
      const readAt = now().toISOString();
      return { patient: await fullscript.patients.get(call, drafted.id), readAt };
    }
    // Thin rows tell no discount, so that the rest is to be read again.
    return { patient: drafted, readAt: drafted.discountPercent === null ? null : askedAt };
  }

  /**
   * Links whom a draft was made for. A draft link finds people by their e-mail address alone, and somebody else may have come to have it since it was
   * searched for: false unless Fullscript's patient is unmistakably the EMR's and free.
   */
  async function linkDrafted(attempt: Attempt, drafted: FullscriptPatient, askedAt: string): Promise<boolean> {
    const { caller, call, scope, patient } = attempt;
    const { patient: whole, readAt } = await getWhole(call, drafted, patient.demographics, askedAt);
    let outcome: string = 'another person';
    if (isUnmistakable(patient.demographics, { patient: whole, viaGuardian: false })) {
      const link = await patients.link(scope, {
        patientId: patient.id,
        patient: whole,
        readAt,
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
    const askedAt = now().toISOString();
    const link = await drafts.ask(
      attempt,
      {
        email: email.trim(),
        firstName,
        lastName,
        dateOfBirth,
        ...(gender ? { gender } : {}),
        ...(mobileNumber ? { mobileNumber } : {}),
        sendWelcomeEmail: input.sendWelcomeEmail ?? settings.welcomeEmail,
      },
      { fullscriptPatientId: null, createdPatient: true },
    );
    if ('__typename' in link) return { kind: 'answered', result: link };
    if (!link.patient) throw new FullscriptFailure('contract', 'Fullscript made a draft for nobody');
    if (await linkDrafted(attempt, link.patient, askedAt)) {
      return { kind: 'created', link, fullscriptPatientId: link.patient.id };
    }
    await drafts.discard(attempt, link.plan.id);
    return { kind: 'doubtful' };
  }

  async function introduce(attempt: Attempt): Promise<Introduction> {
    const { scope, patient } = attempt;
    const link = (await store.patientLinks.findLinks(scope.clinicKey, [patient.id])).get(patient.id);
    if (link) return { kind: 'linked', fullscriptPatientId: link.fullscriptPatientId };
    const person = { patientId: patient.id, demographics: patient.demographics };
    const found = await patients.search(toReading(attempt), person);
    if (found.kind === 'nobody') return await createPatientAndDraft(attempt);
    if (found.kind === 'doubtful') return found;
    if (found.linkedNow) await recordLink(attempt, found.link.fullscriptPatientId);
    return { kind: 'linked', fullscriptPatientId: found.link.fullscriptPatientId };
  }

  /**
   * Whoever shares an e-mail address is introduced to Fullscript one after the other, in all processes: a draft link goes by the address alone, so that
   * of two relatives who are both unknown the second must be searched for after the first was made.
   */
  return async (attempt) => {
    const { caller, scope, patient } = attempt;
    const email = toComparableEmail(patient.demographics.email);
    if (email === '') return await introduce(attempt);
    const turn = {
      name: `introduce:${scope.clinicKey}:${toHash([email])}`,
      leaseMs,
      busy: 'Somebody with the same e-mail address is being made known to Fullscript',
    };
    return await takeTurns(needs, caller, turn, (lost) => introduce(untilLost(attempt, lost)));
  };
}
