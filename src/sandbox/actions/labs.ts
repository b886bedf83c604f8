import type { SandboxCore } from '../core.ts';
import {
  Refusal,
  getThing,
  labOrderStates,
  type FileLink,
  type LabOrder,
  type LabOrderState,
  type LabResult,
} from '../state.ts';
import type { OrderActions } from './orders.ts';

/** What the lab, the patient and the practitioner do with a lab order. */
export interface LabActions {
  /** The states that this order may be moved to by hand: the later ones of its course. */
  listNextLabStates(labOrderId: string): LabOrderState[];
  /**
   * Moves an order forward. `purchased` places an order, the three result states publish or amend what is missing; the others are silent,
   * as at Fullscript. Refuses to go back.
   */
  moveLabOrder(labOrderId: string, state: LabOrderState): LabOrder;
  /**
   * Publishes one file of results. Without `testIds` the file holds every test that no file holds yet. The order has all results once each test is in a file.
   * Records `lab_order.updated`.
   */
  publishResult(labOrderId: string, file?: { testIds?: string[]; name?: string }): LabResult;
  /** Publishes everything that is missing in this many files at once, whatever the number of tests. Records one `lab_order.updated`. */
  publishResults(labOrderId: string, files: number): LabOrder;
  /** Replaces a published file, the first when none is named. Records `lab_order.updated`. */
  amendResult(labOrderId: string, resultId?: string): LabResult;
  /** A new expiring address for a result file, under `/files/lab-results/{token}`. */
  createResultLink(labOrderId: string, resultId: string): string;
  /** The order and result behind a token of such an address, or null when it is unknown or expired. */
  findResultByLink(token: string): { order: LabOrder; result: LabResult } | null;
}

/** Webhooks use older words for two of the states. */
const webhookStatus: Partial<Record<LabOrderState, string>> = {
  partial_results: 'results_received',
  results_ready: 'all_results_received',
};

