import type { Locator } from '../mirror/locate.ts';
import { createCompleteConnect } from './complete-connect.ts';
import { createConnect, createStartConnecting } from './connect.ts';
import { createEmbedSession } from './create-embed-session.ts';
import { createInOfficeCheckout } from './create-in-office-checkout.ts';
import { createCreateRecommendation } from './create-recommendation.ts';
import { createImportPlan } from './import-plan.ts';
import { createLinkPatient, createUnlinkPatient } from './link-patient.ts';
import type { OperationNeeds } from './needs.ts';
import { createResendRevocations } from './resend-revocations.ts';
import { createRetryEvents } from './retry-events.ts';
import { createReviewLabResult } from './review-lab-result.ts';
import { createRevoke, createRevokeAll } from './revoke.ts';
import { createSetDefaultClinic } from './set-default-clinic.ts';
import { createSetEnabled } from './set-enabled.ts';
import { createUpdatePatient } from './update-patient.ts';

/** Everything that a caller can change, one verb each. */
export type Operations = ReturnType<typeof createOperations>;

/** Builds the verbs; each checks by itself who may do it and writes its own audit row. */
export function createOperations(needs: OperationNeeds, locator: Locator) {
  const startConnecting = createStartConnecting(needs);
  return {
    connect: createConnect(needs, startConnecting),
    completeConnect: createCompleteConnect(needs),
    revoke: createRevoke(needs),
    revokeAll: createRevokeAll(needs),
    resendRevocations: createResendRevocations(needs),
    retryEvents: createRetryEvents(needs),
    setEnabled: createSetEnabled(needs),
    setDefaultClinic: createSetDefaultClinic(needs),
    linkPatient: createLinkPatient(needs, startConnecting),
    unlinkPatient: createUnlinkPatient(needs),
    updatePatient: createUpdatePatient(needs, startConnecting),
    createRecommendation: createCreateRecommendation(needs, startConnecting),
    createEmbedSession: createEmbedSession(needs, startConnecting),
    createInOfficeCheckout: createInOfficeCheckout(needs, startConnecting, locator),
    importPlan: createImportPlan(needs, startConnecting, locator),
    reviewLabResult: createReviewLabResult(needs),
  };
}
