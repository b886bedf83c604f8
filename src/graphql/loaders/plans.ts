import DataLoader from 'dataloader';
import { Refusal } from '../../domain/errors.ts';
import type { Freshness } from '../../domain/freshness.ts';
import { readPageRequest, type Page, type PageArguments, type PageRequest } from '../../domain/page.ts';
import type { ProductVariant } from '../../domain/product.ts';
import { toConnectionRefusal, toUsable } from '../../domain/standing.ts';
import type { PlanState } from '../../domain/treatment-plan.ts';
import { toClinicKey, toRowKey } from '../../store/keys.ts';
import type { StoredPlan } from '../../store/plans.ts';
import type {
  FullscriptChartImportParent,
  FullscriptTreatmentPlanConnectionParent,
  FullscriptTreatmentPlanParent,
  PatientParent,
} from '../parents.ts';
import { answerByGroup } from './batch.ts';
import type { PatientLoaders } from './patients.ts';
import { isCurrentSince, pageOwn } from './own-lists.ts';
import { toHiddenPatient, type RequestView } from './request.ts';

/** What a list of a patient's plans was asked with. */
export interface PatientPlansRequest extends PageArguments {
  patient: PatientParent;
  clinicId: string | null;
  freshness: Freshness;
  states: readonly PlanState[] | null;
}

type ReadRequest = PatientPlansRequest & { page: PageRequest };

/** Reads about treatment plans. */
export interface PlanLoaders {
  ofPatient(request: PatientPlansRequest): Promise<FullscriptTreatmentPlanConnectionParent>;
  /** The viewer's own practitioner only. */
  ofPractitioner(
    request: PageArguments & { practitionerId: string; states: readonly PlanState[] | null },
  ): Promise<FullscriptTreatmentPlanConnectionParent>;
  /**
   * One plan by Fullscript's id; null when nobody here knows it. A root field (`ask`) asks the EMR anew, an entity is content with an answer of the last
   * minute.
   */
  byId(id: string, freshness: Freshness, vouching: 'ask' | 'recall'): Promise<FullscriptTreatmentPlanParent | null>;
  /**
   * A plan of a patient for whom the EMR has vouched already; null when Fullscript does not know it (any more). Throws NOT_FOUND when it is somebody else's by
   * now, as after a wrong match was corrected.
   */
  ofVouchedPatient(request: {
    clinicId: string;
    planId: string;
    patient: PatientParent | null;
    freshness: Freshness;
  }): Promise<FullscriptTreatmentPlanParent | null>;
  /**
   * The plan of an import into a chart that the caller may see, out of the stored copy; what the chart itself keeps of it when the viewer may not read the plan,
   * when it is gone, or when it is not the import's patient's any more. So a chart stays readable whatever becomes of the plan.
   */
  ofImport(chartImport: FullscriptChartImportParent): Promise<FullscriptTreatmentPlanParent>;
  /** What an own write has just stored. */
  toParent(plan: StoredPlan, patient: PatientParent): FullscriptTreatmentPlanParent;
  /** At once when it is in memory. */
  product(
    plan: FullscriptTreatmentPlanParent,
    variantId: string,
  ): ProductVariant | null | Promise<ProductVariant | null>;
  /** A variant as an entity, read with the viewer's own authorization. Throws FORBIDDEN for who may have none. */
  variant(id: string): Promise<ProductVariant | null>;
  editUrl(plan: FullscriptTreatmentPlanParent): Promise<string | null>;
}

function toPlanList(patientId: string): string {
  return `plans of ${patientId}`;
}

/**
 * Completes a stored plan for its resolvers: whose it is, how current it was asked for, and from each line the way back to the plan. In place, since
 * the rows were made for this request alone and a page has hundreds of lines.
 */
function toPlanParent(
  plan: StoredPlan,
  patient: PatientParent | null,
  freshness: Freshness,
): FullscriptTreatmentPlanParent {
  const parent = Object.assign(plan, { patient, freshness }) as unknown as FullscriptTreatmentPlanParent;
  for (const line of parent.recommendations) {
    line.plan = parent;
    if (line.dosage) line.dosage.takeWith = line.takeWith;
  }
  for (const lab of parent.labRecommendations) lab.plan = parent;
  return parent;
}

