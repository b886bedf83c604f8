import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import type { Locator } from '../mirror/locate.ts';
import { orConnectionRequired } from './connection-outcome.ts';
import type { OperationNeeds } from './needs.ts';
import { getReachablePlan, toMissingPlan } from './reachable-plan.ts';
import { toConnectionRequired, type ConnectionRequired, type StartConnecting } from './standing.ts';
import { toRejected, type Rejected } from './update-patient.ts';
import { getVouchedPatient } from './vouched-patient.ts';

export interface InOfficeCheckoutInput {
  planId: string;
  confirmEmptyCart: boolean;
}

export type InOfficeCheckoutResult =
  { __typename: 'FullscriptInOfficeCheckout'; url: string } | ConnectionRequired | Rejected;

/** `Mutation.createFullscriptInOfficeCheckout`: Fullscript empties the patient's cart and gives the page where the sale is finished. */
export function createInOfficeCheckout(
  needs: OperationNeeds,
  startConnecting: StartConnecting,
  locator: Locator,
): (caller: Caller, input: InOfficeCheckoutInput) => Promise<InOfficeCheckoutResult> {
  return (caller, input) => {
    let patientId: string | null = null;
    return needs.audit.audited(
      caller,
      'checkout.create',
      () => ({ patientId, subject: input.planId }),
      async (): Promise<InOfficeCheckoutResult> => {
        assertMay(caller.viewer, 'checkout.create');
        if (!input.confirmEmptyCart) {
          throw new Refusal(
            'BAD_USER_INPUT',
            "input.confirmEmptyCart: must be true, because the patient's cart is emptied",
            {
              extensions: { argument: 'input.confirmEmptyCart' },
            },
          );
        }
        const reachable = await orConnectionRequired(needs, startConnecting, caller, null, () =>
          getReachablePlan(needs, locator, caller, input.planId, 'STALE_WHILE_REVALIDATE'),
        );
        if ('__typename' in reachable) return reachable;
        if (reachable.kind === 'blocked') {
          return await toConnectionRequired(needs, startConnecting, caller, reachable.status, null);
        }
        patientId = reachable.patientId;
        if (patientId !== null) await getVouchedPatient(needs, caller, patientId);
        const { account } = reachable;
        return await orConnectionRequired(
          needs,
          startConnecting,
          caller,
          account,
          async (): Promise<InOfficeCheckoutResult> => {
            try {
              const { url } = await needs.fullscript.checkout.inOffice(
                { accountId: account.id, priority: 'interactive', signal: caller.signal, requestId: caller.requestId },
                input.planId,
              );
              return { __typename: 'FullscriptInOfficeCheckout', url };
            } catch (error) {
              if (error instanceof FullscriptFailure && error.kind === 'rejected') return toRejected(error);
              if (error instanceof FullscriptFailure && error.kind === 'not_found') throw toMissingPlan();
              throw error;
            }
          },
        );
      },
      (result) => result.__typename === 'FullscriptInOfficeCheckout',
    );
  };
}
