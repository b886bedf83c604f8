import type { SandboxCore } from '../core.ts';
import { toSeedId } from '../ids.ts';
import { getThing, labOrderStates, type LabOrder, type LabOrderState, type LabResult } from '../state.ts';

const hourMs = 3_600_000;
const firstWithResults = labOrderStates.indexOf('partial_results');

function toResults(order: LabOrder, state: LabOrderState, bundled: boolean, publishedMs: number): LabResult[] {
  if (labOrderStates.indexOf(state) < firstWithResults) return [];
  const tests = state === 'partial_results' ? order.tests.slice(0, 1) : order.tests;
  const files = bundled ? [tests] : tests.map((test) => [test]);
  const amended = state === 'results_amended';
  return files.map((inFile, index): LabResult => {
    const only = inFile.length === 1 ? inFile[0] : undefined;
    const isAmended = amended && index === 0;
    return {
      id: toSeedId('lab-result', `${order.id}/${index}`),
      name: only?.name ?? order.name,
      state: isAmended ? 'amended' : 'available',
      testIds: inFile.map((test) => test.id),
      publishedAt: new Date(publishedMs).toISOString(),
      amendedAt: isAmended ? new Date(publishedMs + hourMs).toISOString() : null,
      version: isAmended ? 2 : 1,
    };
  });
}

/** Makes 40 lab orders of the first fitting lab recommendations of sent plans, four in each of the ten states: one test and one file, three tests in one file, and so on. */
export function plantLabOrders(core: SandboxCore, nowMs: number): void {
  const { state } = core;
  const plans = [...state.plans.values()].filter((plan) => plan.state !== 'draft');
  const recommended = plans.flatMap((plan) => plan.labRecommendations.map((lab) => ({ plan, lab })));
  const waiting: LabOrderState[] = labOrderStates.flatMap((step) => [step, step, step, step]);

  for (const { plan, lab } of recommended) {
    const panel = getThing(state.labPanels, lab.panelId);
    const at = waiting.findIndex((step) => {
      const appointment = step === 'schedule_appointment' || step === 'upcoming_appointment';
      if (appointment) return panel.requiresDraw;
      return step !== 'partial_results' || panel.tests.length > 1;
    });
    const [step] = at < 0 ? [] : waiting.splice(at, 1);
    if (step === undefined || plan.patientId === null) continue;
    const id = toSeedId('lab-order', lab.id);
    const createdMs = Date.parse(plan.updatedAt);
    const publishedMs = Math.min(createdMs + 72 * hourMs, nowMs - hourMs);
    const order: LabOrder = {
      id,
      clinicId: plan.clinicId,
      planId: plan.id,
      labRecommendationId: lab.id,
      patientId: plan.patientId,
      practitionerId: plan.practitionerId,
      name: lab.name,
      collectionMethod: panel.collectionMethod,
      requiresDraw: panel.requiresDraw,
      state: step,
      tests: lab.tests.map((test) => ({ ...test })),
      results: [],
      createdAt: plan.updatedAt,
      updatedAt: new Date(publishedMs).toISOString(),
    };
    order.results = toResults(order, step, waiting.length % 2 === 0, publishedMs);
    state.labOrders.set(id, order);
  }
}
