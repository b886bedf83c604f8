import { FullscriptFailure } from '../domain/errors.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Call } from '../fullscript/call.ts';
import { tryEach } from '../mirror/any-account.ts';
import { toClinicKey, toHash } from '../store/keys.ts';
import type { MetadataTask } from '../store/metadata-tasks.ts';
import type { OperationNeeds } from './needs.ts';

const leaseMs = 60_000;
const longestWaitMs = 60 * 60_000;
const busyWaitMs = 1000;
/** After this many attempts, which take about a week, a task is given up with a warning. */
const mostAttempts = 180;

/**
 * Writes our ids into Fullscript's metadata slots, or clears them, for tasks that are due. A slot that holds somebody else's id is never overwritten
 * or cleared; one slot is looked at and written by one process at a time, for all organizations that share the clinic. Gives how many it looked at.
 */
export function createWriteMetadata(needs: OperationNeeds): (signal: AbortSignal) => Promise<number> {
  const { store, fullscript, patients, now, newId, log } = needs;

  /** No event tells of what we write, so the stored copy takes it from the answer. */
  async function write(task: MetadataTask, call: Call): Promise<void> {
    const writtenAt = now().toISOString();
    if (task.kind === 'plan') {
      const plan = await fullscript.plans.get(call, task.fullscriptId);
      if (plan.metadataId === null) {
        const written = await fullscript.plans.update(call, task.fullscriptId, { metadataId: task.value });
        await store.plans.upsertMany(task, [written], writtenAt);
      }
      return;
    }
    const askedAt = now().toISOString();
    const patient = task.kind === 'patient' ? await fullscript.patients.get(call, task.fullscriptId) : null;
    const { metadataId } = patient ?? (await fullscript.practitioners.get(call, task.fullscriptId));
    if (metadataId === task.value) {
      // Perhaps written by an attempt that has not heard of it.
      if (patient) await store.patients.upsertMany(task, [patient], askedAt);
      return;
    }
    if (metadataId !== null && !(await mayReplace(task, metadataId))) {
      log.info(
        { organizationId: task.organizationId, clinicId: task.clinicId },
        "a metadata slot holds somebody else's id and stays as it is",
      );
      return;
    }
    if (task.kind === 'patient') {
      const sentAt = now().toISOString();
      const written = await fullscript.patients.update(call, task.fullscriptId, { metadataId: task.value });
      const scope = { organizationId: task.organizationId, clinicId: task.clinicId, clinicKey: task.clinicKey };
      await patients.storeWritten({ ...scope, accountId: call.accountId }, written, sentAt, call);
    } else await fullscript.practitioners.setMetadata(call, task.fullscriptId, task.value);
  }

  /** Only what we wrote ourselves: the id of an EMR patient of this organization who is or was linked to that Fullscript patient. */
  async function mayReplace(task: MetadataTask, current: string): Promise<boolean> {
    if (task.kind !== 'patient') return false;
    const formerIds = await store.patientLinks.findEverLinked(task.clinicKey, task.fullscriptId);
    return formerIds.some((patientId) => toMetadataId(task.organizationId, patientId) === current);
  }

  async function writeWithAnyAccount(task: MetadataTask, signal: AbortSignal): Promise<void> {
    const accounts = await store.accounts.findLiveByClinic(toClinicKey(task.organizationId, task.clinicId));
    if (accounts.length === 0) throw new FullscriptFailure('withdrawn', 'nobody of this clinic is connected');
    await tryEach(accounts, (account) =>
      write(task, { accountId: account.id, priority: 'background', signal, requestId: `metadata-${task.id}` }),
    );
  }

  /** False when somebody else has the slot in hand at this moment. What was linked anew since is left to the newer task. */
  async function writeInTurn(task: MetadataTask, signal: AbortSignal): Promise<boolean> {
    const slot = `metadata:${toHash([task.clinicId, task.kind, task.fullscriptId])}`;
    const turn = await store.leases.withLease(slot, { owner: newId(), leaseMs, forget: true }, async (lost) => {
      if (await store.metadataTasks.stands(task.id)) {
        await writeWithAnyAccount(task, AbortSignal.any([signal, lost]));
      }
    });
    return turn !== null;
  }

  function retryIn(task: MetadataTask, waitMs: number): Promise<void> {
    return store.metadataTasks.retryAt(task.id, new Date(now().getTime() + waitMs).toISOString());
  }

  async function run(task: MetadataTask, signal: AbortSignal): Promise<void> {
    try {
      if (await writeInTurn(task, signal)) await store.metadataTasks.done(task.id);
      else await retryIn(task, busyWaitMs);
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      const isFinal = error.kind === 'not_found' || error.kind === 'rejected' || task.attempts >= mostAttempts;
      if (isFinal) {
        log.warn(
          { organizationId: task.organizationId, kind: error.kind, object: task.kind, attempts: task.attempts },
          'metadata cannot be written and is given up',
        );
        await store.metadataTasks.done(task.id);
        return;
      }
      await retryIn(task, Math.min(longestWaitMs, 2000 * 2 ** Math.min(task.attempts - 1, 20)));
    }
  }

  return async (signal) => {
    let seen = 0;
    while (!signal.aborted) {
      const batch = await store.metadataTasks.claim(10, leaseMs);
      if (batch.length === 0) break;
      seen += batch.length;
      await Promise.all(batch.map((task) => run(task, signal)));
    }
    return seen;
  };
}
