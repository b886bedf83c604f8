import DataLoader from 'dataloader';
import { FullscriptFailure, Refusal } from '../../domain/errors.ts';
import { findRecommendedOrder, toLabStage, type LabStage } from '../../domain/lab-order.ts';
import { toRowKey } from '../../store/keys.ts';
import type { StoredLabOrder } from '../../store/lab-orders.ts';
import type {
  FullscriptLabOrderParent,
  FullscriptLabRecommendationParent,
  FullscriptTreatmentPlanParent,
} from '../parents.ts';
import { answerByGroup } from './batch.ts';
import type { RequestView } from './request.ts';

/** Reads about the labs that plans recommend. */
export interface RecommendedLabLoaders {
  /** The order that a plan's lab recommendation belongs to, see `findRecommendedOrder`; null while there is none. Throws when that cannot be told. */
  order(recommendation: FullscriptLabRecommendationParent): Promise<FullscriptLabOrderParent | null>;
  /**
   * How far it has come. UNKNOWN when nothing here tells and Fullscript cannot be asked: what would have to be thrown takes the whole plan away, and what is not
   * known is not called "not purchased".
   */
  stage(recommendation: FullscriptLabRecommendationParent): Promise<LabStage | 'UNKNOWN'>;
}

/** What can be told of the orders of a plan. */
interface PlanOrders {
  orders: StoredLabOrder[];
  /** True when an order that is not among them is not there. */
  isComplete: boolean;
  /** Why they cannot be told better. */
  failure: FullscriptFailure | Refusal | null;
}

/** Builds the loader of recommended labs, for one request. */
export function createRecommendedLabLoaders(view: RequestView): RecommendedLabLoaders {
  const { needs } = view;

  /** The orders of plans; the patient's orders are fetched first where they never were, like everything that hangs below a plan. */
  const byPlan = new DataLoader<FullscriptTreatmentPlanParent, PlanOrders, string>(
    (plans) =>
      answerByGroup(
        plans,
        (plan) => `${plan.clinicId}|${plan.freshness}`,
        async (group, put) => {
          const [first] = group;
          if (!first) return;
          const { clinicId, freshness } = first;
          let reading: Awaited<ReturnType<RequestView['getReading']>>;
          try {
            reading = await view.getReading(clinicId, freshness, 'labs');
          } catch (error) {
            // An account that may read plans and not labs.
            if (!(error instanceof Refusal) || error.code !== 'FULLSCRIPT_CONNECTION_REQUIRED') throw error;
            for (const plan of group) put(plan, { orders: [], isComplete: false, failure: error });
            return;
          }
          const states = await needs.labOrders.ensure(
            reading,
            group.map((plan) => plan.fullscriptPatientId),
          );
          const found = await needs.store.labOrders.findByPlans(group.map(({ clinicKey, id }) => ({ clinicKey, id })));
          for (const plan of group) {
            const state = states.get(plan.fullscriptPatientId);
            const failure = state instanceof FullscriptFailure ? state : null;
            const syncedAt = state instanceof FullscriptFailure ? null : (state?.syncedAt ?? null);
            const isComplete = !needs.labOrders.hasLabs || syncedAt !== null;
            // Refusals hide what is stored, too, and whoever wants it current does not get what is old.
            const isHidden = failure !== null && (!failure.isOutage || freshness === 'CURRENT');
            const ofPlan = isHidden ? [] : (found.get(toRowKey(plan.clinicKey, plan.id)) ?? []);
            const orders = ofPlan.filter(
              (order) => order.fullscriptPatientId === null || order.fullscriptPatientId === plan.fullscriptPatientId,
            );
            put(plan, { orders, isComplete, failure });
          }
        },
      ),
    { cacheKeyFn: (plan) => `${plan.freshness}|${toRowKey(plan.clinicKey, plan.id)}` },
  );

  return {
    async order(recommendation) {
      const { plan } = recommendation;
      const { orders, failure } = await byPlan.load(plan);
      const order = findRecommendedOrder(recommendation, orders);
      if (order) return { ...order, patient: plan.patient, freshness: plan.freshness };
      if (failure) throw failure;
      return null;
    },
    async stage(recommendation) {
      const { orders, isComplete, failure } = await byPlan.load(recommendation.plan);
      // With the authorization the plan goes, too.
      if (failure instanceof FullscriptFailure && failure.kind === 'withdrawn') throw failure;
      const order = findRecommendedOrder(recommendation, orders);
      return order === null && !isComplete ? 'UNKNOWN' : toLabStage(order?.status ?? null);
    },
  };
}
