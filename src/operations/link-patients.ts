import { setMaxListeners } from 'node:events';
import { findOrganization } from '../auth/bearer.ts';
import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { Refusal, type FullscriptFailure } from '../domain/errors.ts';
import { toComparableEmail, type ComparedField } from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { EmrPatient, FullscriptPatient, LinkMethod, PatientLink } from '../domain/patient.ts';
import { findAccount, toUsable } from '../domain/standing.ts';
import type { Judgement } from '../mirror/judge-people.ts';
import type { Person } from '../mirror/person-search.ts';
import { toClinicScope } from '../mirror/scope.ts';
import { toChunks } from '../store/conditions.ts';
import { getStanding } from '../store/standing.ts';
import type { OperationNeeds } from './needs.ts';
import { createFamilyRegister, type Family, type FamilyRegister } from './patient-families.ts';

export interface LinkPatientsInput {
  /** The EMR user whose connected account Fullscript is asked with. */
  userId: string;
  /** One of the clinics that user has connected; their default one without it. */
  clinicId?: string | undefined;
  /** Patients of the EMR. One who is named twice counts once. */
  patientIds: Iterable<string>;
  /** Whether the unmistakable are linked. Otherwise nothing is changed. */
  apply: boolean;
}

/** A Fullscript patient who might be the EMR's: names of fields, never what stands in them. */
export interface PossiblePatient {
  fullscriptPatientId: string;
  agrees: readonly ComparedField[];
  differs: readonly ComparedField[];
  /** The other EMR patient it is linked to. */
  linkedPatientId: string | null;
}

/** What became of one patient of the EMR. */
export type PatientOutcome = { patientId: string } & (
  | {
      /** `matched`: would be linked; `linked`: now; `already_linked`: before, by whomever. */
      outcome: 'matched' | 'linked' | 'already_linked';
      fullscriptPatientId: string;
      method: LinkMethod;
    }
  /** A person has to choose. `rivalPatientIds`: others of the list for whom the same candidate is unmistakable. */
  | { outcome: 'doubtful'; candidates: readonly PossiblePatient[]; rivalPatientIds: readonly string[] }
  /** Fullscript knows nobody; without `hasEmail` there was no address to look for. */
  | { outcome: 'absent'; hasEmail: boolean }
  /** The EMR does not know the patient, or hides them from its service token. */
  | { outcome: 'unknown' }
  /** `reason` is a code; `CHANGED` when the record or the link was changed at this moment. */
  | { outcome: 'failed'; reason: string }
);

/** One step of the way: for how many patients the EMR has been asked so far, and what became of whom. */
export interface LinkPatientsStep {
  asked: number;
  outcomes: readonly PatientOutcome[];
}

/** A search of many that has been found to be possible; nothing is asked before its steps are. */
export interface LinkPatientsRun {
  clinicId: string;
  /** How many patients there are. */
  total: number;
  steps: AsyncGenerator<LinkPatientsStep>;
}

/** How many patients the EMR is asked for in one call. */
const emrBatchSize = 200;
/** How many families are looked for at a time. */
const familiesAtOnce = 10;
/** After so many failures in a row the EMR or Fullscript is out of reach, and going on makes no sense. */
const maxOutages = 20;

const outages: ReadonlySet<string> = new Set(['EMR_UNAVAILABLE', 'FULLSCRIPT_UNAVAILABLE', 'FULLSCRIPT_RATE_LIMITED']);
const withdrawals: ReadonlySet<string> = new Set(['FULLSCRIPT_WITHDRAWN', 'FULLSCRIPT_FORBIDDEN']);

