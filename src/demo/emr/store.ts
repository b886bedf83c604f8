import type {
  EmrChart,
  EmrChartItem,
  EmrDocument,
  EmrOrganization,
  EmrPatient,
  EmrPractitioner,
  EmrSeed,
  EmrUser,
} from './records.ts';

/** The EMR's memory. Records are replaced whole on change, never edited in place. */
export interface EmrStore {
  organizations: Map<string, EmrOrganization>;
  users: Map<string, EmrUser>;
  practitioners: Map<string, EmrPractitioner>;
  patients: Map<string, EmrPatient>;
  charts: Map<string, EmrChart>;
  documents: Map<string, EmrDocument>;
  /** What `addChartItems` has done, by organization and idempotency key. */
  chartWrites: Map<string, { chartId: string; items: EmrChartItem[] }>;
  /** What `addDocument` has done, by organization and idempotency key. */
  documentWrites: Map<string, string>;
  /** The next id with this prefix, such as `c-2001`. */
  nextId(prefix: string): string;
}

/** Builds a store that holds copies of the seed's records, so that two stores never share one. */
export function createEmrStore(seed: EmrSeed): EmrStore {
  const byId = <T extends { id: string }>(records: readonly T[]): Map<string, T> =>
    new Map(records.map((record) => [record.id, structuredClone(record)]));
  let lastNumber = 2000;
  return {
    organizations: byId(seed.organizations),
    users: byId(seed.users),
    practitioners: byId(seed.practitioners),
    patients: byId(seed.patients),
    charts: byId(seed.charts),
    documents: byId(seed.documents),
    chartWrites: new Map(),
    documentWrites: new Map(),
    nextId: (prefix) => `${prefix}-${++lastNumber}`,
  };
}
