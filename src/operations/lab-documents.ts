import { Refusal } from '../domain/errors.ts';
import { toLabResultTitle } from '../domain/lab-order.ts';
import type { PrepareLabDocuments } from '../mirror/lab-orders.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import { toRowKey } from '../store/keys.ts';
import type { LabDocument } from '../store/lab-documents.ts';
import type { OperationNeeds } from './needs.ts';

/**
 * Decides which documents the EMR gets of results that became ready or were amended: one per result and amendment, for linked patients. They are queued
 * also while there is no service token, and wait for one. What was there before the patient was linked, or before we first looked, is history and
 * makes none.
 */
export function createPrepareLabDocuments(needs: Pick<OperationNeeds, 'store' | 'now'>): PrepareLabDocuments {
  const { store, now } = needs;
  return async (scope, fullscriptPatientIds, eventAt) => {
    const links = await store.patientLinks.findLinksByFullscriptIds(
      fullscriptPatientIds.map((id) => ({ clinicKey: scope.clinicKey, id })),
    );
    const toKey = (id: string): CopyKey => ({ clinicKey: scope.clinicKey, kind: 'labs', subject: id });
    const lookedBefore = eventAt === null ? await store.copies.findMany(fullscriptPatientIds.map(toKey)) : null;
    const runAt = now().toISOString();
    return (changes) =>
      changes.flatMap(({ result, kind }) => {
        const link = links.get(toRowKey(scope.clinicKey, result.fullscriptPatientId ?? ''));
        if (!link || result.fullscriptPatientId === null) return [];
        const known = lookedBefore === null || lookedBefore.has(toCopyKey(toKey(result.fullscriptPatientId)));
        const occurredAt = (kind === 'ready' ? result.availableAt : eventAt) ?? runAt;
        if (!known || (eventAt ?? occurredAt) <= link.linkedAt) return [];
        return [
          {
            organizationId: scope.organizationId,
            clinicId: scope.clinicId,
            resultId: result.id,
            version: result.version,
            patientId: link.patientId,
            title: toLabResultTitle(result.availableAt ?? occurredAt),
            occurredAt,
            runAt,
          },
        ];
      });
  };
}

const leaseMs = 60_000;
/** How often a document is tried: while the EMR is out of reach or fails, and when it refuses. */
const maxAttempts = { failing: 20, refused: 5 };

/** Tells the EMR of documents that are due, each once: the same key is repeated until it has answered. Gives how many it looked at. */
export function createSendLabDocuments(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, emr, settings, now, log } = needs;

  /** Whether the patient is still linked to whom the result is of: a link that was taken back since must not file somebody else's result. */
  async function isStillTheirs(document: LabDocument): Promise<boolean> {
    const results = await store.labResults.findByIds(document.organizationId, [document.resultId]);
    const result = results.get(document.resultId)?.find(({ clinicKey }) => clinicKey === document.clinicKey);
    if (!result?.fullscriptPatientId) return false;
    const key = { clinicKey: document.clinicKey, id: result.fullscriptPatientId };
    const links = await store.patientLinks.findLinksByFullscriptIds([key]);
    return links.get(toRowKey(key.clinicKey, key.id))?.patientId === document.patientId;
  }

  async function send(token: string, document: LabDocument): Promise<void> {
    if (!(await isStillTheirs(document))) {
      log.info(
        { organizationId: document.organizationId },
        'a lab document is not filed: its patient is no longer linked',
      );
      await store.labDocuments.drop(document.id, now().toISOString());
      return;
    }
    await emr.addDocument(
      token,
      {
        patientId: document.patientId,
        idempotencyKey: `fullscript-lab-result:${document.clinicKey}:${document.resultId}:${document.version}`,
        title: document.title,
        kind: 'LAB_RESULT',
        occurredAt: document.occurredAt,
        sourceId: document.resultId,
      },
      `document-${document.id}`,
    );
    await store.labDocuments.done(document.id, now().toISOString());
  }

  async function putBack(document: LabDocument, refusal: Refusal): Promise<void> {
    const about = { organizationId: document.organizationId, code: refusal.code, attempts: document.attempts };
    const most = refusal.code === 'EMR_UNAVAILABLE' ? maxAttempts.failing : maxAttempts.refused;
    if (document.attempts >= most) {
      log.error(about, 'the EMR does not take a lab document: it is parked');
      await store.labDocuments.park(document.id);
      return;
    }
    log.warn(about, 'the EMR did not take a lab document: it will be tried again');
    const waitMs = Math.min(3_600_000, 2000 * 2 ** Math.min(document.attempts - 1, 20));
    await store.labDocuments.retryAt(document.id, new Date(now().getTime() + waitMs).toISOString());
  }

  return async (signal) => {
    const token = settings.emrServiceToken;
    if (token === null) return 0;
    let seen = 0;
    while (!signal.aborted) {
      const batch = await store.labDocuments.claim(10, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      for (const document of batch) {
        try {
          await send(token, document);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          await putBack(document, error);
        }
      }
    }
    return seen;
  };
}
