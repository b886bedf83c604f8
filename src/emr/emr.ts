import type { DocumentNode } from 'graphql';
import { ClientError, GraphQLClient } from 'graphql-request';
import type { z } from 'zod';
import type { EmrChart, EmrPractitioner } from '../domain/chart.ts';
import { Refusal } from '../domain/errors.ts';
import type { EmrPatient } from '../domain/patient.ts';
import { addChartItemsAnswer, addDocumentAnswer, chartAnswer, patientsAnswer, practitionerAnswer } from './answers.ts';
import {
  addChartItemsDocument,
  addDocumentDocument,
  chartDocument,
  patientsDocument,
  practitionerDocument,
} from './documents.ts';

/** A supplement on its way into a chart. */
export interface NewChartItem {
  /** Our id of the line, by which the EMR's answer is matched to it. */
  sourceItemId: string;
  name: string;
  brand: string | null;
  instructions: string;
  units: number | null;
  refills: number | null;
  /** Where it comes from; always `fullscript`. */
  source: string;
}

export interface NewDocument {
  patientId: string;
  idempotencyKey: string;
  title: string;
  kind: string;
  /** The instant the document is about. */
  occurredAt: string;
  sourceId: string;
}

/** The EMR said that the chart is signed: nothing was added. */
export class ChartSigned extends Error {
  constructor() {
    super('The chart is signed');
    this.name = 'ChartSigned';
  }
}

/** What is asked of the EMR. Each call carries a bearer token: the caller's own, so that the EMR's own rules hold, or the service's. */
export interface Emr {
  /** In the order asked; null for what the EMR hides. An item that failed is its own `EMR_UNAVAILABLE`. */
  findPatients(bearer: string, ids: readonly string[]): Promise<(EmrPatient | null | Refusal)[]>;
  /** Throws EMR_UNAVAILABLE. */
  findChart(bearer: string, id: string): Promise<EmrChart | null>;
  /** Throws EMR_UNAVAILABLE. */
  findPractitioner(bearer: string, id: string): Promise<EmrPractitioner | null>;
  /** Gives the EMR's own id of each line. Safe to repeat with the same key. Throws `ChartSigned` or EMR_UNAVAILABLE. */
  addChartItems(
    bearer: string,
    input: { chartId: string; idempotencyKey: string; items: readonly NewChartItem[] },
  ): Promise<Map<string, string>>;
  /** Gives the EMR's id of the document. Safe to repeat with the same key. Throws EMR_UNAVAILABLE. */
  addDocument(bearer: string, input: NewDocument): Promise<string>;
}

export interface EmrSettings {
  /** The EMR's GraphQL address: its subgraph or the supergraph. */
  url: string;
  /** How long one call may take; 5000. */
  timeoutMs?: number;
  /** How many patients are asked for in one call; 200. */
  batchSize?: number;
}

interface Fault {
  path: readonly (string | number)[];
  code: string | undefined;
}

interface Answer {
  data: unknown;
  faults: readonly Fault[];
}

/** Codes by which an EMR may say "not for you" instead of answering null. */
const hidden: ReadonlySet<string | undefined> = new Set(['FORBIDDEN', 'NOT_FOUND']);

/**
 * Builds the one client of the EMR. `fetch` is the outside world (default: the platform's).
 * Failures never carry the EMR's own message, which may hold patient data: only the operation and the HTTP status.
 */
