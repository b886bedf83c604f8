import type { Account } from '../domain/account.ts';
import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
import type { Call } from '../fullscript/call.ts';
import type { ClinicFill, FillPatient } from '../store/clinic-fills.ts';
import { toCopyKey, type CopyKey } from '../store/copies.ts';
import { toRowKey, type ClinicRef } from '../store/keys.ts';
import { askAny } from './any-account.ts';
import { fillRequestPrefix, type FillPace } from './fill-pace.ts';
import type { LabOrderMirror } from './lab-orders.ts';
import type { MirrorNeeds } from './needs.ts';
import type { PatientMirror } from './patients.ts';
import type { PlanMirror } from './plans.ts';
import { toClinicScope, type ClinicScope } from './scope.ts';

/** Where a fill stands after a step: there is more to do at once, or only later, or nothing. */
export type FillStep = 'more' | 'later' | 'finished';

/** Reads a whole clinic into the copy, little by little. */
export interface FillClinic {
  /**
   * Does the next small step: a page of the clinic's patients, its list of lab orders, or the plans and labs of a few patients. What is done is stored,
   * so that whoever comes next goes on from there. Throws FullscriptFailure when the clinic as a whole cannot be read now.
   */
  step(clinic: ClinicRef & { clinicKey: string }, signal: AbortSignal): Promise<FillStep>;
}

interface Mirrors {
  plans: Pick<PlanMirror, 'refresh'>;
  labOrders: Pick<LabOrderMirror, 'refresh' | 'hasLabs'>;
  patients: Pick<PatientMirror, 'refreshPatient'>;
}

/** How many patients a step reads at a time. */
const patientsAtOnce = 3;
/** How many patients are looked up in the database together. */
const patientsPerStatement = 500;
/** After so many tries a patient is given up. */
const maxAttempts = 5;

/** How long a patient waits after the `attempts`-th failure (1 for the first): half a minute, doubled each time. */
export function toFillWaitMs(attempts: number): number {
  return 30_000 * 2 ** (attempts - 1);
}

/** What one step works with. */
interface Step {
  fill: ClinicFill;
  accounts: readonly Account[];
  requestId: string;
  signal: AbortSignal;
}

