import DataLoader from 'dataloader';
import type { Freshness } from '../../domain/freshness.ts';
import { toLabResultTitle, type LabOrderStatus } from '../../domain/lab-order.ts';
import { readPageRequest, type PageArguments, type PageRequest } from '../../domain/page.ts';
import { toConnectionRefusal } from '../../domain/standing.ts';
import { toRowKey } from '../../store/keys.ts';
import type { StoredLabOrder } from '../../store/lab-orders.ts';
import type { StoredLabResult } from '../../store/lab-results.ts';
import type {
  FullscriptLabOrderConnectionParent,
  FullscriptLabOrderParent,
  FullscriptLabRecommendationParent,
  FullscriptLabResultParent,
  FullscriptLabReviewParent,
  FullscriptTreatmentPlanParent,
  PatientParent,
} from '../parents.ts';
import { answerByGroup } from './batch.ts';
import { isCurrentSince, pageOwn } from './own-lists.ts';
import type { PatientLoaders } from './patients.ts';
import { toHiddenPatient, type RequestView } from './request.ts';

/** What a list of a patient's lab orders is asked with. */
export interface PatientLabOrdersRequest extends PageArguments {
  patient: PatientParent;
  clinicId: string | null;
  freshness: Freshness;
  statuses: readonly LabOrderStatus[] | null;
}

type ReadRequest = PatientLabOrdersRequest & { page: PageRequest };

/** Reads about lab orders and their results. */
export interface LabOrderLoaders {
  ofPatient(request: PatientLabOrdersRequest): Promise<FullscriptLabOrderConnectionParent>;
  /** The viewer's own practitioner only. */
  ofPractitioner(
    request: PageArguments & { practitionerId: string; statuses: readonly LabOrderStatus[] | null },
  ): Promise<FullscriptLabOrderConnectionParent>;
  /** As `PlanLoaders.byId`. */
  byId(id: string, freshness: Freshness, vouching: 'ask' | 'recall'): Promise<FullscriptLabOrderParent | null>;
  /** The order that a plan's lab recommendation led to: the one of its plan that shares a test, else the name. Null before it is bought. */
  ofRecommendation(recommendation: FullscriptLabRecommendationParent): Promise<FullscriptLabOrderParent | null>;
  results(order: FullscriptLabOrderParent): Promise<FullscriptLabResultParent[]>;
  /** A result as an entity; null when nobody here knows it. */
  resultById(id: string): Promise<FullscriptLabResultParent | null>;
  /** A result that the caller has just been let through to. */
  toResult(result: StoredLabResult): Promise<FullscriptLabResultParent>;
  review(result: FullscriptLabResultParent): Promise<FullscriptLabReviewParent>;
  fileLink(result: FullscriptLabResultParent): Promise<string | null>;
}

const noReview: FullscriptLabReviewParent = {
  signedOffBy: null,
  signedOffAt: null,
  sharedWithPatientAt: null,
  notes: [],
};

function toLabOrderList(patientId: string): string {
  return `lab orders of ${patientId}`;
}

