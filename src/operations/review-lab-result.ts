import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { Refusal } from '../domain/errors.ts';
import { assertCovers, toConnectionRefusal, toUsable } from '../domain/standing.ts';
import { toRowKey } from '../store/keys.ts';
import type { StoredLabResult } from '../store/lab-results.ts';
import { getStanding } from '../store/standing.ts';
import type { OperationNeeds } from './needs.ts';
import { getVouchedPatient } from './vouched-patient.ts';

export interface ReviewLabResultInput {
  resultId: string;
  signOff?: boolean | null | undefined;
  note?: string | null | undefined;
  shareWithPatient?: boolean | null | undefined;
}

/**
 * `Mutation.reviewFullscriptLabResult`: signs a result off (false takes it back), adds a note, shares it with the patient. Ours alone: Fullscript has no
 * such calls. Throws NOT_FOUND for a result that the caller cannot see, and FULLSCRIPT_CONNECTION_REQUIRED where reading it would.
 */
export function createReviewLabResult(
  needs: OperationNeeds,
): (caller: Caller, input: ReviewLabResultInput) => Promise<StoredLabResult> {
  const { store, now } = needs;

  async function getResult(caller: Caller, resultId: string): Promise<{ result: StoredLabResult; patientId: string }> {
    const { organizationId, userId } = caller.viewer;
    const missing = new Refusal('NOT_FOUND', 'This lab result does not exist');
    const results = (await store.labResults.findByIds(organizationId, [resultId])).get(resultId) ?? [];
    if (results.length === 0) throw missing;
    const standing = await getStanding(store, organizationId, userId);
    const reachable = results.find((result) => toUsable(standing, result.clinicId).kind === 'usable') ?? results[0];
    const usable = toUsable(standing, reachable?.clinicId);
    if (!reachable || usable.kind === 'blocked') {
      throw toConnectionRefusal(usable.kind === 'blocked' ? usable.status : 'NOT_CONNECTED');
    }
    assertCovers(usable.account, 'labs');
    const key = { clinicKey: reachable.clinicKey, id: reachable.fullscriptPatientId ?? '' };
    const link = (await store.patientLinks.findLinksByFullscriptIds([key])).get(toRowKey(key.clinicKey, key.id));
    if (!link) throw missing;
    await getVouchedPatient(needs, caller, link.patientId);
    return { result: reachable, patientId: link.patientId };
  }

  return (caller, input) => {
    let patientId: string | null = null;
    return needs.audit.audited(
      caller,
      'lab.review',
      () => ({ patientId, subject: input.resultId }),
      async () => {
        assertMay(caller.viewer, 'lab.review');
        const note = readNote(input.note);
        const found = await getResult(caller, input.resultId);
        patientId = found.patientId;
        await store.labReviews.review({
          organizationId: found.result.organizationId,
          clinicId: found.result.clinicId,
          // What is made of a result that another one stands for now is kept there.
          resultId: found.result.supersededBy ?? input.resultId,
          userId: caller.viewer.userId,
          at: now().toISOString(),
          ...(input.signOff === null || input.signOff === undefined ? {} : { signOff: input.signOff }),
          ...(input.shareWithPatient === null || input.shareWithPatient === undefined
            ? {}
            : { share: input.shareWithPatient }),
          ...(note === null ? {} : { note: { id: needs.newId(), text: note } }),
        });
        return found.result;
      },
    );
  };
}

function readNote(note: string | null | undefined): string | null {
  if (note === null || note === undefined) return null;
  const text = note.trim();
  const refuse = (rule: string): Refusal =>
    new Refusal('BAD_USER_INPUT', `input.note: ${rule}`, { extensions: { argument: 'input.note' } });
  if (text === '') throw refuse('must not be empty');
  if (text.length > 10_000) throw refuse('must not be longer than 10000 characters');
  return text;
}
