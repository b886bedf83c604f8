import DataLoader from 'dataloader';
import { assertMay, may, type Action } from '../../auth/access.ts';
import type { Caller } from '../../auth/caller.ts';
import { findMissingReadScope, type Account, type ReadKind } from '../../domain/account.ts';
import type { AuditEntry, AuditOutcome } from '../../domain/audit.ts';
import type { EmrChart } from '../../domain/chart.ts';
import { Refusal } from '../../domain/errors.ts';
import type { Freshness } from '../../domain/freshness.ts';
import type { Demographics, EmrPatient, PatientLink } from '../../domain/patient.ts';
import { assertCovers, toConnectionRefusal, toUsable, type Standing } from '../../domain/standing.ts';
import type { LabOrderMirror } from '../../mirror/lab-orders.ts';
import type { LiveChanges } from '../../mirror/live-changes.ts';
import type { Locator } from '../../mirror/locate.ts';
import type { PatientMirror } from '../../mirror/patients.ts';
import type { PlanMirror } from '../../mirror/plans.ts';
import type { ProductMirror } from '../../mirror/products.ts';
import { toClinicScope, type Reading } from '../../mirror/scope.ts';
import type { StoredClinic } from '../../store/clinics.ts';
import { toClinicKey, toRowKey, type ClinicRowKey } from '../../store/keys.ts';
import { getStanding } from '../../store/standing.ts';
import type { Store } from '../../store/store.ts';
import type { PatientParent } from '../parents.ts';

/** What loaders are built from; the same for every request. */
export interface LoaderNeeds {
  store: Store;
  plans: PlanMirror;
  labOrders: LabOrderMirror;
  patients: PatientMirror;
  products: ProductMirror;
  locator: Locator;
  live: LiveChanges;
  /** The scopes this deployment needs. */
  neededScopes: readonly string[];
  freshForSeconds: number;
  now: () => Date;
  /** Asks the EMR now; in the order asked, null for what it hides. */
  askPatients(caller: Caller, ids: readonly string[]): Promise<(EmrPatient | null | Refusal)[]>;
  /** The same, but a good answer of the last minute suffices. */
  recallPatients(caller: Caller, ids: readonly string[]): Promise<(EmrPatient | null | Refusal)[]>;
  recallChart(caller: Caller, id: string): Promise<EmrChart | null>;
  recordReads(entries: readonly AuditEntry[]): void;
  /** The link to a result's file for this caller; null where links are not set up. */
  toLabLink(caller: Caller, result: { clinicKey: string; id: string }): Promise<string | null>;
}

