import type { DocumentNode } from 'graphql';
import type { z } from 'zod';
import type { EmrChart, EmrPractitioner } from '../domain/chart.ts';
import { Refusal } from '../domain/errors.ts';
import type { EmrPatient } from '../domain/patient.ts';
import {
  addChartItemsAnswer,
  addDocumentAnswer,
  chartAnswer,
  patientAnswer,
  patientsAnswer,
  practitionerAnswer,
} from './answers.ts';
import { createCallEmr, EmrFailure, type EmrAnswer, type EmrFault } from './call.ts';
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

/**
 * What is asked of the EMR. Each call carries a bearer token: the caller's own, so that the EMR's own rules hold, or the service's. The id of the request
 * behind it is sent along, so that the logs of both can be joined.
 */
export interface Emr {
  /** In the order asked; null for what the EMR hides. Never throws: an item that failed, alone or with its whole call, is `EMR_UNAVAILABLE`. */
  findPatients(bearer: string, ids: readonly string[], requestId?: string): Promise<(EmrPatient | null | Refusal)[]>;
  /** Throws EMR_UNAVAILABLE. */
  findChart(bearer: string, id: string, requestId?: string): Promise<EmrChart | null>;
  /** Throws EMR_UNAVAILABLE. */
  findPractitioner(bearer: string, id: string, requestId?: string): Promise<EmrPractitioner | null>;
  /** Gives the EMR's own id of each line. Safe to repeat with the same key. Throws `ChartSigned` or EMR_UNAVAILABLE. */
  addChartItems(
    bearer: string,
    input: { chartId: string; idempotencyKey: string; items: readonly NewChartItem[] },
    requestId?: string,
  ): Promise<Map<string, string>>;
  /** Gives the EMR's id of the document. Safe to repeat with the same key. Throws EMR_UNAVAILABLE. */
  addDocument(bearer: string, input: NewDocument, requestId?: string): Promise<string>;
}

export interface EmrSettings {
  /** The EMR's GraphQL address: its subgraph or the supergraph. */
  url: string;
  /** How long one call may take; 5000. */
  timeoutMs?: number;
  /** How many patients are asked for in one call; 200. */
  batchSize?: number;
}

/** Codes by which an EMR may say "not for you" instead of answering null. */
const hidden: ReadonlySet<string | undefined> = new Set(['FORBIDDEN', 'NOT_FOUND']);

/** What people are told apart by: each is known to be missing, or the patient is not known at all. */
const identityFields: ReadonlySet<unknown> = new Set(['email', 'firstName', 'lastName', 'dateOfBirth']);

/**
 * Builds the one client of the EMR. `fetch` is the outside world (default: the platform's).
 * Failures never carry the EMR's own message, which may hold patient data: only the operation and why, as an HTTP status or an error's code.
 */
