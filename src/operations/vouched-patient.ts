import type { Caller } from '../auth/caller.ts';
import type { EmrChart } from '../domain/chart.ts';
import { Refusal } from '../domain/errors.ts';
import type { EmrPatient } from '../domain/patient.ts';
import type { OperationNeeds } from './needs.ts';

/** A patient for whom the EMR has just vouched, as resolvers go on from it. */
export interface VouchedPatient {
  id: string;
  demographics: EmrPatient;
}

/** Asks the EMR, in the caller's own name, for the patient. Throws NOT_FOUND for one it hides or does not know, EMR_UNAVAILABLE. */
export async function getVouchedPatient(
  needs: OperationNeeds,
  caller: Caller,
  patientId: string,
): Promise<VouchedPatient> {
  const [answer] = await needs.vouched.ask(caller.viewer, [patientId], caller.requestId);
  if (answer instanceof Error) throw answer;
  if (!answer) throw new Refusal('NOT_FOUND', 'This patient does not exist');
  return { id: patientId, demographics: answer };
}

/** Asks the EMR, in the caller's own name, for the chart. Throws NOT_FOUND for one it hides or does not know, EMR_UNAVAILABLE. */
export async function getVouchedChart(needs: OperationNeeds, caller: Caller, chartId: string): Promise<EmrChart> {
  const chart = await needs.vouched.askChart(caller.viewer, chartId, caller.requestId);
  if (!chart) throw new Refusal('NOT_FOUND', 'This chart does not exist');
  return chart;
}