/** One request's view: who asks, through which authorization, and what the EMR says about whom they may see. */
export interface RequestView {
  readonly needs: LoaderNeeds;
  readonly caller: Caller;
  readonly standing: () => Promise<Standing>;
  /** Clinics of the viewer's organization, read once. */
  readonly clinics: DataLoader<string, StoredClinic | null>;
  /** Throws FORBIDDEN and keeps the refusal for the audit. */
  assertMay(action: Action, patientId?: string | null): void;
  /**
   * How to read in a clinic (default: the viewer's default clinic). Throws FULLSCRIPT_CONNECTION_REQUIRED without a usable account, and for one that lacks
   * the scope of what is read.
   */
  getReading(clinicId: string | null, freshness: Freshness, kind?: ReadKind): Promise<Reading & { account: Account }>;
  /** Throws FULLSCRIPT_CONNECTION_REQUIRED, with the scope, for an account that may not read this; the stored copy is no way round it. */
  assertCovers(account: Account, kind: ReadKind): void;
  /** Asks the EMR about the patient now, together with what else is asked at the same time; null for one it hides. Throws EMR_UNAVAILABLE. */
  askPatient(patientId: string): Promise<EmrPatient | null>;
  /** What the EMR says of the patient; null for one it hides. Throws EMR_UNAVAILABLE. */
  findDemographics(patient: PatientParent): Promise<Demographics | null>;
  /** The clinics in which a practitioner, who must be the viewer, may read this of their own. Throws FORBIDDEN for anybody else's. */
  getOwnClinics(practitionerId: string, kind: ReadKind): Promise<OwnClinics>;
  /**
   * The EMR patient behind something of Fullscript's, vouched for by the EMR; null for somebody who is linked to nobody, which only the author may see.
   * Throws NOT_FOUND for a patient whom the EMR hides.
   */
  getPatientOf(
    object: { clinicKey: string; fullscriptPatientId: string | null; fullscriptPractitionerId: string | null },
    account: Account,
    vouching: 'ask' | 'recall',
  ): Promise<PatientParent | null>;
  /**
   * Whether something of Fullscript's is that patient's, as far as links say now; with null, whether it is linked to nobody and the account's own
   * user wrote it. One statement for all that are asked about at once.
   */
  isOf(
    object: { clinicKey: string; fullscriptPatientId: string | null; fullscriptPractitionerId: string | null },
    account: Account,
    patient: PatientParent | null,
  ): Promise<boolean>;
  /** Throws NOT_FOUND, and notes the refused read, unless `isOf`. */
  assertIsOf(
    object: { clinicKey: string; fullscriptPatientId: string | null; fullscriptPractitionerId: string | null },
    account: Account,
    patient: PatientParent | null,
  ): Promise<void>;
  /** Notes for the audit that a patient's data was read, or was not. Once per patient and request. Throws when the audit takes nothing more. */
  noteRead(patientId: string | null, outcome: AuditOutcome): void;
}

/** Where the viewer writes plans, and since when the stored copy of those clinics is known to be right. */
export interface OwnClinics {
  practitioners: readonly { clinicKey: string; fullscriptPractitionerId: string }[];
  /** Null before the first sweep of any of them, and until each of them has been read as a whole. */
  syncedAt: string | null;
}

export function toHiddenPatient(): Refusal {
  return new Refusal('NOT_FOUND', 'This patient does not exist');
}