export function createEmr(settings: EmrSettings, fetchImplementation: typeof fetch = fetch): Emr {
  const batchSize = settings.batchSize ?? 200;
  const call = createCallEmr({ url: settings.url, timeoutMs: settings.timeoutMs ?? 5000 }, fetchImplementation);

  async function ask(
    operation: string,
    document: DocumentNode,
    variables: Record<string, unknown>,
    bearer: string,
    requestId: string | undefined,
  ): Promise<EmrAnswer> {
    try {
      return await call(bearer, document, variables, requestId);
    } catch (error) {
      throw error instanceof EmrFailure ? unavailable(operation, error.message) : error;
    }
  }

  function read<T extends z.ZodType>(operation: string, shape: T, answer: EmrAnswer): z.output<T> {
    const parsed = shape.safeParse(answer.data);
    if (parsed.success) return parsed.data;
    throw unavailable(operation, answer.faults.length > 0 ? toWords(answer.faults) : 'an answer that cannot be read');
  }

  /** One nullable root field: null is hidden when the EMR says so, by null itself or by a code. Anything else that is not there is a failure. */
  function readRoot<T extends z.ZodType>(operation: string, shape: T, answer: EmrAnswer): z.output<T> {
    const failures = answer.faults.filter((fault) => !hidden.has(fault.code));
    if (failures.length > 0) throw unavailable(operation, toWords(failures));
    if (answer.faults.length === 0) return read(operation, shape, answer);
    return read(operation, shape, { ...answer, data: { [operation]: null, ...(answer.data as object | null) } });
  }

  async function findBatch(
    bearer: string,
    ids: readonly string[],
    requestId: string | undefined,
  ): Promise<(EmrPatient | null | Refusal)[]> {
    const answer = await ask('patients', patientsDocument, { ids }, bearer, requestId);
    // What names no item may be why any of them is null.
    const failures = answer.faults.filter((fault) => !hidden.has(fault.code) && typeof fault.path[1] !== 'number');
    if (failures.length > 0) throw unavailable('patients', toWords(failures));
    const { patients } = read('patients', patientsAnswer, answer);
    if (patients.length !== ids.length) throw unavailable('patients', 'another number of patients than was asked for');
    return patients.map((patient, index) => {
      const failure = answer.faults.find((fault) => fault.path[1] === index && isFailureOfPatient(fault));
      if (failure) return unavailable('patients', `${toWords([failure])} for this patient`);
      if (patient === null) return null;
      const { data } = patientAnswer.safeParse(patient);
      if (!data) return unavailable('patients', 'a patient that cannot be read');
      // Never trust the order blindly: the wrong person's data is worse than none.
      return data.id === ids[index] ? data : unavailable('patients', 'patients in another order than asked');
    });
  }

  return {
    async findPatients(bearer, ids, requestId) {
      const batches: Promise<(EmrPatient | null | Refusal)[]>[] = [];
      for (let start = 0; start < ids.length; start += batchSize) {
        const batch = ids.slice(start, start + batchSize);
        batches.push(
          findBatch(bearer, batch, requestId).catch((error: unknown) => {
            if (error instanceof Refusal) return batch.map(() => error);
            throw error;
          }),
        );
      }
      return (await Promise.all(batches)).flat();
    },

    async findChart(bearer, id, requestId) {
      const answer = await ask('chart', chartDocument, { id }, bearer, requestId);
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

    async findPractitioner(bearer, id, requestId) {
      const answer = await ask('practitioner', practitionerDocument, { id }, bearer, requestId);
      const { practitioner } = readRoot('practitioner', practitionerAnswer, answer);
      if (practitioner && practitioner.id !== id) throw unavailable('practitioner', 'another practitioner than asked');
      return practitioner;
    },

    async addChartItems(bearer, input, requestId) {
      const answer = await ask('addChartItems', addChartItemsDocument, { input }, bearer, requestId);
      if (answer.faults.some((fault) => isRefusal(fault, 'CHART_SIGNED'))) throw new ChartSigned();
      if (answer.faults.length > 0) throw refusedOrUnavailable('addChartItems', answer.faults);
      const { addChartItems } = read('addChartItems', addChartItemsAnswer, answer);
      const emrIds = new Map(addChartItems.items.map((item) => [item.sourceItemId, item.id]));
      if (!input.items.every((item) => emrIds.has(item.sourceItemId)))
        throw unavailable('addChartItems', 'an answer that lacks some of the lines');
      return emrIds;
    },

    async addDocument(bearer, input, requestId) {
      const answer = await ask('addDocument', addDocumentDocument, { input }, bearer, requestId);
      if (answer.faults.length > 0) throw refusedOrUnavailable('addDocument', answer.faults);
      return read('addDocument', addDocumentAnswer, answer).addDocument.id;
    },
  };
}

/** An error in a single field counts too where people are told apart by it: a birth date that could not be told is not one that is missing. */
function isFailureOfPatient({ path, code }: EmrFault): boolean {
  return !hidden.has(code) || identityFields.has(path[2]);
}

function toWords([fault]: readonly EmrFault[]): string {
  return fault?.code === undefined ? 'an error without a code' : `the error ${fault.code}`;
}

/** Whether nothing was written: an error further down came after the writing. */
function isRefusal({ path, code }: EmrFault, wanted: string): boolean {
  return code === wanted && path.length <= 1;
}

/** A write that the EMR's own rules forbid is FORBIDDEN or NOT_FOUND here too; anything else is an outage. */
function refusedOrUnavailable(operation: string, faults: readonly EmrFault[]): Refusal {
  if (faults.some((fault) => isRefusal(fault, 'FORBIDDEN')))
    return new Refusal('FORBIDDEN', 'The EMR does not allow this');
  if (faults.some((fault) => isRefusal(fault, 'NOT_FOUND')))
    return new Refusal('NOT_FOUND', 'The EMR does not know this chart or patient');
  return unavailable(operation, toWords(faults));
}

function unavailable(operation: string, why: string): Refusal {
  return new Refusal('EMR_UNAVAILABLE', `The EMR did not answer ${operation} (${why})`, { extensions: { operation } });
}

function toInstant(text: string): string {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}
