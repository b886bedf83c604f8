import DataLoader from 'dataloader';
import { toLabResultTitle } from '../../domain/lab-order.ts';
import { toRowKey, type ClinicRowKey } from '../../store/keys.ts';
import type { StoredLabOrder } from '../../store/lab-orders.ts';
import type { LabResultVersion } from '../../store/lab-result-versions.ts';
import type { StoredLabResult } from '../../store/lab-results.ts';
import type { LabReviewEvent } from '../../store/lab-review-history.ts';
import type { LabReview } from '../../store/lab-reviews.ts';
import type { FullscriptLabOrderParent, FullscriptLabResultParent, FullscriptLabReviewParent } from '../parents.ts';
import type { LabOrderLoaders } from './lab-orders.ts';
import type { RequestView } from './request.ts';

/** Reads about the results of lab orders. */
export interface LabResultLoaders {
  /** The results that the order lists now. */
  ofOrder(order: FullscriptLabOrderParent): Promise<FullscriptLabResultParent[]>;
  /** Results that the order listed once and does no more, with no other in their place. */
  withdrawnOfOrder(order: FullscriptLabOrderParent): Promise<FullscriptLabResultParent[]>;
  /** A result as an entity, also one that is listed no more; null when nobody here knows it. */
  byId(id: string): Promise<FullscriptLabResultParent | null>;
  /** A result that the caller has just been let through to. */
  toResult(result: StoredLabResult): Promise<FullscriptLabResultParent>;
  /** What the result was before, oldest first, each with a name. */
  earlierVersions(result: FullscriptLabResultParent): Promise<(LabResultVersion & { name: string })[]>;
  review(result: FullscriptLabResultParent): Promise<FullscriptLabReviewParent>;
  reviewHistory(review: FullscriptLabReviewParent): Promise<LabReviewEvent[]>;
  /** A link for this viewer to the result's PDF; null without a file, and where links are not set up. */
  fileLink(result: FullscriptLabResultParent): Promise<string | null>;
}

const noReview: LabReview = { signedOffBy: null, signedOffAt: null, sharedWithPatientAt: null, notes: [] };

/** Asks for one thing by the keys of many rows, in one statement; `missing` stands for what is not found. */
function createRowLoader<V>(
  find: (keys: readonly ClinicRowKey[]) => Promise<Map<string, V>>,
  missing: V,
): DataLoader<ClinicRowKey, V, string> {
  return new DataLoader(
    async (keys) => {
      const found = await find(keys.map(({ clinicKey, id }) => ({ clinicKey, id })));
      return keys.map(({ clinicKey, id }) => found.get(toRowKey(clinicKey, id)) ?? missing);
    },
    { cacheKeyFn: ({ clinicKey, id }) => toRowKey(clinicKey, id) },
  );
}

/** Builds the reads about lab results; `orders` lets through to the order that a result is of. */
export function createLabResultLoaders(view: RequestView, orders: Pick<LabOrderLoaders, 'byId'>): LabResultLoaders {
  const { needs, caller } = view;
  const { store } = needs;
  const current = createRowLoader<StoredLabResult[]>((keys) => store.labResults.findByOrders(keys), []);
  const withdrawn = createRowLoader<StoredLabResult[]>((keys) => store.labResults.findWithdrawn(keys), []);
  const versions = createRowLoader<LabResultVersion[]>((keys) => store.labResults.findVersions(keys), []);
  const reviews = createRowLoader<LabReview>((keys) => store.labReviews.findReviews(keys), noReview);
  const histories = createRowLoader<LabReviewEvent[]>((keys) => store.labReviews.findHistory(keys), []);

  return {
    ofOrder: async (order) => (await current.load(order)).map((result) => toNamed(result, order)),
    withdrawnOfOrder: async (order) => (await withdrawn.load(order)).map((result) => toNamed(result, order)),
    async byId(id) {
      view.assertMay('patient.clinical');
      const found = (await store.labResults.findByIds(caller.viewer.organizationId, [id])).get(id) ?? [];
      for (const result of found) {
        const order = await orders.byId(result.labOrderId, 'STORED', 'recall');
        if (order) return toNamed(result, order);
      }
      return null;
    },
    async toResult(result) {
      return toNamed(result, await store.labOrders.find({ clinicKey: result.clinicKey, id: result.labOrderId }));
    },
    async earlierVersions(result) {
      const found = await versions.load(result);
      return found.map((version) => ({ ...version, name: version.name ?? result.displayName }));
    },
    async review({ clinicKey, id, supersededBy }) {
      // What was made of a result that another one stands for now is kept there.
      const resultId = supersededBy ?? id;
      return { ...(await reviews.load({ clinicKey, id: resultId })), clinicKey, resultId };
    },
    reviewHistory: ({ clinicKey, resultId }) => histories.load({ clinicKey, id: resultId }),
    fileLink: async (result) => (result.hasFile ? await needs.toLabLink(caller, result) : null),
  };
}

function toNamed(
  result: StoredLabResult,
  order: Pick<StoredLabOrder, 'name' | 'tests'> | null,
): FullscriptLabResultParent {
  return { ...result, displayName: toDisplayName(result, order), title: toLabResultTitle(result.availableAt) };
}

/** The result's own name; else the test's when the order has just one, the order's, or at last the result's id. */
function toDisplayName(result: StoredLabResult, order: Pick<StoredLabOrder, 'name' | 'tests'> | null): string {
  if (result.name) return result.name;
  const [test] = order?.tests ?? [];
  if (test && order?.tests.length === 1) return test.name;
  return order?.name ?? result.id;
}