export function createLabOrderLoaders(view: RequestView, patients: PatientLoaders): LabOrderLoaders {
  const { needs, caller } = view;
  const { store } = needs;

  async function answerLists(
    group: readonly ReadRequest[],
    put: (request: ReadRequest, answer: FullscriptLabOrderConnectionParent | Error) => void,
  ): Promise<void> {
    const [first] = group;
    if (!first) return;
    const linked: { request: ReadRequest; fullscriptPatientId: string }[] = [];
    await Promise.all(
      group.map(async (request) => {
        try {
          const { hasLabs } = needs.labOrders;
          const resolved = await patients.resolve(
            request.patient,
            request.clinicId,
            hasLabs ? request.freshness : 'STORED',
          );
          if (resolved.kind === 'hidden') put(request, toHiddenPatient());
          else if (resolved.kind === 'linked' && hasLabs)
            linked.push({ request, fullscriptPatientId: resolved.link.fullscriptPatientId });
          else put(request, toEmptyConnection(toLabOrderList(request.patient.id)));
        } catch (error) {
          put(request, error instanceof Error ? error : new Error(String(error)));
        }
      }),
    );
    if (linked.length === 0) return;
    const reading = await view.getReading(first.clinicId, first.freshness, 'labs');
    const { clinicKey } = reading.scope;
    const states = await needs.labOrders.ensure(
      reading,
      linked.map(({ fullscriptPatientId }) => fullscriptPatientId),
    );
    const pages = await store.labOrders.pagesByPatients({
      keys: linked.map(({ fullscriptPatientId }) => ({ clinicKey, fullscriptPatientId })),
      ...(first.statuses ? { statuses: first.statuses } : {}),
      page: first.page,
    });
    for (const { request, fullscriptPatientId } of linked) {
      const state = states.get(fullscriptPatientId);
      const page = pages.get(toRowKey(clinicKey, fullscriptPatientId));
      const { patient, freshness } = request;
      if (state instanceof Error) put(request, state);
      else if (state && page) {
        const rows = page.rows.map((row) => Object.assign(row, { patient, freshness }));
        put(request, { list: toLabOrderList(patient.id), page: { ...page, rows }, ...state });
      }
    }
  }

  const lists = new DataLoader<ReadRequest, FullscriptLabOrderConnectionParent>(
    (requests) =>
      answerByGroup(
        requests,
        ({ clinicId, freshness, statuses, page }) => JSON.stringify([clinicId, freshness, statuses, page]),
        answerLists,
      ),
    { cache: false },
  );

  /** The orders of plans; the patient's orders are fetched first where they never were, like everything that hangs below a plan. */
  const byPlan = new DataLoader<FullscriptTreatmentPlanParent, StoredLabOrder[], string>(
    (plans) =>
      answerByGroup(
        plans,
        (plan) => `${plan.clinicId}|${plan.freshness}`,
        async (group, put) => {
          const [first] = group;
          if (!first) return;
          const reading = await view.getReading(first.clinicId, first.freshness, 'labs');
          const states = await needs.labOrders.ensure(
            reading,
            group.map((plan) => plan.fullscriptPatientId),
          );
          const found = await store.labOrders.findByPlans(group.map(({ clinicKey, id }) => ({ clinicKey, id })));
          for (const plan of group) {
            const state = states.get(plan.fullscriptPatientId);
            put(plan, state instanceof Error ? state : (found.get(toRowKey(plan.clinicKey, plan.id)) ?? []));
          }
        },
      ),
    { cacheKeyFn: (plan) => `${plan.freshness}|${toRowKey(plan.clinicKey, plan.id)}` },
  );

  const results = new DataLoader<{ clinicKey: string; id: string }, StoredLabResult[], string>(
    async (orders) => {
      const found = await store.labResults.findByOrders(orders.map(({ clinicKey, id }) => ({ clinicKey, id })));
      return orders.map(({ clinicKey, id }) => found.get(toRowKey(clinicKey, id)) ?? []);
    },
    { cacheKeyFn: ({ clinicKey, id }) => toRowKey(clinicKey, id) },
  );

  const reviews = new DataLoader<{ clinicKey: string; id: string }, FullscriptLabReviewParent, string>(
    async (keys) => {
      const found = await store.labReviews.findReviews(keys.map(({ clinicKey, id }) => ({ clinicKey, id })));
      return keys.map(({ clinicKey, id }) => found.get(toRowKey(clinicKey, id)) ?? noReview);
    },
    { cacheKeyFn: ({ clinicKey, id }) => toRowKey(clinicKey, id) },
  );

  async function toResult(result: StoredLabResult): Promise<FullscriptLabResultParent> {
    const order = await store.labOrders.find({ clinicKey: result.clinicKey, id: result.labOrderId });
    return { ...result, displayName: toDisplayName(result, order), title: toLabResultTitle(result.availableAt) };
  }

  return {
    toResult,
    ofPatient(request) {
      view.assertMay('patient.clinical', request.patient.id);
      const page = readPageRequest(toLabOrderList(request.patient.id), request, 10);
      return lists.load({ ...request, page });
    },
    async ofPractitioner({ practitionerId, statuses, first, after }) {
      const list = `lab orders by ${practitionerId}`;
      const page = readPageRequest(list, { first, after }, 10);
      const clinics = await view.getOwnClinics(practitionerId, 'labs');
      const rows = await store.authored.find({
        of: 'labOrders',
        practitioners: clinics.practitioners,
        ...(statuses ? { among: statuses } : {}),
      });
      const own = await pageOwn(view, page, rows, (ids) =>
        store.labOrders.findByIds(caller.viewer.organizationId, ids),
      );
      return {
        list,
        page: {
          ...own,
          rows: own.rows.map(({ row, patient }) => Object.assign(row, { patient, freshness: 'STORED' as const })),
        },
        syncedAt: clinics.syncedAt,
        stale: !isCurrentSince(needs, clinics.syncedAt),
      };
    },
    async byId(id, freshness, vouching) {
      view.assertMay('patient.clinical');
      const located = await needs.locator.locateLabOrder({
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
      view.assertCovers(located.account, 'labs');
      const patient = await view.getPatientOf(located.object, located.account, vouching);
      return Object.assign(located.object, { patient, freshness });
    },
    async ofRecommendation(recommendation) {
      const { plan } = recommendation;
      const orders = await byPlan.load(plan);
      const testIds = new Set(recommendation.tests.map((test) => test.id));
      const name = recommendation.name.trim().toLowerCase();
      const order =
        orders.find((candidate) => candidate.tests.some((test) => testIds.has(test.id))) ??
        orders.find((candidate) => (candidate.name ?? '').trim().toLowerCase() === name);
      return order ? { ...order, patient: plan.patient, freshness: plan.freshness } : null;
    },
    async results(order) {
      return (await results.load(order)).map((result) => ({
        ...result,
        displayName: toDisplayName(result, order),
        title: toLabResultTitle(result.availableAt),
      }));
    },
    async resultById(id) {
      view.assertMay('patient.clinical');
      const found = (await store.labResults.findByIds(caller.viewer.organizationId, [id])).get(id) ?? [];
      for (const result of found) {
        const order = await this.byId(result.labOrderId, 'STORED', 'recall');
        if (order)
          return { ...result, displayName: toDisplayName(result, order), title: toLabResultTitle(result.availableAt) };
      }
      return null;
    },
    review: (result) => reviews.load(result),
    fileLink: async (result) => (result.hasFile ? await needs.toLabLink(caller, result) : null),
  };
}

/** The result's own name; else the test's when the order has just one, the order's, or at last the result's id. */
function toDisplayName(result: StoredLabResult, order: Pick<StoredLabOrder, 'name' | 'tests'> | null): string {
  if (result.name) return result.name;
  const [test] = order?.tests ?? [];
  if (test && order?.tests.length === 1) return test.name;
  return order?.name ?? result.id;
}

/** For a list of a patient who is not linked, and where there are no labs: nothing could be behind. */
function toEmptyConnection(list: string): FullscriptLabOrderConnectionParent {
  return {
    list,
    page: { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 },
    syncedAt: null,
    stale: false,
  };
}