export function createRequestView(needs: LoaderNeeds, caller: Caller): RequestView {
  const { viewer, requestId, signal } = caller;
  let standing: Promise<Standing> | null = null;
  const read = new Set<string>();
  let refused = false;

  const recalled = new DataLoader<string, EmrPatient | null>(async (ids) => await needs.recallPatients(caller, ids));

  // Not kept: every root field asks anew.
  const asked = new DataLoader<string, EmrPatient | null>(async (ids) => await needs.askPatients(caller, ids), {
    cache: false,
  });

  const clinics = new DataLoader<string, StoredClinic | null>(async (ids) => {
    const keys = ids.map((id) => toClinicKey(viewer.organizationId, id));
    const found = await needs.store.clinics.findByKeys(keys);
    return keys.map((key) => found.get(key) ?? null);
  });

  // Not kept: a mutation may change links between two fields of one document.
  const links = new DataLoader<ClinicRowKey, PatientLink | null>(
    async (keys) => {
      const found = await needs.store.patientLinks.findLinksByFullscriptIds(keys);
      return keys.map(({ clinicKey, id }) => found.get(toRowKey(clinicKey, id)) ?? null);
    },
    { cache: false },
  );

  function noteRead(patientId: string | null, outcome: AuditOutcome): void {
    if (outcome === 'ok' ? patientId === null || read.has(patientId) : refused) return;
    needs.recordReads([
      {
        organizationId: viewer.organizationId,
        at: needs.now().toISOString(),
        userId: viewer.userId,
        action: 'patient.read',
        patientId,
        subject: null,
        outcome,
        requestId,
      },
    ]);
    // Only now: where the audit takes nothing more, none of the patient's fields may be read.
    if (outcome !== 'ok') refused = true;
    else if (patientId !== null) read.add(patientId);
  }

  const isOf: RequestView['isOf'] = async (object, account, patient) => {
    const link = await links.load({ clinicKey: object.clinicKey, id: object.fullscriptPatientId ?? '' });
    if (link) return link.patientId === patient?.id;
    return !patient && object.fullscriptPractitionerId === account.fullscriptUserId;
  };

  function getOwnStanding(): Promise<Standing> {
    standing ??= getStanding(needs.store, viewer.organizationId, viewer.userId);
    return standing;
  }

  return {
    needs,
    caller,
    standing: getOwnStanding,
    clinics,
    noteRead,
    assertCovers(account, kind) {
      try {
        assertCovers(account, kind);
      } catch (error) {
        noteRead(null, 'denied');
        throw error;
      }
    },
    assertMay(action, patientId = null) {
      try {
        assertMay(viewer, action);
      } catch (error) {
        noteRead(patientId, 'denied');
        throw error;
      }
    },
    async getReading(clinicId, freshness, kind) {
      const usable = toUsable(await getOwnStanding(), clinicId);
      if (usable.kind === 'blocked') throw toConnectionRefusal(usable.status);
      if (kind) assertCovers(usable.account, kind);
      return { scope: toClinicScope(usable.account), freshness, requestId, signal, account: usable.account };
    },
    async getOwnClinics(practitionerId, kind) {
      const own = viewer.practitionerId === practitionerId;
      if (!own || !may(viewer, 'patient.clinical')) {
        noteRead(null, 'denied');
        throw new Refusal('FORBIDDEN', 'Only practitioners themselves see what they wrote');
      }
      const { accounts, enabled } = await getOwnStanding();
      const active = enabled ? accounts.filter((account) => account.state === 'ACTIVE') : [];
      if (active.length === 0) {
        const usable = toUsable({ accounts, enabled });
        throw toConnectionRefusal(usable.kind === 'blocked' ? usable.status : 'RECONNECT_REQUIRED');
      }
      const covered = active.filter((account) => findMissingReadScope(account, kind) === null);
      if (covered.length === 0) for (const account of active) assertCovers(account, kind);
      const practitioners = covered.map((account) => ({
        clinicKey: toClinicScope(account).clinicKey,
        fullscriptPractitionerId: account.fullscriptUserId,
      }));
      const [swept, fills] = await Promise.all([
        Promise.all(covered.map(async ({ clinicId }) => (await clinics.load(clinicId))?.sweptAt ?? null)),
        needs.store.clinicFills.findByKeys(practitioners.map(({ clinicKey }) => clinicKey)),
      ]);
      // Until a clinic has been read as a whole, plans of patients whom nobody has looked at yet may be missing. The first sweep is over before that begins.
      const isRead = practitioners.every(({ clinicKey }) => (fills.get(clinicKey)?.finishedAt ?? null) !== null);
      const known = isRead ? swept.filter((at) => at !== null).sort() : [];
      return { practitioners, syncedAt: known.length === swept.length ? (known[0] ?? null) : null };
    },
    async getPatientOf(object, account, vouching) {
      const link = await links.load({ clinicKey: object.clinicKey, id: object.fullscriptPatientId ?? '' });
      if (!link) {
        if (object.fullscriptPractitionerId === account.fullscriptUserId) return null;
        noteRead(null, 'denied');
        throw toHiddenPatient();
      }
      const demographics = await (vouching === 'ask' ? asked : recalled).load(link.patientId);
      noteRead(link.patientId, demographics ? 'ok' : 'denied');
      if (!demographics) throw toHiddenPatient();
      return { id: link.patientId, demographics };
    },
    isOf,
    async assertIsOf(object, account, patient) {
      if (await isOf(object, account, patient)) return;
      noteRead(null, 'denied');
      throw toHiddenPatient();
    },
    askPatient: (patientId) => asked.load(patientId),
    async findDemographics(patient) {
      return patient.demographics ?? (await recalled.load(patient.id));
    },
  };
}