/** The actions on lab orders. */
export function createLabActions(core: SandboxCore, orders: OrderActions): LabActions {
  const { state } = core;

  function listNext(order: LabOrder): LabOrderState[] {
    const course = labOrderStates.filter((step) => {
      if (step === 'schedule_appointment' || step === 'upcoming_appointment') return order.requiresDraw;
      return true;
    });
    if (order.state === 'not_purchased') return ['purchased'];
    return course.slice(course.indexOf(order.state) + 1).filter((step) => {
      if (step === 'partial_results') return order.tests.length > 1 && order.results.length === 0;
      if (step === 'results_amended') return order.results.length > 0;
      if (step === 'interpretation_ready' || step === 'interpretation_shared') return order.results.length > 0;
      return true;
    });
  }

  function enter(order: LabOrder, next: LabOrderState): void {
    order.state = next;
    order.updatedAt = core.instant();
  }

  function emitResults(order: LabOrder): void {
    const patient = getThing(state.patients, order.patientId);
    core.emit('lab_orders', 'lab_order.updated', order.clinicId, {
      lab_order: {
        id: order.id,
        practitioner_id: order.practitionerId,
        patient_id: order.patientId,
        first_name: patient.firstName,
        last_name: patient.lastName,
        email: patient.email,
        status: webhookStatus[order.state] ?? order.state,
      },
    });
  }

  function listMissingTests(order: LabOrder): string[] {
    const covered = new Set(order.results.flatMap((result) => result.testIds));
    return order.tests.map((test) => test.id).filter((id) => !covered.has(id));
  }

  function addFile(order: LabOrder, testIds: string[], name: string | undefined): LabResult {
    const only = testIds.length === 1 ? order.tests.find((test) => test.id === testIds[0]) : undefined;
    const result: LabResult = {
      id: core.newId(),
      name: name ?? only?.name ?? order.name,
      state: 'available',
      testIds,
      publishedAt: core.instant(),
      amendedAt: null,
      version: 1,
    };
    order.results.push(result);
    return result;
  }

  function assertBought(order: LabOrder): void {
    if (order.state === 'not_purchased') throw new Refusal(422, ['Lab order is not purchased']);
  }

  function publish(labOrderId: string, file: { testIds?: string[]; name?: string } = {}): LabResult {
    const order = getThing(state.labOrders, labOrderId);
    assertBought(order);
    const missing = listMissingTests(order);
    if (missing.length === 0) throw new Refusal(422, ['All results are published']);
    const testIds = file.testIds ?? missing;
    if (testIds.length === 0 || testIds.some((id) => !missing.includes(id)))
      throw new Refusal(422, ['Tests must belong to the lab order and have no result yet']);
    const result = addFile(order, testIds, file.name);
    enter(order, listMissingTests(order).length === 0 ? 'results_ready' : 'partial_results');
    emitResults(order);
    return result;
  }

  function publishAll(labOrderId: string, files: number): LabOrder {
    const order = getThing(state.labOrders, labOrderId);
    assertBought(order);
    if (!Number.isInteger(files) || files < 1 || files > 20)
      throw new Refusal(422, ['Number of files must be 1 to 20']);
    const missing = listMissingTests(order);
    if (missing.length === 0) throw new Refusal(422, ['All results are published']);
    for (let file = 0; file < files; file += 1) {
      const from = Math.floor((file * missing.length) / files);
      const share = missing.slice(from, Math.floor(((file + 1) * missing.length) / files));
      const nearest = missing.slice(from, from + 1);
      addFile(
        order,
        share.length > 0 ? share : nearest,
        files > missing.length ? `${order.name} ${file + 1}` : undefined,
      );
    }
    enter(order, 'results_ready');
    emitResults(order);
    return order;
  }

  function amend(labOrderId: string, resultId?: string): LabResult {
    const order = getThing(state.labOrders, labOrderId);
    const result = order.results.find(({ id }) => resultId === undefined || id === resultId);
    if (result === undefined) throw new Refusal(404, ['Not Found']);
    result.state = 'amended';
    result.version += 1;
    result.amendedAt = core.instant();
    enter(order, 'results_amended');
    emitResults(order);
    return result;
  }

  return {
    listNextLabStates: (labOrderId) => listNext(getThing(state.labOrders, labOrderId)),

    moveLabOrder(labOrderId, next) {
      const order = getThing(state.labOrders, labOrderId);
      if (!listNext(order).includes(next))
        throw new Refusal(422, [`Lab order cannot move from ${order.state} to ${next}`]);
      if (next === 'purchased') orders.buyLabOrder(labOrderId);
      else if (next === 'partial_results') {
        const [first] = listMissingTests(order);
        if (order.tests.length < 2 || first === undefined)
          throw new Refusal(422, ['A lab order with one test has no partial results']);
        publish(labOrderId, { testIds: [first] });
      } else if (next === 'results_ready') {
        if (listMissingTests(order).length > 0) publish(labOrderId);
        else {
          enter(order, next);
          emitResults(order);
        }
      } else if (next === 'results_amended') amend(labOrderId);
      else enter(order, next);
      return order;
    },

    publishResult: publish,
    publishResults: publishAll,
    amendResult: amend,

    createResultLink(labOrderId, resultId) {
      const now = core.now().getTime();
      for (const link of state.fileLinks.values())
        if (Date.parse(link.expiresAt) < now - 86_400_000) state.fileLinks.delete(link.token);
      const link: FileLink = {
        token: core.newSecret('file'),
        labOrderId,
        resultId,
        expiresAt: new Date(now + core.settings.fileLinkSeconds * 1000).toISOString(),
      };
      state.fileLinks.set(link.token, link);
      return `${core.baseUrl}/files/lab-results/${link.token}`;
    },

    findResultByLink(token) {
      const link = state.fileLinks.get(token);
      if (link === undefined || link.expiresAt <= core.instant()) return null;
      const order = state.labOrders.get(link.labOrderId);
      const result = order?.results.find(({ id }) => id === link.resultId);
      return order === undefined || result === undefined ? null : { order, result };
    },
  };
}