/**
 * Finds many EMR patients at Fullscript, by the same rule as everywhere, and links the unmistakable ones; for the operators' command only. The EMR is asked with
 * the service token, Fullscript in the background with one user's account. Those who share an address are looked at together, so that their order decides nothing.
 * The caller's signal ends it early: whoever was not looked at by then is left out.
 *
 * Throws NOT_CONFIGURED without a service token for that organization, NOT_FOUND for a clinic that the user has not connected, FULLSCRIPT_CONNECTION_REQUIRED when
 * their account is not usable (any more), EMR_UNAVAILABLE or FULLSCRIPT_UNAVAILABLE when either is out of reach. What was linked before stays.
 */
export function createLinkPatients(
  needs: OperationNeeds,
): (caller: Caller, input: LinkPatientsInput) => Promise<LinkPatientsRun> {
  const { emr, audit, now } = needs;

  /** One row for each patient whose data was looked at. */
  function recordReads({ viewer, requestId }: Caller, outcomes: readonly PatientOutcome[]): void {
    const at = now().toISOString();
    audit.recordReads(
      outcomes.map(({ patientId, outcome }) => ({
        organizationId: viewer.organizationId,
        at,
        userId: viewer.userId,
        action: 'patient.read',
        patientId,
        subject: null,
        outcome: outcome === 'unknown' ? 'denied' : outcome === 'failed' ? 'failed' : 'ok',
        requestId,
      })),
    );
  }

  /** Puts everybody into the register before anything is decided; yields those who have come to their end by that. */
  async function* register(
    families: FamilyRegister,
    { token, requestId }: { token: string; requestId: string },
    patientIds: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<LinkPatientsStep> {
    let asked = 0;
    for (const ids of toChunks(patientIds, emrBatchSize)) {
      if (signal.aborted) return;
      const answers = await emr.findPatients(token, ids, requestId);
      const [first] = answers;
      // Nothing has been done yet, so that the command may as well be given again.
      if (first instanceof Error && answers.every((answer) => answer instanceof Error)) throw first;
      const outcomes: PatientOutcome[] = [];
      for (const [index, patientId] of ids.entries()) {
        const record = answers[index] ?? null;
        if (isRecord(record)) families.add(patientId, record);
        else outcomes.push(toEmrOutcome(patientId, record));
      }
      asked += ids.length;
      yield { asked, outcomes };
    }
  }

  async function* walk(run: {
    caller: Caller;
    input: LinkPatientsInput;
    clinicId: string;
    token: string;
    patientIds: readonly string[];
  }): AsyncGenerator<LinkPatientsStep> {
    const { caller, input, clinicId, token, patientIds } = run;
    // Many calls may wait until it fires.
    const signal = AbortSignal.any([caller.signal]);
    setMaxListeners(0, signal);
    const isStopping = (): boolean => signal.aborted;
    const families = createFamilyRegister();
    yield* register(families, { token, requestId: caller.requestId }, patientIds, signal);
    const metadataIds = listHashedIds(caller.viewer.organizationId, patientIds);
    let outagesInARow = 0;
    for (const batch of families.batches(emrBatchSize)) {
      if (isStopping()) return;
      const account = await getAccount(needs, caller, { userId: input.userId, clinicId });
      const records = await readRecords(needs, account, { token, requestId: caller.requestId }, batch);
      const settle = createSettle(needs, { caller, account, records, metadataIds, apply: input.apply, signal });
      for (const group of toChunks(batch, familiesAtOnce)) {
        const settled = (await Promise.all(group.map(settle))).flat();
        // What failed because of the stop was not looked at.
        const outcomes = isStopping() ? settled.filter(({ outcome }) => outcome !== 'failed') : settled;
        yield { asked: patientIds.length, outcomes };
        if (isStopping()) return;
        outagesInARow = countOutages(outcomes, outagesInARow);
      }
    }
  }

  async function* recorded(caller: Caller, steps: AsyncGenerator<LinkPatientsStep>): AsyncGenerator<LinkPatientsStep> {
    for await (const step of steps) {
      recordReads(caller, step.outcomes);
      yield step;
    }
  }

  return async (caller, input) => {
    const token = getServiceToken(needs, caller.viewer.organizationId);
    const { clinicId } = await getAccount(needs, caller, input);
    const patientIds = [...new Set(input.patientIds)];
    const steps = recorded(caller, walk({ caller, input, clinicId, token, patientIds }));
    return { clinicId, total: patientIds.length, steps };
  };
}

type EmrRecord = EmrPatient | null | Refusal;

/** What is known of a patient when it is their turn. */
interface PatientRecord {
  record: EmrRecord;
  link: PatientLink | undefined;
}

function isRecord(record: EmrRecord): record is EmrPatient {
  return record !== null && !(record instanceof Error);
}

function toEmrOutcome(patientId: string, record: null | Refusal): PatientOutcome {
  if (record === null) return { patientId, outcome: 'unknown' };
  return { patientId, outcome: 'failed', reason: record.code };
}

function getServiceToken({ settings }: OperationNeeds, organizationId: string): string {
  const token = settings.emrServiceToken;
  if (token === null) throw new Refusal('NOT_CONFIGURED', 'The EMR cannot be asked: EMR_SERVICE_TOKEN is missing');
  const holder = findOrganization(token);
  if (holder === null || holder === organizationId) return token;
  throw new Refusal('NOT_CONFIGURED', 'EMR_SERVICE_TOKEN is the token of another organization');
}

async function getAccount(
  { store }: OperationNeeds,
  { viewer }: Caller,
  { userId, clinicId }: Pick<LinkPatientsInput, 'userId' | 'clinicId'>,
): Promise<Account> {
  const standing = await getStanding(store, viewer.organizationId, userId);
  if (standing.enabled && clinicId !== undefined && !findAccount(standing, clinicId))
    throw new Refusal('NOT_FOUND', 'This user has not connected this clinic');
  const usable = toUsable(standing, clinicId);
  if (usable.kind === 'usable') return usable.account;
  throw new Refusal('FULLSCRIPT_CONNECTION_REQUIRED', `The account of this user cannot be used: ${usable.status}`, {
    extensions: { status: usable.status },
  });
}

/** The metadata ids that do not tell by themselves whose they are. */
function listHashedIds(organizationId: string, patientIds: readonly string[]): Set<string> {
  return new Set(patientIds.map((id) => toMetadataId(organizationId, id)).filter((id) => id.startsWith('h:')));
}

/** Asks again, since the register may have been made hours ago. */
async function readRecords(
  { emr, store }: OperationNeeds,
  account: Account,
  { token, requestId }: { token: string; requestId: string },
  families: readonly Family[],
): Promise<Map<string, PatientRecord>> {
  const records = new Map<string, PatientRecord>();
  const patientIds = families.flatMap((family) => family.patientIds);
  for (const ids of toChunks(patientIds, emrBatchSize)) {
    const answers = await emr.findPatients(token, ids, requestId);
    const links = await store.patientLinks.findLinks(toClinicScope(account).clinicKey, ids);
    for (const [index, id] of ids.entries()) records.set(id, { record: answers[index] ?? null, link: links.get(id) });
  }
  return records;
}

/** Makes what is done with one family. */
function createSettle(
  { patients, audit, now }: OperationNeeds,
  turn: {
    caller: Caller;
    account: Account;
    records: ReadonlyMap<string, PatientRecord>;
    metadataIds: ReadonlySet<string>;
    apply: boolean;
    signal: AbortSignal;
  },
): (family: Family) => Promise<PatientOutcome[]> {
  const { caller, account, records, metadataIds, apply, signal } = turn;
  const scope = toClinicScope(account);
  const call = { accountId: account.id, priority: 'background' as const, requestId: caller.requestId, signal };

  async function link(
    patientId: string,
    found: { patient: FullscriptPatient; readAt: string },
    method: LinkMethod,
  ): Promise<PatientOutcome> {
    const { patient } = found;
    const linkedBy = caller.viewer.userId;
    const made = await patients.link(scope, { patientId, ...found, method, linkedBy });
    if (made.kind === 'taken' || made.kind === 'refused') return { patientId, outcome: 'failed', reason: 'CHANGED' };
    if (made.kind === 'other' || !made.created) return toLinked(made.link);
    await audit.recordDone(caller, 'patient.link', { patientId, subject: patient.id }, 'ok');
    return { patientId, outcome: 'linked', fullscriptPatientId: patient.id, method };
  }

  async function settleOne(
    { patientId, demographics }: Person,
    judgement: Judgement | FullscriptFailure,
    readAt: string,
  ): Promise<PatientOutcome> {
    if (judgement instanceof Error)
      return { patientId, outcome: 'failed', reason: `FULLSCRIPT_${judgement.kind.toUpperCase()}` };
    if (judgement.kind === 'nobody')
      return { patientId, outcome: 'absent', hasEmail: toComparableEmail(demographics.email) !== '' };
    if (judgement.kind === 'doubtful') return toDoubtful(patientId, judgement);
    const { candidate, method } = judgement;
    if (apply) return await link(patientId, { patient: candidate.patient, readAt }, method);
    return { patientId, outcome: 'matched', fullscriptPatientId: candidate.patient.id, method };
  }

  return async ({ email, patientIds }) => {
    const outcomes: PatientOutcome[] = [];
    const people: Person[] = [];
    const failure = patientIds.map((id) => records.get(id)?.record).find((record) => record instanceof Error);
    for (const patientId of patientIds) {
      const { record = null, link: stored } = records.get(patientId) ?? {};
      if (!isRecord(record)) outcomes.push(toEmrOutcome(patientId, record));
      else if (stored) outcomes.push(toLinked(stored));
      // A relative whom the EMR does not tell about now may be the one whom a candidate is.
      else if (failure) outcomes.push(toEmrOutcome(patientId, failure));
      // Who else has the new address is not known here.
      else if (toComparableEmail(record.email) !== email)
        outcomes.push({ patientId, outcome: 'failed', reason: 'CHANGED' });
      else people.push({ patientId, demographics: record });
    }
    const readAt = now().toISOString();
    const judged = await patients.judge(scope, call, people, metadataIds);
    for (const person of people) {
      const judgement = judged.get(person.patientId);
      if (judgement) outcomes.push(await settleOne(person, judgement, readAt));
    }
    return outcomes;
  };
}

function toLinked({ patientId, fullscriptPatientId, method }: PatientLink): PatientOutcome {
  return { patientId, outcome: 'already_linked', fullscriptPatientId, method };
}

function toDoubtful(patientId: string, judgement: Extract<Judgement, { kind: 'doubtful' }>): PatientOutcome {
  const candidates = judgement.candidates.map(({ patient, agrees, differs, linkedPatientId }) => ({
    fullscriptPatientId: patient.id,
    agrees,
    differs,
    linkedPatientId,
  }));
  return { patientId, outcome: 'doubtful', candidates, rivalPatientIds: judgement.rivalPatientIds };
}

/** Counts on from `before` how many in a row have failed for want of an answer. Throws when it makes no sense to go on. */
function countOutages(outcomes: readonly PatientOutcome[], before: number): number {
  let count = before;
  for (const outcome of outcomes) {
    const reason = outcome.outcome === 'failed' ? outcome.reason : '';
    if (withdrawals.has(reason))
      throw new Refusal('FULLSCRIPT_CONNECTION_REQUIRED', 'Fullscript does not accept the account of this user');
    count = outages.has(reason) ? count + 1 : 0;
    if (count < maxOutages) continue;
    if (reason === 'EMR_UNAVAILABLE') throw new Refusal('EMR_UNAVAILABLE', 'The EMR is out of reach');
    throw new Refusal('FULLSCRIPT_UNAVAILABLE', 'Fullscript is out of reach');
  }
  return count;
}