export function createEmr(settings: EmrSettings, fetchImplementation: typeof fetch = fetch): Emr {
  const timeoutMs = settings.timeoutMs ?? 5000;
  const batchSize = settings.batchSize ?? 200;

  async function ask(
    operation: string,
    document: DocumentNode,
    variables: Record<string, unknown>,
    bearer: string,
  ): Promise<Answer> {
    const client = new GraphQLClient(settings.url, {
      fetch: fetchImplementation,
      errorPolicy: 'all',
      headers: { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    try {
      const answer = await client.rawRequest<unknown>(requestText(document), variables);
      return { data: answer.data, faults: toFaults(answer.errors) };
    } catch (error) {
      if (error instanceof ClientError && error.response.errors && error.response.status < 500) {
        return { data: error.response.data ?? null, faults: toFaults(error.response.errors) };
      }
      const status = error instanceof ClientError ? error.response.status : undefined;
      throw unavailable(operation, status === undefined ? 'no answer' : `HTTP ${status}`);
    }
  }

  function read<T extends z.ZodType>(operation: string, shape: T, answer: Answer): z.output<T> {
    const parsed = shape.safeParse(answer.data);
    if (parsed.success) return parsed.data;
    throw unavailable(operation, answer.faults.length > 0 ? 'errors instead of data' : 'an answer that cannot be read');
  }

  /** One nullable root field: null with a fault that is not "hidden" is a failure, null without one means hidden. */
  function readRoot<T extends z.ZodType>(operation: string, shape: T, answer: Answer): z.output<T> {
    const failed = answer.faults.some((fault) => !hidden.has(fault.code));
    if (failed) throw unavailable(operation, 'errors in the answer');
    return read(operation, shape, { ...answer, data: answer.data ?? {} });
  }

  async function findBatch(bearer: string, ids: readonly string[]): Promise<(EmrPatient | null | Refusal)[]> {
    const answer = await ask('patients', patientsDocument, { ids }, bearer);
    const { patients } = read('patients', patientsAnswer, answer);
    if (patients.length !== ids.length) throw unavailable('patients', 'another number of patients than was asked for');
    const failed = new Set(
      answer.faults
        .filter((fault) => !hidden.has(fault.code) && typeof fault.path[1] === 'number')
        .map((fault) => fault.path[1]),
    );
    return patients.map((patient, index) => {
      // Also an error in a single field: a birth date that could not be read is not a birth date that is missing.
      if (failed.has(index)) return unavailable('patients', 'an error for this patient');
      if (patient === null) return null;
      // Never trust the order blindly: the wrong person's data is worse than none.
      return patient.id === ids[index] ? patient : unavailable('patients', 'patients in another order than asked');
    });
  }

  return {
    async findPatients(bearer, ids) {
      const batches: Promise<(EmrPatient | null | Refusal)[]>[] = [];
      for (let start = 0; start < ids.length; start += batchSize) {
        batches.push(findBatch(bearer, ids.slice(start, start + batchSize)));
      }
      return (await Promise.all(batches)).flat();
    },

    async findChart(bearer, id) {
      const answer = await ask('chart', chartDocument, { id }, bearer);
      const { chart } = readRoot('chart', chartAnswer, answer);
      if (!chart) return null;
      if (chart.id !== id) throw unavailable('chart', 'another chart than asked');
      return {
        id: chart.id,
        kind: chart.kind ?? '',
        signedAt: chart.signedAt === null ? null : toInstant(chart.signedAt),
        patientId: chart.patient.id,
        practitionerId: chart.practitioner?.id ?? null,
      };
    },

    async findPractitioner(bearer, id) {
      const answer = await ask('practitioner', practitionerDocument, { id }, bearer);
      const { practitioner } = readRoot('practitioner', practitionerAnswer, answer);
      return practitioner?.id === id ? practitioner : null;
    },

    async addChartItems(bearer, input) {
      const answer = await ask('addChartItems', addChartItemsDocument, { input }, bearer);
      if (answer.faults.some((fault) => fault.code === 'CHART_SIGNED')) throw new ChartSigned();
      if (answer.faults.length > 0) throw refusedOrUnavailable('addChartItems', answer.faults);
      const { addChartItems } = read('addChartItems', addChartItemsAnswer, answer);
      return new Map(addChartItems.items.map((item) => [item.sourceItemId, item.id]));
    },

    async addDocument(bearer, input) {
      const answer = await ask('addDocument', addDocumentDocument, { input }, bearer);
      if (answer.faults.length > 0) throw refusedOrUnavailable('addDocument', answer.faults);
      return read('addDocument', addDocumentAnswer, answer).addDocument.id;
    },
  };
}

function requestText(document: DocumentNode): string {
  return document.loc?.source.body ?? '';
}

/** Errors of another shape than GraphQL's are one fault without a code, so that they are never taken for success. */
function toFaults(errors: unknown): Fault[] {
  if (errors === undefined || errors === null) return [];
  if (!Array.isArray(errors)) return [{ path: [], code: undefined }];
  return errors.map((error: unknown) => {
    const { path, extensions } = (error ?? {}) as { path?: unknown; extensions?: { code?: unknown } };
    return {
      path: Array.isArray(path) ? (path as (string | number)[]) : [],
      code: typeof extensions?.code === 'string' ? extensions.code : undefined,
    };
  });
}

/** A write that the EMR's own rules forbid is FORBIDDEN or NOT_FOUND here too; anything else is an outage. */
function refusedOrUnavailable(operation: string, faults: readonly Fault[]): Refusal {
  const code = faults.find((fault) => hidden.has(fault.code))?.code;
  if (code === 'FORBIDDEN') return new Refusal('FORBIDDEN', 'The EMR does not allow this');
  if (code === 'NOT_FOUND') return new Refusal('NOT_FOUND', 'The EMR does not know this chart or patient');
  return unavailable(operation, 'errors in the answer');
}

function unavailable(operation: string, why: string): Refusal {
  return new Refusal('EMR_UNAVAILABLE', `The EMR did not answer ${operation} (${why})`, { extensions: { operation } });
}

function toInstant(text: string): string {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}
