import { Refusal } from '../domain/errors.ts';
import { toLabResultTitle } from '../domain/lab-order.ts';
import type { PrepareLabDocuments } from '../mirror/lab-orders.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import { toRowKey } from '../store/keys.ts';
import type { OperationNeeds } from './needs.ts';

/**
 * Decides which documents the EMR gets of results that became ready or were amended: one per result and amendment, for linked patients, when there
 * is a service token. What was there before the patient was linked, or before we first looked, is history and makes none.
 */
export function createPrepareLabDocuments(
  needs: Pick<OperationNeeds, 'store' | 'now'> & { settings: Pick<OperationNeeds['settings'], 'emrServiceToken'> },
): PrepareLabDocuments {
  const { store, settings, now } = needs;
  return async (scope, fullscriptPatientIds, eventAt) => {
    if (settings.emrServiceToken === null) return () => [];
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
        const occurredAt = (kind === 'amended' ? eventAt : result.availableAt) ?? runAt;
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
const maxAttempts = 20;

/** Tells the EMR of documents that are due, each once: the same key is repeated until it has answered. Gives how many it looked at. */
export function createSendLabDocuments(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, emr, settings, now, log } = needs;
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
          await emr.addDocument(token, {
            patientId: document.patientId,
            idempotencyKey: `fullscript-lab-result:${document.clinicKey}:${document.resultId}:${document.version}`,
            title: document.title,
            kind: 'LAB_RESULT',
            occurredAt: document.occurredAt,
            sourceId: document.resultId,
          });
          await store.labDocuments.done(document.id, now().toISOString());
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          const about = { organizationId: document.organizationId, code: error.code, attempts: document.attempts };
          if (document.attempts >= maxAttempts || error.code !== 'EMR_UNAVAILABLE') {
            log.error(about, 'the EMR does not take a lab document: it is parked');
            await store.labDocuments.park(document.id);
          } else {
            log.warn(about, 'the EMR did not take a lab document: it will be tried again');
            const waitMs = Math.min(3_600_000, 2000 * 2 ** Math.min(document.attempts - 1, 20));
            await store.labDocuments.retryAt(document.id, new Date(now().getTime() + waitMs).toISOString());
          }
        }
      }
    }
    return seen;
  };
}