/** Says nothing of whose plan it is: that may have been corrected since. */
function toRecordedPlan(chartImport: FullscriptChartImportParent, withheld: Refusal): FullscriptTreatmentPlanParent {
  const { organizationId, clinicId, planId, planVersion, planRecord, importedAt } = chartImport;
  const plan: StoredPlan = {
    ...planRecord,
    id: planId,
    organizationId,
    clinicId,
    clinicKey: toClinicKey(organizationId, clinicId),
    version: planVersion,
    syncedAt: importedAt,
    chartId: null,
    personalMessage: null,
    invitationUrl: null,
    metadataId: null,
    labRecommendations: [],
  };
  return Object.assign(toPlanParent(plan, null, 'STORED'), { withheld });
}

export function createPlanLoaders(view: RequestView, patients: PatientLoaders): PlanLoaders {
  const { needs, caller } = view;
  const { store } = needs;

  async function answerLists(
    group: readonly ReadRequest[],
    put: (request: ReadRequest, answer: FullscriptTreatmentPlanConnectionParent | Error) => void,
  ): Promise<void> {
    const [first] = group;
    if (!first) return;
    const linked: { request: ReadRequest; fullscriptPatientId: string }[] = [];
    await Promise.all(
      group.map(async (request) => {
        try {
          const resolved = await patients.resolve(request.patient, request.clinicId, request.freshness);
          if (resolved.kind === 'hidden') put(request, toHiddenPatient());
          else if (resolved.kind === 'linked')
            linked.push({ request, fullscriptPatientId: resolved.link.fullscriptPatientId });
          else put(request, toEmptyConnection(toPlanList(request.patient.id)));
        } catch (error) {
          put(request, error instanceof Error ? error : new Error(String(error)));
        }
      }),
    );
    if (linked.length === 0) return;
    const reading = await view.getReading(first.clinicId, first.freshness, 'plans');
    const { clinicKey } = reading.scope;
    const states = await needs.plans.ensure(
      reading,
      linked.map(({ fullscriptPatientId }) => fullscriptPatientId),
    );
    const pages = await store.plans.pagesByPatients({
      keys: linked.map(({ fullscriptPatientId }) => ({ clinicKey, fullscriptPatientId })),
      ...(first.states ? { states: first.states } : {}),
      page: first.page,
    });
    for (const { request, fullscriptPatientId } of linked) {
      const state = states.get(fullscriptPatientId);
      const page = pages.get(toRowKey(clinicKey, fullscriptPatientId));
      if (state instanceof Error) put(request, state);
      else if (state && page) {
        put(request, {
          list: toPlanList(request.patient.id),
          page: toParents(page, request.patient, request.freshness),
          ...state,
        });
      }
    }
  }

  const lists = new DataLoader<ReadRequest, FullscriptTreatmentPlanConnectionParent>(
    (requests) =>
      answerByGroup(
        requests,
        ({ clinicId, freshness, states, page }) => JSON.stringify([clinicId, freshness, states, page]),
        answerLists,
      ),
    { cache: false },
  );

  /** Single plans of patients who are vouched for; one that was never stored is fetched, unless only the stored copy is asked. */
  const vouched = new DataLoader<{ clinicId: string; planId: string; freshness: Freshness }, StoredPlan | null, string>(
    async (keys) => {
      const found = await store.plans.findByIds(caller.viewer.organizationId, [
        ...new Set(keys.map(({ planId }) => planId)),
      ]);
      return await Promise.all(
        keys.map(async ({ clinicId, planId, freshness }) => {
          const stored = found.get(planId)?.find((plan) => plan.clinicId === clinicId);
          if (stored || freshness === 'STORED') return stored ?? null;
          try {
            const { scope } = await view.getReading(clinicId, freshness, 'plans');
            return await needs.plans.fetchPlan(scope, planId, caller.requestId, caller.signal);
          } catch (error) {
            return error instanceof Error ? error : new Error(String(error));
          }
        }),
      );
    },
    { cacheKeyFn: ({ clinicId, planId, freshness }) => `${freshness}|${toRowKey(clinicId, planId)}` },
  );

  const products = new DataLoader<
    { variantId: string; clinicId: string; freshness: Freshness },
    ProductVariant | null,
    string
  >(
    (keys) =>
      answerByGroup(
        keys,
        ({ clinicId, freshness }) => `${freshness}|${clinicId}`,
        async (group, put) => {
          const [first] = group;
          if (!first) return;
          const reading = await view.getReading(
            first.clinicId,
            first.freshness === 'STORED' ? 'STORED' : 'STALE_WHILE_REVALIDATE',
          );
          const found = await needs.products.findMany(
            reading,
            group.map(({ variantId }) => variantId),
          );
          for (const key of group) put(key, found.get(key.variantId) ?? null);
        },
      ),
    { cacheKeyFn: ({ variantId, clinicId, freshness }) => `${freshness}|${clinicId}|${variantId}` },
  );

  return {
    ofPatient(request) {
      view.assertMay('patient.clinical', request.patient.id);
      return lists.load({ ...request, page: readPageRequest(toPlanList(request.patient.id), request, 10) });
    },
    async ofPractitioner({ practitionerId, states, first, after }) {
      const list = `plans by ${practitionerId}`;
      const page = readPageRequest(list, { first, after }, 10);
      const clinics = await view.getOwnClinics(practitionerId, 'plans');
      const rows = await store.authored.find({
        of: 'plans',
        practitioners: clinics.practitioners,
        ...(states ? { among: states } : {}),
      });
      const own = await pageOwn(view, page, rows, (ids) => store.plans.findByIds(caller.viewer.organizationId, ids));
      return {
        list,
        page: { ...own, rows: own.rows.map(({ row, patient }) => toPlanParent(row, patient, 'STORED')) },
        syncedAt: clinics.syncedAt,
        stale: !isCurrentSince(needs, clinics.syncedAt),
      };
    },
    async byId(id, freshness, vouching) {
      view.assertMay('patient.clinical');
      const located = await needs.locator.locatePlan({
        organizationId: caller.viewer.organizationId,
        standing: await view.standing(),
        id,
        freshness,
        requestId: caller.requestId,
        signal: caller.signal,
      });
      if (located.kind === 'unknown') return null;
      if (located.kind === 'blocked') {
        view.noteRead(null, 'denied');
        throw toConnectionRefusal(located.status);
      }
      view.assertCovers(located.account, 'plans');
      const patient = await view.getPatientOf(located.object, located.account, vouching);
      return toPlanParent(located.object, patient, freshness);
    },
    async ofVouchedPatient({ clinicId, planId, patient, freshness }) {
      const { account } = await view.getReading(clinicId, freshness, 'plans');
      const plan = await vouched.load({ clinicId, planId, freshness });
      if (!plan) return null;
      await view.assertIsOf(plan, account, patient);
      return toPlanParent({ ...plan }, patient, freshness);
    },
    toParent: (plan, patient) => toPlanParent(plan, patient, 'STALE_WHILE_REVALIDATE'),
    async ofImport(chartImport) {
      const { clinicId, planId, patient } = chartImport;
      try {
        const { account } = await view.getReading(clinicId, 'STORED', 'plans');
        const plan = await vouched.load({ clinicId, planId, freshness: 'STORED' });
        if (!plan || !(await view.isOf(plan, account, patient))) {
          throw new Refusal('NOT_FOUND', 'This plan does not exist any more');
        }
        return toPlanParent({ ...plan }, patient, 'STALE_WHILE_REVALIDATE');
      } catch (error) {
        // Switched off wins over everything and hides what is stored, too.
        if (!(error instanceof Refusal) || error.extensions['status'] === 'DISABLED') throw error;
        return toRecordedPlan(chartImport, error);
      }
    },
    product: (plan, variantId) =>
      needs.products.peek(variantId) ??
      products.load({ variantId, clinicId: plan.clinicId, freshness: plan.freshness }),
    async variant(id) {
      view.assertMay('connection.own');
      const { accounts, enabled } = await view.standing();
      // A product belongs to no clinic, so any usable account will do.
      const account = accounts.find((candidate) => candidate.state === 'ACTIVE') ?? null;
      const usable = toUsable({ accounts: account ? [account] : accounts, enabled });
      if (usable.kind === 'blocked') throw toConnectionRefusal(usable.status);
      const { clinicId } = usable.account;
      return (
        needs.products.peek(id) ??
        (await products.load({ variantId: id, clinicId, freshness: 'STALE_WHILE_REVALIDATE' }))
      );
    },
    async editUrl(plan) {
      const reading = await view.getReading(plan.clinicId, 'CURRENT');
      return await needs.plans.findEditUrl(reading, plan);
    },
  };
}

function toParents(
  page: Page<StoredPlan>,
  patient: PatientParent | null,
  freshness: Freshness,
): Page<FullscriptTreatmentPlanParent> {
  return { ...page, rows: page.rows.map((row) => toPlanParent(row, patient, freshness)) };
}

/** The list of a patient who is not linked: there is nothing that could be behind. */
function toEmptyConnection(list: string): FullscriptTreatmentPlanConnectionParent {
  return {
    list,
    page: { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 },
    syncedAt: null,
    stale: false,
  };
}
