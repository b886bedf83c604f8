import type { Sandbox } from '../../../src/sandbox/sandbox.ts';

/** What a reader was shown of one patient, in the words of `soakSelection`. */
export interface ShownPatient {
  fullscriptAccount: { lastName: string; discountPercent: number; archived: boolean };
  treatmentPlans: {
    syncedAt: string | null;
    stale: boolean;
    nodes: { id: string; state: string; updatedAt: string; recommendations: { id: string }[] }[];
  };
  labOrders: {
    syncedAt: string | null;
    stale: boolean;
    nodes: { id: string; rawStatus: string; results: { id: string; amended: boolean }[] }[];
  };
}

/** The page that the soak's readers ask for. */
export const soakSelection = `... on Patient {
  id
  connectionStatus
  fullscriptAccount { lastName discountPercent archived }
  treatmentPlans(first: 100) {
    syncedAt stale
    nodes { id state updatedAt recommendations { id unitsToPurchase dosage { text } product { name brand } } }
  }
  labOrders(first: 100) { syncedAt stale nodes { id rawStatus results { id title amended } } }
}`;

/** How one answer stands against what Fullscript had when the reader asked. */
export interface Verdict {
  /** For how long something had been otherwise at Fullscript, in milliseconds; 0 when everything was there. */
  behindMs: number;
  /** Whether what was behind was called current. */
  calledCurrent: boolean;
  /** What the answer says and is not true: a change from before its `syncedAt` that it does not show, or something that never was. */
  untruths: string[];
}

interface Version {
  at: string;
  print: string;
}

/** Remembers every state in which the sandbox's patients, plans and lab orders ever were, to judge answers by. */
export interface History {
  /** Notes how everything of this patient is now; to be called after each change. Gives how many versions are new. */
  note(fullscriptPatientId: string): number;
  /** Judges an answer that was asked for at `askedAt` (ISO). */
  judge(fullscriptPatientId: string, shown: ShownPatient, askedAt: string): Verdict;
}

/** An empty history over one sandbox. */
export function createHistory(sandbox: Sandbox): History {
  /** By patient, then by object. */
  const patients = new Map<string, Map<string, Version[]>>();

  function toPrints(fullscriptPatientId: string): Map<string, string> {
    const { state } = sandbox;
    const prints = new Map<string, string>();
    const patient = state.patients.get(fullscriptPatientId);
    if (patient) prints.set('patient', JSON.stringify([patient.lastName, patient.discount, patient.archived]));
    for (const plan of state.plans.values()) {
      if (plan.patientId !== fullscriptPatientId) continue;
      prints.set(
        `plan ${plan.id}`,
        JSON.stringify([plan.state.toUpperCase(), plan.updatedAt, plan.recommendations.length]),
      );
    }
    for (const order of state.labOrders.values()) {
      if (order.patientId !== fullscriptPatientId) continue;
      const results = order.results.map((result) => [result.id, result.state === 'amended']);
      prints.set(`lab order ${order.id}`, order.state);
      // By itself, since an order and its results are two statements, between which the copy may move on.
      prints.set(`lab results ${order.id}`, JSON.stringify(results));
    }
    return prints;
  }

  return {
    note(fullscriptPatientId) {
      const objects = patients.get(fullscriptPatientId) ?? new Map<string, Version[]>();
      patients.set(fullscriptPatientId, objects);
      const at = sandbox.instant();
      let added = 0;
      for (const [name, print] of toPrints(fullscriptPatientId)) {
        const versions = objects.get(name) ?? [];
        objects.set(name, versions);
        if (versions.at(-1)?.print === print) continue;
        versions.push({ at, print });
        added += 1;
      }
      return added;
    },

    judge(fullscriptPatientId, shown, askedAt) {
      const verdict: Verdict = { behindMs: 0, calledCurrent: false, untruths: [] };
      const { fullscriptAccount, treatmentPlans, labOrders } = shown;
      const prints = new Map<string, string>([
        [
          'patient',
          JSON.stringify([fullscriptAccount.lastName, fullscriptAccount.discountPercent, fullscriptAccount.archived]),
        ],
        ...treatmentPlans.nodes.map((plan): [string, string] => [
          `plan ${plan.id}`,
          JSON.stringify([plan.state, plan.updatedAt, plan.recommendations.length]),
        ]),
        ...labOrders.nodes.map((order): [string, string] => [`lab order ${order.id}`, order.rawStatus]),
        ...labOrders.nodes.map((order): [string, string] => [
          `lab results ${order.id}`,
          JSON.stringify(order.results.map((result) => [result.id, result.amended])),
        ]),
      ]);
      for (const [name, versions] of patients.get(fullscriptPatientId) ?? []) {
        const print = prints.get(name);
        const seen = print === undefined ? -1 : versions.findLastIndex((version) => version.print === print);
        if (print !== undefined && seen < 0) {
          // Between an action and its note nobody runs; so this never was.
          verdict.untruths.push(`${name} was never ${print}`);
          continue;
        }
        const list = name.startsWith('plan') ? treatmentPlans : name.startsWith('lab') ? labOrders : null;
        const missed = versions[seen + 1];
        if (missed === undefined) continue;
        if (missed.at < askedAt) {
          const behindMs = Date.parse(askedAt) - Date.parse(missed.at);
          if (behindMs > verdict.behindMs) {
            verdict.behindMs = behindMs;
            verdict.calledCurrent = list !== null && !list.stale;
          }
        }
        if (list?.syncedAt != null && missed.at < list.syncedAt)
          verdict.untruths.push(
            `${name} is called known as of ${list.syncedAt}, and lacks ${missed.print} of ${missed.at}`,
          );
      }
      return verdict;
    },
  };
}