/** Makes the reading of whole clinics; `pace` says when it may go on. */
export function createFillClinic(needs: MirrorNeeds, mirrors: Mirrors, pace: FillPace): FillClinic {
  const { store, fullscript, settings, now, log } = needs;

  const toCall = ({ requestId, signal }: Step, account: Account): Call => ({
    accountId: account.id,
    priority: 'background',
    requestId,
    signal,
  });

  async function listPatients(step: Step, page: number): Promise<FillStep> {
    const askedAt = now().toISOString();
    const { rows, nextPage } = await askAny(step.accounts, (account) =>
      fullscript.patients.listPage(toCall(step, account), page),
    );
    // Of a thin row nobody could tell what it leaves out from what is not there.
    const whole = rows.filter((row) => row.isWhole).map((row) => row.patient);
    await store.patients.upsertMany(step.fill, whole, askedAt);
    const fullscriptPatientIds = rows.map((row) => row.patient.id);
    await store.clinicFills.savePage(step.fill, { fullscriptPatientIds, nextPage, runAt: askedAt });
    return 'more';
  }

  /** By one walk of the clinic-wide list it is known who has no lab orders, which is most. */
  async function listLabOrders(step: Step): Promise<FillStep> {
    const { fill } = step;
    const listedAt = now().toISOString();
    if (!mirrors.labOrders.hasLabs) {
      await store.clinicFills.saveLabs(fill, [], listedAt);
      return 'more';
    }
    let orders: { fullscriptPatientId: string | null }[];
    try {
      orders = await askAny(step.accounts, (account) => fullscript.labs.listAll(toCall(step, account)));
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || error.kind !== 'forbidden') throw error;
      log.info(toAbout(fill), 'the lab orders of a clinic cannot be read: nobody there has granted it');
      await store.clinicFills.saveLabs(fill, [], listedAt);
      return 'more';
    }
    const named = new Set(orders.map((order) => order.fullscriptPatientId));
    const withLabs: string[] = [];
    for (let after: string | null = null; ;) {
      const found = await store.clinicFills.listPatients(fill.clinicKey, after, patientsPerStatement);
      const ids = found.map((patient) => patient.fullscriptPatientId);
      const stored = await findWithStoredLabs(fill.clinicKey, ids);
      // An order that does not name its patient may be anybody's.
      const isToBeRead = (id: string): boolean => named.has(id) || named.has(null) || stored.has(id);
      withLabs.push(...ids.filter(isToBeRead));
      const without = ids.filter((id) => !isToBeRead(id));
      await store.copies.setMany(fill, 'labs', without, listedAt);
      after = ids.at(-1) ?? null;
      if (found.length < patientsPerStatement) break;
    }
    await store.clinicFills.saveLabs(fill, withLabs, listedAt);
    return 'more';
  }

  async function findWithStoredLabs(clinicKey: string, ids: readonly string[]): Promise<Set<string>> {
    const pages = await store.labOrders.pagesByPatients({
      keys: ids.map((fullscriptPatientId) => ({ clinicKey, fullscriptPatientId })),
      page: { first: 1, after: null },
    });
    return new Set(ids.filter((id) => (pages.get(toRowKey(clinicKey, id))?.totalCount ?? 0) > 0));
  }

  async function readPatients(step: Step): Promise<FillStep> {
    const { fill, signal } = step;
    const due = await store.clinicFills.listDue(fill.clinicKey, now().toISOString(), patientsAtOnce * 10);
    if (due.length === 0) {
      if (await store.clinicFills.finish(fill, now().toISOString())) return 'finished';
      return 'later';
    }
    const missing = await findMissing(fill, due);
    const known = due.filter((patient) => missing.get(patient.fullscriptPatientId)?.size === 0);
    await settle(fill, known, 'done');
    const unknown = due.filter((patient) => !known.includes(patient));
    for (let start = 0; start < unknown.length; start += patientsAtOnce) {
      await pace.untilReady(signal);
      if (signal.aborted) break;
      await readSome(step, unknown.slice(start, start + patientsAtOnce), missing);
    }
    return 'more';
  }

  async function readSome(
    step: Step,
    some: readonly FillPatient[],
    missing: ReadonlyMap<string, ReadonlySet<Part>>,
  ): Promise<void> {
    const failures = new Map<FillPatient, unknown>();
    await Promise.all(
      some.map(async (patient) => {
        try {
          await readPatient(step, patient.fullscriptPatientId, missing.get(patient.fullscriptPatientId) ?? new Set());
        } catch (error) {
          failures.set(patient, error);
        }
      }),
    );
    await settle(
      step.fill,
      some.filter((patient) => !failures.has(patient)),
      'done',
    );
    // A stopping process breaks calls off; that is nobody's failure.
    if (failures.size === 0 || step.signal.aborted) return;
    for (const error of failures.values()) if (isRefusal(error)) throw error;
    // When all fail it may be Fullscript as a whole: then this throws, and no patient's try is counted.
    if (failures.size === some.length)
      await askAny(step.accounts, (account) => fullscript.clinics.get(toCall(step, account)));
    for (const [patient, error] of failures) await putOff(step.fill, patient, error);
  }

  async function putOff(fill: ClinicFill, patient: FillPatient, error: unknown): Promise<void> {
    const kind = error instanceof FullscriptFailure ? error.kind : 'bug';
    const attempts = patient.attempts + 1;
    const about = { ...toAbout(fill), kind, attempts, ...(kind === 'bug' ? { err: error } : {}) };
    const isLast = attempts >= maxAttempts;
    log[kind === 'bug' ? 'error' : 'warn'](
      about,
      isLast
        ? 'a patient could not be read into the copy and is left out'
        : 'a patient could not be read into the copy and will be tried again',
    );
    if (isLast) await settle(fill, [patient], 'failed');
    else {
      const runAt = new Date(now().getTime() + toFillWaitMs(attempts)).toISOString();
      await store.clinicFills.postpone(fill, patient.fullscriptPatientId, runAt);
    }
  }

  const settle = (fill: ClinicFill, patients: readonly FillPatient[], outcome: 'done' | 'failed'): Promise<void> =>
    store.clinicFills.settle(
      fill,
      patients.map((patient) => patient.fullscriptPatientId),
      outcome,
    );

  /** What of each patient is not current: plans, labs where there are some, and the record where it is stored. */
  async function findMissing(fill: ClinicFill, patients: readonly FillPatient[]): Promise<Map<string, Set<Part>>> {
    const { clinicKey } = fill;
    const toKey = (kind: CopyKey['kind'], subject: string): CopyKey => ({ clinicKey, kind, subject });
    const ages = await store.copies.findMany([
      ...patients.map((patient) => toKey('plans', patient.fullscriptPatientId)),
      ...patients.filter((patient) => patient.readsLabs).map((patient) => toKey('labs', patient.fullscriptPatientId)),
    ]);
    const records = await store.patients.findMany(
      patients.map((patient) => ({ clinicKey, id: patient.fullscriptPatientId })),
    );
    // A sweep cannot vouch for labs that are under way, so their own reading alone counts.
    const isKnown = (age: { syncedAt: string | null; sweptAt: string | null } | undefined): boolean =>
      age !== undefined &&
      ((age.syncedAt !== null && age.syncedAt >= fill.startedAt) || isCurrent(age, now(), settings.freshForSeconds));
    return new Map(
      patients.map(({ fullscriptPatientId: id, readsLabs }): [string, Set<Part>] => {
        const missing = new Set<Part>();
        if (!isKnown(ages.get(toCopyKey(toKey('plans', id))))) missing.add('plans');
        const labs = ages.get(toCopyKey(toKey('labs', id)));
        if (readsLabs && !isKnown(labs && { ...labs, sweptAt: null })) missing.add('labs');
        const record = records.get(toRowKey(clinicKey, id));
        if (record && (record.doubtful || !isKnown({ syncedAt: record.syncedAt, sweptAt: null })))
          missing.add('record');
        return [id, missing];
      }),
    );
  }

  async function readPatient(step: Step, id: string, missing: ReadonlySet<Part>): Promise<void> {
    const read = async (work: (scope: ClinicScope, account: Account) => Promise<unknown>): Promise<void> => {
      try {
        await askAny(step.accounts, (account) => work(toClinicScope(account), account));
      } catch (error) {
        // That Fullscript does not know the patient any more is an answer.
        if (!(error instanceof FullscriptFailure) || error.kind !== 'not_found') throw error;
      }
    };
    if (missing.has('record'))
      await read((scope, account) => mirrors.patients.refreshPatient(scope, id, toCall(step, account)));
    if (missing.has('plans')) await read((scope) => mirrors.plans.refresh(scope, id, step.requestId, 'background'));
    if (missing.has('labs')) await read((scope) => mirrors.labOrders.refresh(scope, id, step.requestId, 'background'));
  }

  return {
    async step(clinic, signal) {
      const accounts = await store.accounts.findLiveByClinic(clinic.clinicKey);
      if (accounts.length === 0) return 'later';
      const at = now();
      let fill = (await store.clinicFills.findByKeys([clinic.clinicKey])).get(clinic.clinicKey);
      if (!fill) {
        await store.clinicFills.begin(clinic, at.toISOString());
        fill = (await store.clinicFills.findByKeys([clinic.clinicKey])).get(clinic.clinicKey);
        if (!fill) return 'later';
        log.info(toAbout(fill), 'a clinic is being read into the copy');
      }
      if (fill.finishedAt !== null) return 'finished';
      const requestId = `${fillRequestPrefix}${at.getTime().toString(36)}`;
      const step: Step = { fill, accounts, requestId, signal };
      await pace.untilReady(signal);
      if (signal.aborted) return 'later';
      if (fill.nextPage !== null) return await listPatients(step, fill.nextPage);
      if (fill.labsListedAt === null) return await listLabOrders(step);
      const reached = await readPatients(step);
      if (reached === 'finished') {
        const ended = (await store.clinicFills.findByKeys([clinic.clinicKey])).get(clinic.clinicKey);
        const counts = { patients: ended?.patientsDone, failed: ended?.patientsFailed };
        log.info({ ...toAbout(fill), ...counts }, 'a clinic has been read into the copy');
      }
      return reached;
    },
  };
}

type Part = 'plans' | 'labs' | 'record';

function toAbout(clinic: ClinicRef): { organizationId: string; clinicId: string } {
  return { organizationId: clinic.organizationId, clinicId: clinic.clinicId };
}

/** Whether no account of the clinic is accepted, or none may read this. */
function isRefusal(error: unknown): boolean {
  return error instanceof FullscriptFailure && (error.kind === 'withdrawn' || error.kind === 'forbidden');
}
